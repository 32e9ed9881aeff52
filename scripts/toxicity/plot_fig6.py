"""Fragments under each task's mask; and on molecules with known alerts, whether masks find them.

Masks are those of all test molecules, whatever their labels. A dot needs the same sign, beyond its
bootstrap interval, in two trainings that differ by the seed: an interval over molecules alone says
nothing of another training, and nothing corrects for the number of cells. Where there is one
training only, the title says so. A pair in b and c is a molecule and a task for which it is
positive. In c, where k is the number of an alert's atoms, points are folds and bars 95 % bootstrap
intervals over molecules; dash-dotted: rankings that know nothing of the task.

Inputs: ``predictions``, a list of runs with masks, of which the first is drawn; ``replicates``,
second trainings of some of them; ``molecules``, in the order of ``predictions``; ``scores``, a
list, of which the first with alerts is drawn.
Outputs: ``pdf``, ``png``. Params: ``stamp``; ``fragment_minimum``, molecules that one must be in;
``resamples`` and ``seed`` of the bootstrap over them.
"""

import numpy as np
import seaborn as sns

from triptych.figures.save import save_figure
from triptych.figures.style import DIVERGING, PAGE_IN, new_figure, panel_letter
from triptych.runtime.step import run_step
from triptych.runtime.store import read_store
from triptych.toxicity.fragments import enrichment
from triptych.toxicity.names import MAIN_SPLIT_METHOD, MTL, SPARSE
from triptych.toxicity.plotting import KINDS, empty_panel, short_tasks, title
from triptych.toxicity.runs import of_split
from triptych.toxicity.summaries import group_table, main_runs

MOST_FRAGMENTS = 24
LIMIT = 2.0
"""log₂ ratio at which the colours end."""
DOT = {"marker": "o", "linestyle": "none", "color": "white", "markersize": 2.2,
       "markeredgecolor": "black", "markeredgewidth": 0.5}  # fmt: skip
"""To be seen on every colour."""
BESIDE = {
    "evidence": (SPARSE, "evidence w·H, sparse"),
    "integrated": (MTL, "integrated gradients"),
}
"""Rankings of atoms that are shown beside those of the kinds: of which kind, and their name."""
CONTROLS = {"rarity": ("atoms by rarity", -7), "other_task": ("other tasks' masks", 2)}
"""Rankings that know nothing of the task, by their names in scores: the one in the figure, and how
many points above its line it stands."""


def main(inputs, outputs, params, log):
    figure = new_figure(PAGE_IN, 5.2)
    left, right = figure.subfigures(1, 2, width_ratios=[1.45, 1])
    ax = left.subplots()
    panel_letter(ax, 0)
    predictions, molecules = read_store(inputs.predictions[0]), read_store(inputs.molecules[0])
    others = map(read_store, inputs.replicates)
    dataset = predictions.attrs["dataset"]
    replicates = [run for run in others if run.attrs["dataset"] == dataset]
    draw_fragments(ax, [predictions, *replicates], molecules, params)
    axes = right.subplots(2, 1, height_ratios=[1.25, 1])
    for place, panel in enumerate(axes, start=1):
        panel_letter(panel, place)
    with_alerts = [scores for path in inputs.scores if has_recovery(scores := read_store(path))]
    if with_alerts:
        draw_recovery(*axes, with_alerts[0])
    else:
        for panel in axes:
            empty_panel(panel, "no masks on molecules with known alerts in this run")
    save_figure(figure, outputs.pdf, outputs.png, params.stamp)


def draw_fragments(ax, trainings, molecules, params):
    """Draw the first training's ratios, with dots where all trainings agree on the sign."""
    enriched = [enriched_fragments(training, molecules, params) for training in trainings]
    first = enriched[0]
    if not first.fragment:
        empty_panel(ax, f"no fragment in {params.fragment_minimum} test molecules or more")
        return
    rows = np.argsort(-np.abs(first.log2_ratio).max(axis=1), kind="stable")[:MOST_FRAGMENTS]
    rows = rows[np.argsort(-first.log2_ratio[rows].mean(axis=1), kind="stable")]
    sns.heatmap(
        first.log2_ratio[rows],
        ax=ax,
        cmap=DIVERGING,
        vmin=-LIMIT,
        vmax=LIMIT,
        xticklabels=short_tasks(trainings[0].task.values),
        yticklabels=[f"{first.fragment[row]} ({first.molecules[row]})" for row in rows],
        cbar_kws={
            "location": "bottom",
            "shrink": 0.7,
            "aspect": 35,
            "pad": 0.02,
            "extend": "both",
            "label": "log₂ (mask on the fragment / its share of the atoms)",
        },
    )
    y, x = np.nonzero(of_one_sign(enriched)[rows])
    ax.plot(x + 0.5, y + 0.5, **DOT)
    ax.set_xticklabels(ax.get_xticklabels(), rotation=90, fontsize=6.5)
    ax.set_yticklabels(ax.get_yticklabels(), rotation=0, fontsize=6.5)
    ax.tick_params(length=0, pad=1)
    where = ",\non the same side in both trainings" if len(trainings) > 1 else " in one training"
    ax.set_title(
        f"{title(trainings[0].attrs['dataset'])}: fragments (test molecules with them)\n"
        f"dot: 95 % bootstrap interval excludes 0{where}",
        fontsize=7.5,
    )


def enriched_fragments(training, molecules, params):
    """Return the enrichment of fragments under a training's masks of test molecules."""
    test = of_split(training, "test")
    smiles = [str(text) for text in molecules.smiles.values[test.molecule.values]]
    return enrichment(
        test.mask.values, smiles, params.fragment_minimum, params.resamples, params.seed
    )


def of_one_sign(enriched):
    """Return where the intervals of all trainings lie on the same side of 0, (fragment, task)."""
    signs = [(training.low > 0) * 1 - (training.high < 0) for training in enriched]
    return np.abs(np.sum(signs, 0)) == len(signs)


def has_recovery(scores):
    return bool((scores.recovery_pairs > 0).any())


def draw_recovery(curves, bars, scores):
    """Draw mean curves over folds, and below them the two scores of every fold."""
    runs = main_runs(scores)
    runs = runs[runs.recovery_pairs > 0]
    kinds = [kind for kind in reversed(KINDS) if (runs.kind == kind).any()]
    draw_curves(curves, scores, runs, kinds)
    draw_measures(bars, runs, kinds)
    draw_controls(bars, scores, runs.recovery_random.mean())


def draw_curves(ax, scores, runs, kinds):
    """Draw the precision of every ranking of atoms, of the kinds and beside them."""
    drawn = [(kind, "recovery", KINDS[kind].atom_weights, "-") for kind in kinds]
    drawn += [(kind, name, text, "--") for name, (kind, text) in BESIDE.items()]
    for kind, name, text, line in drawn:
        rows = runs[runs.kind == kind]
        if rows[f"{name}_ap"].notna().any():
            curve = scores[f"{name}_precision"].isel(run=rows.index).mean("run")
            label = f"{text} ({rows[f'{name}_ap'].mean():.2f})"
            marker = KINDS[kind].marker if name == "recovery" else ""
            style = {
                "marker": marker,
                "markersize": 3.5,
                "markevery": (len(curve) // 4, len(curve)),
            }
            ax.plot(scores.recall, curve, line, color=KINDS[kind].colour, label=label, **style)
    # In short molecules more than the base rate: what average precisions are to be compared with.
    chance = runs.recovery_random.mean()
    ax.axhline(chance, color="0.4", linestyle=":", linewidth=0.9)
    text = f"random order, mean ({chance:.2f})"
    ax.annotate(text, (0.02, chance), xytext=(0, 2), textcoords="offset points", fontsize=6)
    ax.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="recall of alert atoms", ylabel="precision")
    ax.legend(loc="lower left", bbox_to_anchor=(0, chance + 0.06), fontsize=6.5)
    dataset = title(scores.attrs["dataset"])
    ax.set_title(
        f"{dataset}: alert atoms found by each ranking,\nmean over pairs (average precision)",
        fontsize=7.5,
    )


def draw_measures(ax, runs, kinds):
    """Draw both measures of every kind beside what chance gives."""
    measures = {
        "average precision": ("recovery_ap", "recovery_random", "random order"),
        "top-k hit rate": ("recovery_hit", "recovery_base_rate", "base rate"),
    }
    for x, (column, by_chance, text) in enumerate(measures.values()):
        for place, kind in enumerate(kinds):
            draw_scores(ax, x + 0.26 * (place - (len(kinds) - 1) / 2), runs, kind, column)
        chance = runs[by_chance].mean()
        ax.plot([x - 0.42, x + 0.42], [chance] * 2, color="0.4", linestyle=":", linewidth=0.9)
        style = {"xytext": (0, -7), "textcoords": "offset points", "size": 6}
        ax.annotate(text, (x + 0.42, chance), ha="right", **style)
    ax.set_xticks(range(len(measures)), list(measures))
    ax.set(xlim=(-0.5, 1.5), ylim=(0, 1.02), ylabel="mean over pairs")


def draw_controls(ax, scores, chance):
    """Draw, beside average precisions, what rankings have that know nothing of the task."""
    groups = group_table(scores)
    of_sparse = groups[groups.main & (groups.kind == SPARSE)]
    of_sparse = of_sparse[of_sparse.split_method == MAIN_SPLIT_METHOD]
    for name, (text, rise) in CONTROLS.items():
        for gain in of_sparse[f"{name}_gain"].dropna():
            ax.plot([-0.42, 0.42], [gain * chance] * 2, color="0.4", linestyle="-.", linewidth=0.7)
            style = {"xytext": (0, rise), "textcoords": "offset points"}
            ax.annotate(f"{text}, {gain:.2f} × random", (-0.42, gain * chance), size=6, **style)


def draw_scores(ax, x, runs, kind, column):
    rows = runs[runs.kind == kind].sort_values("fold")
    for place, (_, row) in enumerate(rows.iterrows()):
        shift = 0.06 * (place - (len(rows) - 1) / 2)
        ax.plot([x + shift] * 2, [row[f"{column}_low"], row[f"{column}_high"]], color="0.4", lw=0.8)
        style = {"color": KINDS[kind].colour, "marker": KINDS[kind].marker, "markersize": 3.6}
        ax.plot(x + shift, row[column], **style)


if __name__ == "__main__":
    run_step(main)
