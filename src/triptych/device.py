"""Where to compute."""

from __future__ import annotations

import torch


def choose_device(wanted: str) -> torch.device:
    """Return the device that ``auto``, ``cpu`` or ``cuda`` means on this machine.

    Raises
    ------
    RuntimeError
        If a GPU is asked for and there is none.
    """
    present = torch.cuda.is_available()
    if wanted == "cuda" and not present:
        raise RuntimeError("device is 'cuda', but there is no GPU here; allowed: auto, cpu")
    return torch.device("cuda" if present and wanted != "cpu" else "cpu")
