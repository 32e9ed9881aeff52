"""The last words of a run that failed: what it had to do without, and why."""

import pytest

from triptych.raw.missing import forget, noted, why_missing
from triptych.raw.sources import RawInputError


@pytest.fixture
def results(tmp_path):
    (tmp_path / "raw/jobs").mkdir(parents=True)
    return tmp_path


def fail(results, name, reason):
    with pytest.raises(RawInputError), noted(results / "raw" / name):
        raise RawInputError(reason)


def test_what_is_missing_is_said_with_the_reason(results):
    assert why_missing(results) == []
    fail(results, "tox21", "no network")
    fail(results, "sider", "no mirror")
    *reasons, last = why_missing(results)
    assert reasons == ["no mirror", "no network"]
    assert last == "The same command tries again, and then runs what waits and nothing else."


def test_what_was_had_since_or_a_former_run_lacked_is_not_said(results):
    for name in ("tox21", "sider"):
        fail(results, name, "no network")
    with noted(results / "raw/tox21"):
        pass
    assert why_missing(results)[:-1] == ["no network"]
    forget(results)
    assert why_missing(results) == []
