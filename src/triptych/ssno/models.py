"""All models by name, built for a system."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn

from triptych.ssno.baselines.cnext import CNext
from triptych.ssno.baselines.dpot import DPOT
from triptych.ssno.baselines.factformer import FactFormer
from triptych.ssno.baselines.ffno import FFNO
from triptych.ssno.baselines.fno import FNO
from triptych.ssno.baselines.percnn import PeRCNN
from triptych.ssno.coordinates import OCTAVES
from triptych.ssno.model import SSNO
from triptych.ssno.specs import MODELS, ModelSpec
from triptych.ssno.system import System

BASELINES: dict[str, Callable[..., nn.Module]] = {
    "ffno": FFNO,
    "cnext": CNext,
    "percnn": PeRCNN,
    "dpot": DPOT,
    "factformer": FactFormer,
    "fno": FNO,
}


def build_model(
    name: str,
    system: System,
    *,
    seed: int = 0,
    options: Mapping[str, Any] | ModelSpec | None = None,
    device: torch.device | str = "cpu",
) -> nn.Module:
    """Return a freshly initialised model of a system's one-step map.

    Parameters
    ----------
    name
        ``ssno`` or one of the baselines.
    seed
        Seed of the initial weights.
    options
        Sizes of a baseline by name, or the SSNO's spec; its published sizes when None.

    Raises
    ------
    KeyError
        If there is no such model; the message lists those known.
    TypeError
        If a baseline does not know an option.
    """
    if name not in MODELS:
        raise KeyError(f"unknown model {name!r}; known: {', '.join(MODELS)}")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        if name == "ssno":
            spec = options if isinstance(options, ModelSpec) else system.model
            return SSNO(spec, system.domain, len(system.channels), system.points, system.dt).to(
                device
            )
        sizes = dict(options) if isinstance(options, Mapping) else {}
        # Where there is a forcing, all models see the coordinates that f_x sees.
        sizes["octaves"] = OCTAVES if system.forced else (1,)
        return BASELINES[name](system.domain, len(system.channels), **sizes).to(device)


def count_parameters(model: nn.Module) -> int:
    """Return the number of trainable numbers in a model."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad)
