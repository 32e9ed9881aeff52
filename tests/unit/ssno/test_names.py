"""What is registered by name: under all the names that there are, and no other."""

from __future__ import annotations

import inspect
from typing import get_args

import pytest

from triptych.config.ssno_laptop import LEARNING_RATES
from triptych.ssno.coordinates import HARMONICS
from triptych.ssno.domains import Sphere
from triptych.ssno.equations import NavierStokes
from triptych.ssno.labels import MODEL_LABELS, VARIANT_LABELS
from triptych.ssno.models import BASELINES
from triptych.ssno.names import (
    BASELINE_SIZES,
    DEFAULT,
    SPHERES,
    BaselineName,
    ModelName,
    VariantName,
)
from triptych.ssno.specs import VARIANTS
from triptych.ssno.systems import SYSTEMS


@pytest.mark.parametrize(
    ("registry", "names"),
    [
        (MODEL_LABELS, get_args(ModelName)),
        (BASELINES, get_args(BaselineName)),
        (BASELINE_SIZES, get_args(BaselineName)),
        (LEARNING_RATES, get_args(ModelName)),
        (VARIANT_LABELS, (DEFAULT, *get_args(VariantName))),
        (VARIANTS, (DEFAULT, *get_args(VariantName))),
    ],
)
def test_a_registry_has_every_name(registry, names):
    assert set(registry) == set(names)


@pytest.mark.parametrize("name", get_args(BaselineName))
def test_the_sizes_of_a_baseline_are_those_that_it_takes(name):
    parameters = inspect.signature(BASELINES[name]).parameters.values()
    taken = [p.name for p in parameters if p.kind is p.KEYWORD_ONLY]
    assert list(BASELINE_SIZES[name]) == taken


def test_the_coordinates_have_the_forced_wave_and_all_below():
    assert tuple(range(1, NavierStokes.forced_index + 1)) == HARMONICS


def test_the_spheres_are_the_systems_registered_on_one():
    on_spheres = {name for name, s in SYSTEMS.items() if isinstance(s.domain, Sphere)}
    assert on_spheres == SPHERES
