"""Which trainings paper 1 asks for, what each is handed, and what the search tries."""

from types import SimpleNamespace

import pytest

from triptych.ssno.design import Candidate, Comparison, Design, Run, ssno_sizes
from triptych.ssno.names import DEFAULT, LEADING


@pytest.fixture
def design():
    return Design(
        systems={
            "ks2d": Comparison(["ffno", "fno"], trajectories=5, seeds=[3, 4]),
            "swe_sphere": Comparison(["ffno"], trajectories=4, seeds=[0]),
        },
        focus="ks2d",
        sweep_systems=["ks2d", "swe_sphere"],
        sweep=[2, 5],
        variants=["explicit"],
        learning_rates={"ssno": [0.01, 0.02], "ffno": [0.001, 0.003, 0.01], "fno": [0.01]},
        extensions=2,
        budget=2.5,
    )


def test_all_models_are_trained_from_the_first_seed_and_two_from_the_others(design):
    assert design.runs("ks2d")[:5] == [
        Run("ssno", DEFAULT, 5, 3),
        Run("ffno", DEFAULT, 5, 3),
        Run("fno", DEFAULT, 5, 3),
        Run("ssno", DEFAULT, 5, 4),
        Run(LEADING, DEFAULT, 5, 4),
    ]


def test_the_sweep_is_made_on_its_systems_and_the_ablations_on_the_focus(design):
    # All trajectories are in the comparison already where there are no more.
    assert design.runs("ks2d")[5:] == [
        Run("ssno", DEFAULT, 2, 3),
        Run(LEADING, DEFAULT, 2, 3),
        Run("ssno", "explicit", 5, 3),
    ]
    assert design.runs("swe_sphere")[2:4] == [
        Run("ssno", DEFAULT, 2, 0),
        Run(LEADING, DEFAULT, 2, 0),
    ]
    for system in design.systems:
        assert len(set(design.runs(system))) == len(design.runs(system))


def test_the_main_run_is_of_the_focus(design):
    assert design.main == Run("ssno", DEFAULT, 5, 3)
    assert design.main in design.runs(design.focus)


def test_candidates_are_declared_rates_and_those_beyond_the_edge(design):
    assert design.candidate_rates("ssno") == {
        Candidate("ssno", "rate0"): 0.01,
        Candidate("ssno", "rate1"): 0.02,
        Candidate("ssno", "beyond0"): None,
        Candidate("ssno", "beyond1"): None,
    }
    searched = design.candidates("ks2d")
    assert [c.model for c in searched] == ["ssno"] * 4 + ["ffno"] * 5 + ["fno"] * 3
    assert len(set(searched)) == len(searched)


@pytest.mark.parametrize(
    ("candidate", "earlier"),
    [
        ("rate1", []),
        ("beyond0", ["rate0", "rate1"]),
        ("beyond1", ["rate0", "rate1", "beyond0"]),
    ],
)
def test_a_candidate_waits_for_what_decides_it(design, candidate, earlier):
    waited = design.earlier("ks2d", Candidate("ssno", candidate))
    assert waited == [Candidate("ssno", name) for name in earlier]


def test_the_leading_baseline_waits_for_every_baselines_training(design):
    compared = design.systems["ks2d"]
    leading = Run(LEADING, "default", 5, compared.seeds[0] + 1)
    assert design.contenders("ks2d", leading) == [compared.first_run(m) for m in ("ffno", "fno")]
    assert design.contenders("ks2d", compared.first_run("ffno")) == []


def test_a_training_reads_the_candidates_of_its_own_model(design):
    for run in design.runs("ks2d"):
        read = {c.model for c in design.eligible_candidates("ks2d", run)}
        assert read == ({"ffno", "fno"} if run.model == LEADING else {run.model})
    ablation = Run("ssno", "explicit", 5, 3)
    assert design.eligible_candidates("ks2d", ablation) == list(design.candidate_rates("ssno"))


@pytest.mark.parametrize(
    ("run", "message"),
    [
        (Run("sfno", "default", 5, 0), "ks2d has no model sfno: it has ssno, ffno, fno, leading"),
        (Run("ssno", "default", 6, 0), "ks2d has 5 training trajectories, and not 6"),
        (Run("ssno", "default", 0, 0), "ks2d has 5 training trajectories, and not 0"),
    ],
)
def test_a_training_that_a_system_cannot_have_is_refused(design, run, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        design.eligible_candidates("ks2d", run)


@pytest.mark.parametrize(
    "candidate",
    [Candidate("sfno", "rate0"), Candidate(LEADING, "rate0"), Candidate("ssno", "rate9")],
)
def test_a_candidate_that_a_system_cannot_have_is_refused(design, candidate):
    with pytest.raises(ValueError, match=f"ks2d: no candidate {candidate.candidate} of"):
        design.earlier("ks2d", candidate)


def test_a_training_is_handed_what_counts_for_it(design):
    settings = {
        "grid": {"points": 32},
        "iterations": {"ssno": 2000, "ffno": 500, "fno": 400},
        "baselines": {"ffno": {"width": 8}, "fno": {}},
    }
    sizes = {"products": 4}
    common = {"grid": {"points": 32}}
    assert design.training_settings("ks2d", "ssno", settings, sizes) == {
        **common,
        "models": {"ssno": {"iterations": 5000, "sizes": sizes}},
    }
    assert design.training_settings("ks2d", LEADING, settings, sizes) == {
        **common,
        "models": {
            "ffno": {"iterations": 1250, "sizes": {"width": 8}},
            "fno": {"iterations": 1000, "sizes": {}},
        },
    }


@pytest.mark.parametrize(
    ("dt", "substeps", "scored"),
    [(0.5, 3, 6), (0.2, 1, 3), (0.6, 3, 7), (0.05, 1, 1), (0.21, 2, 3), (0.1, 1, 2)],
)
def test_a_dt_has_as_many_substeps_as_its_longest_step_asks_for(dt, substeps, scored):
    architecture = {"products": 4, "longest_step": 0.2, "rollout_step": 0.09}
    for rolled_out, expected in ((False, substeps), (True, scored)):
        sizes = ssno_sizes(architecture, dt, scored=rolled_out)
        assert sizes == {"products": 4, "substeps": expected}
    assert architecture["longest_step"] == 0.2


def test_wildcards_say_a_run_and_a_candidate():
    run = SimpleNamespace(system="ks2d", model="fno", variant="a", trajectories="5", seed="0")
    assert Run.of(run) == Run("fno", "a", 5, 0)
    candidate = SimpleNamespace(system="ks2d", model="fno", candidate="beyond1")
    assert Candidate.of(candidate) == Candidate("fno", "beyond1")
