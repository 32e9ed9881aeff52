"""What a finished smoke run scored of paper 1."""

from __future__ import annotations

import json

import numpy as np
import xarray as xr

from triptych.runtime.store import read_store


def test_rollouts_that_are_scored_have_shorter_steps_than_trainings(smoke):
    scores = xr.open_zarr(smoke.folder / "results/smoke/ssno/ks2d/scores.zarr")
    main = scores.isel(run=0)
    assert (str(main.model.values), int(main.trained_substeps)) == ("ssno", 2)
    assert json.loads(scores.attrs["params"])["settings"]["sizes"]["ssno"]["substeps"] == 3


def test_no_model_is_scored_with_weights_worse_than_its_candidates(smoke):
    for system in ("ks2d", "swe_sphere"):
        folder = smoke.folder / "results/smoke/ssno" / system
        tried, scores = (read_store(folder / f"{name}.zarr") for name in ("search", "scores"))
        candidates = tried.isel(candidate=tried.selected.values)
        models = set(candidates.model.values)
        assert len(models) > 1
        for model in models:
            own = scores.isel(run=np.flatnonzero(scores.model == model))
            whole = (own.variant == "default") & (own.train_trajectories == 5)
            full = own.isel(run=np.flatnonzero(whole & (own.seed == 0)))
            (error,) = candidates.validation_error[candidates.model.values == model].values
            assert full.sizes["run"]
            assert (full.validation_error <= error).all()
