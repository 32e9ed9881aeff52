"""All models by name, built for a system."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch

from triptych.ssno.baselines.cnext import CNext
from triptych.ssno.baselines.common import Task
from triptych.ssno.baselines.dpot import DPOT
from triptych.ssno.baselines.factformer import FactFormer
from triptych.ssno.baselines.ffno import FFNO
from triptych.ssno.baselines.fno import FNO
from triptych.ssno.baselines.percnn import PeRCNN
from triptych.ssno.baselines.sfno import SFNO
from triptych.ssno.coordinates import coordinate_count
from triptych.ssno.domains import Sphere
from triptych.ssno.emulator import Emulator
from triptych.ssno.model import SSNO
from triptych.ssno.specs import ModelSpec
from triptych.ssno.system import System

BASELINES: dict[str, Callable[..., Emulator]] = {
    "ffno": FFNO,
    "cnext": CNext,
    "percnn": PeRCNN,
    "sfno": SFNO,
    "dpot": DPOT,
    "factformer": FactFormer,
    "fno": FNO,
}


def build_model(
    name: str,
    system: System,
    *,
    seed: int,
    options: Mapping[str, Any] | ModelSpec,
    increment_scale: np.ndarray,
    device: torch.device | str = "cpu",
) -> Emulator:
    """Return a freshly initialised model of a system's one-step map.

    Parameters
    ----------
    name : str
        ``ssno`` or one of the baselines.
    system : System
    seed : int
        Seed of the initial weights.
    options : mapping of str to Any, or ModelSpec
        Sizes of a baseline by name, its own where they are left out, or the SSNO's spec.
    increment_scale : ndarray of shape (channels,)
        Size of every channel's change in one ``dt``, the unit of what a baseline predicts; see
        :func:`triptych.ssno.frames.increment_scale`. The SSNO predicts a rate of change and has no
        use for it.
    device : torch.device or str, optional

    Raises
    ------
    TypeError
        If a baseline does not know an option.
    ValueError
        If a baseline cannot have the sizes that are asked for, or not on the system's domain.
    """
    channels = len(system.channels)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        if isinstance(options, ModelSpec):
            network: Emulator = SSNO(
                options, system.domain, channels, system.band_points, system.dt
            )
        else:
            coordinates = coordinate_channels(name, system)
            task = Task(system.domain, system.points, channels, coordinates, increment_scale)
            network = BASELINES[name](task, **options)
    return network.to(device)


def coordinate_channels(name: str, system: System) -> int:
    """Return how many coordinates a baseline is given: those that its step may depend on.

    An equation that is the same everywhere has no use for any: a model could only learn from few
    trajectories what is not there. In a forced box all are given, as to the SSNO: along which axis
    the forcing varies is for a model to find out. On the sphere a planar model has to know how wide
    a cell is, and a rotating one depends on the latitude.

    Parameters
    ----------
    name : str
        Of the baseline.
    system : System
        Which it is to step.
    """
    if isinstance(system.domain, Sphere):
        return int(system.depends_on_place or name != "sfno")
    return coordinate_count(system.domain) if system.depends_on_place else 0
