"""A disk that is full or cannot be written: an error that names the place, and nothing by half."""

from __future__ import annotations

import os
import subprocess

import pytest

from triptych.inspect.check import check

SETTINGS = (
    "cycles={data: {dataset: digits, held_out: 297}, "
    "training: {batch_size: 250, iterations: 20, record_every: 20}}"
)
DATA, TRAINING = "data.zarr", "search_K4/weights.safetensors"
RESULTS = {DATA: 1, TRAINING: 3}
"""How many results there are at least when a target is made: a training makes its history too."""


@pytest.fixture
def disk(tmp_path):
    """Return a small disk of its own, mounted on a folder."""
    folder = tmp_path / "disk"
    folder.mkdir()
    done = mount("-t", "tmpfs", "-o", "size=16m", "tmpfs", str(folder))
    if done.returncode:
        reason = f"no disk can be mounted here: {done.stderr.strip()}"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def mount(*words):
    try:
        return subprocess.run(["mount", *words], capture_output=True, text=True)
    except FileNotFoundError as error:
        return subprocess.CompletedProcess(words, 1, "", str(error))


def words(disk, target):
    files = ("--configfile", "config/smoke.yaml", "--config", f"results={disk}", SETTINGS)
    return (f"{disk}/smoke/cycles/{target}", *files)


def fill(disk, left):
    """Fill a disk but for some bytes."""
    free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
    ballast = disk / "ballast"
    ballast.write_bytes(bytes(free - left))
    return ballast


def assert_nothing_by_half(disk):
    results = disk / "smoke"
    assert not list(results.rglob("*.partial-*"))
    assert check(results).damaged == []


def assert_next_run_ends_well(fresh, disk, target):
    fresh.snakemake(*words(disk, target))
    assert_nothing_by_half(disk)
    assert check(disk / "smoke").checked >= RESULTS[target]


# Room for no folder; for folders and not the data; for the data and not the training's history.
@pytest.mark.parametrize(("left_kb", "target"), [(0, DATA), (48, DATA), (160, TRAINING)])
def test_a_full_disk_is_named_and_the_next_run_ends_well(fresh, disk, left_kb, target):
    (disk / "smoke").mkdir()
    ballast = fill(disk, left_kb * 1024)
    failed = fresh.snakemake(*words(disk, target), check=False)
    output = failed.stdout + failed.stderr
    assert failed.returncode != 0
    said = [
        line for line in output.splitlines() if "No space left" in line or "StorageFull" in line
    ]
    assert any(str(disk) in line for line in said), output
    assert_nothing_by_half(disk)
    ballast.unlink()
    assert_next_run_ends_well(fresh, disk, target)


def test_a_disk_that_cannot_be_written_is_named(fresh, disk):
    (disk / "smoke").mkdir()
    assert mount("-o", "remount,ro", str(disk)).returncode == 0
    failed = fresh.snakemake(*words(disk, DATA), check=False)
    assert failed.returncode != 0
    assert f"Read-only file system: '{disk}/smoke" in failed.stdout + failed.stderr
    assert mount("-o", "remount,rw", str(disk)).returncode == 0
    assert_next_run_ends_well(fresh, disk, DATA)
