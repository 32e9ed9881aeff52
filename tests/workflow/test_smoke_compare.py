"""The numbers of record of the smoke scale against a finished smoke run, on any processor."""

from __future__ import annotations

from pathlib import Path

import pytest

from triptych.config.papers import PAPERS
from triptych.inspect.compare import AGREES, as_text, compare, load_tolerances
from triptych.inspect.published import archive_of, published
from triptych.runtime.archive import unpack
from triptych.runtime.store import open_store, read_store, write_store

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
    assert {outcome.state for outcome in outcomes} == {AGREES}, as_text({}, outcomes)


@pytest.mark.parametrize("paper", PAPERS)
def test_the_stores_that_ship_have_what_this_run_makes(smoke, records, paper, tmp_path):
    """What a figure began to read after they were published would be missing in them."""
    archive = archive_of("smoke", paper, smoke.folder / "reference")
    unpack(archive, tmp_path, records[paper].archive)
    stores = [name for name in records[paper].stores if name.endswith(".zarr")]
    assert stores
    for name in stores:
        shipped, made = (open_store(f / name) for f in (tmp_path, smoke.folder / "results/smoke"))
        forms = [{key: v.dims for key, v in store.variables.items()} for store in (shipped, made)]
        assert forms[0] == forms[1], name


def test_every_figure_of_record_has_numbers(records, outcomes):
    figures = {outcome.figure for outcome in outcomes}
    assert figures == {figure for record in records.values() for figure in record.figures}


def test_a_falsified_store_is_reported_and_so_is_what_is_missing(smoke, compared, tmp_path: Path):
    fits = read_store(smoke.folder / "results/smoke" / STORE)
    spoilt = fits.assign(log_likelihood_followed=1.01 * fits.log_likelihood_followed)
    write_store(spoilt, tmp_path / "smoke" / STORE)
    text = as_text({}, compared(tmp_path / "smoke"))
    assert f"moved: log-likelihood of the largest EM mixture ({STORE})" in text
    assert f"missing: σ (cycles/free_K4/evaluation.zarr): {tmp_path}/smoke/cycles/free_K4" in text
    assert "cycles_fig6: 0 of" in text
