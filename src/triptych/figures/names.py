"""How figures are named. The rules read this: it imports nothing."""


def number(name: str) -> str:
    """Return the number of a figure, such as ``S1`` of ``ssno_figS1`` or of ``plot_figS1``."""
    return name.rpartition("fig")[2]


def supplementary(name: str) -> bool:
    """Say whether a figure, such as ``ssno_figS1``, is in the reports but not among ``all``'s."""
    return number(name).startswith("S")


def order(name: str) -> tuple[bool, int]:
    """Return the key that sorts the figures of a paper: by number, supplementary ones last."""
    return supplementary(name), int(number(name).removeprefix("S"))
