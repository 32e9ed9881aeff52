"""Fourier neural operator (Li et al., ICLR 2021), on boxes of any dimension and on the sphere."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from triptych.ssno.baselines.common import Increment, channels_first, channels_last
from triptych.ssno.domains import Domain, Sphere
from triptych.ssno.transforms import Transform


class FNO(Increment):
    """Layers that mix channels mode by mode, plus a pointwise path.

    On the sphere the modes are spherical harmonics and the weights depend on the degree alone
    (the spherical FNO of Bonev et al. 2023).

    Parameters
    ----------
    width
        Channels inside.
    layers
        Number of layers.
    modes
        Largest index, or degree, that is mixed.
    """

    def __init__(
        self,
        domain: Domain,
        channels: int,
        *,
        octaves: tuple[int, ...] = (1,),
        width: int = 32,
        layers: int = 4,
        modes: int = 8,
    ) -> None:
        super().__init__(domain, channels, octaves)
        self.modes = modes
        self._transforms: dict[tuple[int, torch.dtype, str], Transform] = {}
        shape = domain.transform(2 * modes + 2, modes).modes
        self.lift = nn.Linear(self.inputs, width)
        self.spectral = nn.ModuleList(_Mixing(domain, width, shape) for _ in range(layers))
        self.pointwise = nn.ModuleList(nn.Linear(width, width) for _ in range(layers))
        self.project = nn.Sequential(
            nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, channels)
        )

    def increment(self, features: Tensor) -> Tensor:
        transform = self._transform(features)
        hidden = self.lift(channels_last(features))
        for mixing, pointwise in zip(self.spectral, self.pointwise, strict=True):
            mixed = mixing(transform.forward(channels_first(hidden)))
            mixed = channels_last(transform.inverse(mixed)) + pointwise(hidden)
            hidden = hidden + nn.functional.gelu(mixed)
        return channels_first(self.project(hidden))

    def _transform(self, features: Tensor) -> Transform:
        points = features.shape[2]
        key = (points, features.dtype, str(features.device))
        if key not in self._transforms:
            self._transforms[key] = self.domain.transform(
                points, self.modes, dtype=features.dtype, device=features.device
            )
        return self._transforms[key]


class _Mixing(nn.Module):
    """A matrix over channels for every mode, or for every degree on the sphere."""

    def __init__(self, domain: Domain, width: int, modes: tuple[int, ...]) -> None:
        super().__init__()
        self.spherical = isinstance(domain, Sphere)
        shape = modes[:1] if self.spherical else modes
        scale = 1 / width
        self.real = nn.Parameter(scale * torch.randn(*shape, width, width))
        self.imaginary = nn.Parameter(scale * torch.randn(*shape, width, width))

    def forward(self, spectrum: Tensor) -> Tensor:
        weight = torch.complex(self.real, self.imaginary)
        if self.spherical:
            weight = weight.unsqueeze(1)
        values = spectrum.movedim(1, -1).unsqueeze(-2)
        return torch.matmul(values, weight).squeeze(-2).movedim(-1, 1)
