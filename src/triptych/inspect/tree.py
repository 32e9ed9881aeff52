"""All stores of a scale as one tree, every variable with its unit and what it is."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path

import xarray as xr
import yaml

from triptych.config.papers import PAPERS
from triptych.inspect.inventory import inventory

PARTS = {
    "low": "lower end of its interval",
    "high": "upper end of its interval",
    "samples": "resampled",
    "error": "its standard error over folds",
    "folds": "folds that it is averaged over",
}
"""What variables are that are named after another: ``auc_low``."""


def open_results(results: str | Path) -> xr.DataTree:
    """Open every store of a scale's folder, and load what of them is asked for when it is.

    Nothing is checked against its digest: that is what ``triptych check`` does.

    Parameters
    ----------
    results : str or Path
        The folder: ``results/<scale>``.

    Returns
    -------
    xr.DataTree
        A node for each store, where it lies in the folder: ``tree["cycles/mixture"]`` is
        ``cycles/mixture.zarr``. Each variable has a ``long_name``, each number a unit in ``units``
        (``"1"`` where it has none), as far as the store or its paper says; attributes of a node
        say how it was made.

    Raises
    ------
    FileNotFoundError
        If there is no such folder, or no store in it.
    """
    root = Path(results)
    if not root.is_dir():
        raise FileNotFoundError(f"there is no folder {root}")
    paths = [result.path.relative_to(root) for result in inventory(root)]
    stores = [path for path in paths if path.suffix == ".zarr"]
    if not stores:
        raise FileNotFoundError(f"no stores in {root}")
    nodes = {path.with_suffix("").as_posix(): _described(root / path, path) for path in stores}
    return xr.DataTree.from_dict(nodes, name=root.resolve().name)


def _described(store: Path, path: Path) -> xr.Dataset:
    """Open a store; what it does not say of a variable itself is said by its paper's list."""
    dataset = xr.open_dataset(store, engine="zarr", chunks=None)
    known = _variables(path.parts[0])
    for name, variable in sorted(dataset.variables.items(), key=str):  # a number before its ends
        base, _, part = str(name).rpartition("_")
        listed, _, unit = known.get(str(name), "").partition("; ")
        if not listed and part in PARTS and base in dataset:
            whole = dataset[base].attrs
            listed = f"{whole.get('long_name', base)}, {PARTS[part]}"
            unit = whole.get("units", "")
        if not listed:  # of another's store nothing is known
            continue
        variable.attrs.setdefault("long_name", listed)
        if variable.dtype.kind in "iufc":
            variable.attrs.setdefault("units", unit or "1")
    return dataset


@cache
def _variables(paper: str) -> dict[str, str]:
    """Return what a paper's variables are: ``long name`` or ``long name; unit``, by name."""
    if paper not in PAPERS:
        return {}
    return dict(yaml.safe_load((files("triptych") / paper / "variables.yaml").read_text()))
