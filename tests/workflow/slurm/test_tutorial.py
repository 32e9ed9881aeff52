"""The tutorial on Slurm, followed word by word on a real one."""

from __future__ import annotations

import pytest

from triptych.figures.save import read_record

pytestmark = pytest.mark.slurm


def test_the_tutorial(tutorial, fresh):
    record = read_record(fresh.folder / "results/smoke/figures/cycles_fig4.pdf")
    assert record["step"] == "scripts/cycles/plot_fig4.py"
    assert "rule_cycles_train" in str([job.get("Comment") for job in tutorial])
