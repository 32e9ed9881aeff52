"""What a start costs: modules that take long to load, and that nothing there uses."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]


def script(name: str) -> str:
    return f"import runpy; runpy.run_path({str(PROJECT / 'scripts' / name)!r})"


# What is loaded stays loaded: no step of a chain may load what the steps after it do not use.
CHAINS = {
    "light": [
        # Every start of a run reads the rules, and the rules read these.
        (
            "import triptych.ssno.design, triptych.cycles.design, triptych.toxicity.design",
            {"numpy", "torch", "pydantic"},
        ),
        ("import triptych.cli", {"numpy", "xarray", "torch", "matplotlib", "snakemake"}),
        (script("raw/fetch.py"), {"numpy", "xarray", "torch"}),
        ("import triptych.cycles.data", {"xarray", "torch", "sklearn"}),
        (script("ssno/candidate.py"), {"torch", "matplotlib"}),
        (script("ssno/plot_fig3.py"), {"torch", "scipy", "seaborn"}),
        (script("ssno/plot_fig8.py"), {"torch", "scipy", "seaborn"}),
        (script("cycles/plot_fig4.py"), {"torch", "scipy", "seaborn"}),
        (script("toxicity/plot_fig1.py"), {"torch", "scipy", "seaborn"}),
    ],
    "with torch": [
        (script("ssno/generate.py"), {"torch_harmonics", "torch._dynamo", "scipy", "matplotlib"}),
        (script("ssno/train.py"), {"torch_harmonics", "scipy", "matplotlib"}),
        (script("cycles/train.py"), {"torch._dynamo", "sklearn", "scipy", "matplotlib"}),
        (script("toxicity/train.py"), {"torch._dynamo", "sklearn", "scipy", "matplotlib"}),
    ],
    "scores": [(script("toxicity/score.py"), {"torch", "matplotlib"})],
    "predict": [("import triptych.apply.command", {"sklearn"})],
}


@pytest.mark.parametrize("chain", CHAINS)
def test_nothing_is_loaded_that_is_not_used(chain: str):
    lines = ["import sys"]
    for code, unused in CHAINS[chain]:
        lines += [code, f"print({code!r}, *sorted({unused} & set(sys.modules)))"]
    words = [sys.executable, "-c", "\n".join(lines)]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.stderr == ""
    assert done.stdout.splitlines() == [code for code, _ in CHAINS[chain]]
