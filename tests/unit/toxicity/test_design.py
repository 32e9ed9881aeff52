"""Which models paper 3 trains on which folds."""

from dataclasses import replace

import pytest

from triptych.toxicity.design import (
    Comparison,
    Design,
    Split,
    Training,
    mask_settings,
    training_seed,
)


@pytest.fixture
def design():
    compared = Comparison(
        random=2, scaffold=1, single_task=1, backbones=0, penalties=[0.03, 0.1, 1], replicate=False
    )
    return Design(
        datasets={"clintox": compared},
        backbone="bert",
        backbones=["bert", "albert"],
        backbone_kinds=["mtl", "sparse"],
        penalty=0.1,
        masks={"tied": 0.2},
    )


def with_more(design, **changes):
    return replace(design, datasets={"clintox": replace(design.datasets["clintox"], **changes)})


def test_splits_are_random_first():
    splits = Comparison(2, 1, 0, 0, [], False).splits
    assert splits == [Split("random", 0), Split("random", 1), Split("scaffold", 0)]


def test_every_split_has_every_kind_of_model_and_the_first_a_sweep_of_further_penalties(design):
    assert design.runs("clintox") == [
        Training("stl", "bert", "random", 0, "none"),
        Training("mtl", "bert", "random", 0, "none"),
        Training("attention", "bert", "random", 0, "0"),
        Training("sparse", "bert", "random", 0, "0.1"),
        Training("mtl", "bert", "random", 1, "none"),
        Training("attention", "bert", "random", 1, "0"),
        Training("sparse", "bert", "random", 1, "0.1"),
        Training("mtl", "bert", "scaffold", 0, "none"),
        Training("attention", "bert", "scaffold", 0, "0"),
        Training("sparse", "bert", "scaffold", 0, "0.1"),
        Training("sparse", "bert", "random", 0, "0.03"),
        Training("sparse", "bert", "random", 0, "1"),
    ]


def test_other_encoders_run_on_the_folds_of_their_comparison_only(design):
    compared = with_more(design, backbones=2).runs("clintox")
    assert compared[: len(design.runs("clintox"))] == design.runs("clintox")
    assert compared[len(design.runs("clintox")) :] == [
        Training("mtl", "albert", "random", 0, "none"),
        Training("sparse", "albert", "random", 0, "0.1"),
        Training("mtl", "albert", "random", 1, "none"),
        Training("sparse", "albert", "random", 1, "0.1"),
    ]


def test_the_second_seed_and_other_forms_are_series_of_their_own(design):
    assert design.replicated(["clintox"]) == []
    assert with_more(design, replicate=True).replicated(["clintox"]) == ["clintox"]
    assert design.replicate == Training("sparse", "bert", "random", 0, "0.1", "replicate")
    assert design.forms == [
        Training("mtl", "bert", "random", 0, "none"),
        Training("attention", "bert", "random", 0, "0"),
        Training("sparse", "bert", "random", 0, "0.1"),
        Training("sparse", "bert", "random", 0, "0.2", "tied"),
    ]
    assert set(design.forms[:3]) < set(design.runs("clintox"))


def test_no_two_trainings_that_are_averaged_have_one_seed():
    seeds = [
        training_seed(100, fold, 3, series) for series in ("runs", "replicate") for fold in (0, 1)
    ]
    assert seeds == [100, 101, 103, 104]
    assert training_seed(100, 1, 3, "tied") == training_seed(100, 1, 3, "runs")


def test_a_run_has_the_form_of_its_series_and_none_without_masks():
    assert mask_settings("runs", "0.1", "gates") == {"mask": "gates", "penalty": 0.1}
    assert mask_settings("replicate", "0", "gates") == {"mask": "gates", "penalty": 0.0}
    assert mask_settings("tied", "0.2", "gates") == {"mask": "tied", "penalty": 0.2}
    assert mask_settings("runs", "none", "gates") == {"mask": None, "penalty": None}
