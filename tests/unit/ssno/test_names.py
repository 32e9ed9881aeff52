"""What is registered by name: under all the names that there are, and no other."""

from __future__ import annotations

from typing import get_args

import pytest

from triptych.config.ssno_laptop import LEARNING_RATES
from triptych.ssno.domains import Sphere
from triptych.ssno.models import BASELINES
from triptych.ssno.names import DEFAULT, SPHERES, BaselineName, ModelName, VariantName
from triptych.ssno.specs import MODELS, VARIANTS
from triptych.ssno.systems import SYSTEMS


@pytest.mark.parametrize(
    ("registry", "names"),
    [
        (MODELS, get_args(ModelName)),
        (BASELINES, get_args(BaselineName)),
        (LEARNING_RATES, get_args(ModelName)),
        (VARIANTS, (DEFAULT, *get_args(VariantName))),
    ],
)
def test_a_registry_has_every_name(registry, names):
    assert set(registry) == set(names)


def test_the_spheres_are_the_systems_registered_on_one():
    on_spheres = {name for name, s in SYSTEMS.items() if isinstance(s.domain, Sphere)}
    assert on_spheres == SPHERES
