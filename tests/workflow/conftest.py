"""Copies of the project, whole or as a toy graph, and made-up results."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
import xarray as xr
from checkout import Checkout, copy_project
from matplotlib.figure import Figure
from selenium import webdriver

from triptych.claims.measure import write_json
from triptych.figures.save import save_figure
from triptych.runtime.provenance import Run, running
from triptych.runtime.store import content_digest, write_store, write_weights

FLAGS = (
    "--headless=new",
    "--no-sandbox",  # tests may run as root
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

SCREENS = {
    "desktop": {"width": 1280, "height": 900, "deviceScaleFactor": 1, "mobile": False},
    "phone": {"width": 390, "height": 844, "deviceScaleFactor": 3, "mobile": True},
}


@pytest.fixture(scope="session")
def fresh(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """Return a copy of the project without results."""
    return copy_project(project, tmp_path_factory.mktemp("fresh") / "a project")


@pytest.fixture(scope="session")
def smoke(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """Return a copy of the project with finished smoke results: the one long run of the tests.

    It is of a commit, as the results that are published are.
    """
    checkout = copy_project(project, tmp_path_factory.mktemp("smoke") / "a project")
    checkout.commit()
    checkout.snakemake("all", "reports", "verify", "--configfile", "config/smoke.yaml")
    return checkout


@pytest.fixture
def checkout(project: Path, tmp_path: Path) -> Checkout:
    """Return a copy of the project without results, for one test."""
    return copy_project(project, tmp_path / "a project")


@pytest.fixture
def toy(project: Path, tmp_path: Path) -> Checkout:
    """Return a toy graph for one test."""
    return make_toy(project, tmp_path)


@pytest.fixture(scope="module")
def shared_toy(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """Return a toy graph for all tests of a module."""
    return make_toy(project, tmp_path_factory.mktemp("toy"))


def make_toy(project: Path, folder: Path) -> Checkout:
    """Make a toy graph under the project's own common rules: make → double → draw, and tell."""
    # Other processes compile sources meanwhile: what they have half written goes away again.
    ignored = shutil.ignore_patterns("*.egg-info", "*.pyc.*", ".*.partial-*")
    for part in ("src", "config", "rules", "profiles"):
        shutil.copytree(project / part, folder / part, ignore=ignored)
    files = {
        "Snakefile": TOY_SNAKEFILE,
        "src/triptych/toy/__init__.py": "",
        "src/triptych/toy/base.py": "def scale(x, by):\n    return x * by\n",
        "src/triptych/toy/shared.py": "from triptych.toy.base import scale\n\n\n"
        "def double(x):\n    return scale(x, 2)\n",
        "src/triptych/toy/words.py": "WORD = 'word'\n",
        "scripts/make.py": _toy_script("", "number = params.start"),
        "scripts/double.py": _toy_script(
            "from triptych.toy.shared import double", "number = double(int(inputs.x.read_text()))"
        ),
        "scripts/draw.py": _toy_script("", "number = inputs.x.read_text() + params.colour"),
        "scripts/tell.py": _toy_script(
            "from triptych.toy.words import WORD", "number = WORD + inputs.x.read_text()"
        ),
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return Checkout(folder)


@pytest.fixture(scope="session")
def chromium() -> Iterator[webdriver.Chrome]:
    """Return a headless Chromium that keeps what its console says."""
    programs = {name: shutil.which(name) for name in ("chromium", "chromedriver")}
    if not all(programs.values()):
        reason = "needs Chromium and its driver (Debian: chromium and chromium-driver)"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    options = webdriver.ChromeOptions()
    options.binary_location = programs["chromium"]
    for flag in FLAGS:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options, webdriver.ChromeService(programs["chromedriver"]))
    yield driver
    driver.quit()


@pytest.fixture(params=SCREENS)
def screen(request: pytest.FixtureRequest, chromium: webdriver.Chrome) -> webdriver.Chrome:
    """Return the browser with a screen of one of the sizes, and nothing on its console."""
    chromium.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", SCREENS[request.param])
    chromium.get_log("browser")
    return chromium


@pytest.fixture(scope="session")
def small_once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, float], Path]:
    """Return what gives a scale's folder of a name; two of two names are of two runs."""
    return cache(lambda name, slope: make_small(tmp_path_factory.mktemp("small") / name, slope))


@pytest.fixture
def small(tmp_path: Path, small_once: Callable[[str, float], Path]) -> Callable[..., Path]:
    """Return what puts a scale's folder below that of the test, which may change it."""

    def copied(name: str = "laptop", slope: float = 2.0) -> Path:
        return Path(shutil.copytree(small_once(name, slope), tmp_path / name))

    return copied


def make_small(root: Path, slope: float) -> Path:
    """Make a scale's folder: raw input → store → training → figure, claim."""
    texts = {
        "raw/digits/digits.csv": "1,2\n",
        "raw/digits.json": json.dumps(
            {"name": "digits", "licence": "CC BY 4.0", "files": [DIGITS]}
        ),
        "page.html": "<p>C1</p>\n",
        "logs/cycles/train.log": f"written in {root}",
        "cycles/checkpoints/train/half.safetensors": "half",
    }
    for place, text in texts.items():
        (root / place).parent.mkdir(parents=True, exist_ok=True)
        (root / place).write_text(text)

    def run(script: str, inputs: dict[str, Path], **params: object) -> Run:
        digests = {key: content_digest(path) for key, path in inputs.items()}
        return Run(f"scripts/cycles/{script}.py", params, f"code of {script}", digests)

    data, history = root / "cycles/data.zarr", root / "cycles/free K4/history.zarr"
    with running(run("prepare", {"raw": root / "raw/digits"})):
        write_store(xr.Dataset({"x": ("i", np.arange(3.0))}), data)
    with running(run("train", {"data": data}, seed=3)):
        write_weights({"w": torch.tensor([slope])}, history.with_name("weights.safetensors"))
        write_store(xr.Dataset({"y": ("i", slope * np.arange(3.0))}), history)
    with running(run("plot_fig1", {"history": history})):
        figure = Figure(figsize=(1, 1))
        figure.add_subplot().plot([0.0, slope])
        save_figure(figure, *(root / f"figures/cycles_fig1.{kind}" for kind in ("pdf", "png")))
    with running(run("measure", {"history": history})):
        write_json({"C1": slope}, root / "claims/cycles.json")
    return root


DIGITS = {
    "name": "digits.csv",
    "bytes": 4,
    "digest": "sha256:0",
    "kind": "package",
    "address": "some==1.0",
}


def _toy_script(imports: str, line: str) -> str:
    return f"""from triptych.runtime.step import run_step
{imports}


def main(inputs, outputs, params, log):
    {line}
    outputs.x.write_text(str(number))


if __name__ == "__main__":
    run_step(main)
"""


TOY_SNAKEFILE = """
toy = config.pop("toy", {})


include: "rules/common.smk"


rule all:
    default_target: True
    input:
        "draw.txt",
        "tell.txt",


onsuccess:
    close(what_next(Path(RESULTS)))


onerror:
    close()
"""
for _rule, _inputs, _settings in (
    (
        "make",
        "",
        "start=toy.get('start', '1'), other=toy.get('other', {'b': '1', 'a': ['2']})",
    ),
    ("double", 'x="make.txt"', ""),
    ("draw", 'x="double.txt"', "colour=toy.get('colour', 'red')"),
    ("tell", 'x="make.txt"', ""),
):
    TOY_SNAKEFILE += f"""

rule {_rule}:
    input:
        {_inputs}
    output:
        x="{_rule}.txt",
    params:
        settings=settings({_settings}),
        code=code("{_rule}.py"),
    script:
        "scripts/{_rule}.py"
""".replace("    input:\n        \n", "")
