"""Where to compute, and in which arithmetic."""

from __future__ import annotations

import torch

from triptych.runtime.provenance import note_device


def choose_device(setting: str) -> torch.device:
    """Return the device that a setting means on this machine; there float32 means float32.

    TF32 is off from here on, for products of matrices and for convolutions alike: it keeps ten bits
    of a number, and would lose them for the models that use tensor cores more. The record of the
    running step names the device.

    Parameters
    ----------
    setting : str
        ``cpu``, ``cuda``, or ``auto``: the GPU where there is one.

    Raises
    ------
    RuntimeError
        If a GPU is asked for and there is none.
    """
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    has_gpu = torch.cuda.is_available()
    if setting == "cuda" and not has_gpu:
        raise RuntimeError("device is 'cuda', but there is no GPU here; allowed: auto, cpu")
    device = torch.device("cuda" if has_gpu and setting != "cpu" else "cpu")
    note_device(str(device))
    return device
