"""The cost model on the finished smoke results: it knows every job that there is."""

from __future__ import annotations

import pytest
import yaml

from triptych.scales.costs import estimate, sizes_of
from triptych.scales.page import tables
from triptych.workflow.config.load import load_config
from triptych.workflow.costs import gather, measured_jobs

EXPONENTS = {
    **{f"solver step, {dim}D | grid points": 1.0 for dim in (2, 3)},
    **{f"SSNO training step, {dim}D | grid points": 1.0 for dim in (2, 3)},
    **{f"{step}, 2D | batch": 1.0 for step in ("solver step", "SSNO training step")},
    "SSNO training step, 2D | steps": 1.0,
    "FFNO training step, 2D | width": 1.5,
    **{f"population | {what}": 1.0 for what in ("models", "chains", "states")},
    "encoder | layers": 1.0,
}


def test_at_its_own_settings_a_scale_takes_what_it_took(smoke):
    results = smoke.folder / "results" / "smoke"
    config = load_config(yaml.safe_load((smoke.folder / "config/smoke.yaml").read_text()))
    jobs, sized = measured_jobs(results), sizes_of(config, EXPONENTS)
    rows = {(row.paper, row.kind): row for row in estimate(jobs, sized, sized)}
    measured = gather(results)
    assert rows.keys() == {(cost.paper, cost.kind) for cost in measured}
    for cost in measured:
        row = rows[cost.paper, cost.kind]
        assert row.jobs == cost.jobs
        assert row.core_hours == pytest.approx(cost.core_hours)
        assert row.disk_gib * 2**30 == pytest.approx(cost.disk_bytes)


def test_the_page_has_a_row_for_every_kind_of_job(smoke):
    results = smoke.folder / "results" / "smoke"
    config = load_config(yaml.safe_load((smoke.folder / "config/smoke.yaml").read_text()))
    lines = tables(results, config, config, EXPONENTS).splitlines()
    kinds = [line for line in lines if line.startswith(("| ssno", "| cycles", "| toxicity"))]
    measured = [row for row in gather(results) if row.paper != "shared"]
    assert len(kinds) == len(measured) + 3
    factors = {line.split("|")[6].strip() for line in kinds}
    assert factors == {"1"}
