"""Which models paper 3 trains on which splits."""

from dataclasses import replace

import pytest

from triptych.toxicity.design import Comparison, Design, Run, Split


@pytest.fixture
def design():
    return Design(
        datasets={
            "clintox": Comparison(
                seeds=[0, 1], scaffold_seeds=[7], single_task_seeds=[1], penalties=[0.03, 1]
            )
        },
        backbone="bert",
        backbones=["bert", "albert"],
        backbone_dataset="other",
        backbone_kinds=["mtl", "sparse"],
    )


def test_penalties_are_chosen_on_the_first_random_split(design):
    assert design.grid("clintox") == [
        Run("sparse", "bert", "random", 0, "0.03"),
        Run("sparse", "bert", "random", 0, "1"),
    ]


def test_splits_are_random_first():
    splits = Comparison([2, 3], [4], [], [0.1]).splits
    assert splits == [Split("random", 2), Split("random", 3), Split("scaffold", 4)]


def test_every_split_has_every_kind_of_model_and_the_first_leaves_the_sparse_one_to_the_grid(
    design,
):
    assert design.runs("clintox") == [
        Run("stl", "bert", "random", 1, "none"),
        Run("mtl", "bert", "random", 0, "none"),
        Run("attention", "bert", "random", 0, "0"),
        Run("mtl", "bert", "random", 1, "none"),
        Run("attention", "bert", "random", 1, "0"),
        Run("sparse", "bert", "random", 1, "chosen"),
        Run("mtl", "bert", "scaffold", 7, "none"),
        Run("attention", "bert", "scaffold", 7, "0"),
        Run("sparse", "bert", "scaffold", 7, "chosen"),
    ]


def test_other_encoders_run_on_the_dataset_of_their_comparison_only(design):
    compared = replace(design, backbone_dataset="clintox").runs("clintox")
    assert compared[: len(design.runs("clintox"))] == design.runs("clintox")
    assert compared[len(design.runs("clintox")) :] == [
        Run("mtl", "albert", "random", 0, "none"),
        Run("sparse", "albert", "random", 0, "chosen"),
        Run("mtl", "albert", "random", 1, "none"),
        Run("sparse", "albert", "random", 1, "chosen"),
    ]
