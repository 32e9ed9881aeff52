"""The worked example of ``docs/tutorials/system.md`` is a system like any other."""

import re

import numpy as np
import pytest
import yaml
from ssno_specs import ssno_model, ssno_training
from ssno_trajectories import simulate

from triptych.config.load import load_config
from triptych.ssno.adapt import adapt
from triptych.ssno.frames import Frames, channel_scale
from triptych.ssno.models import build_model
from triptych.ssno.names import SCORED
from triptych.ssno.systems import SYSTEMS, get_system
from triptych.ssno.training import train, validation_error


@pytest.fixture
def allen_cahn(project):
    """Run the example as it stands in the documentation."""
    text = (project / "docs/tutorials/system.md").read_text()
    (example,) = re.findall(r"```python.*?\n(import math.*?)```", text, flags=re.DOTALL)
    exec(compile(example, "system.md", "exec"), {"__name__": "example"})
    yield get_system("ac2d")
    SYSTEMS.pop("ac2d")


def free_energy(system, states):
    """Return ``∫ ε²/2 |∇u|² + (1 − u²)²/4`` by trajectory and time, up to a constant factor."""
    step = system.domain.length / system.points
    slopes = sum((np.roll(states, -1, axis) - states) ** 2 for axis in (-2, -1)) / step**2
    width = system.equation.width
    return (0.5 * width**2 * slopes + 0.25 * (1 - states**2) ** 2).mean((-1, -2))


def test_the_example_runs_and_its_energy_falls(allen_cahn):
    data = simulate(allen_cahn, "test", seed=0)
    energy = free_energy(allen_cahn, data.state.values[:, :, 0])
    assert (np.diff(energy, axis=1) < 1e-6).all()
    assert energy[:, -1].max() < 0.8 * energy[:, 0].min()


def test_a_model_learns_the_example(allen_cahn):
    spec = ssno_training(iterations=60, validations=2)
    training, validation = (
        simulate(allen_cahn, "train", seed=0),
        simulate(allen_cahn, "val", seed=0),
    )
    scale = channel_scale(training)
    frames, held_out = Frames(training, scale), Frames(validation, scale)
    size = ssno_model(multipliers=8, hidden=64, local=64)
    model = build_model(
        "ssno", allen_cahn, seed=0, options=size, increment_scale=np.ones(1, np.float32)
    )
    before = validation_error(model, held_out)
    after = train(model, frames, held_out, spec, seed=0).best
    assert after < 0.5 * before


def test_the_example_goes_through_its_configuration(allen_cahn, project):
    text = (project / "docs/tutorials/system.md").read_text()
    (settings,) = re.findall(r"```yaml title=\"my.yaml\"\n(ssno:.*?)```", text, flags=re.DOTALL)
    section = load_config(yaml.safe_load(settings)).ssno
    assert "ac2d" in section.include
    system = adapt("ac2d", section.systems["ac2d"].grid.model_dump())
    assert set(system.splits) == {"train", "val", *SCORED}
    assert {split: system.frames(split) for split in SCORED} == {
        split: allen_cahn.frames(split) for split in SCORED
    }
    for number in ("source_points", "points", "solver_step", "storage_step", "dt"):
        assert getattr(system, number) == getattr(allen_cahn, number), number
