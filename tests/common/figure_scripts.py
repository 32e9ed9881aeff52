"""Scripts of the workflow as modules, for tests of the functions in them."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
FIGURES = sorted(
    f"{script.parent.name}_{script.stem.removeprefix('plot_')}"
    for script in SCRIPTS.glob("*/plot_fig*.py")
)
"""The names of all figures, such as ``ssno_fig3``."""


def plot_script(paper: str, figure: str) -> ModuleType:
    """Return the script that draws a figure, such as ``fig1``."""
    path = SCRIPTS / paper / f"plot_{figure}.py"
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
