from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest

from triptych.ssno.plotting import limit_errors, short_title


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
