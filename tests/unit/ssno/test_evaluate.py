"""Rollouts of several trajectories at once, of which one blows up."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import xarray as xr
from ssno_specs import ssno_model
from torch import nn

from triptych.ssno.domains import Box
from triptych.ssno.evaluate import (
    OF_TRAINING,
    TrainedRun,
    diagnose,
    predict,
    score_runs,
    with_trainings,
)
from triptych.ssno.metrics import score
from triptych.ssno.model import SSNO

FRAMES, POINTS = 25, 16
BOX = Box(25.0, 2)


@pytest.fixture
def run():
    """Return an SSNO with a pointwise network that a coarse table does not follow."""
    network = SSNO(ssno_model(), BOX, 1, POINTS, 0.5)
    with torch.no_grad():
        network.local_network[0].weight.mul_(4)
    return TrainedRun("ssno", "default", 5, 0, network, np.ones(1, dtype=np.float32))


def truth(sizes):
    """Return trajectories of these sizes; only their first frames count."""
    fields = np.random.default_rng(0).normal(size=(len(sizes), FRAMES, 1, POINTS, POINTS))
    fields *= np.reshape(sizes, (-1, 1, 1, 1, 1))
    return xr.Dataset(
        {"state": (("trajectory", "time", "channel", "x", "y"), fields.astype(np.float32))},
        coords={"time": 0.5 * np.arange(FRAMES), "trajectory": np.arange(len(sizes))},
    )


def rolled_out(run, dataset):
    return xr.concat(list(predict(run, dataset)), "time")


@pytest.mark.parametrize("size", [1e5, np.inf])
def test_a_trajectory_that_blows_up_leaves_the_others_as_they_are(run, size):
    together = truth([1.0, size, 0.5])
    alone = truth([1.0, 1.0, 0.5]).isel(trajectory=[0, 2])
    expected = rolled_out(run, alone).values
    assert np.isfinite(expected).all()
    rolled = rolled_out(run, together).isel(trajectory=[0, 2]).values
    np.testing.assert_allclose(rolled, expected, rtol=1e-5, atol=1e-6)


def test_a_mean_over_trajectories_is_not_of_those_that_did_not_blow_up(run):
    dataset = truth([1.0, 0.5])
    dataset.state[1, 0] = np.nan
    result = diagnose([run], dataset, SimpleNamespace(domain=BOX), 2)
    assert np.isnan(result.predicted_energy.isel(frame=-1)).all()
    assert np.isfinite(result.predicted.isel(frame=-1)).all()
    assert np.isinf(result.band_error.isel(frame=-1)).all()


class _Kept(nn.Module):
    """A model under which every field stays what it is."""

    def forward(self, field, steps):
        return field.unsqueeze(1).expand(-1, steps, *field.shape[1:])


def test_runs_that_predict_the_same_have_the_same_error_whatever_they_were_trained_on():
    fields = np.random.default_rng(0).normal(size=(2, 4, 2, 8, 8)) * [[[4.0]], [[1.0]]]
    state = (("trajectory", "time", "channel", "x", "y"), fields.astype(np.float32))
    dataset = xr.Dataset({"state": state}, coords={"time": 0.5 * np.arange(4)})
    # By powers of two, so that the fields come back with the same bits.
    runs = [
        TrainedRun("ssno", "default", count, 0, _Kept(), np.array(scale, np.float32))
        for count, scale in ((5, (4.0, 1.0)), (1, (1.0, 2.0)))
    ]
    scores = score_runs(runs, {"test": dataset}, runs[0].scale)
    all_trajectories, one = scores.mean_error.sel(split="test").transpose("run", ...).values
    assert all_trajectories.tolist() == one.tolist()
    own = score(predict(runs[1], dataset), dataset.state, runs[1].scale).mean_error
    assert (abs(own - one) > 0.01).all()


def test_runs_with_something_left_out_are_scored_on_the_test_set_alone(run):
    truths = {"test": truth([1.0, 0.5]), "long": truth([1.0])}
    variant = replace(run, variant="explicit")
    scores = score_runs([run, variant], truths, run.scale)
    assert scores.variant.values.tolist() == ["default", "explicit"]
    missing = scores.mean_error.sel(split="long").isnull()
    assert missing.transpose("run", "trajectory").values.tolist() == [[False, True], [True, True]]
    own = score(predict(run, truths["test"]), truths["test"].state, run.scale)
    for place in (0, 1):
        of_run = scores.mean_error.sel(split="test").isel(run=place)
        np.testing.assert_array_equal(of_run, own.mean_error)


def test_scores_say_of_each_run_how_it_was_trained():
    scores = xr.Dataset({"mean_error": ("run", [0.1, 0.2])})
    histories = [
        xr.Dataset(
            {"validation_error": ((), error)},
            attrs={**dict.fromkeys(OF_TRAINING, place), "substeps": 10 + place},
        )
        for place, error in enumerate((0.3, 0.4))
    ]
    trained = with_trainings(scores, histories)
    assert trained.validation_error.values.tolist() == [0.3, 0.4]
    assert trained.trained_substeps.values.tolist() == [10, 11]
    assert all(trained[name].values.tolist() == [0, 1] for name in OF_TRAINING)
