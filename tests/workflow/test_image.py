"""The image of the Containerfile, built where a builder and its base can be had."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from triptych.figures.names import supplementary

BUILDER = next(filter(shutil.which, ("podman", "docker")), None)
TAG = "triptych-test"


def run(*words: str, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(BUILDER), *words], capture_output=True, text=True, **options)


@pytest.mark.skipif(BUILDER is None, reason="neither podman nor docker")
def test_the_image_is_built_draws_and_plans_every_figure(project):
    (base,) = re.findall(r"^FROM (\S+)", (project / "Containerfile").read_text(), re.MULTILINE)
    pulled = run("pull", base)
    if pulled.returncode:
        pytest.skip(f"no {base} to be had: {pulled.stderr[-200:]}")
    built = run("build", "--tag", TAG, "--file", "Containerfile", ".", cwd=project)
    assert built.returncode == 0, built.stderr[-4000:]
    planned = run("run", "--rm", TAG, "snakemake", "--dry-run", "all")
    draws = run("run", "--rm", TAG, "python", "-c", "from rdkit.Chem.Draw import rdMolDraw2D")
    run("rmi", TAG)
    assert draws.returncode == 0, draws.stderr[-4000:]
    assert planned.returncode == 0, planned.stderr[-4000:]
    scripts = (project / "scripts").glob("*/plot_fig*.py")
    count = sum(not supplementary(script.stem) for script in scripts)
    assert re.search(rf"^figure +{count}$", planned.stdout, re.MULTILINE)
