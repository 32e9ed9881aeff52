"""All scores of one dataset's runs, in one dataset: the numbers behind every figure and table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from triptych.runtime.monitor import Monitor, NullMonitor
from triptych.toxicity import metrics
from triptych.toxicity.bootstrap import (
    Estimate,
    interval,
    resample_counts,
    resampled_mean,
    resampled_mean_auc,
)
from triptych.toxicity.comparing import compare
from triptych.toxicity.metrics import mean_of_present
from triptych.toxicity.names import EVALUATED
from triptych.toxicity.recovery import Precision, Recovery, atom_types, rank_pairs, rarity, recover
from triptych.toxicity.runs import Record, Run, checked_runs, of_split
from triptych.toxicity.sparsity import effective_share, mass_share

RECALL = (np.arange(50) + 0.5) / 50
"""Levels of the precision curves; their mean is the average precision to about 1/100."""
PER_TASK = {
    "auc": metrics.roc_auc,
    "average_precision": metrics.average_precision,
    "brier": metrics.brier,
}
"""Scores of a task that need no setting."""
RANKINGS = {
    "recovery": ("mask", "attribution"),
    "evidence": ("evidence",),
    "integrated": ("integrated",),
}
"""By what atoms are ranked against an alert: what the kind of model shows, and what else it has."""
CONTROLS = ("rarity", "other_task")
"""Rankings that are not of the task: how rare an atom's element and aromaticity are among the
molecules of the training, and the masks of all other tasks, one by one, whose alerts may share
atoms: the mean of their precisions counts."""
OVER_CHANCE = ("recovery", *CONTROLS)
"""What is held against shuffled atoms."""
NO_RECOVERY = recover(np.empty((0, 0, 0)), np.empty((0, 0, 0)), np.empty((0, 0)), RECALL)
"""What is recovered by a ranking that a run does not have, or where no alerts are known."""


@dataclass(frozen=True)
class Scoring:
    """How runs are scored.

    Attributes
    ----------
    record : Record
        Which runs stand for their kind of model.
    bins : int
        Of the reliability curve and the calibration error.
    resamples, seed : int
        Of the bootstrap over molecules.
    """

    record: Record
    bins: int
    resamples: int
    seed: int


def score_runs(
    predictions: Sequence[xr.Dataset],
    molecules: xr.Dataset,
    settings: Scoring,
    monitor: Monitor | None = None,
) -> xr.Dataset:
    """Score every run of a dataset, average the kinds of model over folds, and compare them.

    Parameters
    ----------
    predictions : sequence of xarray.Dataset, shape (run,)
        Stores of predictions.
    molecules : xarray.Dataset
        The dataset's molecules; with ``alert`` (molecule, task, atom) the masks are also compared
        with the alerts.
    settings : Scoring
    monitor : Monitor, optional
        Gets a report of every run.

    Returns
    -------
    xarray.Dataset
        Dimensions run, split, task, bin, recall, and those of
        :func:`triptych.toxicity.comparing.compare`.

    Raises
    ------
    ValueError
        If the runs do not belong together, or a label or score is out of bounds.
    """
    monitor = monitor or NullMonitor()
    runs = checked_runs(predictions)
    types = None
    if "alert" in molecules:
        types = atom_types(molecules.smiles.values, molecules.sizes["atom"])
    scored, estimates = [], []
    for number, run in enumerate(runs):
        recovered = _recovered(run, molecules, "test", RANKINGS)
        controls = _controls(run, molecules, types)
        estimates.append(_estimates(run, recovered, controls, settings))
        of_run = _scores(run, recovered, estimates[-1], settings.bins)
        held_out = _recovered(run, molecules, "val", ["recovery"]).get("recovery", NO_RECOVERY)
        of_run["val_recovery_ap"] = ("run", [float(mean_of_present(held_out.average_precision))])
        scored.append(of_run)
        auc = scored[-1].mean_auc.sel(split="test").item()
        monitor.report(number + 1, len(runs), auc=auc)
    scores = xr.concat(scored, "run", join="exact", combine_attrs="drop")
    record = settings.record
    stands = record.stands(scores.kind.values, scores["mask"].values, scores.penalty.values)
    compared = compare(runs, estimates, stands, settings.resamples)
    scores = scores.merge(compared, combine_attrs="drop")
    scores.attrs = {
        "dataset": runs[0].dataset,
        **asdict(record),
        "resamples": settings.resamples,
    }
    return scores


def _recovered(
    run: Run, molecules: xr.Dataset, split: str, rankings: Iterable[str]
) -> dict[str, Recovery]:
    """Return how well those of the :data:`RANKINGS` that a run has find alerts' atoms, if known."""
    if "alert" not in molecules:
        return {}
    predictions = of_split(run.predictions, split)
    alert = molecules.alert.isel(molecule=predictions.molecule.values).values
    return {
        name: recover(predictions[weights].values, alert, predictions.label.values, RECALL)
        for name in rankings
        for weights in RANKINGS[name]
        if weights in predictions
    }


def _controls(
    run: Run, molecules: xr.Dataset, types: NDArray[np.int64] | None
) -> dict[str, Precision]:
    """Return how well the :data:`CONTROLS` find the alerts' atoms of test molecules, if known."""
    if types is None:
        return {}
    test = of_split(run.predictions, "test")
    tested = test.molecule.values
    alert = molecules.alert.isel(molecule=tested).values
    held_out = np.isin(np.arange(len(types)), run.predictions.molecule.values)
    rare = rarity(types, ~held_out)[tested]
    rankings = {"rarity": [np.broadcast_to(rare[:, None], alert.shape)]}
    if "mask" in test and (tasks := test.sizes["task"]) > 1:
        masks = test["mask"].values
        rankings["other_task"] = [np.roll(masks, shift, axis=1) for shift in range(1, tasks)]
    return {
        name: _mean_precisions([rank_pairs(w, alert, test.label.values) for w in weights])
        for name, weights in rankings.items()
    }


def _mean_precisions(rankings: Sequence[Precision]) -> Precision:
    """Return the mean, pair by pair, over several rankings of the same atoms."""
    precisions = np.mean([one.average_precision for one in rankings], axis=0)
    return replace(rankings[0], average_precision=precisions)


def _estimates(
    run: Run,
    recovered: Mapping[str, Recovery],
    controls: Mapping[str, Precision],
    settings: Scoring,
) -> dict[str, Estimate]:
    """Return what is averaged over folds, with resamples of the test molecules.

    Runs that are tested on one fold share the resamples.

    Returns
    -------
    dict of str to Estimate
        ``auc``, the mean over tasks; ``mass90``, the mean over molecules and tasks; of each of
        :data:`RANKINGS` the mean over pairs of the average precision; with ``_gain`` of each
        :data:`OVER_CHANCE` this over the mean of shuffled atoms; ``hit``, the mean of the hit rate.
        NaN for what the run does not have.
    """
    test = of_split(run.predictions, "test")
    seed_words = [settings.seed, run.fold, *f"{run.dataset} {run.split_method}".encode()]
    counts = resample_counts(test.sizes["molecule"], settings.resamples, seed_words)
    label, logit = test.label.values, test.logit.values
    auc = float(mean_of_present(metrics.roc_auc(label, logit)))
    missing = Estimate(float("nan"), np.full(settings.resamples, np.nan))
    gains = [f"{name}_gain" for name in OVER_CHANCE]
    estimates = dict.fromkeys(("mass90", *RANKINGS, *gains, "hit"), missing)
    if "mask" in test:
        shares = mean_of_present(mass_share(test["mask"].values).T)
        present = ~np.isnan(shares)
        estimates["mass90"] = _mean(shares[present], counts[:, present])
    for name, ranked in {**recovered, **controls}.items():
        if len(ranked.molecule):
            pair_counts = counts[:, ranked.molecule]
            precision = _mean(ranked.average_precision, pair_counts)
            if name in RANKINGS:
                estimates[name] = precision
            if name in OVER_CHANCE:
                by_chance = _mean(ranked.random_precision, pair_counts)
                estimates[f"{name}_gain"] = precision.over(by_chance)
    shown = recovered.get("recovery", NO_RECOVERY)
    if len(shown.molecule):
        estimates["hit"] = _mean(shown.hit_rate, counts[:, shown.molecule])
    return {"auc": Estimate(auc, resampled_mean_auc(label, logit, counts)), **estimates}


def _mean(values: NDArray, counts: NDArray) -> Estimate:
    return Estimate(float(values.mean()), resampled_mean(values, counts))


def _scores(
    run: Run, recovered: Mapping[str, Recovery], estimates: Mapping[str, Estimate], bins: int
) -> xr.Dataset:
    """Return the scores of one run: dimensions run (of length 1), split, task, bin, recall."""
    tables = [_by_task(of_split(run.predictions, name), bins) for name in EVALUATED]
    scores = xr.concat(tables, "split", join="exact").assign_coords(split=list(EVALUATED))
    for name in ("auc", "average_precision", "brier", "calibration_error"):
        scores[f"mean_{name}"] = ("split", mean_of_present(scores[name].values.T))
    test = of_split(run.predictions, "test")
    label, logit = test.label.values, test.logit.values
    predicted, observed, count = metrics.reliability(label, logit, bins)
    attrs = run.predictions.attrs
    values = {
        "reliability_predicted": ("bin", predicted),
        "reliability_observed": ("bin", observed),
        "reliability_count": ("bin", count),
        "precision": ("recall", _mean_precision(label, logit)),
        "parameters": float(attrs.get("parameters", np.nan)),
        "epochs": float(attrs.get("epochs", np.nan)),
        **_recovery_scores(recovered, len(test.task)),
    }
    measured = {"mean_auc": "auc", "recovery_ap": "recovery", "recovery_hit": "hit"}
    for name, measure in measured.items():
        ends = interval(estimates[measure].samples)
        values[f"{name}_low"], values[f"{name}_high"] = ends
    names = ("kind", "backbone", "mask", "penalty", "fold", "seed", "split_method")
    of_run = {name: ("run", [getattr(run, name)]) for name in names}
    coords = {"recall": RECALL, **of_run}
    return scores.assign(values).expand_dims("run").assign_coords(coords)


def _by_task(predictions: xr.Dataset, bins: int) -> xr.Dataset:
    """Return the scores of one split, (task,); those of masks are NaN without any."""
    label, logit = predictions.label.values, predictions.logit.values
    values: dict[str, NDArray] = {name: scorer(label, logit) for name, scorer in PER_TASK.items()}
    values["calibration_error"] = metrics.calibration_error(label, logit, bins)
    values["positives"] = (label == 1).sum(axis=0)
    values["negatives"] = (label == 0).sum(axis=0)
    values["scorable"] = metrics.scorable(label)
    masked = "mask" in predictions
    for name, measure in (("mass90", mass_share), ("effective_share", effective_share)):
        sparsity = measure(predictions["mask"].values) if masked else np.full(label.shape, np.nan)
        values[name] = mean_of_present(sparsity)
    return xr.Dataset(
        {name: ("task", by_task) for name, by_task in values.items()},
        {"task": predictions.task.values},
    )


def _mean_precision(label: NDArray, logit: NDArray) -> NDArray[np.float64]:
    """Return the precision at each of :data:`RECALL`, mean over the scorable tasks, (recall,)."""
    curves = []
    for task in np.flatnonzero(metrics.scorable(label)):
        labelled = ~np.isnan(label[:, task])
        steps = metrics.precision_steps(label[labelled, task], logit[labelled, task])
        curves.append(metrics.precision_at_recall(*steps, RECALL))
    return np.mean(curves, axis=0) if curves else np.full(len(RECALL), np.nan)


def _recovery_scores(
    recovered: Mapping[str, Recovery], tasks: int
) -> dict[str, float | tuple[str, NDArray]]:
    """Return what a run recovers as scores; NaN where there is nothing to recover.

    Of each ranking there are ``…_ap`` and ``…_precision``; of the first, what the kind of model
    shows, all others.
    """
    scores: dict[str, float | tuple[str, NDArray]] = {}
    for name in RANKINGS:
        recovery = recovered.get(name, NO_RECOVERY)
        scores[f"{name}_ap"] = float(mean_of_present(recovery.average_precision))
        scores[f"{name}_precision"] = ("recall", mean_of_present(recovery.curve))
    shown = recovered.get("recovery", NO_RECOVERY)
    scores |= {
        "recovery_pairs": len(shown.molecule),
        "recovery_pooled": shown.pooled,
        "recovery_hit": float(mean_of_present(shown.hit_rate)),
        "recovery_base_rate": float(mean_of_present(shown.base_rate)),
        "recovery_random": float(mean_of_present(shown.random_precision)),
    }
    for name, values in {"ap": shown.average_precision, "hit": shown.hit_rate}.items():
        number = np.bincount(shown.task, minlength=tasks)
        total = np.bincount(shown.task, weights=values, minlength=tasks)
        mean = np.divide(total, number, out=np.full(tasks, np.nan), where=number > 0)
        scores[f"recovery_task_{name}"] = ("task", mean)
    return scores
