"""The quantities behind the claims, on stores with known answers."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from toxicity_specs import scoring

from triptych.claims.evaluate import HOLDS, verdict
from triptych.claims.measured import Unavailable
from triptych.claims.registry import load_registry
from triptych.toxicity.claims import (
    Results,
    agreement_of_tasks,
    alert_control,
    alert_recovery,
    backbone_auc,
    backbone_auc_difference,
    backbone_mass90,
    integrated_difference,
    least_auc_difference,
    mass90,
    mass90_ratio,
    mean_auc_difference,
    recovery_difference,
)
from triptych.toxicity.scoring import score_runs
from triptych.toxicity.summaries import comparison_table, group_table

TASKS = ("one", "two", "three")
SETS = ("clintox", "sider", "tox21")

SCORED = xr.Dataset(attrs={"dataset": "tox21", "resamples": 1000})
"""What T3 asks of scores."""


@pytest.fixture(scope="module")
def results(build):
    """Return scores of the benchmark sets, of which two have a second encoder."""
    scores = []
    for seed, dataset in enumerate(SETS):
        molecules = build.molecules(dataset, TASKS, seed=seed)
        backbones = ("bert",) if dataset == "sider" else ("bert", "albert")
        runs = build.runs(molecules, backbones=backbones)
        scores.append(score_runs(runs, molecules, scoring()))
    return Results(scores, [])


@pytest.fixture(scope="module")
def recovered(alerts, alert_runs):
    return Results([score_runs(alert_runs, alerts, scoring())], [])


def compared(scores, first, second, backbone="bert"):
    table = comparison_table(scores)
    table = table[(table["first"] == first) & (table.second == second)]
    (row,) = table[(table.split_method == "random") & (table.backbone == backbone)].itertuples()
    return row


def grouped(scores, backbone="bert", kind="sparse"):
    table = group_table(scores)
    table = table[(table.split_method == "random") & (table.backbone == backbone)]
    (row,) = table[table.kind == kind].itertuples()
    return row


def test_the_least_difference_has_the_least_ends_and_the_mean_the_mean_of_resamples(results):
    rows = [compared(scores, "sparse", "mtl") for scores in results.scores]
    least = least_auc_difference(results, "sparse", "mtl")
    assert least.value == min(row.difference for row in rows)
    assert least.low == pytest.approx(min(row.difference_low for row in rows))
    assert least.high == pytest.approx(min(row.difference_high for row in rows))
    whose = SETS[int(np.argmin([row.difference for row in rows]))]
    assert least.basis.startswith(f"value of {whose}, each end the least of 3; molecules")
    assert "folds: clintox 2, sider 2, tox21 2" in least.basis
    mean = mean_auc_difference(results, "sparse", "mtl")
    assert mean.value == pytest.approx(np.mean([row.difference for row in rows]))
    widths = [row.difference_high - row.difference_low for row in rows]
    assert 0 < mean.high - mean.low < np.mean(widths)  # errors of three sets partly cancel
    assert "folds: clintox 2, sider 2, tox21 2" in mean.basis


def test_the_benchmark_sets_are_needed_all_of_them(results):
    two = Results(results.scores[:2], [])
    with pytest.raises(Unavailable, match="sparse and mtl were not run on tox21"):
        least_auc_difference(two, "sparse", "mtl")
    with pytest.raises(Unavailable, match="sparse models were not run on sider, tox21"):
        mass90(Results(results.scores[:1], []))


def test_a_falsified_store_turns_the_difference(results):
    spoilt = [scores.copy(deep=True) for scores in results.scores]
    for name in ("difference", "difference_samples"):
        spoilt[1][name] = spoilt[1][name] - 1
    assert least_auc_difference(results, "sparse", "mtl").high > -0.5
    assert least_auc_difference(Results(spoilt, []), "sparse", "mtl").high < 0


def test_mass_is_that_of_the_worst_set(results):
    rows = [grouped(scores) for scores in results.scores]
    measured = mass90(results)
    expected = [
        max(row.mass90 for row in rows),
        *(max(getattr(r, e) for r in rows) for e in ("mass90_low", "mass90_high")),
    ]
    assert [measured.value, measured.low, measured.high] == pytest.approx(expected)
    ratios = [compared(scores, "sparse", "attention").mass90_ratio for scores in results.scores]
    assert mass90_ratio(results).value == max(ratios) < 1


def test_encoders_are_measured_on_the_sets_that_compare_them(results):
    clintox, _, tox21 = results.scores
    means = {
        backbone: {
            name: np.mean([getattr(grouped(scores, backbone), name) for scores in (clintox, tox21)])
            for name in ("auc", "mass90")
        }
        for backbone in ("bert", "albert")
    }
    auc, mass = backbone_auc(results), backbone_mass90(results)
    assert auc.value == pytest.approx(min(of["auc"] for of in means.values()))
    assert mass.value == pytest.approx(max(of["mass90"] for of in means.values()))
    assert auc.low < auc.value < auc.high
    assert "value of albert, each end the least of 2;" in auc.basis  # it has the least skill
    gaps = [
        compared(scores, "sparse", "mtl", backbone).difference
        for scores in (clintox, tox21)
        for backbone in ("bert", "albert")
    ]
    assert backbone_auc_difference(results, "sparse", "mtl").value == pytest.approx(np.mean(gaps))


def test_an_encoder_that_is_missing_on_one_set_is_named(results):
    with pytest.raises(Unavailable, match="several encoders were not run"):
        backbone_auc(Results(results.scores[1:2], []))
    clintox, _, tox21 = results.scores
    without = tox21.isel(group=np.flatnonzero(tox21.group_backbone != "bert"))
    with pytest.raises(Unavailable, match="bert was not run on all of clintox, tox21"):
        backbone_auc(Results([clintox, without], []))


def test_recovery_is_over_that_of_shuffled_atoms(results, recovered):
    row = grouped(recovered.scores[0])
    measured = alert_recovery(recovered)
    assert measured.value == pytest.approx(row.recovery_gain)
    assert measured.value > 1
    assert measured.low <= measured.value <= measured.high
    of_one_fold = recovered.scores[0].isel(group=recovered.scores[0].group_folds.values == 1)
    low = of_one_fold.group_recovery_gain_low.values[of_one_fold.group_kind.values == "sparse"]
    assert len(low)
    assert (low > 1).all()
    gap = compared(recovered.scores[0], "sparse", "mtl").recovery_difference
    assert recovery_difference(recovered, "sparse", "mtl").value == pytest.approx(gap)
    assert gap > 0
    control = alert_control(recovered, "other_task")
    assert control.value == pytest.approx(row.other_task_gain)
    assert control.value < measured.value
    plain = compared(recovered.scores[0], "sparse", "mtl").integrated_difference
    assert integrated_difference(recovered, "sparse", "mtl").value == pytest.approx(plain)
    assert plain != pytest.approx(gap)
    for quantity in (
        alert_recovery,
        lambda r: recovery_difference(r, "sparse", "mtl"),
        lambda r: integrated_difference(r, "sparse", "mtl"),
        lambda r: alert_control(r, "rarity"),
    ):
        with pytest.raises(Unavailable, match="known alerts"):
            quantity(results)


@pytest.fixture(scope="module")
def of_tasks(project):
    """Return what measures claim T3 of replicates, with its verdict."""
    claim = load_registry(project / "config" / "claims.yaml").claims["T3"]

    def measured(replicates):
        one = agreement_of_tasks(Results([SCORED], replicates), **claim.arguments)
        return one, verdict(one.low, one.high, claim)

    return measured


@pytest.fixture(scope="module")
def replicate_masks(build):
    """Return replicates whose molecules are often positive for several tasks, and their claim."""
    molecules = build.molecules("tox21", missing=0)

    def replicates(sharp):
        return [
            build.predictions(molecules, "sparse", 0, penalty=0.1, sharp=sharp, seed=seed)
            for seed in (100, 103)
        ]

    return replicates


def test_sharp_masks_of_different_alerts_agree_less_than_those_of_two_seeds(
    replicate_masks, of_tasks
):
    measured, said = of_tasks(replicate_masks(0.9))
    assert measured.high < -0.3
    assert said == HOLDS
    assert "seeds 0.9" in measured.basis


def test_random_masks_agree_as_little_in_both_and_fail_the_claim(replicate_masks, of_tasks):
    measured, said = of_tasks(replicate_masks(0.0))
    assert abs(measured.value) < 0.1
    assert measured.low < 0 < measured.high
    assert said != HOLDS


def test_tasks_with_one_mask_agree_in_full_and_fail_the_claim(replicate_masks, of_tasks):
    replicates = replicate_masks(0.5)
    for run in replicates:
        run["mask"] = run["mask"].copy(data=np.repeat(run["mask"].values[:, :1], 4, axis=1))
    measured, said = of_tasks(replicates)
    assert measured.low > 0
    assert "tasks 1.000" in measured.basis
    assert said != HOLDS


def test_agreement_needs_replicates_and_molecules_positive_for_two_tasks(replicate_masks):
    replicates = replicate_masks(0.5)
    with pytest.raises(Unavailable, match="two seeds on sider"):
        agreement_of_tasks(Results([SCORED], replicates), "sider")
    single = [run.isel(task=[0]) for run in replicates]
    with pytest.raises(Unavailable, match="positive for two tasks"):
        agreement_of_tasks(Results([SCORED], single), "tox21")
    flat = [run.assign(mask=run["mask"].where(run["mask"].isnull(), 1.0)) for run in replicates]
    with pytest.raises(Unavailable, match="masks are flat"):
        agreement_of_tasks(Results([SCORED], flat), "tox21")
    with pytest.raises(ValueError, match="1 models; two are compared"):
        agreement_of_tasks(Results([SCORED], replicates[:1]), "tox21")
    others = [replicates[0], replicates[1].assign_coords(molecule=replicates[1].molecule + 1)]
    with pytest.raises(ValueError, match="different molecules"):
        agreement_of_tasks(Results([SCORED], others), "tox21")
