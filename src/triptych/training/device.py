"""Where to compute."""

from __future__ import annotations

import torch


def choose_device(setting: str) -> torch.device:
    """Return the device that a setting means on this machine.

    Parameters
    ----------
    setting
        ``cpu``, ``cuda``, or ``auto``: the GPU where there is one.

    Raises
    ------
    RuntimeError
        If a GPU is asked for and there is none.
    """
    has_gpu = torch.cuda.is_available()
    if setting == "cuda" and not has_gpu:
        raise RuntimeError("device is 'cuda', but there is no GPU here; allowed: auto, cpu")
    return torch.device("cuda" if has_gpu and setting != "cpu" else "cpu")
