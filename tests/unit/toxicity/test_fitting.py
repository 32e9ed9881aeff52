from __future__ import annotations

import weakref
from dataclasses import replace

import numpy as np
import pytest
import torch
import xarray as xr
from toxicity_specs import tiny_backbone, toxicity_training

from triptych.runtime.monitor import NullMonitor
from triptych.toxicity.fitting import Recipe, fit_each_task, fit_together, split_data
from triptych.toxicity.models import ModelSpec
from triptych.toxicity.names import MASKED
from triptych.toxicity.runs import ATOM_BITS

COUNT, TASKS = 40, ["a", "b", "blank"]


def recipe(kind, attribute=False):
    spec = ModelSpec(kind, "gates" if kind in MASKED else None, hidden=4, bfloat16=False)
    training = toxicity_training(penalty=0.1 if kind == "sparse" else 0.0)
    return Recipe(spec, training, tiny_backbone, 0, torch.device("cpu"), attribute)


@pytest.fixture
def stores():
    rng = np.random.default_rng(0)
    label = rng.integers(0, 2, (COUNT, 3)).astype(np.float32)
    label[::7, 0] = np.nan
    label[:, 2] = np.nan
    where = np.tile(np.arange(1, 8, dtype=np.int16), (COUNT, 1))
    where[::2, 5:] = -1
    molecules = xr.Dataset(
        {"label": (("molecule", "task"), label)}, {"task": TASKS}, {"dataset": "toy"}
    )
    names = np.array(["train"] * 24 + ["val"] * 8 + ["test"] * 8)
    split = xr.Dataset(
        {"split": ("molecule", rng.permutation(names))},
        attrs={"split_method": "random", "fold": 5},
    )
    tokens = xr.Dataset(
        {
            "token": (("molecule", "spelling", "position"), rng.integers(5, 20, (COUNT, 2, 10))),
            "length": (
                ("molecule", "spelling"),
                np.where(np.arange(COUNT) % 2, 9, 7)[:, None].repeat(2, 1),
            ),
            "token_of_atom": (("molecule", "spelling", "atom"), where[:, None].repeat(2, 1)),
        }
    )
    return molecules, split, tokens


def quiet(_label):
    return NullMonitor()


@pytest.mark.parametrize(
    ("kind", "over_atoms"),
    [("mtl", ("attribution", "integrated")), ("sparse", ("mask", "evidence"))],
)
def test_predictions_are_of_the_molecules_held_out(stores, kind, over_atoms):
    molecules, split, _ = stores
    fitted = fit_together(recipe(kind, attribute=True), split_data(*stores), quiet)
    predictions = fitted.predictions
    held_out = np.flatnonzero(split.split.values != "train")
    assert predictions.molecule.values.tolist() == held_out.tolist()
    np.testing.assert_array_equal(predictions.label.values, molecules.label.values[held_out])
    assert (predictions.split.values == split.split.values[held_out]).all()
    assert np.isfinite(predictions.logit.values).all()
    assert predictions.attrs == {"dataset": "toy", "split_method": "random", "fold": 5}
    assert set(predictions.data_vars) == {"logit", "label", "split", *over_atoms}
    tested = (predictions.label == 1) & (predictions.split == "test")
    where = np.ones_like(predictions.label) if kind == "sparse" else tested
    for name in over_atoms[: 1 if kind == "sparse" else 2]:
        # Each share is off by half of its last digit at most, and so is their sum.
        rounding = 0.5**ATOM_BITS / 2
        np.testing.assert_allclose(predictions[name].sum("atom").values, where, rtol=rounding)
        digits = np.ldexp(np.frexp(predictions[name].values)[0], ATOM_BITS + 1)
        assert (np.isnan(digits) | (digits == np.rint(digits))).all()


def test_single_tasks_are_fitted_apart(stores):
    molecules, split, tokens = stores
    fitted = fit_each_task(recipe("stl"), split_data(*stores), quiet)
    assert not fitted.predictions.logit.values[:, 2].any()  # no label at all: even odds
    assert {name.partition(".")[0] for name in fitted.weights} == {"0", "1"}
    assert fitted.history.loss.dims == ("task", "epoch")
    assert len(fitted.history.attrs["chosen_epoch"]) == 3
    changed = molecules.copy(deep=True)
    changed.label[:, 0] = 1 - changed.label[:, 0]
    again = fit_each_task(recipe("stl"), split_data(changed, split, tokens), quiet)
    logit, other = fitted.predictions.logit.values, again.predictions.logit.values
    assert np.array_equal(logit[:, 1], other[:, 1])
    assert not np.array_equal(logit[:, 0], other[:, 0])


def test_a_tasks_model_is_forgotten_before_the_next_is_built(stores):
    built = []

    def build():
        assert all(model() is None for model in built)
        backbone = tiny_backbone()
        built.append(weakref.ref(backbone))
        return backbone

    fit_each_task(replace(recipe("stl"), build=build), split_data(*stores), quiet)
    assert len(built) == 2


def test_stores_that_do_not_belong_together_are_refused(stores):
    molecules, split, tokens = stores
    with pytest.raises(ValueError, match="a split of 39, 40 molecules"):
        split_data(molecules, split.isel(molecule=slice(39)), tokens)
    split.split[3] = "spare"
    with pytest.raises(ValueError, match="'spare'"):
        split_data(molecules, split, tokens)


def test_only_models_with_masks_state_a_penalty():
    stated = {kind: recipe(kind).stated_penalty for kind in ("stl", "mtl", "attention", "sparse")}
    assert stated == {"stl": None, "mtl": None, "attention": 0.0, "sparse": 0.1}
