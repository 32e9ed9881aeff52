"""The tables of the docs have what the scores have, in the row and column that says so."""

from __future__ import annotations

import pytest
from toxicity_specs import scoring
from toxicity_tables import forms_block, masks_block, penalties_block, scores_block

from triptych.runtime.store import write_store
from triptych.toxicity.scoring import score_runs


@pytest.fixture(scope="module")
def scores(alerts, alert_runs):
    """Return scores of one dataset, on two random folds and one scaffold fold."""
    return score_runs(alert_runs, alerts, scoring())


@pytest.fixture(scope="module")
def scale(alerts, scores, build, tmp_path_factory):
    """Return a folder with these scores, and with those of one form of masks."""
    folder = tmp_path_factory.mktemp("scale") / "toxicity/alerts"
    forms = score_runs([build.predictions(alerts, "sparse", penalty=0.1)], alerts, scoring())
    write_store(scores, folder / "scores.zarr")
    write_store(forms, folder / "forms.zarr")
    return folder.parents[1]


def rows(block):
    """Return the cells of each row of the tables of a block, by what its first cell says."""
    lines = [line.strip("| ").split(" | ") for line in block.splitlines() if line]
    return {first: cells for first, *cells in lines}


def run_of(scores, kind, penalty, fold=0):
    names = (("kind", kind), ("penalty", penalty), ("fold", fold), ("split_method", "random"))
    chosen = True
    for name, value in names:
        chosen = chosen & (scores[name] == value)
    return scores.isel(run=chosen.values).squeeze("run")


def test_means_stand_under_their_kind_with_their_folds(scale, scores):
    table = rows(scores_block(scale))
    column = table["dataset, folds"].index("sparse")
    group = scores.isel(group=(scores.group_kind == "sparse").values)
    means = dict(zip(group.group_split_method.values, group.group_auc.values, strict=True))
    assert table["Alerts, random"][column] == f"{means['random']:.3f} (2)"
    assert table["Alerts, scaffold"][column].startswith(f"{means['scaffold']:.3f} [")
    assert table["Alerts, scaffold"][table["dataset, folds"].index("single task")] == "–"


def test_masks_with_and_without_penalty_and_rankings_of_atoms(scale, scores):
    table = rows(masks_block(scale))
    sparse, free, ratio = map(float, table["Alerts, random"])
    assert sparse < free
    assert ratio == pytest.approx(sparse / free, abs=0.02)
    folds = [run_of(scores, "sparse", 0.1, fold).recovery_ap.item() for fold in (0, 1)]
    assert table["Alerts: sparse mask"][1] == ", ".join(f"{value:.3f}" for value in folds)
    assert table["Alerts: sparse mask"][0] == f"{sum(folds) / 2:.3f}"


def test_values_of_the_penalty_are_in_order_validation_first(scale, scores):
    table = rows(penalties_block(scale))
    assert table["validation, test"] == ["λ = 0", "λ = 0.01", "λ = 0.1"]
    auc = run_of(scores, "sparse", 0.01).mean_auc
    assert table["Alerts: AUC"][1] == f"{auc.sel(split='val'):.3f}, {auc.sel(split='test'):.3f}"


def test_a_form_that_was_not_trained_has_a_dash(scale):
    table = rows(forms_block(scale))
    assert table["validation, test"] == ["gates of their own", "tied to evidence", "noisy-or"]
    assert table["Alerts: mass-90"][1:] == ["–", "–"]
    assert table["Alerts: average precision"][1:] == ["–", "–"]
