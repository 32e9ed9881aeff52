"""Tables inside of documents that people write, renewed by a command between two marks."""

from __future__ import annotations

from pathlib import Path


def marks(name: str) -> tuple[str, str]:
    """Return the two comments that a table of this name stands between."""
    return f"<!-- {name}: made by `make readme` -->", f"<!-- end of {name} -->"


def renew(document: Path, name: str, block: str) -> None:
    """Write a block of lines between the marks of its name; see :func:`replaced`."""
    document.write_text(replaced(document.read_text(), name, block))


def replaced(text: str, name: str, block: str) -> str:
    """Return a text with the block between the marks of this name replaced.

    Parameters
    ----------
    text : str
    name : str
        Of the marks, see :func:`marks`.
    block : str
        The new lines, the last with its end.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        If the marks are not there, once each and in order.
    """
    start, end = marks(name)
    before, opening, rest = text.partition(start)
    _, closing, after = rest.partition(end)
    if not (opening and closing) or start in after or end in before + after:
        raise ValueError(f"the text needs one {start!r} and one {end!r} after it")
    return f"{before}{start}\n{block}{end}{after}"
