"""What a start costs: modules that take long to load, and that nothing there uses."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]


def script(name: str) -> str:
    return f"import runpy; runpy.run_path({str(PROJECT / 'scripts' / name)!r})"


@pytest.mark.parametrize(
    ("code", "unused"),
    [
        ("import triptych.cli", {"numpy", "xarray", "torch", "matplotlib", "snakemake"}),
        (script("raw/fetch.py"), {"numpy", "xarray", "torch"}),
        (script("ssno/generate.py"), {"torch_harmonics", "torch._dynamo", "scipy", "matplotlib"}),
        (script("ssno/candidate.py"), {"torch", "matplotlib"}),
        (script("ssno/train.py"), {"torch_harmonics", "scipy", "matplotlib"}),
        (script("cycles/train.py"), {"torch._dynamo", "sklearn", "scipy", "matplotlib"}),
        (script("toxicity/train.py"), {"torch._dynamo", "sklearn", "scipy", "matplotlib"}),
        (script("toxicity/score.py"), {"torch", "matplotlib"}),
        (script("ssno/plot_fig3.py"), {"torch", "scipy", "seaborn"}),
        (script("ssno/plot_fig8.py"), {"torch", "scipy", "seaborn"}),
        (script("cycles/plot_fig4.py"), {"torch", "scipy", "seaborn"}),
        (script("toxicity/plot_fig1.py"), {"torch", "scipy", "seaborn"}),
        # Every start of a run reads the rules, and the rules read these.
        ("import triptych.ssno.design, triptych.toxicity.design", {"numpy", "torch", "pydantic"}),
        ("import triptych.cycles.design", {"xarray", "torch", "sklearn"}),
    ],
)
def test_nothing_is_loaded_that_is_not_used(code: str, unused: set[str]):
    ask = f"import sys\n{code}\nprint(*sorted({unused} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == ("", "")
