"""Which files a configuration of paper 2 asks for."""

from collections import Counter

import pytest

from triptych.cycles.design import (
    Run,
    free_runs,
    runs_at_rates,
    variant_runs,
    with_rates,
)


def test_every_rate_meets_every_seed():
    runs = runs_at_rates("search", [0.01, 0.02], [5, 6, 7])
    assert {(run.learning_rate, run.seed) for run in runs} == {
        (rate, seed) for rate in (0.01, 0.02) for seed in (5, 6, 7)
    }
    assert {(run.design, run.steps, run.memoryless) for run in runs} == {("search", 1, False)}


def test_variants_change_one_thing_each():
    runs = variant_runs([1, 2, 3], [7, 8], [0.004, 0.006])
    assert Counter(run.design for run in runs) == {
        "contrast": 3, "one_step": 2, "two_steps": 2, "four_steps": 2, "all_steps": 2,
        "memoryless": 4,
    }  # fmt: skip
    kept = {run.design: run.steps for run in runs if run.learning_rate == "selected"}
    assert kept == {"one_step": 1, "two_steps": 2, "four_steps": 4, "all_steps": None}
    assert {run.seed for run in runs if run.learning_rate == "selected"} == {7, 8}
    assert {run.design for run in runs if run.memoryless} == {"memoryless"}


def test_names_of_rates_become_the_numbers_of_the_search():
    runs = [*free_runs([3]), Run("contrast", "contrast", 4, 1), Run("memoryless", 0.5, 5, 1, True)]
    rated = with_rates(runs, {"selected": 0.006, "contrast": 0.014})
    assert [run.rate for run in rated] == [0.006, 0.014, 0.5]
    assert [run.seed for run in rated] == [3, 4, 5]
    with pytest.raises(KeyError, match="contrast"):
        with_rates(runs, {"selected": 0.006})
    with pytest.raises(ValueError, match="could not convert"):
        assert runs[0].rate
