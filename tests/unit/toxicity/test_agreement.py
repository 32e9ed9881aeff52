"""Agreement of masks: what its interval covers."""

import numpy as np
import pytest
import xarray as xr

from triptych.toxicity.agreement import agreements
from triptych.toxicity.bootstrap import interval

MOLECULES, TASKS, ATOMS, CLASSES = 60, 12, 8, 20


def replicates(seed: int) -> list[xr.Dataset]:
    """Return two trainings each of whose tasks prefers some classes of atoms, whatever its task."""
    rng = np.random.default_rng(seed)
    of_class = rng.integers(CLASSES, size=(MOLECULES, ATOMS))
    label = (rng.random((MOLECULES, TASKS)) < 0.5).astype(float)
    runs = []
    for _ in range(2):
        preference = rng.normal(size=(TASKS, CLASSES))
        mask = np.exp(3 * preference[:, of_class]).transpose(1, 0, 2)
        runs.append(
            xr.Dataset(
                {
                    "mask": (("molecule", "task", "atom"), mask / mask.sum(-1, keepdims=True)),
                    "label": (("molecule", "task"), label),
                    "split": ("molecule", np.full(MOLECULES, "test")),
                },
                coords={"molecule": np.arange(MOLECULES)},
            )
        )
    return runs


def test_preferences_of_trainings_that_know_no_task_are_rarely_taken_for_a_difference():
    """Such masks are the same for all molecules: of these alone eight of 20 would be decided."""
    ends = [interval(agreements(replicates(seed), 400, 0).difference.samples) for seed in range(20)]
    assert sum(low > 0 or high < 0 for low, high in ends) <= 3


def test_tasks_across_trainings_agree_without_what_a_training_shares():
    """One training's tasks have one mask, the other's another: only within do tasks agree."""
    first, second = replicates(0)
    for run in (first, second):
        run["mask"] = run["mask"].copy(data=np.repeat(run["mask"].values[:, :1], TASKS, axis=1))
    agreement = agreements([first, second], 100, 0)
    assert agreement.tasks.value == pytest.approx(1)
    assert agreement.across.value == pytest.approx(agreement.trainings.value)
    assert agreement.across.value < 0.5


def test_a_resample_without_two_different_tasks_has_no_value():
    """With two tasks half of the resamples draw one of them twice."""
    two = [run.isel(task=[0, 1]) for run in replicates(0)]
    samples = agreements(two, 400, 0).tasks.samples
    assert 0.4 < np.isnan(samples).mean() < 0.6


def test_a_mask_without_mass_is_compared_with_none():
    whole, spoilt = replicates(0), replicates(0)
    for run in spoilt:
        run["label"] = run["label"].copy()
        run["label"][0, 3] = 1
    spoilt[1]["mask"][0, 3] = 0
    for run in whole:
        run["label"] = run["label"].copy()
        run["label"][0, 3] = 0
    left_out, expected = (agreements(runs, 50, 0) for runs in (spoilt, whole))
    assert left_out.pairs == expected.pairs
    for name in ("tasks", "trainings", "across"):
        np.testing.assert_array_equal(
            getattr(left_out, name).samples, getattr(expected, name).samples
        )


def test_models_tested_on_different_molecules_are_not_compared():
    first, second = replicates(0)
    second["split"] = second["split"].copy(data=["val", *["test"] * (MOLECULES - 1)])
    with pytest.raises(ValueError, match="different molecules"):
        agreements([first, second], 10, 0)
