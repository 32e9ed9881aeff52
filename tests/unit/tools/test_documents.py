"""What README and docs show of scales is renewed by one command."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from documents import figures_block, main, marks, replaced
from montage import save_montage
from PIL import Image, ImageColor

from triptych.claims.measure import write_json
from triptych.runtime.integrity import write_checksums
from triptych.runtime.layout import measured_claims
from triptych.runtime.store import DamagedResult

DOCUMENTS = {
    "README.md": "verdicts",
    "docs/claims.md": "claims",
    "docs/figures.md": "figures",
    "docs/clusters.md": "costs",
}
FIGURES = {"ssno_fig1": "red", "cycles_fig1": "lime", "toxicity_fig1": "blue", "ssno_figS1": "gold"}
START, END = marks("costs")
REGISTRY = """
claims:
  S1:
    {paper: ssno, says: It is better., measures: lead, quantity: lead, at_least: 10,
     reason: So., figure: ssno_fig3}
findings:
  SF1: {paper: ssno, says: It was measured., quantity: lead, figure: ssno_fig3}
"""
MEASURED = {"value": 20.0, "low": 15.0, "high": 25.0, "basis": "7 systems"}
COSTS = "s\tmax_rss\trule_name\twildcards\tthreads\n2\t300\tssno_steps\t{}\t1\n"


@pytest.fixture
def scales(tmp_path, monkeypatch):
    """Make two scales, of which only the first has figures, and documents with marks."""
    monkeypatch.chdir(tmp_path)
    Path("config").mkdir()
    Path("config/claims.yaml").write_text(REGISTRY)
    for scale, measured in (("workstation", MEASURED), ("laptop", {"reason": "too few models"})):
        write_json({"S1": measured, "SF1": measured}, measured_claims("ssno", Path(scale)))
    Path("workstation/figures").mkdir()
    for figure, colour in FIGURES.items():
        Image.new("RGB", (300, 200), colour).save(f"workstation/figures/{figure}.png")
    Path("docs").mkdir()
    for document, name in DOCUMENTS.items():
        start, end = marks(name)
        Path(document).write_text(f"# Title\n\n{start}\nlast year\n{end}\n\nrest\n")
    return ["workstation", "laptop"]


def test_measured_claims_that_were_edited_are_not_shown(scales):
    claims = measured_claims("ssno", Path("laptop"))
    write_checksums(claims)
    claims.write_text(claims.read_text().replace("few", "many"))
    with pytest.raises(DamagedResult, match=r"ssno\.json is damaged"):
        main(["--shown", *scales])
    assert "last year" in Path("README.md").read_text()


def test_the_command_renews_blocks_and_montages_and_nothing_else(scales):
    main(["--shown", *scales])
    shown, claims, figures, _ = (Path(name).read_text() for name in DOCUMENTS)
    for text in (shown, claims, figures):
        assert text.startswith("# Title\n\n")
        assert text.endswith("\n\nrest\n")
        assert "last year" not in text
    not_counted = "(at this scale they do not count)"
    assert f"workstation: 1 holds; laptop: 1 not evaluated {not_counted}.\n\n|" in shown
    assert "|  | claim | needed | workstation | laptop |" in shown
    verdicts = "20 [15, 25]: holds | not evaluated"
    assert f"| S1 | It is better. | lead ≥ 10 | {verdicts} |" in shown
    assert "SF1" not in shown
    came_out = (
        "### S1\n\nIt is better.\n\n"
        "- workstation: **20 [15, 25]: holds** (7 systems)\n"
        "- laptop: **not evaluated** (too few models)\n"
        "- Needed: lead ≥ 10. So.\n"
        "- Measured by [`lead`](api/ssno.md#triptych.ssno.claims.lead); shown by `ssno_fig3`.\n"
    )
    assert came_out in claims
    assert "### SF1\n\nIt was measured.\n\n- workstation: **20 [15, 25]** (7 systems)" in claims
    assert Path("docs/clusters.md").read_text().count("last year") == 1
    for picture, count in (("figure_montage", 3), ("figures_ssno", 1), ("figures_toxicity", 1)):
        pixels = rgb(Path(f"docs/{picture}.png"))
        colours = (ImageColor.getrgb(colour) for colour in FIGURES.values())
        assert sum((pixels == colour).all(axis=2).any() for colour in colours) == count
    main(["--shown", *scales])
    assert Path("README.md").read_text() == shown


@pytest.mark.parametrize("words", [[], ["laptop"], ["--cost", "laptop", "--shown", "laptop"]])
def test_a_wrong_command_line_renews_nothing(scales, words):
    with pytest.raises(SystemExit):
        main(words)
    assert "last year" in Path("README.md").read_text()


def test_the_table_of_jobs_is_renewed_by_itself(scales):
    benchmark = Path("laptop/benchmarks/ssno/steps.tsv")
    benchmark.parent.mkdir(parents=True)
    benchmark.write_text(COSTS)
    main(["--costs", "laptop"])
    text = Path("docs/clusters.md").read_text()
    assert "last year" not in text
    assert "| ssno | steps | 1 | 2 |" in text
    assert "last year" in Path("README.md").read_text()


def test_what_is_between_the_marks_is_replaced_and_nothing_else():
    assert replaced(f"a\n{START}\nold\n{END}\nb\n", "costs", "new\n") == (
        f"a\n{START}\nnew\n{END}\nb\n"
    )


@pytest.mark.parametrize(("document", "name"), DOCUMENTS.items())
def test_the_documents_of_the_project_have_their_marks(project, document, name):
    assert "| a block |" in replaced((project / document).read_text(), name, "| a block |\n")


def test_the_page_of_figures_says_what_their_scripts_say(project):
    start, end = marks("figures")
    page = (project / "docs/figures.md").read_text()
    assert page.partition(start)[2].partition(end)[0].lstrip("\n") == figures_block(project)
    assert page.count("\n| `") > 24


@pytest.mark.parametrize("text", ["", START, f"{END}{START}", f"{START}{END}{START}{END}"])
def test_a_text_without_its_marks_is_refused(text):
    with pytest.raises(ValueError, match="needs one"):
        replaced(text, "costs", "block\n")


def rgb(picture):
    """Return the pixels of a picture, of shape (height, width, 3)."""
    with Image.open(picture) as image:
        return np.asarray(image.convert("RGB"))


def test_a_montage_shows_its_figures_at_one_scale_in_rows_from_left_to_right(tmp_path):
    drawn = {"a": (255, 0, 0), "b": (0, 255, 0), "c": (0, 0, 255)}
    for (name, colour), width in zip(drawn.items(), (300, 150, 300), strict=True):
        Image.new("RGB", (width, 200), colour).save(tmp_path / f"{name}.png")
    picture = tmp_path / "docs" / "montage.png"
    save_montage(sorted(tmp_path.glob("*.png")), picture, columns=2, width_px=648)
    pixels = rgb(picture)
    assert pixels.shape[1] == 648
    places = [(pixels == colour).all(axis=2).nonzero() for colour in drawn.values()]
    assert [(left.min(), np.ptp(left) + 1, np.ptp(top) + 1) for top, left in places] == [
        (16, 300, 200),
        (332, 150, 200),
        (16, 300, 200),
    ]
    (above, *_), (beside, *_), (below, *_) = places
    assert above.min() == beside.min() < above.max() < below.min()


def test_a_montage_of_no_figure_is_refused(tmp_path):
    with pytest.raises(ValueError, match="no figure"):
        save_montage([], tmp_path / "empty.png", columns=2, width_px=600)
