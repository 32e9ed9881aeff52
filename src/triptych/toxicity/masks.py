"""Task-specific attention: each task weighs the tokens of the shared encoder with its own gates.

For task ``t`` of a molecule with token states ``H`` (Lee et al. 2025, arXiv:2512.11412),
``s_t = MLP_t(H), g_t = exp(s_t − max_j s_tj) ∈ (0, 1], z_t = Σ_i g_ti H_i / Σ_i g_ti``,
and the loss carries ``λ · mean |g|``. Pooling divides by ``Σ g``, so the prediction does not know
the scale of the gates. With gates free to shrink together (a sigmoid, say) the penalty would be
paid by their scale, with nothing selected. Here the largest gate of every task and molecule is 1
whatever the scores are: the mean can only fall when the *other* tokens are closed.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class TaskAttention(nn.Module):
    """The scores of all tasks in one matrix product.

    Parameters
    ----------
    width
        Size of the token states.
    tasks
        Number of tasks.
    hidden
        Hidden units of the network of one task.
    """

    def __init__(self, width: int, tasks: int, hidden: int) -> None:
        super().__init__()
        self.tasks, self.hidden = tasks, hidden
        self.inner = nn.Linear(width, tasks * hidden)
        self.outer = nn.Parameter(torch.randn(tasks, hidden) / hidden**0.5)

    def forward(self, states: Tensor) -> Tensor:
        """Return the scores of all tasks.

        There is no offset after the last product: gates do not depend on it.

        Parameters
        ----------
        states
            (..., token, width).

        Returns
        -------
        Tensor
            (..., token, task).
        """
        inner = torch.tanh(self.inner(states)).unflatten(-1, (self.tasks, self.hidden))
        return torch.einsum("...th,th->...t", inner, self.outer)


def gates(scores: Tensor, gated: Tensor) -> Tensor:
    """Return the gates of all tasks: 1 at the highest score of a molecule, 0 where not ``gated``.

    Parameters
    ----------
    scores
        (molecule, token, task).
    gated
        The tokens that may be pooled, at least one a molecule, (molecule, token).

    Returns
    -------
    Tensor
        Between 0 and 1, (molecule, token, task).
    """
    allowed = scores.masked_fill(~gated[..., None], -torch.inf)
    return torch.exp(allowed - allowed.amax(1, keepdim=True))


def shares(gate: Tensor) -> Tensor:
    """Return each token's share of the pooled mass; shares sum to 1 over a molecule's tokens.

    Parameters
    ----------
    gate
        Non-negative, (molecule, token, task).

    Returns
    -------
    Tensor
        (molecule, token, task).
    """
    return gate / gate.sum(1, keepdim=True)


def pool(share: Tensor, states: Tensor) -> Tensor:
    """Return the pooled states of all tasks.

    Parameters
    ----------
    share
        (molecule, token, task).
    states
        (molecule, token, width).

    Returns
    -------
    Tensor
        (molecule, task, width).
    """
    return torch.einsum("blt,bld->btd", share, states)


def mean_gate(gate: Tensor, gated: Tensor) -> Tensor:
    """Return the mean gate over the tokens that may be pooled, then over molecules and tasks.

    Between ``1/n`` of ``n`` tokens, one open and the others closed, and 1, all open alike.

    Parameters
    ----------
    gate
        (molecule, token, task).
    gated
        The tokens that may be pooled, (molecule, token).

    Returns
    -------
    Tensor
        One number.
    """
    return (gate.sum(1) / gated.sum(1)[:, None]).mean()
