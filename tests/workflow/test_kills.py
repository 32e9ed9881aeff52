"""Kill a job, Snakemake, or both, at random moments: the next plain run ends well, with equal bits.

Ten moments a paper, on a short chain with a real training in it that keeps its state several times
a second. Half of the moments are counted from the start of the run, half from a fresh checkpoint.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from triptych.inspect.check import check
from triptych.runtime.store import content_digest

pytestmark = pytest.mark.kill


@dataclass(frozen=True)
class Chain:
    """A target below the scale's folder, its settings, the log of its training.

    ``equal`` are the results that two runs share bit for bit: all but those that hold times.
    """

    target: str
    settings: str
    log: str
    equal: tuple[str, ...] = ("**/*.zarr", "**/weights.safetensors")


CHAINS = {
    "ssno": Chain(
        "ssno/ks2d/runs/ssno_default_n2_s0/weights.safetensors",
        # One candidate: more would be jobs alike, before the training that the moments are for.
        "ssno={systems: {ks2d: {iterations: {ssno: 300}}}, "
        "search: {share: 0.01, learning_rates: {ssno: [0.003]}, extensions: 0}}",
        "ssno/ks2d/train_ssno_default_n2_s0",
    ),
    "cycles": Chain(
        # The population that no other one is trained for before.
        "cycles/search_K4/weights.safetensors",
        "cycles={data: {dataset: digits, held_out: 297}, "
        "comparison: {iterations: 4000}, training: {batch_size: 250}}",
        "cycles/train_search_K4",
    ),
    "toxicity": Chain(
        "toxicity/alerts/runs/mtl_rxnfp_bert_random_f0_none/weights.safetensors",
        "toxicity={datasets: {alerts: {epochs: 20}}}",
        "toxicity/alerts/runs_mtl_rxnfp_bert_random_f0_none",
        ("**/predictions.zarr", "**/molecules.zarr", "**/weights.safetensors"),
    ),
}

VICTIMS = (
    "job",
    "job",
    "job",
    "job",
    "snakemake",
    "snakemake",
    "snakemake",
    "both",
    "both",
    "both",
)


@pytest.mark.parametrize("paper", CHAINS)
def test_ten_kills_change_nothing(checkout, paper):
    chain = CHAINS[paper]
    checkout.edit("src/triptych/runtime/progress.py", "SAVE_EVERY_S = 30.0", "SAVE_EVERY_S = 0.2")
    whole, killed = (checkout.folder / name / "smoke" for name in ("whole", "killed"))
    checkout.snakemake(*words(chain))
    shutil.copytree(killed, whole)
    forget_training(killed, chain)
    resumed = [run_and_kill(checkout, chain, killed, *moment) for moment in moments(paper)]
    before = checkpoints((killed / chain.target).parent)
    checkout.snakemake(*words(chain))
    assert says_resumed(killed, chain) or not before
    assert any(resumed), "no kill left a checkpoint for the next run: the chain is too short"
    assert digests(killed, chain) == digests(whole, chain)
    assert not [path for path in killed.rglob("*") if ".partial-" in path.name]
    assert not checkpoints(killed)
    report = check(killed)
    assert report.checked
    assert (report.damaged, report.unchecked) == ([], [])


def moments(paper):
    """Return who dies, what the moment is counted from, and the seconds after it."""
    rng = random.Random(paper)
    victims = rng.sample(VICTIMS, len(VICTIMS))
    starts = [("checkpoint", 0.5), ("start", 9.0)] * 5
    return [
        (victim, since, rng.uniform(0.0, longest))
        for victim, (since, longest) in zip(victims, starts, strict=True)
    ]


def words(chain):
    settings = ("--config", "results=killed", chain.settings)
    return (f"killed/smoke/{chain.target}", "--configfile", "config/smoke.yaml", *settings)


def forget_training(results, chain):
    """Remove what the training left, and nothing that it needs."""
    shutil.rmtree((results / chain.target).parent)
    (results / "logs" / f"{chain.log}.log").unlink()


def run_and_kill(checkout, chain, results, victim, since, seconds):
    """Start a run and kill somebody in it; return whether its training resumed.

    Checkpoints are those of the target: trainings that it needs before leave some of their own.
    A run that is done before the moment comes must have ended well, and the training starts afresh.
    """
    kept = (results / chain.target).parent
    before = checkpoints(kept)
    run = checkout.started(*words(chain))
    await_moment(run, kept, before, since, seconds)
    family = processes(run)
    kill(run, victim)
    output = "".join(run.communicate(timeout=300))
    assert not psutil.wait_procs(family, timeout=60)[1], "a job outlived its run"
    assert "cannot be locked" not in output
    assert "is in use" not in output
    went_on = says_resumed(results, chain)
    if before and checkpoints(kept) != before:
        assert went_on, f"{victim} killed {seconds} s after {since}:\n{output[-4000:]}"
    if run.returncode == 0:
        forget_training(results, chain)
    return went_on and bool(before)


def await_moment(run, kept, before, since, seconds):
    while since == "checkpoint" and run.poll() is None and checkpoints(kept) == before:
        time.sleep(0.02)
    deadline = time.monotonic() + seconds
    while run.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)


def kill(run, victim):
    """Kill the run, its jobs, or all; jobs are waited for if none is at work."""
    while victim == "job" and run.poll() is None and not jobs(run):
        time.sleep(0.02)
    if run.poll() is not None:
        assert run.returncode == 0
    elif victim == "both":
        os.killpg(run.pid, signal.SIGKILL)
    elif victim == "snakemake":
        os.kill(run.pid, signal.SIGKILL)
    else:
        for job in jobs(run):
            job.kill()


def processes(run):
    try:
        return psutil.Process(run.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def jobs(run):
    return [process for process in processes(run) if is_job(process)]


def is_job(process):
    try:
        return any(".snakemake/scripts" in word for word in process.cmdline()[1:2])
    except psutil.Error:
        return False


def checkpoints(below):
    """Return the times of the states that were kept; those half written do not count."""
    times = {}
    for folder, _, names in os.walk(below):
        whole = [name for name in names if not name.startswith(".")]
        for name in whole if Path(folder).parent.name == "checkpoints" else ():
            with suppress(FileNotFoundError):  # the run goes on while we look
                times[name] = Path(folder, name).stat().st_mtime_ns
    return times


def says_resumed(results, chain):
    log = results / "logs" / f"{chain.log}.log"
    return log.exists() and "resumed at" in log.read_text()


def digests(results, chain):
    paths = {path for pattern in chain.equal for path in results.glob(pattern)}
    return {str(path.relative_to(results)): content_digest(path) for path in sorted(paths)}
