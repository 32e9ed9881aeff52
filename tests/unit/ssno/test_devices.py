"""Every model on torch's meta device, which computes shapes alone and refuses what is elsewhere."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from ssno_specs import SMALL_BASELINES, ssno_model

from triptych.ssno.labels import MODEL_LABELS
from triptych.ssno.models import build_model
from triptych.ssno.systems import get_system

ELSEWHERE = {("sfno", "ks2d"), ("sfno", "ns2d"), ("sfno", "ks3d"), ("fno", "swe_sphere")}
CASES = [
    (model, system)
    for model in MODEL_LABELS
    for system in ("ks2d", "ns2d", "ks3d", "swe_sphere")
    if (model, system) not in ELSEWHERE
]


def built(model, name, device):
    system = replace(get_system(name), source_points=16, points=16)
    scale = np.ones(len(system.channels), np.float32)
    options = ssno_model(forcing=8) if model == "ssno" else SMALL_BASELINES[model]
    network = build_model(
        model, system, seed=0, options=options, increment_scale=scale, device=device
    )
    shape = (2, len(system.channels), *system.domain.grid(16))
    return network, torch.randn(shape, device=device)


@pytest.mark.parametrize(("model", "system"), CASES)
def test_a_step_and_its_gradient_stay_on_one_device(model, system):
    network, field = built(model, system, "meta")
    states = network(field, 2)
    assert states.device.type == "meta"
    assert states.shape == (2, 2, *field.shape[1:])
    states.square().mean().backward()
    devices = {p.grad.device.type for p in network.parameters()}
    assert devices == {"meta"}


@pytest.mark.parametrize("model", ["ffno", "ssno"])
def test_a_model_left_behind_is_found(model):
    network, _ = built(model, "ks2d", "cpu")
    _, field = built(model, "ks2d", "meta")
    with pytest.raises(RuntimeError, match="device"):
        network(field, 1)
