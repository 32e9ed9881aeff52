"""Programs that are allowed so much memory and no more."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

LIMITED = """
import resource
import runpy
import sys

import psutil
import torch

room, program = int(sys.argv[1]), sys.argv[2]
limit = psutil.Process().memory_info().data + room
resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
sys.argv = sys.argv[2:]
runpy.run_path(program, run_name="__main__")
"""


def run_limited(
    project: Path, folder: Path, room: int, program: Path | str, *words: str
) -> subprocess.CompletedProcess[str]:
    """Run a Python program in a folder, with ``room`` bytes beyond what importing torch takes.

    The limit is on private writable memory (``RLIMIT_DATA``: heap, anonymous maps, stacks), the
    memory that arrays are in.
    """
    environment = {
        **os.environ,
        "PYTHONPATH": str(project / "src"),
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "ZARR_THREADING__MAX_WORKERS": "2",
    }
    command = [sys.executable, "-c", LIMITED, str(room), str(program), *words]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
