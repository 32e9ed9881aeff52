"""What all benchmarks share: threads, rounds, forms timed in turn, readings, the machine."""

from __future__ import annotations

import math
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import torch
from readings import Reading
from threadpoolctl import threadpool_limits

from triptych.runtime.memory import keep_freed_memory

PROJECT = Path(__file__).resolve().parents[1]
VERSIONS = ("torch", "numpy", "transformers", "snakemake", "torch-harmonics")
MOST_ROUNDS = 30

Form = Callable[[], object]

keep_freed_memory()  # as every step does: without it forms are timed at finding fresh pages


class Measure:
    """Times forms in turn, and keeps what was read from the times.

    In each round every form runs once, one after the other: what else the machine does meanwhile
    hits all of them. The last form is the one whose times pytest-benchmark keeps itself.
    """

    def __init__(self, benchmark: Any, config: pytest.Config, threads: int) -> None:
        self._benchmark, self.threads = benchmark, threads
        self._seconds = float(config.getoption("benchmark_max_time"))
        self._least = int(config.getoption("benchmark_min_rounds"))
        benchmark.extra_info["readings"] = []

    def __call__(self, *forms: Form, least: int | None = None) -> list[list[float]]:
        """Return the seconds of each form, round by round, after a round to warm up.

        Parameters
        ----------
        least
            Fewest rounds, for forms that take long; else pytest-benchmark's own setting. There
            are more while they fit into ``--benchmark-max-time``.
        """
        once = sum(_timed(form) for form in forms)
        fewest = self._least if least is None else min(least, self._least)
        return self.rounds(max(fewest, min(MOST_ROUNDS, int(self._seconds / once))), *forms)

    def rounds(self, number: int, *forms: Form) -> list[list[float]]:
        """Return the seconds of each form in so many rounds, without one to warm up."""
        *others, last = forms
        seconds: list[list[float]] = [[] for _ in others]

        def run_others() -> None:
            for form, taken in zip(others, seconds, strict=True):
                taken.append(_timed(form))

        self._benchmark.pedantic(last, setup=run_others, rounds=number)
        return [*seconds, list(self._benchmark.stats.stats.data)]

    def reads(
        self, subject: str, case: str, what: str, kind: str, value: float, **more: Any
    ) -> None:
        """Keep a reading; see :class:`readings.Reading`."""
        reading = Reading(subject, case, what, kind, value, threads=self.threads, **more)
        self._benchmark.extra_info["readings"].append(asdict(reading))


def _timed(form: Form) -> float:
    started = time.perf_counter()
    form()
    return time.perf_counter() - started


@pytest.fixture
def threads(request: pytest.FixtureRequest) -> Iterator[int]:
    """Fix the threads of every numeric library: one, unless a benchmark asks for more."""
    number = getattr(request, "param", 1)
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    with threadpool_limits(number):
        yield number
    torch.set_num_threads(before)


@pytest.fixture
def measure(benchmark: Any, request: pytest.FixtureRequest, threads: int) -> Measure:
    """Return what times forms and keeps readings."""
    return Measure(benchmark, request.config, threads)


def pytest_benchmark_update_machine_info(config: pytest.Config, machine_info: dict) -> None:
    """Add what the table says about the machine."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    machine_info["triptych"] = {
        "processor": machine_info["cpu"].get("brand_raw", platform.machine()),
        "cores": os.cpu_count(),
        "memory": f"{memory:.0f} GiB",
        "system": platform.system(),
        "python": platform.python_version(),
        **{name: version(name) for name in VERSIONS},
    }


@pytest.fixture(scope="session")
def python() -> Callable[..., str]:
    """Return what runs Python with this checkout's sources, one thread a library: its output."""

    def run(*words: str) -> str:
        environment = {**os.environ, "PYTHONPATH": str(PROJECT / "src"), "OMP_NUM_THREADS": "1"}
        done = subprocess.run(
            [sys.executable, *words], cwd=PROJECT, env=environment, capture_output=True, text=True
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(words)}:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
        return done.stdout

    return run


@dataclass(frozen=True)
class Best:
    """The best rates of float32 on this machine, measured in this run, in FLOP/s."""

    products: float
    fft: float


@pytest.fixture
def best(threads: int) -> Best:
    """Return what the machine reaches with these threads."""
    return best_rates(threads)


@cache
def best_rates(threads: int) -> Best:
    """Measure, once for so many threads, matrix products and real FFTs of their fastest shape.

    A real FFT of N points counts as ``2.5 N log2 N`` operations.
    """
    a, b = torch.randn(2, 1024, 1024)
    fft = 0.0
    for shape in ((64, 64), (128, 128), (32, 32, 32)):
        fields, axes, points = torch.randn(64, *shape), range(1, 1 + len(shape)), math.prod(shape)
        work = 64 * 2.5 * points * math.log2(points)
        fft = max(fft, work / _quickest(lambda f=fields, d=tuple(axes): torch.fft.rfftn(f, dim=d)))
    return Best(2 * 1024**3 / _quickest(lambda: a @ b), fft)


def _quickest(form: Form) -> float:
    """Return the least time of a form, tried so long that what else runs hits some tries only."""
    end, least = time.perf_counter() + 0.5, math.inf
    while time.perf_counter() < end:
        least = min(least, _timed(form))
    return least
