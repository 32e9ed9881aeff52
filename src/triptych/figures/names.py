"""How figures are named. The rules read this: it imports nothing."""


def supplementary(name: str) -> bool:
    """Say whether a figure, such as ``ssno_figS1``, is in the reports but not among ``all``'s."""
    return name.rpartition("fig")[2].startswith("S")
