"""Tables between marks."""

from __future__ import annotations

import pytest

from triptych.reports.marked import marks, replaced

START, END = marks("costs")


def test_what_is_between_the_marks_is_replaced_and_nothing_else():
    assert replaced(f"a\n{START}\nold\n{END}\nb\n", "costs", "new\n") == (
        f"a\n{START}\nnew\n{END}\nb\n"
    )


@pytest.mark.parametrize(
    ("document", "name"),
    [("README.md", "claims"), ("docs/clusters.md", "costs")],
)
def test_the_documents_of_the_project_have_their_marks(project, document, name):
    assert "| a block |" in replaced((project / document).read_text(), name, "| a block |\n")


@pytest.mark.parametrize("text", ["", START, f"{END}{START}", f"{START}{END}{START}{END}"])
def test_a_text_without_its_marks_is_refused(text):
    with pytest.raises(ValueError, match="needs one"):
        replaced(text, "costs", "block\n")
