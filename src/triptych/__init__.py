"""Triptych: three papers, one workflow, from raw inputs to every figure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    import xarray as xr


def open(results: str | Path) -> xr.DataTree:
    """Open all results of a scale: see :func:`triptych.inspect.tree.open_results`."""
    from triptych.inspect.tree import open_results

    return open_results(results)
