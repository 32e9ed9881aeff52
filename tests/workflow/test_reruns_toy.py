"""What reruns, on a toy graph: make → double → draw, make → tell."""

import pytest

from triptych.runtime.tracking import RUNTIME_VERSION


@pytest.fixture
def built(toy):
    toy.snakemake()
    return toy


def test_reruns(built):
    """One session of edits, each with what exactly must run after it."""
    assert (built.folder / "draw.txt").read_text() == "2red"
    assert built.planned() == {}, "an unchanged second run does nothing"

    reordered = "toy={other: {a: [2], b: 1}, start: 1}"
    assert built.planned("--config", reordered) == {}, "the order of keys is no change"
    everything = {"all": 1, "make": 1, "double": 1, "draw": 1, "tell": 1}
    assert built.planned("--config", "toy={start: 2}") == everything
    assert built.planned("--config", "toy={colour: blue}") == {"all": 1, "draw": 1}

    built.edit("src/triptych/toy/words.py", "'word'", "'other'")
    assert built.planned() == {"all": 1, "tell": 1}
    built.edit("src/triptych/toy/words.py", "'other'", "'word'  # as before")
    assert built.planned() == {}, "a comment is no change"

    built.edit("src/triptych/toy/base.py", "x * by", "x * by * 10")
    assert built.planned() == {"all": 1, "double": 1, "draw": 1}, "through another module"
    built.snakemake()
    assert (built.folder / "draw.txt").read_text() == "20red"
    assert built.planned() == {}

    built.edit("scripts/draw.py", "params.colour", "params.colour.upper()")
    assert built.planned() == {"all": 1, "draw": 1}, "a restyled figure reruns one job"
    (built.folder / "scripts" / "make.py").touch()
    assert built.planned() == {"all": 1, "draw": 1}, "a touched script is no change"


def test_the_runtime_counts_by_its_version(built):
    """Help of a command, `explain`, an argument parser: no result depends on them."""
    built.edit("src/triptych/cli.py", "Find damaged results", "Find broken results")
    built.edit("src/triptych/inspect/explain.py", "no longer there", "gone")
    built.edit("src/triptych/runtime/step.py", "also write the log to this file", "the log's file")
    assert built.planned() == {}

    version = f"RUNTIME_VERSION = {RUNTIME_VERSION}"
    built.edit("src/triptych/runtime/tracking.py", version, "RUNTIME_VERSION = 1000")
    assert built.planned() == {"all": 1, "make": 1, "double": 1, "draw": 1, "tell": 1}
