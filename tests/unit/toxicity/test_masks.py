from __future__ import annotations

import pytest
import torch

from triptych.toxicity.masks import TaskAttention, gates, mean_gate, pool, shares


@pytest.fixture
def gated():
    mask = torch.ones(4, 9, dtype=torch.bool)
    mask[:, 0] = mask[:, -1] = mask[2, 4:] = False
    return mask


def test_all_tasks_at_once_equal_a_loop_over_tasks(gated):
    torch.manual_seed(0)
    attention = TaskAttention(width=6, tasks=5, hidden=3)
    states = torch.randn(4, 9, 6)
    scores = attention(states)
    gate = gates(scores, gated)
    pooled = pool(shares(gate), states)
    weight = attention.inner.weight.view(5, 3, 6)
    bias = attention.inner.bias.view(5, 3)
    for t in range(5):
        for m in range(4):
            allowed = torch.nonzero(gated[m]).flatten()
            score = torch.stack(
                [attention.outer[t] @ torch.tanh(weight[t] @ states[m, i] + bias[t])
                 for i in allowed]
            )  # fmt: skip
            g = torch.exp(score - score.max())
            torch.testing.assert_close(gate[m, allowed, t], g, rtol=0, atol=1e-6)
            expected = (g[:, None] * states[m, allowed]).sum(0) / g.sum()
            torch.testing.assert_close(pooled[m, t], expected, rtol=0, atol=1e-6)


def test_gates_peak_at_1_and_are_closed_elsewhere(gated):
    gate = gates(10 * torch.randn(4, 9, 3), gated)
    assert torch.equal(gate.amax(1), torch.ones(4, 3))
    assert not gate[~gated].any()
    torch.testing.assert_close(shares(gate).sum(1), torch.ones(4, 3))


def test_a_common_offset_changes_neither_prediction_nor_penalty(gated):
    """The trap: were the scale of the gates free, the penalty would be paid by it."""
    scores = torch.randn(4, 9, 3)
    gate, shifted = gates(scores, gated), gates(scores - 4.0, gated)
    torch.testing.assert_close(shifted, gate)
    torch.testing.assert_close(mean_gate(shifted, gated), mean_gate(gate, gated))


def test_the_penalty_has_no_gradient_along_a_common_offset(gated):
    scores = torch.randn(4, 9, 3, dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(mean_gate(gates(scores, gated), gated), scores)
    torch.testing.assert_close(gradient.sum(1), torch.zeros(4, 3, dtype=torch.float64))
    assert gradient.abs().max() > 1e-3


def test_mean_gate_lies_between_one_token_and_all(gated):
    count = gated.sum(1).float()
    even = mean_gate(gates(torch.zeros(4, 9, 2), gated), gated)
    assert even.item() == pytest.approx(1.0)
    peaked = torch.zeros(4, 9, 2)
    peaked[:, 2] = 50.0
    mean = mean_gate(gates(peaked, gated), gated)
    assert mean.item() == pytest.approx((1 / count).mean().item())


def test_padding_does_not_matter(gated):
    scores, states = torch.randn(4, 9, 3), torch.randn(4, 9, 6)
    longer = torch.cat([gated, torch.zeros(4, 7, dtype=torch.bool)], 1)
    more_scores = torch.cat([scores, torch.full((4, 7, 3), 99.0)], 1)
    more_states = torch.cat([states, torch.full((4, 7, 6), 1e3)], 1)
    a, b = gates(scores, gated), gates(more_scores, longer)
    torch.testing.assert_close(b[:, :9], a)
    torch.testing.assert_close(mean_gate(b, longer), mean_gate(a, gated))
    torch.testing.assert_close(pool(shares(b), more_states), pool(shares(a), states))
