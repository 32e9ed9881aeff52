"""The fingerprint reference: masked labels, base rates, finite logits."""

import numpy as np
import pytest
import xarray as xr
from sklearn.metrics import roc_auc_score

from triptych.toxicity.fingerprints import Fingerprint
from triptych.toxicity.forest import Forest, fit_forest

TAILS = ["O", "N", "Cl", "c1ccccc1", "C(=O)O", "C#N"]
SMILES = ["C" * (1 + n // 6) + TAILS[n % 6] for n in range(90)]
FEW = Forest(trees=20, min_leaf=1)
BITS = Fingerprint(radius=2, bits=2048)


def stores(label):
    label = np.asarray(label, dtype=np.float32)
    names = np.array([("train", "train", "train", "val", "test")[n % 5] for n in range(len(label))])
    tasks = [f"t{n}" for n in range(label.shape[1])]
    molecules = xr.Dataset(
        {"smiles": ("molecule", np.array(SMILES)), "label": (("molecule", "task"), label)},
        {"task": tasks},
        {"dataset": "mine"},
    )
    split = xr.Dataset({"split": ("molecule", names)}, attrs={"split_method": "random", "fold": 0})
    return molecules, split


def has_chlorine():
    return np.array([["Cl" in text] for text in SMILES], dtype=np.float32)


def test_a_substructure_is_learned_and_only_evaluated_molecules_are_stored():
    molecules, split = stores(has_chlorine())
    predictions = fit_forest(molecules, split, BITS, FEW, seed=0)
    assert set(predictions.split.values) == {"val", "test"}
    np.testing.assert_array_equal(
        predictions.label, molecules.label.values[predictions.molecule.values]
    )
    np.testing.assert_array_equal(
        predictions.split, split.split.values[predictions.molecule.values]
    )
    assert roc_auc_score(predictions.label.values[:, 0], predictions.logit.values[:, 0]) == 1
    assert np.isfinite(predictions.logit.values).all()
    assert predictions.attrs["kind"] == "forest"


def test_labels_of_other_parts_and_missing_ones_are_not_used():
    label = has_chlorine()
    molecules, split = stores(label)
    hidden = label.copy()
    hidden[split.split.values != "train"] = 1 - hidden[split.split.values != "train"]
    other, _ = stores(hidden)
    first = fit_forest(molecules, split, BITS, FEW, 0)
    np.testing.assert_array_equal(first.logit, fit_forest(other, split, BITS, FEW, 0).logit)
    # Masking a training row must act as if it were not there.
    gone = label.copy()
    gone[0] = np.nan
    masked, _ = stores(gone)
    without = split.copy(deep=True)
    without.split.values[0] = "test"
    expected = fit_forest(molecules, without, BITS, FEW, 0).sel(molecule=first.molecule)
    np.testing.assert_array_equal(fit_forest(masked, split, BITS, FEW, 0).logit, expected.logit)


@pytest.mark.parametrize("missing", [False, True])
def test_one_class_in_training_gives_the_base_rate(missing):
    label = has_chlorine()
    molecules, split = stores(label)
    training = split.split.values == "train"
    label[training] = np.nan if missing else 0
    molecules, _ = stores(label)
    logit = fit_forest(molecules, split, BITS, FEW, 0).logit.values
    count = 0 if missing else training.sum()
    rate = 0.5 / (count + 1)
    np.testing.assert_allclose(logit, np.log(rate / (1 - rate)), rtol=1e-6)


def test_twice_the_same_bits_and_another_seed_another_forest():
    rng = np.random.default_rng(0)
    molecules, split = stores(rng.integers(0, 2, (90, 2)))
    first = fit_forest(molecules, split, BITS, FEW, 0)
    assert first.identical(fit_forest(molecules, split, BITS, FEW, 0))
    assert (first.logit != fit_forest(molecules, split, BITS, FEW, 5).logit).any()
