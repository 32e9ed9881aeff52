"""Where models compute."""

import pytest
import torch

from triptych.runtime.provenance import Run, current_attributes, running
from triptych.training.device import choose_device


def test_float32_is_not_cut_to_tf32():
    # Not by monkeypatch: these settings are not in their objects' own dictionaries.
    for backend in (torch.backends.cuda.matmul, torch.backends.cudnn):
        backend.allow_tf32 = True
    choose_device("cpu")
    assert not torch.backends.cuda.matmul.allow_tf32
    assert not torch.backends.cudnn.allow_tf32


@pytest.mark.parametrize(
    ("gpu", "setting", "device"),
    [(False, "auto", "cpu"), (False, "cpu", "cpu"), (True, "auto", "cuda"),
     (True, "cuda", "cuda"), (True, "cpu", "cpu")],
)  # fmt: skip
def test_a_setting_means_a_device_that_is_there(monkeypatch, gpu, setting, device):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: gpu)
    with running(Run("scripts/x/y.py", {}, "c0de", {})):
        assert choose_device(setting).type == device
        assert current_attributes()["device"] == device


def test_a_gpu_that_is_not_there_is_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(RuntimeError, match="no GPU"):
        choose_device("cuda")
