"""Forms of masks on the first fold: by AUC, by mass-90, and by the alert atoms that masks find.

Filled: test; open: validation, where it was scored. Bars in a and c: 95 % intervals over molecules
alone, of one training each. "Gates of their own" is the sparse model of record, and "gates of their
own, λ = 0" the attention model. Plain multi-task has no masks, hence no mass-90; in c gradient ×
input ranks its atoms. Dotted: a third of the atoms. The form of record was chosen in trials on
validation molecules, not from these: see docs/fidelity/history.md.

Inputs: ``scores``, a list, one of each dataset: runs of plain multi-task training, of the form of
record with and without penalty, and of the other forms.
Outputs: ``pdf``, ``png``. Params: ``stamp``.
"""

import pandas as pd
from matplotlib.lines import Line2D

from triptych.figures.save import save_figure
from triptych.figures.style import PAGE_IN, new_figure, panel_letter
from triptych.runtime.step import run_step
from triptych.runtime.store import read_store
from triptych.toxicity.names import ATTENTION, MASKED
from triptych.toxicity.plotting import DATASETS, FORMS, KINDS, empty_panel, in_order, title
from triptych.toxicity.summaries import run_table

WITHOUT_PENALTY = ", λ = 0"
MARKERS = "osD^vP"
"""Of the datasets, in their order."""
PANELS = {
    "auc": "mean ROC-AUC",
    "mass90": "mass-90 (share of atoms)",
    "recovery_ap": "atom-level average precision",
}
"""By column of the runs' table what a panel shows."""
MISSING = {
    "auc": "no task can be scored",
    "mass90": "no masks in this run",
    "recovery_ap": "no masks on molecules with known alerts in this run",
}
VALIDATION = {"auc": "val_auc", "mass90": "val_mass90", "recovery_ap": "val_recovery_ap"}
INTERVALS = {"auc": ("low", "high"), "recovery_ap": ("recovery_ap_low", "recovery_ap_high")}


def main(inputs, outputs, params, log):
    tables = [run_table(read_store(path)) for path in inputs.scores]
    runs = pd.concat(tables, ignore_index=True)
    runs["model"] = [model_name(row) for _, row in runs.iterrows()]
    models = [model for model in model_names() if (runs.model == model).any()]
    datasets = in_order(runs.dataset, DATASETS)
    figure = new_figure(PAGE_IN, 0.9 + 0.36 * len(models))
    axes = figure.subplots(1, len(PANELS), sharey=True)
    for place, (ax, (column, label)) in enumerate(zip(axes, PANELS.items(), strict=True)):
        panel_letter(ax, place)
        if runs[column].isna().all():
            empty_panel(ax, MISSING[column])
            continue
        draw(ax, runs, models, datasets, column)
        ax.set_xlabel(label)
    name_other_weights(axes[-1], runs, models)
    axes[0].set_yticks(range(len(models)), models)
    axes[0].set_ylim(len(models) - 0.5, -0.5)
    axes[1].axvline(1 / 3, color="0.6", linestyle=":", linewidth=0.9)
    handles, _ = axes[0].get_legend_handles_labels()
    if handles:
        handles += split_handles()
        figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))
    save_figure(figure, outputs.pdf, outputs.png, params.stamp)


def model_names():
    """Return the names of all models, from top to bottom."""
    plain = [style.title for kind, style in KINDS.items() if kind not in MASKED]
    return plain + [form + end for form in FORMS.values() for end in ("", WITHOUT_PENALTY)]


def model_name(run):
    """Return what a run is called: its kind, or the form of its masks and whether λ is 0."""
    if run.kind not in MASKED:
        return KINDS[run.kind].title
    return FORMS[run["mask"]] + (WITHOUT_PENALTY if run.kind == ATTENTION else "")


def draw(ax, runs, models, datasets, column):
    """Draw one measure: models down, the datasets beside each other within a model."""
    for place, dataset in enumerate(datasets):
        rows = runs[(runs.dataset == dataset) & runs[column].notna()]
        y = rows.model.map(models.index) + 0.16 * (place - (len(datasets) - 1) / 2)
        style = {"color": f"{0.2 * (place % 4)}", "marker": MARKERS[place % len(MARKERS)]}
        ax.plot(rows[column], y, linestyle="none", markersize=4, label=title(dataset), **style)
        open_style = {**style, "markerfacecolor": "white", "markersize": 3}
        ax.plot(rows[VALIDATION[column]], y, linestyle="none", zorder=3, **open_style)
        if column in INTERVALS:
            low, high = (rows[name] for name in INTERVALS[column])
            ax.hlines(y, low, high, color=style["color"], linewidth=0.8)
    for y in range(len(models) - 1):
        ax.axhline(y + 0.5, color="0.93", linewidth=0.6, zorder=0)
    ax.margins(x=0.02)


def name_other_weights(ax, runs, models):
    """Name the weights by which a model without masks is scored, beside its lowest point."""
    rows = runs[~runs.kind.isin(MASKED) & runs.recovery_ap.notna()]
    for kind, lowest in rows.groupby("kind").recovery_ap_low.min().items():
        place = lowest, models.index(KINDS[kind].title) - 0.2
        ax.annotate(KINDS[kind].atom_weights, place, fontsize=6, color="0.35")


def split_handles():
    """Return legend entries that tell test and validation apart."""
    style = {"color": "0.3", "marker": "o", "linestyle": "none"}
    return [
        Line2D([], [], markersize=4, label="test", **style),
        Line2D([], [], markersize=3, markerfacecolor="white", label="validation", **style),
    ]


if __name__ == "__main__":
    run_step(main)
