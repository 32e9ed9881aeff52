"""What README and docs show of a scale is renewed by one command."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from triptych.__main__ import main
from triptych.claims.measure import write_json
from triptych.reports.pages import marks
from triptych.runtime.layout import measured_claims

DOCUMENTS = {
    "README.md": ["claims"],
    "docs/results.md": ["results"],
    "docs/clusters.md": ["costs"],
}
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
    Image.new("RGB", (300, 200), "red").save("workstation/figures/ssno_fig1.png")
    Path("docs").mkdir()
    for document, names in DOCUMENTS.items():
        blocks = "".join("{}\nlast year\n{}\n\n".format(*marks(name)) for name in names)
        Path(document).write_text(f"# Title\n\n{blocks}rest\n")
    return ["workstation", "laptop"]


def test_the_command_renews_tables_and_montage_and_nothing_else(scales):
    assert main(["readme", *scales]) == 0
    shown, results = (Path(name).read_text() for name in ("README.md", "docs/results.md"))
    for text in (shown, results):
        assert text.startswith("# Title\n\n")
        assert text.endswith("\n\nrest\n")
        assert "last year" not in text
    not_counted = "(at this scale they do not count)"
    assert f"workstation: 1 holds; laptop: 1 not evaluated {not_counted}.\n\n|" in shown
    assert "|  | claim | needed | workstation | laptop | shown by |" in shown
    verdicts = "20 [15, 25]: holds | not evaluated"
    assert f"| S1 | It is better. | lead ≥ 10 | {verdicts} | ssno_fig3 |" in shown
    without = "too few models | lead ≥ 10 | not evaluated | –"
    assert f"| S1 | It is better. | {without} | ssno_fig3 |" in results
    assert "| SF1 | It was measured. | 20 [15, 25] | 7 systems | ssno_fig3 |" in results
    with Image.open("docs/figure_montage.png") as montage:
        assert (255, 0, 0) in {colour for _, colour in montage.convert("RGB").getcolors(2**20)}
    assert main(["readme", *scales]) == 0
    assert Path("README.md").read_text() == shown


def test_costs_renews_its_table_in_a_document(scales, capsys):
    benchmark = Path("laptop/benchmarks/ssno/steps.tsv")
    benchmark.parent.mkdir(parents=True)
    benchmark.write_text(COSTS)
    document = "docs/clusters.md"
    assert main(["costs", "laptop", "--renew", document]) == 0
    assert "last year" not in Path(document).read_text()
    assert "| ssno | steps | 1 | 2 |" in Path(document).read_text()
