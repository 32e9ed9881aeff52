from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from triptych.toxicity.choose import choose_penalty


def run(penalty, swaps, open_atoms, **attrs):
    """Return 20 validation molecules, ``swaps`` positives ranked last; the test split is noise."""
    label = np.r_[np.zeros(10), np.ones(10), np.ones(4)][:, None]
    logit = np.r_[np.zeros(10), np.ones(10), -np.ones(4)][:, None]
    logit[10 : 10 + swaps] = -1
    mask = np.full((24, 1, 12), np.nan)
    mask[..., :10] = 0
    mask[..., :open_atoms] = 1 / open_atoms
    mask[20:, :, :10] = 0.1
    attrs_of_run = {
        "dataset": "toy",
        "split_method": "random",
        "split_seed": 0,
        "backbone": "b",
        "run_seed": 0,
    }
    return xr.Dataset(
        {
            "logit": (("molecule", "task"), logit),
            "label": (("molecule", "task"), label),
            "split": ("molecule", ["val"] * 20 + ["test"] * 4),
            "mask": (("molecule", "task", "atom"), mask),
        },
        attrs={**attrs_of_run, "penalty": penalty, **attrs},
    )


GRID = [(0.3, 3, 1), (0.0, 1, 10), (0.1, 1, 3), (0.03, 0, 5)]


@pytest.mark.parametrize(("tolerance", "chosen"), [(0.0, 0.03), (0.15, 0.1), (0.5, 0.3)])
def test_the_largest_penalty_within_the_tolerance_is_chosen(tolerance, chosen):
    choice = choose_penalty([run(*values) for values in GRID], tolerance)
    assert choice.attrs["penalty"] == chosen
    assert choice.penalty.values.tolist() == [0.0, 0.03, 0.1, 0.3]
    np.testing.assert_allclose(choice.val_auc, [0.9, 1.0, 0.9, 0.7])
    np.testing.assert_allclose(choice.mass90, [0.9, 0.5, 0.3, 0.1])


def test_the_test_part_plays_no_role():
    runs = [run(*values) for values in GRID]
    before = choose_penalty(runs, 0.15)
    for one in runs:
        one["logit"][20:] = 9.0
        one["mask"][20:] = 0.5
        one["label"][20:] = 0.0
    assert before.identical(choose_penalty(runs, 0.15))


def test_bad_grids_are_refused():
    with pytest.raises(ValueError, match="no runs"):
        choose_penalty([], 0.1)
    with pytest.raises(ValueError, match=r"two runs have penalty 0\.1"):
        choose_penalty([run(0.1, 0, 1), run(0.1, 1, 2)], 0.1)
    with pytest.raises(ValueError, match=r"runs differ in run_seed: \[0, 1\]"):
        choose_penalty([run(0.1, 0, 1), run(0.3, 0, 1, run_seed=1)], 0.1)
    with pytest.raises(ValueError, match="tolerance is nan"):
        choose_penalty([run(0.1, 0, 1)], float("nan"))
    one = run(0.1, 0, 1)
    one["label"][:] = 1.0
    with pytest.raises(ValueError, match="no task is scorable"):
        choose_penalty([one], 0.1)
