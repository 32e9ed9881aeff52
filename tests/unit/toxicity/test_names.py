"""What is registered by name in two rooms, or beside a list of the names: the same in both."""

from __future__ import annotations

from typing import get_args

import pytest

from triptych.config import toxicity as settings
from triptych.toxicity import plotting
from triptych.toxicity.claims import BENCHMARKS
from triptych.toxicity.masks import FORMS
from triptych.toxicity.names import MASKS, SPLIT_METHODS, KindName
from triptych.toxicity.splits import METHODS


@pytest.mark.parametrize(
    ("registry", "names"),
    [
        (plotting.KINDS, get_args(KindName)),
        (FORMS, MASKS),
        (plotting.FORMS, MASKS),
        (METHODS, SPLIT_METHODS),
        (plotting.DATASETS, settings.LAPTOP),
        (plotting.BACKBONES, settings.BACKBONES),
    ],
)
def test_a_registry_has_every_name(registry, names):
    assert set(registry) == set(names)


def test_the_benchmarks_are_datasets():
    assert set(BENCHMARKS) < set(settings.LAPTOP)
