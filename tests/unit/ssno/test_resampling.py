"""How often intervals that resample seeds and trajectories cover the truth, in simulations."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from triptych.claims.measured import ENDS
from triptych.ssno.resampling import resampled_leads, resampled_means

LEAD = 3.0
LEVELS = {"ssno": 1.0, "percnn": LEAD}
TIMES = 400


def lognormal(rng, spread, shape):
    """Return factors with mean one."""
    return rng.lognormal(-(spread**2) / 2, spread, shape)


def simulated(rng, spread_of_seeds, seeds=3, trajectories=10):
    """Return errors of two models, which share what trajectories do to them by three tenths."""
    shared = lognormal(rng, 0.3, trajectories)
    of_models = [
        level
        * shared
        * lognormal(rng, spread_of_seeds, (seeds, 1))
        * lognormal(rng, 0.1, (seeds, trajectories))
        for level in LEVELS.values()
    ]
    names = np.repeat(list(LEVELS), seeds)
    return xr.DataArray(np.concatenate(of_models), {"model": ("run", names)}, ("run", "trajectory"))


def coverage(spread_of_seeds):
    """Return the shares of intervals of the lead, and of the SSNO's mean, that hold the truth."""
    rng = np.random.default_rng(1)
    covered = np.zeros(2)
    for _ in range(TIMES):
        means = resampled_means(simulated(rng, spread_of_seeds), "ks2d")
        draws = (resampled_leads(means)[1:], means["ssno"][1:])
        for place, (values, truth) in enumerate(zip(draws, (LEAD, 1.0), strict=True)):
            low, high = np.quantile(values, ENDS)
            covered[place] += low <= truth <= high
    return covered / TIMES


def test_a_lead_is_covered_as_stated_where_trainings_do_not_differ():
    assert coverage(0.0)[0] >= 0.95


@pytest.mark.parametrize(("spread", "lead", "mean"), [(0.15, 0.88, 0.86), (0.3, 0.84, 0.81)])
def test_three_seeds_cover_less_than_stated(spread, lead, mean):
    """The shares that ``docs/fidelity/ssno.md`` gives, to what 400 simulations leave open."""
    assert coverage(spread) == pytest.approx([lead, mean], abs=0.04)
