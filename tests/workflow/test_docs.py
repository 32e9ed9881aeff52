"""The documentation is easy to read: what needs many words stands in the text, not in a table."""

import re

import pytest

MOST_WORDS = 40
CELL_BORDER = re.compile(r"(?<!\\)\|")
"""A bar that is not escaped ends a cell, inside of code as well."""


def table_cells(text):
    """Return the cells of all tables of a page."""
    rows = (line for line in text.splitlines() if line.lstrip().startswith("|"))
    return [cell.strip() for row in rows for cell in CELL_BORDER.split(row.strip())[1:-1]]


def test_cells_are_told_apart():
    text = "| a | `b \\| c` |\n|---|---|\n| one two | |\n\nno | table\n"
    assert table_cells(text) == ["a", "`b \\| c`", "---", "---", "one two", ""]


@pytest.mark.parametrize("pattern", ["*.md", "config/*.md", "docs/**/*.md"])
def test_no_table_cell_is_long(project, pattern):
    pages = sorted(project.glob(pattern))
    assert pages
    long_cells = [
        f"{page.name}: {len(cell.split())} words: {cell[:60]}…"
        for page in pages
        for cell in table_cells(page.read_text())
        if len(cell.split()) > MOST_WORDS
    ]
    assert not long_cells, "\n".join(long_cells)
