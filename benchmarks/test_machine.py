"""What the machine can do at best: matrix products and FFTs in float32."""

from __future__ import annotations

import pytest
import torch


@pytest.mark.parametrize("threads", [1, 2], indirect=True)
def test_best_rates(measure, best):
    a, b = torch.randn(2, 1024, 1024)
    measure(lambda: a @ b)
    measure.reads("machine", "float32", "matrix product", "GFLOP/s", best.products / 1e9)
    measure.reads("machine", "float32", "real FFT", "GFLOP/s", best.fft / 1e9)
