"""The whole smoke graph through Slurm: ``make test-slurm``."""

from __future__ import annotations

import pytest

from triptych.runtime.store import read_store

pytestmark = [pytest.mark.slurm, pytest.mark.slurm_whole]


def test_all_figures_reports_and_verdicts(submit, cluster, fresh):
    printed = submit("all", "reports", "verify").ended_well()
    results = fresh.folder / "results/smoke"
    assert "next: open results/smoke/reports/index.html" in printed
    drawn = list((results / "figures").glob("*.pdf"))
    assert len(drawn) == len(fresh.figure_scripts())
    assert (results / "reports/index.html").exists()
    assert (results / "claims/verified.txt").exists()
    stores = [path for path in results.rglob("*.zarr") if path.is_dir()]
    assert len(stores) > 15
    for store in stores:
        read_store(store)
    assert {job["JobState"] for job in cluster.jobs()} == {"COMPLETED"}
    assert (
        "nothing to be done"
        in fresh.snakemake(
            "all", "reports", "verify", "--configfile", "config/smoke.yaml"
        ).stderr.lower()
    )
