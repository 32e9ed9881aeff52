"""A model that the workflow trained is asked about molecules that it has never seen."""

from __future__ import annotations

import csv
import json


def test_a_model_of_the_smoke_run_predicts_molecules_of_ones_own(smoke, tmp_path):
    runs = smoke.folder / "results/smoke/toxicity/alerts/runs"
    model = min(runs.glob("sparse_rxnfp_bert_random_f0_*"))
    words = ("predict", "--model", str(model.relative_to(smoke.folder)), "--output", str(tmp_path))
    done = smoke.triptych(*words, "O=[N+]([O-])c1ccccc1", "C1CC", check=False)
    assert done.returncode == 3, done.stderr[-4000:]
    with (tmp_path / "table.csv").open() as stream:
        *rows, refused = csv.DictReader(stream)
    assert len(rows) == 3
    for row in rows:
        assert 0 < float(row["probability"]) < 1
        assert len(json.loads(row["atom_shares"])) == 9
    assert refused["refused"].startswith("unparsable")
    assert "Predictions for alerts" in (tmp_path / "page.html").read_text()
