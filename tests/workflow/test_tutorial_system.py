"""The tutorial on a system of one's own, followed word by word in a fresh copy."""

from __future__ import annotations

import numpy as np
import xarray as xr
from tutorials import followed


def test_a_system_is_added(checkout):
    followed(checkout, "system")
    scores = xr.open_zarr(checkout.folder / "results/smoke/ssno/ac2d/scores.zarr")
    assert {"ssno", "ffno"} <= set(scores.model.values)
    assert np.isfinite(scores.mean_error.sel(split="test")).all()
