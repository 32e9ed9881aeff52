"""What of the finished smoke results would run again, after which change."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from contextlib import ExitStack
from functools import cache, partial

import pytest
from checkout import changed

SMOKE = ("--configfile", "config/smoke.yaml")


def why(smoke, target, *settings):
    """Return the jobs that would run, and why, as the command says it for machines."""
    words = [word for text in settings for word in ("--config", text)]
    return json.loads(smoke.triptych("why", target, *SMOKE, *words, "--json").stdout)["jobs"]


@pytest.fixture(scope="module")
def reruns(smoke):
    """Return what gives the jobs that changed settings rerun; the same are asked for once."""
    return cache(partial(why, smoke, "all"))


def by_paper(jobs, kind):
    """Return how many jobs of each rule a paper has, and what of a kind changed for them.

    Several papers are changed at once, for a start of Snakemake takes seconds: what a change did
    to another paper would be among the numbers or the names.
    """
    counts, names = defaultdict(Counter), defaultdict(set)
    for job in jobs:
        paper = re.match(r"results/smoke/(?:figures/)?([a-z]+)", job["outputs"][0])[1]
        counts[paper][job["rule"]] += 1
        names[paper] |= {change["name"] for change in job["changes"] if change["kind"] == kind}
    return counts, names


RERUNS = [
    # settings changed at once, one a paper; their names, and the jobs that follow from each
    {
        "cycles={mixture: {iterations: 21}}": (
            {"iterations"},
            {"cycles_mixture": 1, "figure": 3},
        ),
        # the first seed stays, and so does all that the search found
        "ssno={systems: {swe_sphere: {seeds: [0, 2]}}}": (
            {"runs.3.seed", "runs.4.seed"},
            {"ssno_train": 2, "ssno_evaluate": 1, "figure": 6},
        ),
        "toxicity={forest: {trees: 11}}": (
            {"forest.trees"},
            {"toxicity_forest": 1, "toxicity_score": 1, "figure": 6},
        ),
    },
    {
        "cycles={rbm: {temperatures: 51}}": (
            {"evaluation.temperatures"},
            {"cycles_rbm": 2, "figure": 2},
        ),
        # neither data nor baselines know the SSNO's own settings
        "ssno={systems: {swe_sphere: {iterations: {ssno: 6}}}}": (
            {"settings.models.ssno.iterations"},
            {"ssno_candidate": 3, "ssno_train": 2, "ssno_evaluate": 1, "figure": 6},
        ),
        "toxicity={comparison: {fragment_minimum: 4}}": ({"fragment_minimum"}, {"figure": 1}),
    },
    {
        "cycles={tied: {seeds: [0, 2]}}": (
            {"runs.1.seed"},
            {"cycles_train": 2, "cycles_evaluate": 2, "cycles_walk": 1, "figure": 3},
        ),
    },
]


def test_an_unchanged_second_run_does_nothing(smoke):
    assert smoke.planned("all", *SMOKE) == {}


@pytest.mark.parametrize("changes", RERUNS, ids=["first", "second", "third"])
def test_a_changed_setting_reruns_its_descendants(reruns, changes):
    counts, names = by_paper(reruns(*changes), "param")
    expected = {text.partition("=")[0]: change for text, change in changes.items()}
    assert counts == {paper: jobs for paper, (_, jobs) in expected.items()}
    assert names == {paper: changed for paper, (changed, _) in expected.items()}


def test_why_names_the_setting_behind_a_rerun(reruns):
    jobs = [job for job in reruns(*RERUNS[0]) if "cycles" in job["outputs"][0]]
    assert [job["rule"] for job in jobs] == ["cycles_mixture", *["figure"] * 3]
    mixture, *figures = jobs
    (change,) = mixture["changes"]
    assert (change["kind"], change["name"], change["new"]) == ("param", "iterations", 21)
    for figure in figures:
        assert figure["changes"] == figure["missing"] == []
        assert figure["remade"] == dict.fromkeys(mixture["outputs"], "cycles_mixture")


def test_claims_are_measured_on_datasets_whose_masks_no_figure_shows(smoke):
    more = "datasets: {more: {alerts: {molecules: 200, tasks: 3}}}, examples: [alerts]"
    changed = f"toxicity={{include: [alerts, more], {more}}}"
    jobs = why(smoke, "results/smoke/claims/toxicity.json", changed)
    (measured,) = [job for job in jobs if job["rule"] == "measure"]
    assert "results/smoke/toxicity/more/scores.zarr" in measured["remade"]


EDITS = [
    # files edited at once: what becomes what in each, and the jobs that reach it
    {
        "scripts/cycles/plot_fig4.py": ("alpha=0.45", "alpha=0.5", {"figure": 1}),
        "src/triptych/ssno/symbols.py": (
            "AMPLITUDE = 1e-2",
            "AMPLITUDE = 2e-2",
            {"ssno_evaluate": 2, "figure": 8},
        ),
        "src/triptych/toxicity/sparsity.py": (
            "MASS = 0.9",
            "MASS = 0.8",
            {"toxicity_score": 1, "figure": 7},
        ),
    },
    {
        "src/triptych/cycles/ais.py": (
            "math.log(2.0)",
            "math.log(2.0 + 0.0)",
            {"cycles_rbm": 2, "figure": 2},
        ),
    },
    {
        "src/triptych/cycles/plotting.py": (
            "SMALLEST_SIGMA = 1e-4",
            "SMALLEST_SIGMA = 2e-4",
            {"figure": 7},
        ),
        "src/triptych/cycles/ais.py": ("Annealed from independent", "Annealed from single", {}),
    },
]


@pytest.mark.parametrize("edits", EDITS, ids=["first", "second", "third"])
def test_an_edit_reruns_what_imports_it(smoke, edits):
    with ExitStack() as edited:
        for file, (old, new, _) in edits.items():
            edited.enter_context(changed(smoke.folder / file, old, new))
        counts, names = by_paper(why(smoke, "all"), "code")
    reached = {file.split("/")[-2]: (jobs, {file}) for file, (*_, jobs) in edits.items() if jobs}
    assert counts == {paper: jobs for paper, (jobs, _) in reached.items()}
    assert names == {paper: files for paper, (_, files) in reached.items()}


def test_one_figure_is_a_target(smoke):
    pdf = smoke.folder / "results/smoke/figures/cycles_fig5.pdf"
    aside = pdf.rename(pdf.with_suffix(".aside"))
    try:
        assert smoke.planned("cycles_fig5", *SMOKE) == {"figure": 1, "cycles_fig5": 1}
    finally:
        aside.rename(pdf)
