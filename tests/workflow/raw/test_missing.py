"""The last words of a run: what it had to do without, and why."""

import pytest

from triptych.raw.missing import closing_words, forget, noted
from triptych.raw.sources import RawInputError
from triptych.runtime.layout import what_next


@pytest.fixture
def results(tmp_path):
    (tmp_path / "raw/jobs").mkdir(parents=True)
    return tmp_path


def fail(results, name, reason):
    with pytest.raises(RawInputError), noted(results / "raw" / name):
        raise RawInputError(reason)


def test_a_run_that_has_all_says_where_it_is(results):
    assert closing_words(results, ["tox21"]) == what_next(results)


def test_what_is_needed_and_missing_is_said_with_the_reason(results):
    fail(results, "tox21", "no network")
    fail(results, "sider", "no mirror")
    first, reason, last = closing_words(results, ["tox21", "mnist_5k"]).splitlines()
    assert first == what_next(results)
    assert reason == "no network"
    assert last == "The same command tries again, and then runs what waits and nothing else."


def test_what_was_had_since_is_not_said(results):
    fail(results, "tox21", "no network")
    with noted(results / "raw/tox21"):
        pass
    assert "no network" not in closing_words(results, ["tox21"])


def test_what_a_former_run_lacked_is_forgotten(results):
    fail(results, "tox21", "no network")
    forget(results)
    assert closing_words(results, ["tox21"]) == what_next(results)
