"""What a model's tensors are counted as."""

import torch
from torch import nn

from triptych.training.tensors import count_parameters


def test_a_complex_parameter_counts_as_two_numbers_and_a_frozen_one_not_at_all():
    model = nn.ParameterDict(
        {
            "real": nn.Parameter(torch.zeros(3)),
            "complex": nn.Parameter(torch.zeros(5, dtype=torch.complex64)),
            "frozen": nn.Parameter(torch.zeros(7), requires_grad=False),
        }
    )
    assert count_parameters(model) == 13
