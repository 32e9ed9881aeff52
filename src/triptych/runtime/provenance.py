"""Where a result came from: the record that every store, weights file and figure carries."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from triptych.runtime.canonical import to_json

SCHEMA_VERSION = 1
LIBRARIES = (
    "triptych",
    "numpy",
    "scipy",
    "torch",
    "torch-harmonics",
    "xarray",
    "zarr",
    "scikit-learn",
    "rdkit",
    "tokenizers",
    "transformers",
    "matplotlib",
)

RECORD_FIELDS = (
    "schema_version",
    "step",
    "params",
    "code",
    "inputs",
    "seed",
    "versions",
    "commit",
    "dirty",
    "device",
    "created",
    "wall_time_s",
)
"""Names of the attributes that make up the record of a run."""

SOURCES = ("src", "scripts", "rules", "notebooks", "Snakefile")
"""What computes, from the top of a checkout; settings are in every record themselves."""

_running: ContextVar[Run | None] = ContextVar("triptych_run", default=None)


@dataclass
class Run:
    """One run of one step, as far as it matters to whoever reads its results.

    Attributes
    ----------
    step
        The script's path below the project, such as ``scripts/cycles/train.py``.
    params
        Its parameters, canonical.
    code
        The digest of the script and of the library behind it.
    inputs
        Content digest of every input, by name.
    device
        Where the arithmetic ran; a step that uses a GPU says so.
    started
        When, in seconds since 1970.
    sources
        Commit of the checkout and whether it was changed, when the run started.
    """

    step: str
    params: Mapping[str, Any]
    code: str
    inputs: Mapping[str, Any]
    device: str = "cpu"
    started: float = field(default_factory=time.time)
    sources: Mapping[str, Any] = field(default_factory=lambda: git_state())

    def attributes(self) -> dict[str, Any]:
        """Return the record as flat attributes; compound values are JSON text."""
        return {
            "schema_version": SCHEMA_VERSION,
            "step": self.step,
            "params": to_json(self.params),
            "code": self.code,
            "inputs": to_json(self.inputs),
            "seed": to_json(_seeds(self.params)),
            "versions": to_json(library_versions()),
            **self.sources,
            "device": self.device,
            "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "wall_time_s": round(time.time() - self.started, 3),
        }


@contextmanager
def running(run: Run) -> Iterator[None]:
    """Make ``run`` the one whose record the results written inside carry."""
    token = _running.set(run)
    try:
        yield
    finally:
        _running.reset(token)


def current_attributes() -> dict[str, Any]:
    """Return the record of the run that is going on, or nothing outside of a step."""
    run = _running.get()
    return run.attributes() if run else {}


def note_device(device: str) -> None:
    """Record the device that the running step computes on."""
    run = _running.get()
    if run:
        run.device = device


def library_versions() -> dict[str, str]:
    """Return the versions of the libraries that the numbers depend on."""
    versions = {}
    for name in LIBRARIES:
        with suppress(PackageNotFoundError):
            versions[name] = version(name)
    return versions


def git_state(sources: tuple[str, ...] = SOURCES) -> dict[str, Any]:
    """Return ``commit`` and ``dirty`` of the checkout that this code lies in.

    It is dirty if one of the sources is not as in that commit, or is in none. An installed package
    has no checkout, though it may lie in that of another project.
    """
    unknown = {"commit": "unknown", "dirty": True}
    checkout = Path(__file__).parents[3]
    if not (checkout / ".git").exists():
        return unknown
    words = ["status", "--porcelain=v2", "--branch", "--untracked-files=normal", "-z", "--"]
    # Without locks: a commit of the user's at this moment would fail.
    command = ["git", "--no-optional-locks", "-C", str(checkout), *words, *sources]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=20)
    except (OSError, subprocess.SubprocessError):
        return unknown
    commit, *entries = done.stdout.removeprefix("# branch.oid ").split("\0")
    return {"commit": commit, "dirty": any(not entry.startswith("#") for entry in entries if entry)}


def _seeds(params: Any) -> dict[str, Any]:
    """Return every parameter whose name speaks of a seed, by its dotted name."""
    seeds: dict[str, Any] = {}

    def visit(value: Any, name: str) -> None:
        if isinstance(value, Mapping):
            for key, item in value.items():
                visit(item, f"{name}.{key}" if name else str(key))
        elif "seed" in name.rpartition(".")[2]:
            seeds[name] = value
        elif isinstance(value, list):  # of runs, each with a seed of its own
            for index, item in enumerate(value):
                visit(item, f"{name}.{index}")

    visit(params, "")
    return seeds
