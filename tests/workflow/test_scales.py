"""What a scheduler is asked for at the paper scale, held against what `docs/scales.md` estimates.

The scale was not run: whether the estimates are right, no test here can say.
"""

from __future__ import annotations

import re
from collections import Counter

import pytest
import yaml

from triptych.figures.names import supplementary

PAPER = ("all", "--configfile", "config/paper.yaml")
ESTIMATE = re.compile(r"\| `(\w+)` \| (\d+) \| [\d,.]+ \| ([\d.]+) \| ([\d.]+) \|")
"""A row: rule, jobs, core hours, hours of the longest job, memory in GiB."""


@pytest.fixture(scope="module")
def jobs(fresh):
    """Return the rule of every job of the paper scale, and what it asks for."""
    return fresh.asked_by_each(*PAPER)


@pytest.fixture(scope="module")
def asked(jobs):
    """Return what the jobs of each rule ask for."""
    return dict(jobs)


@pytest.fixture(scope="module")
def estimates(project):
    """Return jobs, hours and GiB by rule, as the page has them."""
    rows = ESTIMATE.findall((project / "docs/scales.md").read_text())
    return {rule: (int(jobs), float(hours), float(gib)) for rule, jobs, hours, gib in rows}


def test_supplementary_figures_are_not_among_those_of_all(fresh, jobs):
    """With reports every figure is: test_missing_inputs.py and test_ecosystem.py count them."""
    names = {f"{script.parent.name}_{script.stem}" for script in fresh.figure_scripts()}
    others = {name for name in names if not supplementary(name)}
    assert names - others == {"ssno_plot_figS1", "toxicity_plot_figS1"}
    assert Counter(rule for rule, _ in jobs)["figure"] == len(others) == 24


def test_every_rule_with_resources_of_its_own_has_jobs_and_an_estimate(project, asked, estimates):
    named = yaml.safe_load((project / "config/paper.yaml").read_text())["resources"]
    assert set(named) <= set(asked)
    assert set(named) == set(estimates)


def test_no_rule_asks_for_less_than_at_the_laptop_scale(fresh, asked):
    laptop = fresh.asked("all")
    assert set(laptop) == set(asked)
    less = [
        f"{rule}: {name} {asked[rule].get(name)} instead of {resources[name]}"
        for rule, resources in laptop.items()
        for name in ("mem_mb", "runtime")
        if name in resources and asked[rule].get(name, 0) < resources[name]
    ]
    assert less == []


def test_rules_ask_for_what_their_jobs_are_estimated_to_take(asked, estimates):
    for rule, (_, hours, gib) in estimates.items():
        assert asked[rule]["runtime"] >= 60 * hours, rule
        assert asked[rule]["mem_mb"] >= 1024 * gib, rule


def test_estimates_are_of_the_jobs_that_there_are(jobs, estimates):
    counts = Counter(rule for rule, _ in jobs)
    assert {rule: counts[rule] for rule in estimates} == {
        rule: jobs for rule, (jobs, _, _) in estimates.items()
    }
