from __future__ import annotations

import numpy as np
import pytest
from toxicity_specs import scoring

from triptych.claims.measure import Unavailable
from triptych.toxicity.claims import (
    Results,
    alert_recovery,
    auc_difference,
    least_backbone_difference,
    mass90,
    recovery_difference,
    similarity_of_masks,
)
from triptych.toxicity.scoring import score_runs
from triptych.toxicity.summaries import comparison_table, run_table

TASKS = ("one", "two", "three")


@pytest.fixture(scope="module")
def results(build):
    scores, masks = [], []
    for seed, dataset in enumerate(("clintox", "sider", "tox21")):
        molecules = build.molecules(dataset, TASKS, seed=seed)
        backbones = ("bert", "albert") if dataset == "clintox" else ("bert",)
        runs = build.runs(molecules, backbones=backbones)
        scores.append(score_runs(runs, molecules, scoring()))
        masks.append(next(run for run in runs if run.attrs["penalty"] == 0.1))
    return Results(scores, masks)


@pytest.fixture(scope="module")
def recovered(alerts, alert_runs):
    return Results([score_runs(alert_runs, alerts, scoring())], [])


def test_differences_are_the_mean_of_the_datasets(results):
    tables = [comparison_table(scores) for scores in results.scores]
    gaps = []
    for table in tables:
        own = table[(table["first"] == "sparse") & (table.second == "mtl")]
        own = own[(own.split_method == "random") & (own.backbone == "bert")]
        gaps.append(own.difference.item())
    mean = auc_difference(results, "sparse", "mtl")
    assert mean.value == pytest.approx(np.mean(gaps))
    assert mean.low < mean.value < mean.high
    assert auc_difference(results, "sparse", "mtl", dataset="sider").value == gaps[1]
    with pytest.raises(Unavailable, match="not both run on alerts"):
        auc_difference(results, "sparse", "mtl", dataset="alerts")


def test_means_over_the_benchmark_sets_need_all_of_them(results):
    two = Results(results.scores[:2], [])
    with pytest.raises(Unavailable, match="sparse and mtl were not both run on tox21"):
        auc_difference(two, "sparse", "mtl")
    with pytest.raises(Unavailable, match="no sparse model on sider, tox21"):
        mass90(Results(results.scores[:1], []))


def test_a_falsified_store_turns_the_difference(results):
    spoilt = [scores.copy(deep=True) for scores in results.scores]
    for scores in spoilt:
        for name in ("difference", "difference_low", "difference_high"):
            scores[name] = scores[name] - 1
    assert auc_difference(results, "sparse", "mtl").high > -0.5
    assert auc_difference(Results(spoilt, []), "sparse", "mtl").high < 0


def test_the_least_of_the_backbones_is_taken_where_there_are_several(results):
    table = comparison_table(results.scores[0])
    own = table[
        (table["first"] == "sparse") & (table.second == "mtl") & (table.split_method == "random")
    ]
    measured = least_backbone_difference(results, "sparse", "mtl")
    assert len(own) == 2
    assert measured.value == own.difference.min()
    with pytest.raises(Unavailable, match="several backbones"):
        least_backbone_difference(Results(results.scores[1:], []), "sparse", "mtl")


def test_the_interval_of_the_least_backbone_is_that_of_the_least_ends(results):
    """The worst backbone is open and another, less sure, reaches further down: all of it counts."""
    scores = results.scores[0].copy(deep=True)
    own = (scores["first"] == "sparse") & (scores.second == "mtl")
    rows = np.flatnonzero(own & (scores.compared_split_method == "random"))
    for name, values in {
        "difference": [-0.05, 0.0],
        "difference_low": [-0.06, -0.2],
        "difference_high": [0.03, 0.02],
    }.items():
        scores[name][rows] = values
    measured = least_backbone_difference(Results([scores], []), "sparse", "mtl")
    assert (measured.value, measured.low, measured.high) == (-0.05, -0.2, 0.02)


def test_mass_is_that_of_the_chosen_masks(results):
    means = []
    for scores in results.scores:
        runs = run_table(scores)
        means.append(
            runs[
                runs.main & (runs.kind == "sparse") & (runs.split_method == "random")
            ].mass90.mean()
        )
    measured = mass90(results)
    assert [measured.value, measured.low, measured.high] == pytest.approx(
        [np.mean(means), min(means), max(means)]
    )


def test_equal_masks_agree_and_shuffled_ones_do_so_by_chance(results):
    same = results.masks[0].copy(deep=True)
    same["mask"] = same.mask.copy(data=np.repeat(same.mask.values[:, :1], len(TASKS), 1))
    equal = similarity_of_masks(Results([], [same]), "clintox")
    assert [equal.value, equal.low, equal.high] == pytest.approx([1, 1, 1])
    rng = np.random.default_rng(0)
    shuffled = same.copy(deep=True)
    values = shuffled.mask.values
    for row in values.reshape(-1, values.shape[-1]):
        count = int(np.isfinite(row).sum())
        row[:count] = rng.permutation(row[:count])
    random = similarity_of_masks(Results([], [shuffled]), "clintox")
    assert abs(random.value) < 0.2 < equal.value
    flat = same.copy(deep=True)
    flat["mask"] = same.mask.where(same.mask.isnull(), 1.0)
    with pytest.raises(Unavailable, match="masks are flat"):
        similarity_of_masks(Results([], [flat]), "clintox")
    with pytest.raises(Unavailable, match="on alerts"):
        similarity_of_masks(results, "alerts")


def test_recovery_is_that_of_sparse_runs_and_compared_with_attributions(results, recovered):
    runs = run_table(recovered.scores[0])
    own = runs[runs.main & (runs.kind == "sparse") & (runs.split_method == "random")]
    measured = alert_recovery(recovered)
    assert measured.value == pytest.approx(own.recovery_ap.mean())
    assert measured.low <= measured.value <= measured.high
    assert recovery_difference(recovered, "sparse", "mtl").value > 0
    for quantity in (alert_recovery, lambda r: recovery_difference(r, "sparse", "mtl")):
        with pytest.raises(Unavailable, match="known alerts"):
            quantity(results)


def test_recovery_keeps_the_sides_of_its_interval(recovered):
    scores = recovered.scores[0].copy(deep=True)
    scores["recovery_ap_low"] = scores.recovery_ap - 0.3
    scores["recovery_ap_high"] = scores.recovery_ap + 0.1
    measured = alert_recovery(Results([scores], []))
    assert measured.value - measured.low == pytest.approx(0.3 / np.sqrt(2))  # two seeds
    assert measured.high - measured.value == pytest.approx(0.1 / np.sqrt(2))


def test_intervals_of_another_confidence_are_refused(results, recovered):
    narrow = [s.assign_attrs(confidence=0.9) for s in (*results.scores, *recovered.scores)]
    for quantity in (auc_difference, least_backbone_difference, recovery_difference):
        with pytest.raises(Unavailable, match="clintox are of 90 %, a claim needs 95 %"):
            quantity(Results(narrow, []), "sparse", "mtl")
    with pytest.raises(Unavailable, match="alerts are of 90 %"):
        alert_recovery(Results(narrow[3:], []))
