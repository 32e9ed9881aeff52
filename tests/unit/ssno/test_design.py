"""Which trainings the comparisons of paper 1 ask for, and what each is handed."""

from types import SimpleNamespace

import pytest

from triptych.ssno.design import DEFAULT, Comparison, Design, Run


@pytest.fixture
def design():
    return Design(
        systems={
            "ks2d": Comparison(["ffno", "fno"], trajectories=5, seeds=[3, 4]),
            "swe_sphere": Comparison(["ffno"], trajectories=4, seeds=[0]),
        },
        focus="ks2d",
        sweep=[2, 5],
        sweep_models=["ssno", "ffno", "cnext"],
        variants={"explicit": 0.02},
        learning_rates={"ffno": [0.001, 0.003], "fno": [0.01]},
    )


SYSTEM = {
    "grid": {"points": 32},
    "model": {"products": 8},
    "training": {
        "iterations": 2000,
        "learning_rate": 0.01,
        "mask_penalty": 0.1,
        "unroll_length": 2,
    },
    "baselines": {"ffno": {"iterations": 500, "sizes": {"width": 8}}},
    "seeds": [3, 4],
}


def test_every_model_is_trained_from_every_seed(design):
    assert design.runs("swe_sphere") == [
        Run("ssno", DEFAULT, 4, 0),
        Run("ffno", DEFAULT, 4, 0),
    ]


def test_the_focus_has_the_sweep_and_the_ablations_as_well(design):
    runs = design.runs("ks2d")
    assert [vars(run) for run in runs[:3]] == [
        {"model": model, "variant": "default", "trajectories": 5, "seed": 3}
        for model in ("ssno", "ffno", "fno")
    ]
    # All trajectories are in the comparison, and cnext is not compared on this system.
    assert runs[6:] == [
        Run("ssno", DEFAULT, 2, 3),
        Run("ffno", DEFAULT, 2, 3),
        Run("ssno", "explicit", 5, 3),
    ]
    assert len(set(runs)) == len(runs)


def test_the_main_run_is_of_the_focus(design):
    assert design.main == Run("ssno", DEFAULT, 5, 3)
    assert design.main in design.runs(design.focus)


def test_a_baseline_chooses_its_learning_rate_in_its_first_run_on_all_trajectories(design):
    first = Run("ffno", DEFAULT, 5, 3)
    assert design.rate_runs("ks2d", first) == []
    for further in (Run("ffno", DEFAULT, 5, 4), Run("ffno", DEFAULT, 2, 3)):
        assert design.rate_runs("ks2d", further) == [first]
    assert design.rate_runs("ks2d", Run("ssno", DEFAULT, 2, 4)) == []


def test_a_training_of_the_ssno_is_handed_its_shape_and_its_own_learning_rate(design):
    whole = design.training("ks2d", Run("ssno", DEFAULT, 5, 3), SYSTEM)
    assert whole == {"settings": {key: SYSTEM[key] for key in ("grid", "model", "training")}}
    ablation = design.training("ks2d", Run("ssno", "explicit", 5, 3), SYSTEM)
    assert ablation["settings"]["training"]["learning_rate"] == 0.02
    assert SYSTEM["training"]["learning_rate"] == 0.01


def test_a_baseline_is_handed_nothing_of_the_ssno(design):
    settings = {"grid": {"points": 32}, "training": {"unroll_length": 2}}
    own = {"iterations": 500, "sizes": {"width": 8}}
    further = design.training("ks2d", Run("ffno", DEFAULT, 5, 4), SYSTEM)
    assert further == {"settings": settings, **own}
    first = design.training("ks2d", Run("ffno", DEFAULT, 5, 3), SYSTEM)
    assert first == {**further, "learning_rates": [0.001, 0.003]}


def test_wildcards_say_a_run():
    wildcards = SimpleNamespace(system="ks2d", model="fno", variant="a", trajectories="5", seed="0")
    assert Run.of(wildcards) == Run("fno", "a", 5, 0)
