"""What the search by validation tries next, and what it selects."""

import numpy as np
import pytest
import xarray as xr

from triptych.runtime.store import content_digest, read_store, write_store
from triptych.ssno.search import (
    best,
    candidate_record,
    edge,
    empty_record,
    gather,
    leading_model,
    mark_selected,
    rate_beyond,
    selected_settings,
)


def tried(model, *pairs, restarts=0):
    """Return the records of trainings at these rates with these errors."""
    return [
        candidate_record(
            model,
            learning_rate=rate,
            iterations=10,
            validation_error=error,
            cpu_seconds=1.0,
            restarts=restarts,
        )
        for rate, error in pairs
    ]


LOW = tried("ffno", (0.001, 0.1), (0.003, 0.2), (0.01, 0.3))
MIDDLE = tried("ffno", (0.001, 0.2), (0.003, 0.1), (0.01, np.inf))
HIGH = tried("ffno", (0.001, 0.3), (0.003, 0.2), (0.01, 0.1))
BLOWN = tried("ffno", (0.001, np.inf), (0.003, np.inf))
BLOWN_TWICE = tried("ffno", (0.001, np.inf), (0.003, np.inf), restarts=4)
BELOW_FAILED = tried("ffno", (0.001, np.inf), (0.003, 0.1), (0.01, 0.2))
# What blew up at its fifth, lowest rate says nothing of the best one's lower side.
FAILED = [
    *tried("ffno", (0.0017, 0.2)),
    *tried("ffno", (0.005, np.inf), (0.015, np.inf), restarts=4),
]


@pytest.mark.parametrize(
    ("records", "side", "beyond"),
    [
        (LOW, -1, 0.001 / 3),
        (MIDDLE, 0, None),
        (HIGH, 1, 0.03),
        (BLOWN, -1, 0.001 / 3),
        (BLOWN_TWICE, -1, 0.001 / 3),
        (BELOW_FAILED, 0, None),
        (FAILED, -1, 0.0017 / 3),
    ],
    ids=[
        "low",
        "middle",
        "high",
        "blown up",
        "blown up at half",
        "the lowest failed",
        "all but the lowest failed",
    ],
)
def test_a_rate_beyond_the_edge_is_tried_while_the_best_is_there(records, side, beyond):
    assert edge(gather(records)) == side
    rate = rate_beyond(records, factor=3.0)
    assert rate == (None if beyond is None else pytest.approx(beyond))


def test_the_edge_moves_with_the_rates_tried():
    further = [*HIGH, *tried("ffno", (0.03, 0.15))]
    assert edge(gather(further)) == 0
    assert rate_beyond([*further, empty_record()], factor=3.0) is None


def test_a_rate_counts_as_what_it_was_in_the_end():
    """At 0.01 the loss was not finite once: what it says is of 0.005, and 0.01 is no candidate."""
    halved = tried("ffno", (0.01, 0.1), restarts=1)
    records = [*tried("ffno", (0.001, 0.3), (0.003, 0.2)), *halved]
    expected = {"model": "ffno", "learning_rate": 0.005, "validation_error": 0.1}
    assert selected_settings(gather(records), "ffno") == expected
    assert edge(gather(records)) == 0
    assert rate_beyond(records, factor=3.0) is None
    lowest = [*tried("ffno", (0.01, 0.1), restarts=2), *tried("ffno", (0.003, 0.2), (0.01, 0.3))]
    assert edge(gather(lowest)) == -1
    assert rate_beyond(lowest, factor=3.0) == pytest.approx(0.0025 / 3)


def test_a_candidate_that_was_halved_hides_no_edge():
    """At 0.09 it was halved four times, to 0.0056: no training has said what is below 0.01."""
    halved = tried("ffno", (0.09, 5.0), restarts=4)
    records = [*tried("ffno", (0.01, 0.1), (0.03, 0.2)), *halved]
    assert edge(gather(records)) == -1
    assert rate_beyond(records, factor=3.0) == pytest.approx(0.01 / 3)


def test_the_lowest_validation_error_is_selected():
    candidates = gather(
        [
            *tried("ssno", (0.01, 0.05), (0.02, 0.03)),
            *MIDDLE,
            *tried("fno", (0.01, 0.09)),
        ]
    )
    expected = {"model": "ssno", "learning_rate": 0.02, "validation_error": 0.03}
    assert selected_settings(candidates, "ssno") == expected
    assert selected_settings(candidates, "fno")["learning_rate"] == 0.01
    search = mark_selected(candidates)
    rows = search.selected.values
    assert search.model.values[rows].tolist() == ["ssno", "ffno", "fno"]
    assert search.learning_rate.values[rows].tolist() == [0.02, 0.003, 0.01]
    assert search.at_edge.values[rows].tolist() == [True, False, True]
    assert not search.at_edge.values[~rows].any()


def test_the_leading_baseline_is_the_one_whose_full_training_validates_best():
    def history(model, error):
        return xr.Dataset({"validation_error": ((), error)}, attrs={"model": model})

    trained = [history("ffno", 0.3), history("percnn", 0.1), history("cnext", np.inf)]
    assert leading_model(trained) == "percnn"
    assert leading_model([history("cnext", np.inf), history("ffno", np.inf)]) == "cnext"


def test_records_survive_their_store_also_those_of_nothing(tmp_path):
    records = [*MIDDLE, empty_record()]
    for i, record in enumerate(records):
        write_store(record, tmp_path / f"{i}.zarr")
    back = gather([read_store(tmp_path / f"{i}.zarr") for i in range(len(records))])
    assert back.identical(gather(records))
    with pytest.raises(ValueError, match="no candidate was trained"):
        gather([empty_record()])
    with pytest.raises(ValueError, match="no candidate of fno"):
        selected_settings(back, "fno")


def test_what_a_training_took_is_no_part_of_its_digest(tmp_path):
    digests = []
    for seconds in (1.0, 2.0):
        record = LOW[0].assign(cpu_seconds=("candidate", [seconds]))
        write_store(record.assign_attrs(cpu_seconds=seconds), tmp_path / "record.zarr")
        digests.append(content_digest(tmp_path / "record.zarr"))
        assert read_store(tmp_path / "record.zarr").attrs["cpu_seconds"] == seconds
    assert digests[0] == digests[1]


@pytest.mark.parametrize("records", [BLOWN, BLOWN_TWICE], ids=["at once", "at half the rate too"])
def test_the_lowest_rate_is_best_where_all_blow_up(records):
    assert best(gather(records)) == 0
    assert selected_settings(gather(records), "ffno")["learning_rate"] == 0.001
