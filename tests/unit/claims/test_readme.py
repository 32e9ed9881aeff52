from __future__ import annotations

import json

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


def test_the_command_renews_the_table_and_nothing_else(tmp_path):
    results = tmp_path / "laptop"
    results.mkdir()
    claims, readme = results / "claims.json", tmp_path / "README.md"
    write_json([ROW], claims)
    content = json.loads(claims.read_text())
    content["record"] = {"created": "2031-02-03T04:05:06Z"}
    claims.write_text(json.dumps(content))
    readme.write_text(f"# Title\n\n{START}\nlast year\n{END}\n\nrest\n")
    assert main(["readme", str(claims), str(readme)]) == 0
    text = readme.read_text()
    assert text.startswith("# Title\n\n")
    assert text.endswith("\n\nrest\n")
    assert "last year" not in text
    assert f"{START}\n1 holds: laptop scale, 2031-02-03.\n\n|" in text, "nothing of this machine"
    assert "| S1 | It is better. | 20 [15, 25] | ≥ 10 | holds | ssno_fig3 |" in text
    assert main(["readme", str(claims), str(readme)]) == 0
    assert readme.read_text() == text
