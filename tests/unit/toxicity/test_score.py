"""All scores of a dataset: agreement with scores taken one by one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy.special import expit
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score
from toxicity_specs import scoring

from triptych.claims.measured import ENDS
from triptych.toxicity.recovery import atom_types, rarity, recover
from triptych.toxicity.runs import Record, checked_runs, of_split, run_of
from triptych.toxicity.scoring import score_runs
from triptych.toxicity.stored import stored_rows
from triptych.toxicity.summaries import (
    comparison_table,
    group_table,
    left_out,
    on_shared_folds,
    recovery_table,
    run_table,
    status_table,
    sweep_table,
    task_table,
)

SETTINGS = scoring(resamples=60)


@pytest.fixture(scope="module")
def scores(alerts, alert_runs):
    return score_runs(alert_runs, alerts, SETTINGS)


def test_auc_is_that_of_each_run_split_and_task(scores, alert_runs):
    table = run_table(scores)
    for stored in alert_runs[:3]:
        run = run_of(stored)
        same = (
            (table.kind == run.kind)
            & (table.split_method == run.split_method)
            & (table.fold == run.fold)
        )
        same &= (table.penalty == run.penalty) | np.isnan(run.penalty)
        (row,) = table.index[same]
        for split in ("val", "test"):
            rows = stored.split.values == split
            for task, name in enumerate(stored.task.values):
                y, s = stored.label.values[rows, task], stored.logit.values[rows, task]
                auc = scores.auc.isel(run=row).sel(split=split, task=name)
                assert float(auc) == pytest.approx(roc_auc_score(y, s))


def test_kinds_are_put_side_by_side_on_the_folds_that_all_have():
    folds = {"mtl": (0, 1, 2), "sparse": (0, 1, 2), "stl": (0, 2), "forest": (0, 1, 2)}
    rows = [{"kind": kind, "fold": fold} for kind, of in folds.items() for fold in of]
    shared = on_shared_folds(pd.DataFrame(rows))
    assert shared.groupby("kind").fold.agg(list).to_dict() == {kind: [0, 2] for kind in folds}


def test_differences_are_of_the_means_over_shared_folds(scores):
    table, runs = comparison_table(scores), run_table(scores)
    mean = runs[runs.main & (runs.split_method == "random")].pivot(
        index="fold", columns="kind", values="auc"
    )
    rows = table[(table.split_method == "random")].set_index(["first", "second"])
    gap = (mean["sparse"] - mean["mtl"]).mean()
    assert rows.loc[("sparse", "mtl"), "difference"] == pytest.approx(gap)
    assert rows.loc[("sparse", "mtl"), "folds"] == 2
    only = (mean["mtl"] - mean["stl"]).dropna()  # single-task models have one fold
    assert len(only) == 1
    assert rows.loc[("mtl", "stl"), "difference"] == pytest.approx(only.iloc[0])
    assert (table.difference_low <= table.difference).all()
    assert (table.difference <= table.difference_high).all()
    assert set(table.split_method) == {"random", "scaffold"}


@pytest.mark.parametrize(
    ("dimension", "name", "kinds"),
    [
        ("comparison", "difference", {"first": "sparse", "second": "mtl"}),
        ("group", "group_auc", {"group_kind": "sparse"}),
    ],
)
def test_intervals_end_where_those_of_claims_do(scores, dimension, name, kinds):
    nobody = dict.fromkeys(kinds, "")
    rows = stored_rows([scores], dimension, name, kinds, nobody)
    ends = list(zip(scores[f"{name}_low"].values, scores[f"{name}_high"].values, strict=True))
    assert rows
    for row in rows:
        low, high = np.quantile(row.estimate.samples, ENDS)
        assert low < row.estimate.value < high
        assert (low, high) in ends


def test_a_model_against_itself_differs_by_nothing(alerts, build):
    sparse = build.predictions(alerts, "sparse", penalty=0.1)
    other = sparse.assign_attrs(kind="mtl", penalty=None, run_seed=7)  # resamples are shared
    table = comparison_table(score_runs([sparse, other], alerts, SETTINGS))
    assert (table[["difference", "difference_low", "difference_high"]] == 0).all(axis=None)
    assert (table.recovery_difference == 0).all()
    assert (table.mass90_ratio == 1).all()


def test_models_on_other_molecules_are_not_compared(alerts, build):
    one = build.predictions(alerts, "sparse", penalty=0.1)
    other = build.predictions(alerts, "mtl", fold=1).assign_attrs(fold=0)
    with pytest.raises(ValueError, match="different molecules"):
        score_runs([one, other], alerts, SETTINGS)


def test_one_run_stands_for_a_kind_on_a_fold(alerts, build):
    twice = [build.predictions(alerts, "sparse", penalty=0.1, seed=seed) for seed in (1, 2)]
    with pytest.raises(ValueError, match=r"seed=1\) and Run.*seed=2\) stand for one kind"):
        score_runs(twice, alerts, SETTINGS)


def test_masks_on_the_alert_are_sparser_and_recover_it(scores):
    runs = run_table(scores)
    means = runs[runs.main].groupby("kind")[["mass90", "recovery_ap", "recovery_hit"]].mean()
    assert means.loc["sparse", "mass90"] < means.loc["attention", "mass90"]
    without = runs[~runs.kind.isin(["sparse", "attention"])]  # gradients are no masks
    assert set(without.kind) == {"mtl", "stl", "forest"}
    assert without[["mass90", "val_mass90", "effective_share"]].isna().all(axis=None)
    assert means.loc["sparse", "recovery_ap"] > 0.95
    assert means.loc["sparse", "recovery_hit"] >= means.loc["mtl", "recovery_hit"]
    known = runs[runs.recovery_pairs > 0]
    assert set(known.kind) == {"sparse", "attention", "mtl"}
    assert (known.recovery_ap_low <= known.recovery_ap).all()
    assert (known.recovery_base_rate < known.recovery_random).all()
    assert runs[runs.kind == "forest"].recovery_ap.isna().all()


def test_masks_are_compared_with_alerts_on_validation_molecules_too(alerts, build):
    stored = build.predictions(alerts, "sparse", penalty=0.1)
    stored["mask"] = stored["mask"].where(stored.split == "test", 1 - stored["mask"])
    table = run_table(score_runs([stored], alerts, SETTINGS))
    for split, column in {"val": "val_recovery_ap", "test": "recovery_ap"}.items():
        rows = np.flatnonzero(stored.split == split)
        alert = alerts.alert.values[stored.molecule.values[rows]]
        recovery = recover(stored["mask"].values[rows], alert, stored.label.values[rows])
        assert table[column].item() == pytest.approx(recovery.average_precision.mean())
    assert table.val_recovery_ap.item() < 0.5 < table.recovery_ap.item()


def test_recovery_by_task_is_the_mean_over_its_pairs(alerts, alert_runs):
    run = next(run for run in alert_runs if run.attrs["kind"] == "sparse")
    test = of_split(run, "test")
    alert = alerts.alert.values[test.molecule.values]
    recovery = recover(test.mask.values, alert, test.label.values)
    table = recovery_table(score_runs([run], alerts, SETTINGS))
    assert list(table.index) == list(alerts.task.values)
    for place, (_, row) in enumerate(table.iterrows()):
        own = recovery.task == place
        assert row["average precision", "sparse"] == recovery.average_precision[own].mean()
        assert row["top-k hit rate", "sparse"] == recovery.hit_rate[own].mean()


def test_the_penalty_of_record_stands_for_the_kind(scores, alerts, alert_runs):
    assert scores.attrs["penalty"] == 0.1
    sweep = sweep_table(scores)
    assert sweep.penalty.tolist() == [0, 0.01, 0.1]
    assert sweep.kind.tolist() == ["attention", "sparse", "sparse"]
    assert sweep.main.tolist() == [True, False, True]
    masks = [run for run in alert_runs if run.attrs["kind"] == "sparse"]
    other = Record("bert", "gates", 0.01)
    given = score_runs(masks, alerts, scoring(record=other, resamples=5))
    assert given.attrs["penalty"] == 0.01
    assert len(run_table(given).query("main and kind == 'sparse'")) == 1


def test_runs_of_another_penalty_or_form_of_masks_do_not_stand_for_their_kind():
    kinds = ["sparse", "sparse", "sparse", "attention", "attention", "mtl"]
    masks = ["gates", "gates", "tied", "gates", "tied", ""]
    penalties = [0.1, 0.3, 0.3, 0.0, 0.0, np.nan]
    stands = Record("bert", "gates", 0.3).stands(kinds, masks, penalties)
    assert stands.tolist() == [False, True, False, True, False, True]


def test_groups_are_means_over_folds(scores):
    runs = run_table(scores)
    groups = group_table(scores).set_index(["split_method", "kind"])
    assert groups.main.all()
    assert groups.loc[("random", "mtl"), "folds"] == 2
    assert groups.loc[("random", "stl"), "folds"] == 1
    for (split_method, kind), group in groups.iterrows():
        own = runs[runs.main & (runs.kind == kind) & (runs.split_method == split_method)]
        assert group.auc == pytest.approx(own.auc.mean())
        assert group.auc_low < group.auc < group.auc_high
        if kind in ("sparse", "attention"):
            assert group.mass90 == pytest.approx(own.mass90.mean())
        if kind in ("sparse", "attention", "mtl"):
            gain = (own.recovery_ap / own.recovery_random).mean()
            assert group.recovery_gain == pytest.approx(gain)


def test_a_fold_in_which_no_task_is_scored_does_not_count(alerts, build):
    runs = [
        build.predictions(alerts, kind, fold, penalty=penalty)
        for kind, penalty in (("sparse", 0.1), ("mtl", None))
        for fold in (0, 1)
    ]
    whole = score_runs(runs, alerts, SETTINGS)
    runs[1]["label"] = xr.ones_like(runs[1].label)  # fold 1 of the sparse model
    scores = score_runs(runs, alerts, SETTINGS)
    alone = score_runs([runs[0], *runs[2:]], alerts, SETTINGS)
    for table in (group_table, comparison_table):
        assert table(scores).equals(table(alone))
        assert not table(scores).equals(table(whole))
    assert group_table(scores).set_index("kind").folds.to_dict() == {"sparse": 1, "mtl": 2}
    assert comparison_table(scores).folds.tolist() == [1]


def test_other_rankings_of_atoms_are_recovered_beside_the_masks(alerts, build):
    """Evidence that is the alert itself, and integrated gradients that are its negative."""
    sparse = build.predictions(alerts, "sparse", penalty=0.1, sharp=0.2)
    plain = build.predictions(alerts, "mtl", sharp=0.2)
    alert = alerts.alert.values[sparse.molecule.values].astype(float)
    inside = ~np.isnan(sparse["mask"].values)
    dims = ("molecule", "task", "atom")
    sparse["evidence"] = (dims, np.where(inside, alert - 0.5, np.nan))
    # Integrated gradients are there for positive pairs only.
    positive = (plain.label.values == 1)[..., None]
    plain["integrated"] = (dims, np.where(inside & positive, -alert, np.nan))
    scores = score_runs([sparse, plain], alerts, SETTINGS)
    runs = run_table(scores).set_index("kind")
    assert runs.loc["sparse", "evidence_ap"] == pytest.approx(1)
    assert np.isnan(runs.loc["sparse", "integrated_ap"])
    assert runs.loc["mtl", "integrated_ap"] < 0.5 < runs.loc["mtl", "recovery_ap"]
    (row,) = comparison_table(scores).itertuples()
    gap = runs.loc["sparse", "recovery_ap"] - runs.loc["mtl", "integrated_ap"]
    assert row.integrated_difference == pytest.approx(gap)
    assert row.integrated_difference_low > 0


def test_masks_are_held_against_rankings_that_do_not_know_the_task(alerts, build):
    stored = build.predictions(alerts, "sparse", penalty=0.1, sharp=0.2)
    training = np.ones(alerts.sizes["molecule"], bool)
    training[stored.molecule.values] = False
    # Other atoms are rare among the molecules of the training than among those held out.
    smiles = np.where(training, "ClC(Cl)(Cl)Cl", alerts.smiles.values)
    alerts = alerts.assign(smiles=("molecule", smiles))
    scores = score_runs([stored], alerts, SETTINGS)
    test = of_split(stored, "test")
    alert = alerts.alert.values[test.molecule.values]
    types = atom_types(smiles, alert.shape[-1])
    masks = test["mask"].values
    rankings = {
        "recovery": masks,
        "rarity": np.stack([rarity(types, training)[test.molecule.values]] * len(test.task), 1),
    }
    expected = {name: recover(of, alert, test.label.values) for name, of in rankings.items()}
    gains = {n: e.average_precision.mean() / e.random_precision.mean() for n, e in expected.items()}
    others = []  # by pair the mean over the masks of all tasks but its own
    chance = expected["recovery"].random_precision
    for task in range(len(test.task)):
        borrowed = np.repeat(masks[:, [task]], len(test.task), axis=1)
        found = recover(borrowed, alert, test.label.values)
        others.append(np.where(found.task == task, np.nan, found.average_precision))
    gains["other_task"] = np.nanmean(others, axis=0).mean() / chance.mean()
    for name, gain in gains.items():
        assert scores[f"group_{name}_gain"].item() == pytest.approx(gain)
    assert gains["recovery"] > max(gains["rarity"], gains["other_task"])


def test_the_ratio_of_mass_is_the_mean_of_the_folds(scores):
    runs = run_table(scores)
    mass = runs[runs.main & (runs.split_method == "random")].pivot(
        index="fold", columns="kind", values="mass90"
    )
    rows = comparison_table(scores).set_index(["split_method", "first", "second"])
    row = rows.loc[("random", "sparse", "attention")]
    assert row.mass90_ratio == pytest.approx((mass["sparse"] / mass["attention"]).mean())
    assert row.mass90_ratio_low < row.mass90_ratio < row.mass90_ratio_high
    assert row.mass90_ratio < 1
    assert rows.loc[("scaffold", "sparse", "attention"), "mass90_ratio_high"] < 1  # of one fold
    assert np.isnan(rows.loc[("random", "sparse", "forest"), "mass90_ratio"])


def test_tables_of_tasks_and_rows(scores, alerts):
    tasks = task_table(scores)
    assert list(tasks.index) == list(alerts.task.values)
    runs = run_table(scores)
    chosen = runs.query("main and kind == 'mtl' and split_method == 'random'")
    assert tasks.mtl.mean() == pytest.approx(chosen.auc.mean())
    table = status_table([alerts])
    named = ["kept", "unparsable", "duplicate", "conflicting", "too_long", "empty"]
    assert table[named].sum(axis=1).tolist() == table.rows.tolist()
    away = left_out(alerts)
    assert away.status.tolist() == ["unparsable", "duplicate", "too_long"]
    assert away.row.tolist() == list(range(len(alerts.row) - 2, len(alerts.row) + 1))


def test_a_task_without_positives_is_counted_and_left_out(alerts, build):
    run = build.predictions(alerts, "mtl")
    run["label"] = run.label.where(run.task != "nitro", 0.0)
    scores = score_runs([run], alerts, SETTINGS)
    table = run_table(scores)
    assert table.tasks.tolist() == [3]
    auc = scores.auc.isel(run=0).sel(split="test")
    assert np.isnan(auc.sel(task="nitro"))
    assert float(table.auc.iloc[0]) == pytest.approx(float(auc.mean()))


def test_twice_the_same_bits_in_whatever_order_the_files_come(alerts, alert_runs):
    some = alert_runs[:3]
    assert score_runs(some[::-1], alerts, SETTINGS).identical(score_runs(some, alerts, SETTINGS))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda run: run.assign_attrs(dataset="other"), "two datasets"),
        (lambda run: run.isel(task=slice(2)), "other tasks"),
        (lambda run: run.assign_attrs(fold=0, run_seed=100), "twice"),
        (lambda run: run.drop_attrs(deep=False), "lack the attributes"),
    ],
)
def test_runs_that_do_not_belong_together(change, message, alerts, build):
    one, two = (build.predictions(alerts, "mtl", fold) for fold in (0, 1))
    with pytest.raises(ValueError, match=message):
        checked_runs([one, change(two)])
    with pytest.raises(ValueError, match="no predictions"):
        checked_runs([])


def test_scores_of_a_run_are_those_of_scikit_learn(scores, alert_runs):
    for number, run in enumerate(checked_runs(alert_runs)):
        test, own = of_split(run.predictions, "test"), scores.isel(run=number)
        stored, label = own.sel(split="test"), test.label.values
        probability, known = expit(test.logit.values), ~np.isnan(test.label.values)
        for task, rows in enumerate(known.T):
            given = label[rows, task], probability[rows, task]
            assert stored.brier.values[task] == pytest.approx(brier_score_loss(*given))
            precision = average_precision_score(*given)
            assert stored.average_precision.values[task] == pytest.approx(precision)
        count = own.reliability_count.values
        predicted, observed = own.reliability_predicted, own.reliability_observed
        assert (predicted * count).sum() == pytest.approx(probability[known].sum())
        assert (observed * count).sum() == pytest.approx(label[known].sum())
        mean = float(stored.mean_average_precision)
        assert own.precision.mean() == pytest.approx(mean, abs=0.02)
        assert own.mean_auc_low < stored.mean_auc < own.mean_auc_high
