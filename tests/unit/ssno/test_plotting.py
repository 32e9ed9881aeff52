from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest

from triptych.ssno.plotting import COLOURS, MARKERS, limit_errors, short_title
from triptych.ssno.specs import MODELS


@pytest.mark.parametrize("values", [[0.011, 0.018], [0.5, 0.6], [1e-3, 2.0], [0.1, np.inf]])
def test_error_axes_hold_the_values_and_two_powers_of_ten(values):
    figure, axes = plt.subplots()
    limit_errors(axes, np.array(values))
    low, high = axes.get_ylim()
    plt.close(figure)
    finite = [v for v in values if np.isfinite(v)]
    assert low < min(finite)
    assert max(finite) < high
    assert np.floor(np.log10(high)) - np.ceil(np.log10(low)) >= 1


@pytest.mark.parametrize(
    ("title", "short"),
    [
        ("Kuramoto–Sivashinsky, 2D", "KS 2D"),
        ("Shallow water, sphere", "SW sphere"),
        ("Burgers", "Burgers"),
    ],
)
def test_short_titles_are_initials_and_domain(title, short):
    assert short_title(title) == short


def test_every_model_has_a_colour_and_a_mark_of_its_own():
    for looks in (COLOURS, MARKERS):
        assert set(looks) == set(MODELS)
        assert len(set(looks.values())) == len(MODELS)
