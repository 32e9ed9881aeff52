"""Sparsity that the scale of a mask cannot fake."""

from __future__ import annotations

import numpy as np
import pytest

from triptych.toxicity.sparsity import atoms_of, effective_share, mass_share, shares

NAN = np.nan


def padded(values, length=12):
    return np.array([*values, *[NAN] * (length - len(values))], dtype=float)


@pytest.mark.parametrize("measure", [mass_share, effective_share])
def test_scale_changes_nothing(measure):
    mask = np.random.default_rng(0).random((5, 3, 9))
    mask[2, :, 6:] = NAN
    assert measure(1e-6 * mask) == pytest.approx(measure(mask), rel=1e-9)
    assert measure(17.0 * mask) == pytest.approx(measure(mask), rel=1e-9)


def test_uniform_mask():
    mask = padded([0.1] * 10)
    assert mass_share(mask) == pytest.approx(0.9)
    assert effective_share(mask) == pytest.approx(1.0)


@pytest.mark.parametrize("atoms", [1, 4, 12])
def test_mask_on_one_atom(atoms):
    mask = padded([0.0] * (atoms - 1) + [3.0])
    assert mass_share(mask) == pytest.approx(1 / atoms)
    assert effective_share(mask) == pytest.approx(1 / atoms)


def test_a_known_mask():
    mask = padded([0.5, 0.05, 0.25, 0.2, 0.0])
    assert mass_share(mask) == pytest.approx(3 / 5)  # 0.5 + 0.25 + 0.2
    entropy = -sum(p * np.log(p) for p in (0.5, 0.05, 0.25, 0.2))
    assert effective_share(mask) == pytest.approx(np.exp(entropy) / 5)


def test_order_of_the_atoms_does_not_matter():
    mask = np.random.default_rng(1).random(8)
    assert mass_share(mask[::-1]) == mass_share(mask)
    assert effective_share(mask[::-1]) == pytest.approx(effective_share(mask))


def test_float32_masks_reach_their_mass():
    """Ten shares of 0.1 in float32 sum to a little less than 0.9 after nine."""
    assert mass_share(np.full(10, 0.1, dtype=np.float32)) == pytest.approx(0.9)


def test_masks_without_mass_and_beyond_the_molecule():
    mask = np.stack([padded([0.0, 0.0]), padded([1.0, 1.0]), padded([])])
    assert np.isnan(mass_share(mask)).tolist() == [True, False, True]
    assert np.isnan(effective_share(mask)).tolist() == [True, False, True]
    assert atoms_of(mask).tolist() == [2, 2, 0]
    assert shares(mask)[1].sum() == 1.0


@pytest.mark.parametrize("value", [-0.1, np.inf])
def test_what_is_no_mask_is_named(value):
    with pytest.raises(ValueError, match=r"mask at \(0, 1\)"):
        shares(np.array([[0.5, value]]))
