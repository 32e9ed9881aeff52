"""Runs without a raw input: what else can be made is, the run says so last, the next tries again.

The input is a table of the project, so that no test needs the network: its source is down where the
table is taken away, and up with a mirror that has it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from checkout import Checkout
from shipped import shipped

from triptych.runtime.store import content_digest, read_store

SETTINGS = "include: [alerts, clintox]"
RESULTS = Path("results/smoke")
WAITS = RESULTS / "toxicity/clintox/molecules.zarr"
RUNS = RESULTS / "toxicity/alerts/molecules.zarr"
FAILED = "At least one job did not complete successfully."
LAST = "The same command tries again, and then runs what waits and nothing else."


@dataclass(frozen=True)
class Source:
    """A checkout, and the way to its only copy of a raw input."""

    checkout: Checkout
    mirror: Path
    monkeypatch: pytest.MonkeyPatch

    @property
    def shipped(self) -> Path:
        return self.checkout.folder / "resources/raw/clintox.csv.gz"

    def down(self) -> None:
        self.shipped.unlink(missing_ok=True)
        self.monkeypatch.delenv("TRIPTYCH_RAW_MIRROR", raising=False)

    def up(self) -> None:
        self.monkeypatch.setenv("TRIPTYCH_RAW_MIRROR", str(self.mirror))

    def words(self, more: str = "") -> tuple[str, ...]:
        files = ("--configfile", "config/smoke.yaml")
        return (str(RUNS), str(WAITS), *files, "--config", f"toxicity={{{SETTINGS}{more}}}")

    def run(self, more: str = "") -> tuple[int, list[str]]:
        """Return the exit code and the lines of what was said, in their order."""
        done = self.checkout.snakemake(*self.words(more), check=False)
        return done.returncode, done.stderr.splitlines()

    def planned(self, more: str = "") -> dict[str, int]:
        return self.checkout.planned(*self.words(more))

    def place(self, path: Path) -> Path:
        return self.checkout.folder / path

    def written(self, path: Path) -> int:
        return (self.place(path) / ".zattrs").stat().st_mtime_ns


@pytest.fixture
def source(checkout, tmp_path, monkeypatch):
    """Return the source, down."""
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # where nothing listens
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "mirror").mkdir()
    (tmp_path / "mirror/clintox.csv").write_bytes(shipped("clintox.csv"))
    source = Source(checkout, tmp_path / "mirror", monkeypatch)
    source.down()
    return source


def said_last(lines: list[str]) -> str:
    """Return the reason that the last words of a run give; nothing is said of what is next."""
    assert lines[-1] == LAST
    assert not [line for line in lines if line.startswith("next: ")]
    return "\n".join(lines[lines.index(FAILED) + 1 :])


def test_the_same_command_tries_again_and_runs_what_waited_and_nothing_else(source):
    code, lines = source.run()
    assert code == 1
    reason = said_last(lines)
    assert reason.startswith("raw input clintox cannot be had; make one reachable:\n")
    for kind in ("shipped: resources/raw/clintox.csv.gz", "mirror: TRIPTYCH_RAW_MIRROR", "https:"):
        assert kind in reason
    assert not source.place(WAITS).exists()
    before = source.written(RUNS)

    assert source.planned() == {"raw_input": 1, "toxicity_prepare": 1}
    code, lines = source.run()
    assert code == 1
    assert "cannot be had" in said_last(lines)

    source.up()
    code, lines = source.run()
    assert code == 0
    assert lines[-1].startswith("next: open ")
    assert read_store(source.place(WAITS)).sizes["row"] == 1478
    assert source.written(RUNS) == before
    assert source.planned() == {}


def test_an_input_lost_after_it_was_had(source):
    source.up()
    source.run()
    digest = content_digest(source.place(WAITS))
    (source.place(RESULTS) / "raw/clintox").rename(source.checkout.folder / "lost")

    source.down()
    assert source.run()[0] == 0, "nothing needs it"
    code, lines = source.run(", max_tokens: 100")
    assert code == 1
    assert "raw input clintox cannot be had" in said_last(lines)
    assert content_digest(source.place(WAITS)) == digest
    read_store(source.place(WAITS))

    source.up()
    code, lines = source.run(", max_tokens: 100")
    assert code == 0
    assert LAST not in lines
    assert content_digest(source.place(WAITS)) != digest
    assert (source.place(RESULTS) / "raw/clintox/clintox.csv").exists()


def test_a_table_of_ones_own_that_is_not_there_starts_no_job(fresh):
    settings = "toxicity={include: [mine], datasets: {mine: {file: nowhere.csv}}}"
    done = fresh.snakemake("cycles_fig4", "--config", settings, "results=none", check=False)
    assert done.returncode == 1
    assert "toxicity.datasets.mine.file: there is no file 'nowhere.csv'" in done.stderr
    assert not (fresh.folder / "none").exists()


def test_a_fresh_clone_shows_every_job(fresh):
    """Of each paper as many as its settings say, before anything was fetched or made."""
    planned = fresh.planned("all", "reports", "verify")
    rules = {
        "all", "reports", "raw_input", "measure", "claims", "verify", "notebook", "index",
        "ssno_generate", "ssno_generate_at", "ssno_candidate", "ssno_search", "ssno_train",
        "ssno_evaluate", "ssno_costs", "ssno_resolutions", "ssno_steps", "figure",
        "cycles_prepare", "cycles_classifier", "cycles_mixture", "cycles_train", "cycles_rates",
        "cycles_evaluate", "cycles_rbm", "cycles_truncation", "cycles_walk",
        "toxicity_prepare", "toxicity_folds", "toxicity_split", "toxicity_backbone",
        "toxicity_encode", "toxicity_train", "toxicity_forest", "toxicity_score",
    }  # fmt: skip
    assert set(planned) == rules
    # Seven systems; three sizes of four populations; four datasets, two encoders of three.
    counts = {
        "raw_input": 6,
        "ssno_generate": 7,
        "ssno_evaluate": 7,
        "cycles_train": 12,
        "cycles_evaluate": 12,
    }
    counts |= {"toxicity_prepare": 4, "toxicity_score": 8, "toxicity_backbone": 2, "notebook": 3}
    counts |= {"ssno_search": 7, "figure": len(fresh.figure_scripts())}
    assert {rule: planned[rule] for rule in counts} == counts
