"""Adam and AdamW by PyTorch's functional form.

Its optimizer classes import the compiler behind ``torch.compile`` as soon as one is made, which
takes 2.5 s of every training's process and a hundred megabytes of its memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import torch
from torch import Tensor
from torch.optim.adamw import adamw

BETAS = (0.9, 0.999)
EPSILON = 1e-8
STEP, FIRST, SECOND = "step", "exp_avg", "exp_avg_sq"
"""The state of a parameter, as the optimizer classes name it."""


class Adam:
    """Adam (Kingma and Ba 2015), or AdamW (Loshchilov and Hutter 2019) with weight decay.

    Parameters
    ----------
    groups : sequence of iterable of Tensor
        Parameters, group by group; each group has its own learning rate.
    decay : float
        Weight decay, decoupled from the gradient.
    fused : bool, optional
        Whether a step is one pass over memory; it differs from the plain form by rounding.
    """

    def __init__(
        self, groups: Sequence[Iterable[Tensor]], *, decay: float, fused: bool = False
    ) -> None:
        self.groups = [list(group) for group in groups]
        self.decay, self.fused = decay, fused
        self.state = {p: self._fresh(p) for group in self.groups for p in group}

    def zero_grad(self) -> None:
        """Forget all gradients."""
        for parameter in self.state:
            parameter.grad = None

    @torch.no_grad()
    def step(self, rates: Sequence[float]) -> None:
        """Take one step, in place; a parameter without a gradient stays.

        Parameters
        ----------
        rates : sequence of float
            Learning rate of every group.

        Raises
        ------
        ValueError
            If there are more or fewer of them than groups.
        """
        for group, rate in zip(self.groups, rates, strict=True):
            moved = {p: p.grad for p in group if p.grad is not None}
            states = [self.state[parameter] for parameter in moved]
            adamw(
                list(moved),
                list(moved.values()),
                [state[FIRST] for state in states],
                [state[SECOND] for state in states],
                max_exp_avg_sqs=[],
                state_steps=[state[STEP] for state in states],
                fused=self.fused,
                amsgrad=False,
                beta1=BETAS[0],
                beta2=BETAS[1],
                lr=rate,
                weight_decay=self.decay,
                eps=EPSILON,
                maximize=False,
            )

    def tensors(self) -> dict[str, Tensor]:
        """Return a copy of moments and step counts.

        Returns
        -------
        dict of str to Tensor
            By ``<position of the parameter>.<name>``: moments in the parameter's shape, step counts
            without dimensions.
        """
        states = enumerate(self.state.values())
        return {f"{i}.{name}": value.clone() for i, of in states for name, value in of.items()}

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Set the moments and step counts that :meth:`tensors` gave, of the same parameters.

        Raises
        ------
        KeyError
            If one is missing; what is of no parameter here is passed over.
        """
        for i, of in enumerate(self.state.values()):
            for name, value in of.items():
                value.copy_(tensors[f"{i}.{name}"])

    def _fresh(self, parameter: Tensor) -> dict[str, Tensor]:
        # The plain form reads the count on the host.
        device = parameter.device if self.fused else "cpu"
        count = torch.zeros((), dtype=torch.float32, device=device)
        first, second = (torch.zeros_like(parameter.detach()) for _ in range(2))
        return {STEP: count, FIRST: first, SECOND: second}
