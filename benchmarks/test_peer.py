"""Paper 1, the SSNO against its authors' own code, on ``ks2d`` at the laptop scale.

Their code is no part of this project. ``SSNO_CLONE`` names a clone of the repository that goes with
arXiv:2512.11686, of which the model is used as it is; without it this is skipped. Their training is
done after their recipe, which is for 20 000 iterations at 64²: Adam with a one-cycle rate, its peak
at 0.01, raw states, the root mean square over two steps after at most one without gradient, no
clipping, an L1 norm of the mask. Both get one seed, the same five trajectories and as many
validations, theirs evenly, the SSNO's in its fine part; the weights best on validation are kept,
where their code takes those best on test. Theirs gets as many iterations as fit into the CPU time
that ours took. The SSNO's form and rate were chosen on this seed, which is not counted.
"""

from __future__ import annotations

import os
import runpy
import time
from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from readings import faster
from ssno_trajectories import simulate
from torch import Tensor, nn

from triptych.config.load import load_config
from triptych.runtime.monitor import NullMonitor
from triptych.ssno.adapt import adapt
from triptych.ssno.design import ssno_sizes
from triptych.ssno.frames import Frames, select_frames
from triptych.ssno.recipe import Recipe, TrainingData, fit
from triptych.ssno.specs import TrainingSpec
from triptych.ssno.training import draw_windows, validation_error

MODEL = Path("kuramoto_sivashinsky/neural_operator/model/ssno.py")
PUBLISHED = Namespace(
    dim=1, channel=32, k_num=8, width=64, act="relu", dt=0.5, use_pi=1, use_fu=1, use_fx=1,
    anti_alias_ratio=0.67, k_max=None,
)  # fmt: skip
"""What their model is built from, by default."""
RATE, MASK_PENALTY, EPS = 1e-2, 1e-5, 1e-7
"""Theirs: the peak of the rate, the weight of the mask's norm, and what is added below the root."""
WINDOWS = TrainingSpec(
    iterations=1, learning_rate=RATE, pushforward_steps=1, unroll_lengths=(2,), coarse_share=0,
    mixed=False, mask_penalty=MASK_PENALTY, validations=1, restarts=0,
)  # fmt: skip
"""Their windows: one of every trajectory, of two steps after at most one without gradient."""
SELECTED = 3e-2
"""The SSNO's rate: what validation selected at the laptop scale on seed 2035."""
TRIED = 40
"""Of their steps, to tell how many fit into a time."""
SUBJECT, CASE = "SSNO against the authors' code", "ks2d, 32², batch 5"
STEPS_AHEAD, ERROR_AHEAD = 5.0, 5.0
"""How many times ahead it should be."""


class Peer(nn.Module):
    """The authors' model, called as the models here are: scaled states with the channel first."""

    def __init__(self, model: nn.Module, scale: float) -> None:
        super().__init__()
        self.model, self.scale = model, scale

    def forward(self, field: Tensor, steps: int) -> Tensor:
        raw = self.scale * field.movedim(1, -1).unsqueeze(1)
        return self.model(raw, n_step=steps).movedim(-1, 2) / self.scale


@pytest.fixture
def authors_model() -> type[nn.Module]:
    """Return the class of the authors' model."""
    clone = os.environ.get("SSNO_CLONE")
    if not clone:
        pytest.skip("SSNO_CLONE names no clone of the authors' code")
    path = Path(clone) / MODEL
    if not path.is_file():
        raise FileNotFoundError(f"SSNO_CLONE is {clone}: there is no {MODEL} in it")
    return runpy.run_path(str(path))["Model"]


class Problem:
    """``ks2d`` at the laptop scale, on the seed for development."""

    def __init__(self) -> None:
        ssno = load_config({}).ssno
        settings = ssno.systems["ks2d"]
        self.training = ssno.training.model_dump()
        self.system = adapt("ks2d", settings.grid.model_dump())
        self.sizes, self.scored = (
            ssno_sizes(ssno.model.model_dump(), self.system.dt, scored=scored)
            for scored in (False, True)
        )
        self.iterations = settings.iterations["ssno"]
        train, validation, test = (
            simulate(self.system, split, seed=0) for split in ("train", "val", "test")
        )
        count = settings.grid.trajectories
        self.data = TrainingData.of(self.system, train, validation, count, "cpu")
        self.test = Frames(select_frames(test, self.system.dt), self.data.scale)

    def network(self, sizes: Mapping[str, Any]) -> nn.Module:
        recipe = Recipe("ssno", "default", sizes, SELECTED)
        return recipe.build(self.system, 0, self.data.increment_scale)


def published_step(peer: Peer, problem: Problem, rng: np.random.Generator) -> None:
    """Compute the gradient of the published loss on windows drawn anew."""
    windows, pushed = draw_windows(problem.data.training, WINDOWS, 2, rng)
    start = windows[:, 0]
    if pushed:
        with torch.no_grad():
            start = peer(start, pushed)[:, -1]
    missed = peer.scale * (peer(start, 2) - windows[:, pushed + 1 :])
    loss = (missed.square().mean() + EPS).sqrt()
    (loss + MASK_PENALTY * peer.model.mask_param.abs().sum()).backward()


def train_peer(peer: Peer, problem: Problem, iterations: int) -> tuple[float, float]:
    """Train their model and return its test error and the CPU seconds that it took."""
    started = time.process_time()
    optimizer = torch.optim.Adam(peer.parameters(), lr=RATE)
    optimizer.zero_grad()  # of the steps that were tried
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=iterations + 1)
    rng = np.random.default_rng(0)
    best, kept = np.inf, peer.state_dict()
    looks = {round(n) for n in np.linspace(0, iterations, problem.training["validations"] + 1)[1:]}
    for iteration in range(1, iterations + 1):
        published_step(peer, problem, rng)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        schedule.step()
        if iteration in looks:
            error = validation_error(peer, problem.data.validation)
            if error < best:
                best = error
                kept = {name: value.clone() for name, value in peer.state_dict().items()}
    seconds = time.process_time() - started
    peer.load_state_dict(kept)
    return validation_error(peer, problem.test), seconds


def train_ours(problem: Problem) -> tuple[float, float]:
    """Train the SSNO as the laptop scale does and return its test error and CPU seconds."""
    recipe = Recipe("ssno", "default", problem.sizes, SELECTED)
    spec = recipe.training(problem.training, problem.iterations, share=1)
    trained = fit(
        recipe, problem.system, problem.data, spec, seed=0, device="cpu", monitor=NullMonitor()
    )
    network = problem.network(problem.scored)
    network.load_state_dict(trained.weights)
    return validation_error(network, problem.test), trained.cpu_seconds


def test_training_at_equal_cpu_time(authors_model, measure):
    problem = Problem()
    torch.manual_seed(0)
    peer = Peer(authors_model(PUBLISHED), float(problem.data.scale[0]))
    network, rng = problem.network({**problem.sizes, "substeps": 1}), np.random.default_rng(0)
    windows = draw_windows(problem.data.training, WINDOWS, 2, rng)[0][:, :3]

    def gradient(model: nn.Module) -> None:
        model.zero_grad()
        (model(windows[:, 0], 2) - windows[:, 1:]).square().mean().sqrt().backward()

    theirs, ours = measure(lambda: gradient(peer), lambda: gradient(network))
    ahead = faster(theirs, ours)
    what, note = "gradients over two dt in equal time", "one step in a dt; 32 products, ours four"
    measure.reads(SUBJECT, CASE, what, "ahead", ahead, target=STEPS_AHEAD, note=note)

    our_error, our_seconds = train_ours(problem)
    started = time.process_time()
    for _ in range(TRIED):
        published_step(peer, problem, rng)
    iterations = round(TRIED * our_seconds / (time.process_time() - started))
    error, seconds = train_peer(peer, problem, iterations)
    note = f"{our_error:.3g} in {our_seconds:.0f} CPU s, theirs {error:.3g} in {seconds:.0f}"
    measure.reads(
        SUBJECT, CASE, "test error at equal CPU time", "ahead", error / our_error,
        target=ERROR_AHEAD, note=f"{note}, {iterations} iterations",
    )  # fmt: skip
