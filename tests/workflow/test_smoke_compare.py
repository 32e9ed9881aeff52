"""The numbers of record of the smoke scale against a finished smoke run, on any processor."""

from __future__ import annotations

from pathlib import Path

import pytest

from triptych.inspect.compare import AGREES, as_text, compare, load_tolerances
from triptych.inspect.published import published
from triptych.runtime.store import read_store, write_store

STORE = "cycles/mixture.zarr"


@pytest.fixture(scope="module")
def records(smoke):
    """Return the records of the smoke scale."""
    return published("smoke", smoke.folder / "reference")


@pytest.fixture(scope="module")
def compared(smoke, records):
    """Return a function that compares a folder with the numbers of record of the smoke scale."""
    registry = load_tolerances(smoke.folder / "config/tolerances.yaml")
    return lambda results: compare(registry, records, results)


@pytest.fixture(scope="module")
def outcomes(smoke, compared):
    """Return what the comparison says of the finished smoke results."""
    return compared(smoke.folder / "results/smoke")


def test_the_numbers_behind_every_figure_come_out_again(outcomes):
    assert {outcome.state for outcome in outcomes} == {AGREES}, as_text(outcomes)


def test_every_figure_of_record_has_numbers(records, outcomes):
    figures = {outcome.figure for outcome in outcomes}
    assert figures == {figure for record in records.values() for figure in record.figures}


def test_a_falsified_store_is_reported_and_so_is_what_is_missing(smoke, compared, tmp_path: Path):
    fits = read_store(smoke.folder / "results/smoke" / STORE)
    spoilt = fits.assign(log_likelihood_followed=1.01 * fits.log_likelihood_followed)
    write_store(spoilt, tmp_path / "smoke" / STORE)
    text = as_text(compared(tmp_path / "smoke"))
    assert f"moved: log-likelihood of the largest EM mixture ({STORE})" in text
    assert f"missing: σ (cycles/free_K4/evaluation.zarr): {tmp_path}/smoke/cycles/free_K4" in text
    assert "cycles_fig6: 0 of" in text
