"""Task-specific masks: each task weighs the tokens of the shared encoder with its own gates.

Lee et al. 2025 (arXiv:2512.11412) give each task token scores and gates in [0, 1] with an L1
penalty. The form of the gates is this project's own (docs/fidelity/toxicity.md, *The penalty*): for
task ``t`` of a molecule with token states ``H`` every form of mask has token scores ``s`` and gates

``g_ti = exp(s_ti − max_j s_tj) ∈ (0, 1],   share_ti = g_ti / Σ_j g_tj``

and the loss carries ``λ · mean |g|``. The prediction does not know the scale of the gates. With
gates free to shrink together (a sigmoid, say) the penalty would be paid by their scale, with
nothing selected. Here the largest gate of every task and molecule is 1 whatever the scores are: the
mean can only fall when the *other* tokens are closed.

The forms differ in where scores come from, and in how the evidence ``e_ti = w_t·H_i`` of the tokens
becomes a logit:

``gates``
    ``s = MLP_t(H)``, a network of its own; logit ``Σ share·e + b``.
``tied``
    ``s = β_t e`` with a learned ``β_t > 0``; the same logit.
``noisy_or``
    ``s = e + c_t``, a token's log odds to make its molecule positive; a molecule is positive if any
    token is, or for a reason outside of all, which counts as one token more:
    ``1 − p = (1 − σ(b_t + c_t)) Π (1 − σ(e + c_t))``, a noisy-or with a leak (Pearl 1988). Gates
    are ratios of odds and not of probabilities: where most labels are positive, all probabilities
    are near 1, and nothing could close a gate. Where they are small, the share is the gradient of
    the logit along ``e``, but for a factor that all tokens have in common.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from triptych.toxicity.names import MaskName

TOKEN_OFFSET = -4.0
"""Log odds of one token at first, where any positive token makes a molecule positive."""


class _TaskAttention(nn.Module):
    """The scores of all tasks in one matrix product, each by a network of hidden units of its own.

    There is no offset after the last product: gates do not depend on it.
    """

    def __init__(self, width: int, tasks: int, hidden: int) -> None:
        super().__init__()
        self.tasks, self.hidden = tasks, hidden
        self.inner = nn.Linear(width, tasks * hidden)
        self.outer = nn.Parameter(torch.randn(tasks, hidden) / hidden**0.5)

    def forward(self, states: Tensor) -> Tensor:
        """Return (..., token, task) of states, (..., token, width)."""
        inner = self.inner(states).tanh_().unflatten(-1, (self.tasks, self.hidden))
        return torch.einsum("...th,th->...t", inner, self.outer)


class MaskForm(nn.Module):
    """Where a task's scores come from, and how evidence becomes its logit."""

    def scores(self, states: Tensor, evidence: Tensor) -> Tensor:
        """Return the logarithm of the gates, but for a constant of each molecule and task.

        Parameters
        ----------
        states : Tensor of shape (token, width)
        evidence : Tensor of shape (token, task)

        Returns
        -------
        Tensor of shape (token, task)
            Without units.
        """
        raise NotImplementedError

    def logit(self, evidence: Tensor, share: Tensor, gated: Tensor, bias: Tensor) -> Tensor:
        """Return the log odds: here the mean of the evidence under the mask, and an offset.

        Parameters
        ----------
        evidence, share : Tensor of shape (molecule, position, task)
        gated : bool Tensor of shape (molecule, position)
            The tokens that may be pooled.
        bias : Tensor of shape (task,)

        Returns
        -------
        Tensor of shape (molecule, task)
            Without units.
        """
        return (share * evidence).sum(1) + bias


class Gates(MaskForm):
    """Scores from a network of their own, apart from the evidence."""

    def __init__(self, width: int, tasks: int, hidden: int) -> None:
        super().__init__()
        self.attention = _TaskAttention(width, tasks, hidden)

    def scores(self, states: Tensor, evidence: Tensor) -> Tensor:
        """Return what the network gives; shapes as in :meth:`MaskForm.scores`."""
        return self.attention(states)


class Tied(MaskForm):
    """Scores that are the evidence itself, times a learned sharpness."""

    def __init__(self, width: int, tasks: int, hidden: int) -> None:
        super().__init__()
        self.log_sharpness = nn.Parameter(torch.zeros(tasks))

    def scores(self, states: Tensor, evidence: Tensor) -> Tensor:
        """Return the evidence times the sharpness; shapes as in :meth:`MaskForm.scores`."""
        return self.log_sharpness.exp() * evidence


class NoisyOr(MaskForm):
    """Each token makes its molecule positive with a probability of its own."""

    def __init__(self, width: int, tasks: int, hidden: int) -> None:
        super().__init__()
        self.offset = nn.Parameter(torch.full((tasks,), TOKEN_OFFSET))

    def scores(self, states: Tensor, evidence: Tensor) -> Tensor:
        """Return each token's log odds; shapes as in :meth:`MaskForm.scores`."""
        return evidence + self.offset

    def logit(self, evidence: Tensor, share: Tensor, gated: Tensor, bias: Tensor) -> Tensor:
        """Return the log odds that a token or the leak is positive; see :meth:`MaskForm.logit`."""
        nats = functional.softplus(evidence + self.offset) * gated[..., None]
        total = nats.sum(1) + functional.softplus(bias + self.offset)  # −log(1 − p)
        return total + torch.log(-torch.expm1(-total))


FORMS: dict[MaskName, Callable[[int, int, int], MaskForm]] = {
    "gates": Gates,
    "tied": Tied,
    "noisy_or": NoisyOr,
}
"""Each from the width of the states, the number of tasks and the hidden units of one."""


def gates(scores: Tensor, gated: Tensor) -> Tensor:
    """Return the gates of all tasks: 1 at the highest score of a molecule, 0 where not ``gated``.

    Parameters
    ----------
    scores : Tensor of shape (molecule, position, task)
    gated : bool Tensor of shape (molecule, position)
        The tokens that may be pooled, at least one a molecule.

    Returns
    -------
    Tensor of shape (molecule, position, task)
        Between 0 and 1.
    """
    allowed = scores.masked_fill(~gated[..., None], -torch.inf)
    return torch.exp(allowed - allowed.amax(1, keepdim=True))


def shares(gate: Tensor) -> Tensor:
    """Return each token's share of the pooled mass; shares sum to 1 over a molecule's tokens.

    Parameters
    ----------
    gate : Tensor of shape (molecule, position, task)
        Non-negative.

    Returns
    -------
    Tensor of shape (molecule, position, task)
        Between 0 and 1.
    """
    return gate / gate.sum(1, keepdim=True)


def mean_gate(gate: Tensor, gated: Tensor) -> Tensor:
    """Return the mean gate over the tokens that may be pooled, then over molecules and tasks.

    Between ``1/n`` of ``n`` tokens, one open and the others closed, and 1, all open alike.

    Parameters
    ----------
    gate : Tensor of shape (molecule, position, task)
    gated : bool Tensor of shape (molecule, position)
        The tokens that may be pooled.

    Returns
    -------
    Tensor of shape ()
        Without units.
    """
    return (gate.sum(1) / gated.sum(1)[:, None]).mean()
