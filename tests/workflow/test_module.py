"""The workflow as a module of another, with a prefix, a results folder and names of its own."""

from __future__ import annotations

import re

import pytest
import xarray as xr
import yaml
from checkout import Checkout

TARGETS = ("all", "reports", "verify")


@pytest.fixture
def outer(fresh, tmp_path):
    """Make the Snakefile of config/README.md, beside a clone of the project."""
    page = (fresh.folder / "config/README.md").read_text()
    (snakefile,) = re.findall(r"^```python\n(.+?)^```", page, re.DOTALL | re.MULTILINE)
    (settings,) = re.findall(r"^```yaml\n(triptych:.+?)^```", page, re.DOTALL | re.MULTILINE)
    (tmp_path / "triptych").symlink_to(fresh.folder)
    (tmp_path / "src").symlink_to(fresh.folder / "src")  # where a checkout's library is
    (tmp_path / "config.yaml").write_text(settings)
    (tmp_path / "Snakefile").write_text(f'configfile: "config.yaml"\n\n\n{snakefile}')
    return Checkout(tmp_path)


def test_the_module_has_the_whole_graph_and_nothing_else(outer, fresh):
    settings = yaml.safe_load((fresh.folder / "config/smoke.yaml").read_text())
    (outer.folder / "config.yaml").write_text(yaml.safe_dump({"triptych": settings}))
    own = fresh.planned(*TARGETS, "--configfile", "config/smoke.yaml")
    assert own["figure"] > 20
    inner = outer.planned(*(f"triptych_{target}" for target in TARGETS))
    assert inner == {f"triptych_{rule}": count for rule, count in own.items()}
    figures = [script for script in fresh.figure_scripts() if script.parent.name == "cycles"]
    asked = outer.planned()["triptych_figure"]
    assert asked == len(figures), "what its `rule all` asks for: paper 2"


def test_one_rule_of_the_module_is_changed(outer):
    snakefile = outer.folder / "Snakefile"
    change = "use rule figure from triptych as triptych_figure with:\n    resources: mem_mb=1234\n"
    snakefile.write_text(f"{snakefile.read_text()}\n\n{change}")
    assert outer.asked()["triptych_figure"]["mem_mb"] == 1234


def test_a_job_of_the_module_runs_where_the_prefix_says(outer, fresh):
    before = set(fresh.folder.iterdir())
    store = "papers/elsewhere/mine/cycles/data.zarr"
    outer.snakemake(store)
    assert xr.open_zarr(outer.folder / store).sizes["image"] == 1797, "scikit-learn's digits"
    made = {path.name for path in outer.folder.iterdir()} - {".snakemake"}
    assert made == {"Snakefile", "config.yaml", "src", "triptych", "papers"}
    assert (outer.folder / "papers/elsewhere/mine/logs/cycles/prepare.log").exists()
    records = [path.read_text() for path in (outer.folder / "papers").rglob("*.json")]
    assert [text for text in records if str(fresh.folder) in text] == []
    assert set(fresh.folder.iterdir()) == before, "nothing is written beside the rules"


def test_a_misspelt_target_of_the_outer_workflow_is_not_ours_to_answer(outer):
    done = outer.snakemake("--dry-run", "triptych_al", check=False)
    assert done.returncode == 1
    said = done.stdout + done.stderr
    assert "No rule to produce triptych_al" in said
    assert "did you mean" not in said
