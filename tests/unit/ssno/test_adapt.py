"""From a scale's settings to a system."""

from dataclasses import asdict

import pytest
from configuration import scale_values
from ssno_specs import ssno_model

from triptych.config.load import load_config
from triptych.ssno.adapt import adapt
from triptych.ssno.recipe import Recipe
from triptych.ssno.specs import VARIANTS
from triptych.ssno.systems import get_system


def settings(name="ks2d", **changes):
    return load_config({}).ssno.systems[name].grid.model_dump() | changes


def test_a_scale_changes_numbers_and_nothing_else():
    changes = {"horizon": 3.0, "test_horizon": 4.0, "long": 3}
    counts = {"trajectories": 3, "test_trajectories": 10}
    system = adapt("ks2d", settings(**changes, **counts))
    assert system.points == 32
    assert system.equation == adapt("ks2d", settings()).equation
    splits = {name: (split.horizon, split.trajectories) for name, split in system.splits.items()}
    assert splits == {
        "train": (3.0, 3), "val": (3.0, 2), "test": (4.0, 10), "long": (12.0, 10),
        "rougher": (4.0, 10), "larger": (4.0, 10),
    }  # fmt: skip


@pytest.mark.parametrize("name", list(load_config({}).ssno.systems))
def test_every_system_of_the_laptop_scale_has_its_settings(name):
    given = settings(name)
    system = adapt(name, given)
    numbers = ("source_points", "points", "solver_step", "storage_step", "dt")
    assert {n: getattr(system, n) for n in numbers} == {n: given[n] for n in numbers}
    long = given["long"] * given["test_horizon"]
    assert {n: split.horizon for n, split in system.splits.items()} == {
        "train": given["horizon"], "val": given["horizon"], "test": given["test_horizon"],
        "long": long, "rougher": given["test_horizon"], "larger": given["test_horizon"],
    }  # fmt: skip
    assert adapt(name, given, points=given["points"] // 2).points == given["points"] // 2


@pytest.mark.parametrize("name", list(load_config({}).ssno.systems))
def test_the_paper_scale_has_the_grids_that_are_registered(name, project):
    section = load_config(scale_values(project / "config", "paper")).ssno
    assert adapt(name, section.systems[name].grid.model_dump()) == get_system(name)


def test_every_variant_changes_its_part_and_nothing_else():
    sizes = asdict(ssno_model(substeps=2))

    def changes(name):
        made = asdict(Recipe("ssno", name, sizes, 0.01).options())
        return {key: value for key, value in made.items() if value != sizes[key]}

    assert {name: changes(name) for name in VARIANTS} == {
        "default": {}, "explicit": {"integrating_factor": False}, "no_products": {"products": 0},
        "no_local": {"local": 0}, "free_sign": {"decaying": False},
    }  # fmt: skip
