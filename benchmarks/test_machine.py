"""What the machine can do at best: matrix products and FFTs in float32, alone and two at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from statistics import mean

import pytest
import torch
from readings import faster

SECONDS = 2
BUSY = """
import time
import torch
torch.set_num_threads(1)
{made}
def counted(seconds):
    count, end = 0, time.perf_counter() + seconds
    while time.perf_counter() < end:
        {work}
        count += 1
    return count
counted(0.5)
print({seconds} / counted({seconds}))
"""
"""A process that works for a while, and says how many seconds one piece of work took."""
WORK = {
    "matrix product": ("a, b = torch.randn(2, 512, 512)", "a @ b"),
    "real FFT": ("a = torch.randn(64, 64, 64)", "torch.fft.rfft2(a)"),
}


@pytest.mark.parametrize("threads", [1, 2], indirect=True)
def test_best_rates(measure, best):
    a, b = torch.randn(2, 1024, 1024)
    measure(lambda: a @ b)
    measure.reads("machine", "float32", "matrix product", "GFLOP/s", best.products / 1e9)
    measure.reads("machine", "float32", "real FFT", "GFLOP/s", best.fft / 1e9)


@pytest.mark.parametrize("what", WORK)
def test_two_processes(measure, python, what):
    """What two cores can gain at most: some are two threads of one core, or share its memory."""
    made, work = WORK[what]
    busy = BUSY.format(made=made, work=work, seconds=SECONDS)
    taken: dict[int, list[float]] = {1: [], 2: []}

    def run(processes: int) -> None:
        with ThreadPoolExecutor(processes) as pool:
            seconds = pool.map(lambda _: float(python("-c", busy)), range(processes))
            taken[processes].append(mean(seconds))

    measure(lambda: run(1), lambda: run(2), least=3)
    share = faster(taken[1][1:], taken[2][1:])
    measure.reads("machine", what, "each of two processes at once, of one alone", "share", share)
