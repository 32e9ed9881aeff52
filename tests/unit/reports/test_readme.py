"""What README and docs show of a scale is renewed by one command."""

from __future__ import annotations

import json

from PIL import Image

from triptych.__main__ import main
from triptych.claims.measure import write_json
from triptych.reports.pages import marks

START, END = marks("claims")
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


def test_the_command_renews_tables_and_montage_and_nothing_else(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    results, readme, costs = (tmp_path / p for p in ("laptop", "README.md", "docs/clusters.md"))
    for folder in ("laptop/figures", "laptop/benchmarks/ssno", "docs"):
        (tmp_path / folder).mkdir(parents=True)
    Image.new("RGB", (300, 200), "red").save(results / "figures/ssno_fig1.png")
    (results / "benchmarks/ssno/steps.tsv").write_text(
        "s\tmax_rss\trule_name\twildcards\tthreads\n2\t300\tssno_steps\t{}\t1\n"
    )
    claims = results / "claims.json"
    write_json([ROW], claims)
    content = json.loads(claims.read_text())
    content["record"] = {"created": "2031-02-03T04:05:06Z"}
    claims.write_text(json.dumps(content))
    readme.write_text(f"# Title\n\n{START}\nlast year\n{END}\n\nrest\n")
    costs.write_text("before\n{}\nlast year\n{}\n".format(*marks("costs")))
    assert main(["readme", str(results)]) == 0
    text = readme.read_text()
    assert text.startswith("# Title\n\n")
    assert text.endswith("\n\nrest\n")
    assert "last year" not in text
    assert f"{START}\n1 holds: laptop scale, 2031-02-03.\n\n|" in text, "nothing of this machine"
    assert "| S1 | It is better. | 20 [15, 25] | ≥ 10 | holds | ssno_fig3 |" in text
    assert "last year" not in costs.read_text()
    assert "| ssno | steps | 1 | 2 |" in costs.read_text()
    with Image.open("docs/figure_montage.png") as montage:
        assert (255, 0, 0) in {colour for _, colour in montage.convert("RGB").getcolors(2**20)}
    assert main(["readme", str(results)]) == 0
    assert readme.read_text() == text
