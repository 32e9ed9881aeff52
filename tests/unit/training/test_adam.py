from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from triptych.training.adam import Adam

SHAPES = [(3, 4), (7,), (2, 1, 5)]


def parameters():
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(shape, generator=generator, requires_grad=True) for shape in SHAPES]


def descend(parameters, step, count, start=0):
    """Take steps on a loss that leaves out the last parameter in every other one of them."""
    for i in range(start, start + count):
        for parameter in parameters:
            parameter.grad = None
        used = parameters if i % 2 else parameters[:-1]
        sum((p - i).square().sum() + p.cos().sum() for p in used).backward()
        step(i)


@pytest.mark.parametrize(("decay", "fused"), [(0.0, False), (0.01, True), (0.01, False)])
def test_steps_are_those_of_the_optimizer_class(decay, fused):
    ours, theirs = parameters(), parameters()
    adam = Adam([ours[:1], ours[1:]], decay=decay, fused=fused)
    groups = [{"params": theirs[:1]}, {"params": theirs[1:]}]
    reference = torch.optim.AdamW(groups, weight_decay=decay, fused=fused)

    def their_step(i):
        for group, rate in zip(reference.param_groups, rates(i), strict=True):
            group["lr"] = rate
        reference.step()

    descend(ours, lambda i: adam.step(rates(i)), 9)
    descend(theirs, their_step, 9)
    for a, b in zip(ours, theirs, strict=True):
        assert torch.equal(a, b)


def rates(i):
    return [1e-2 / (1 + i), 3e-2]


def test_without_decay_it_is_adam():
    ours, theirs = parameters(), parameters()
    adam, reference = Adam([ours], decay=0.0), torch.optim.Adam(theirs, lr=1e-2)
    descend(ours, lambda i: adam.step([1e-2]), 9)
    descend(theirs, lambda i: reference.step(), 9)
    for a, b in zip(ours, theirs, strict=True):
        assert torch.equal(a, b)


def test_a_restored_optimizer_goes_on_as_the_former_one():
    whole, halves = parameters(), parameters()
    adam, first = (Adam([part], decay=0.0) for part in (whole, halves))
    descend(whole, lambda i: adam.step([1e-2]), 9)
    descend(halves, lambda i: first.step([1e-2]), 4)
    kept, reached = first.tensors(), [p.detach().clone() for p in halves]
    first.step([1.0])  # what was kept is a copy
    again = [p.requires_grad_() for p in reached]
    second = Adam([again], decay=0.0)
    second.restore(kept)
    descend(again, lambda i: second.step([1e-2]), 5, start=4)
    for a, b in zip(again, whole, strict=True):
        assert torch.equal(a, b)


def test_gradients_are_forgotten():
    (parameter, *_) = group = parameters()
    adam = Adam([group], decay=0.0)
    parameter.sum().backward()
    adam.zero_grad()
    assert all(p.grad is None for p in group)


def test_a_step_does_not_import_the_compiler():
    code = """
import sys, torch
from triptych.training.adam import Adam
for fused in (True, False):
    p = torch.ones(3, requires_grad=True)
    adam = Adam([[p]], decay=0.0, fused=fused)
    p.square().sum().backward()
    torch.nn.utils.clip_grad_norm_([p], 1.0)
    adam.step([0.1])
    assert float(p[0]) < 1
    print(fused, "torch._dynamo" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["True False", "False False"]
