"""The documentation is easy to read: sentences are short, and tables hold no texts."""

import re

import pytest

MOST_WORDS = 40
CELL_BORDER = re.compile(r"(?<!\\)\|")
"""A bar that is not escaped ends a cell, inside of code as well."""
SENTENCE_END = re.compile(r"(?<=[.:;!?])\s+(?=[A-Z0-9`\[*])")
APART = re.compile(r"^\s*(?:[|#].*|[-*] |\d+\. |)", re.MULTILINE)
"""Where no sentence goes on: a row of a table, a heading, an item of a list, an empty line."""


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


def long_sentences(text):
    """Return the sentences of a page that have too many words; where a link leads is none."""
    prose = re.sub(r"```.*?```|<!--.*?-->", "", text, flags=re.DOTALL)
    prose = re.sub(r"\]\([^)]*\)", "]", prose)
    blocks = (block for block in APART.split(prose) if block.strip())
    sentences = (s for block in blocks for s in SENTENCE_END.split(" ".join(block.split())))
    return [s for s in sentences if len(re.findall(r"\S*\w\S*", s)) > MOST_WORDS]


def test_long_sentences_are_found():
    long = " ".join(["Word", *["word"] * MOST_WORDS])
    assert long_sentences(f"A start. {long}\n\n- {long}, [a](b).\n") == [long, f"{long}, [a]."]
    assert long_sentences(f"| {long} |\n\n# {long}\n\n```\n{long}\n```\n") == []
    half = " ".join(["word"] * MOST_WORDS)
    assert long_sentences(f"{half}. A\n- {half}\n- {half}\n") == []


@pytest.mark.parametrize("pattern", ["README.md", "CONTRIBUTING.md", "docs/**/*.md"])
def test_no_sentence_is_long(project, pattern):
    made = {"claims.md", "configuration.md"}  # of lists of numbers and of settings
    pages = [page for page in sorted(project.glob(pattern)) if page.name not in made]
    assert pages
    long = [f"{page.name}: {s}" for page in pages for s in long_sentences(page.read_text())]
    assert not long, "\n".join(long)
