"""What reruns, on a toy graph: make → double → draw, make → tell."""

from contextlib import ExitStack

import pytest
from checkout import changed

from triptych.runtime.tracking import RUNTIME_VERSION


@pytest.fixture(scope="module")
def built(shared_toy):
    shared_toy.snakemake()
    return shared_toy


def test_the_runtime_counts_by_its_version(built):
    """Help of a command, `explain`, an argument parser: no result depends on them."""
    source = built.folder / "src/triptych"
    edits = (
        ("cli.py", "Find damaged results", "Find broken results"),
        ("inspect/explain.py", "is not there", "is gone"),
        ("runtime/step.py", "also write the log to this file", "the log's file"),
    )
    with ExitStack() as edited:
        for file, old, new in edits:
            edited.enter_context(changed(source / file, old, new))
        assert built.planned() == {}

    version = f"RUNTIME_VERSION = {RUNTIME_VERSION}"
    with changed(source / "runtime/tracking.py", version, "RUNTIME_VERSION = 1000"):
        assert built.planned() == {"all": 1, "make": 1, "double": 1, "draw": 1, "tell": 1}


def test_reruns(built):
    """One session of edits, each with what exactly must run after it; the last of the module."""
    assert (built.folder / "draw.txt").read_text() == "2red"

    reordered = "toy={other: {a: [2], b: 1}, start: 1}"
    unchanged = "an unchanged second run does nothing, and the order of keys is no change"
    assert built.planned("--config", reordered) == {}, unchanged
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
