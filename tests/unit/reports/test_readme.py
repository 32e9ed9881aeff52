"""What README and docs show of a scale is renewed by one command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from triptych.__main__ import main
from triptych.claims.measure import write_json
from triptych.reports.pages import marks

DOCUMENTS = {"claims": "README.md", "results": "docs/results.md", "costs": "docs/clusters.md"}
ROW = {
    "claim": "S1",
    "says": "It is better.",
    "verdict": "holds",
    "value": 20.0,
    "low": 15.0,
    "high": 25.0,
    "at_least": 10.0,
    "at_most": None,
    "counts": True,
    "figure": "ssno_fig3",
    "reason_not_run": None,
}


COSTS = "s\tmax_rss\trule_name\twildcards\tthreads\n2\t300\tssno_steps\t{}\t1\n"


@pytest.fixture
def scales(tmp_path, monkeypatch):
    """Make two scales, of which only the second has figures, and documents with marks."""
    monkeypatch.chdir(tmp_path)
    not_run = ROW | {"verdict": "not run", "reason_not_run": "too few models"}
    for scale, row in (("workstation", not_run), ("laptop", ROW)):
        (tmp_path / scale / "figures").mkdir(parents=True)
        claims = tmp_path / scale / "claims.json"
        write_json([row], claims)
        content = json.loads(claims.read_text())
        content["record"] = {"created": "2031-02-03T04:05:06Z"}
        claims.write_text(json.dumps(content))
        write_json(
            [row | {"finding": "SF1", "basis": "7 systems"}], claims.parent / "findings.json"
        )
    Image.new("RGB", (300, 200), "red").save(tmp_path / "laptop/figures/ssno_fig1.png")
    Path("docs").mkdir()
    for name, document in DOCUMENTS.items():
        Path(document).write_text("# Title\n\n{}\nlast year\n{}\n\nrest\n".format(*marks(name)))
    return ["workstation", "laptop"]


def test_the_command_renews_tables_and_montage_and_nothing_else(scales):
    assert main(["readme", *scales]) == 0
    shown, results = (Path(DOCUMENTS[name]).read_text() for name in ("claims", "results"))
    for text in (shown, results):
        assert text.startswith("# Title\n\n")
        assert text.endswith("\n\nrest\n")
        assert "last year" not in text
    assert "workstation, 2031-02-03: 1 not run; laptop, 2031-02-03: 1 holds.\n\n|" in shown
    assert "|  | claim | needed | workstation | laptop | shown by |" in shown
    assert "| S1 | It is better. | ≥ 10 | not run | 20 [15, 25]: holds | ssno_fig3 |" in shown, (
        "nothing of this machine"
    )
    assert "| S1 | It is better. | too few models | ≥ 10 | not run | ssno_fig3 |" in results
    assert "| SF1 | It is better. | 20 [15, 25] | 7 systems | ssno_fig3 |" in results
    with Image.open("docs/figure_montage.png") as montage:
        assert (255, 0, 0) in {colour for _, colour in montage.convert("RGB").getcolors(2**20)}
    assert main(["readme", *scales]) == 0
    assert Path(DOCUMENTS["claims"]).read_text() == shown


def test_costs_renews_its_table_in_a_document(scales, capsys):
    benchmark = Path("laptop/benchmarks/ssno/steps.tsv")
    benchmark.parent.mkdir(parents=True)
    benchmark.write_text(COSTS)
    document = DOCUMENTS["costs"]
    assert main(["costs", "laptop", "--renew", document]) == 0
    assert "last year" not in Path(document).read_text()
    assert "| ssno | steps | 1 | 2 |" in Path(document).read_text()
