"""How costs grow: the exponents of power laws through the times of several sizes.

All sizes are run in turn. ``docs/scales.md`` is made with the exponents of one thread, as which
every step computes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from statistics import median

import pytest
import torch
from transformers import BertConfig, BertModel

from triptych.benchmarks.fit import exponent
from triptych.benchmarks.readings import EXPONENT_OF_COST
from triptych.cycles.train import Training, train
from triptych.ssno.etdrk4 import coefficients, step
from triptych.ssno.models import build_model
from triptych.ssno.simulation import split_rng
from triptych.ssno.systems import get_system
from triptych.workflow.config.cycles import Cycles

threads = pytest.mark.parametrize("threads", [1, 2], indirect=True)


def fit(measure, case: str, what: str, forms: Mapping[int, Callable[[], object]]) -> None:
    """Time a form for each size, and keep the exponent."""
    taken = measure(*forms.values(), least=3)
    seconds = {size: median(times) for size, times in zip(forms, taken, strict=True)}
    about = "; ".join(f"{size:,}: {value:.2g} s" for size, value in seconds.items())
    measure.reads(EXPONENT_OF_COST, case, what, "exponent", exponent(seconds), about=about)


def training_step(points: int, dim: int, batch: int, steps: int) -> Callable[[], None]:
    """Return a training step of the SSNO, sized as at laptop scale: 8 multipliers, 8 products."""
    system = get_system(f"ks{dim}d")
    system = replace(system, points=points, source_points=points)
    spec = replace(system.model, forcing=0, products=8)
    network = build_model("ssno", system, options=spec)
    fields = torch.randn(batch, 1, *(points,) * dim)

    def run() -> None:
        network.zero_grad()
        network(fields, steps).square().mean().backward()

    return run


def solver_step(points: int, dim: int, batch: int, steps: int) -> Callable[[], None]:
    """Return steps of the solver on Kuramoto–Sivashinsky."""
    system = replace(get_system(f"ks{dim}d"), source_points=points, points=points)
    transform = system.domain.transform(points, system.source_cutoff)
    start = system.initial.sample(system.domain, transform, batch, split_rng(system, "train", 0))
    nonlinear = system.equation.nonlinear(transform)
    weights = coefficients(system.equation.linear(transform), 1e-3)

    def run() -> None:
        state = start
        for _ in range(steps):
            state = step(state, weights, nonlinear)

    return run


@threads
@pytest.mark.parametrize("dim", [2, 3])
@pytest.mark.parametrize("made", [training_step, solver_step])
def test_grid_points(measure, made, dim):
    # Beyond the sizes at which transforms change their form: no power law goes across.
    axes = {2: (48, 64, 96, 128, 192), 3: (40, 48, 64)}[dim]
    forms = {n**dim: made(n, dim, batch=2, steps=2) for n in axes}
    fit(measure, f"{_name(made)}, {dim}D", "grid points", forms)


@threads
@pytest.mark.parametrize("made", [training_step, solver_step])
def test_batch(measure, made):
    forms = {batch: made(48, 2, batch, steps=2) for batch in (1, 2, 4, 8, 16)}
    fit(measure, f"{_name(made)}, 2D", "batch", forms)


@threads
@pytest.mark.parametrize("made", [training_step, solver_step])
def test_steps(measure, made):
    forms = {steps: made(48, 2, batch=4, steps=steps) for steps in (1, 2, 4, 8)}
    fit(measure, f"{_name(made)}, 2D", "steps", forms)


@threads
def test_width(measure):
    """The baselines by their width, told by FFNO, which every system is compared with."""
    system = replace(get_system("ks2d"), points=32, source_points=32)
    fields = torch.randn(5, 1, 32, 32)

    def made(width: int) -> Callable[[], None]:
        network = build_model("ffno", system, options={"width": width})

        def run() -> None:
            network.zero_grad()
            network(fields, 2).square().mean().backward()

        return run

    fit(measure, "FFNO training step, 2D", "width", {n: made(n) for n in (16, 24, 32, 48, 64)})


@threads
@pytest.mark.parametrize(
    ("what", "sizes"),
    [("models", (4, 8, 16, 32)), ("chains", (100, 200, 500)), ("states", (10, 20, 30))],
)
def test_population(measure, what, sizes):
    images = (torch.rand(4000, 784) < 0.13).float()

    def made(models: int = 16, chains: int = 100, states: int = 20) -> Callable[[], object]:
        changes = {"iterations": 10, "chains": chains, "record_every": 10}
        defaults = Cycles().training.model_dump()
        settings = Training(**{**defaults, **changes}, states=states, tied=False)
        seeds = list(range(models))
        return lambda: train(images, images[:1000], [0.005] * models, seeds, settings)

    fit(measure, "population", what, {size: made(**{what: size}) for size in sizes})


@threads
def test_layers(measure):
    """The encoder of paper 3 by its layers, on a batch of common length."""
    tokens = torch.randint(15, 60, (16, 32))

    def made(layers: int) -> Callable[[], None]:
        model = BertModel(
            BertConfig(
                vocab_size=591, hidden_size=256, num_hidden_layers=layers, num_attention_heads=4,
                intermediate_size=512,
            ),
            add_pooling_layer=False,
        )  # fmt: skip

        def run() -> None:
            model.zero_grad()
            model(tokens).last_hidden_state.square().mean().backward()

        return run

    fit(measure, "encoder", "layers", {layers: made(layers) for layers in (1, 2, 4, 8, 12)})


def _name(made: Callable) -> str:
    return {training_step: "SSNO training step", solver_step: "solver step"}[made]
