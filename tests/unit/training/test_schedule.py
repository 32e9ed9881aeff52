from __future__ import annotations

import math

import numpy as np
import pytest

from triptych.training.schedule import one_cycle


@pytest.mark.parametrize("warmup", [0.1, 0.2])
def test_one_cycle_rises_for_its_share_of_the_steps_and_falls(warmup: float):
    rates = [one_cycle(i, 100, warmup) for i in range(101)]
    assert max(rates) == pytest.approx(1.0)
    assert rates.index(max(rates)) == round(100 * warmup)
    assert rates[0] == pytest.approx(1 / 25)
    assert rates[-1] == pytest.approx(1e-3)
    assert np.all(np.diff(rates[rates.index(max(rates)) :]) < 0)


def test_one_cycle_of_a_single_step_is_finite():
    assert math.isfinite(one_cycle(0, 1, 0.1))
