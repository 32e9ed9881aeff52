from __future__ import annotations

import pytest
from figure_scripts import FIGURES

from triptych.inspect.compare import load_tolerances


@pytest.fixture(scope="module")
def registry(project):
    return load_tolerances(project / "config" / "tolerances.yaml")


def test_every_figure_has_numbers_that_are_compared(registry):
    assert sorted(registry.numbers) == FIGURES
    assert all(registry.numbers.values())


def test_no_number_comes_twice_and_every_tolerance_is_used(registry):
    for numbers in registry.numbers.values():
        assert len({(number.name, number.stores) for number in numbers}) == len(numbers)
    used = {number.within for numbers in registry.numbers.values() for number in numbers}
    narrower = {name for others in registry.narrower.values() for name in others.values()}
    assert used | narrower == set(registry.tolerances)
