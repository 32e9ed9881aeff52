"""The tutorial on Slurm, followed word by word on a real one."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from tutorials import follow

from triptych.figures.save import read_record

pytestmark = pytest.mark.slurm


def test_the_tutorial(cluster, fresh, project):
    programs = Path(sys.executable).parent
    environment = {
        **cluster.environment,
        "PATH": f"{programs}:{cluster.environment['PATH']}",
        "PYTHONPATH": str(fresh.folder / "src"),
    }
    follow(project / "docs/tutorials/slurm.md", fresh.folder, environment)
    record = read_record(fresh.folder / "results/smoke/figures/cycles_fig4.pdf")
    assert record["step"] == "scripts/cycles/plot_fig4.py"
    assert "rule_cycles_train" in str([job.get("Comment") for job in cluster.jobs()])
