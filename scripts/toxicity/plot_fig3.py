"""Mean ROC-AUC and mass-90 against λ, on the first random fold; claims are over all folds.

One training at each λ: differences within the spread of folds in figure 1 say nothing. Values of λ
stand at equal distances; at 0 is the attention model, which is the sparse one without its penalty.
Above a panel: what the λ of record does over all random folds, with the 95 % interval over
molecules and folds.

Inputs: ``scores``, a list, one of each dataset.
Outputs: ``pdf``, ``png``. Params: ``stamp``.
"""

from matplotlib.lines import Line2D

from triptych.figures.save import save_figure
from triptych.figures.style import PAGE_IN, new_figure, panel_letter
from triptych.runtime.step import run_step
from triptych.runtime.store import read_store
from triptych.toxicity.names import ATTENTION, MAIN_SPLIT_METHOD, SPARSE
from triptych.toxicity.plotting import folds_text, interval_text, title
from triptych.toxicity.summaries import comparison_table, sweep_table

COLOUR = {"test": "black", "validation": "0.5"}
STYLE = {"test": "-", "validation": "--"}
COLUMNS = {
    "auc": {"test": "auc", "validation": "val_auc"},
    "mass90": {"test": "mass90", "validation": "val_mass90"},
}
"""By measure and split the column of a sweep's table."""
SMALLEST_SPAN = 0.05
"""Of an axis of AUCs."""


def main(inputs, outputs, params, log):
    datasets = [read_store(path) for path in inputs.scores]
    figure = new_figure(min(PAGE_IN, 0.6 + 2.6 * len(datasets)), 4.2)
    axes = figure.subplots(2, len(datasets), squeeze=False, sharex=True)
    penalties = sorted({λ for scores in datasets for λ in sweep_table(scores).penalty})
    for column, scores in enumerate(datasets):
        for ax, measure in zip(axes[:, column], COLUMNS, strict=True):
            draw_measure(ax, sweep_table(scores), penalties, COLUMNS[measure])
            of_record = penalties.index(scores.attrs["penalty"])
            ax.axvline(of_record, color="0.75", linewidth=5, alpha=0.6, zorder=0)
        axes[0, column].set_title(title(scores.attrs["dataset"]), pad=22)
        for row in penalty_rows(comparison_table(scores)).itertuples():
            for ax, text in zip(axes[:, column], effect_texts(row), strict=True):
                place = {"transform": ax.transAxes, "ha": "center", "va": "bottom"}
                ax.text(0.5, 1.03, text, fontsize=6.5, **place)
        widen(axes[0, column])
        axes[1, column].set_xlabel("penalty λ")
        axes[1, column].set_ylim(0, 1)
        axes[1, column].axhline(1 / 3, color="black", linestyle=":", linewidth=0.8)
        panel_letter(axes[0, column], column)
    axes[1, 0].set_xticks(range(len(penalties)), [f"{penalty:g}" for penalty in penalties])
    axes[1, 0].set_xlim(-0.3, len(penalties) - 0.7)
    axes[0, 0].set_ylabel("mean ROC-AUC")
    axes[1, 0].set_ylabel("mass-90 (share of atoms)")
    figure.legend(
        handles=handles(),
        loc="outside lower center",
        ncols=min(4, 2 * len(datasets)),
        handlelength=3,
    )
    save_figure(figure, outputs.pdf, outputs.png, params.stamp)


def draw_measure(ax, sweep, penalties, columns):
    for split, column in columns.items():
        means = sweep.groupby("penalty")[column].mean().dropna()
        x = [penalties.index(penalty) for penalty in means.index]
        ax.plot(x, means, STYLE[split], color=COLOUR[split], marker="o", zorder=3)
    ax.grid(axis="y", linewidth=0.4, color="0.9")


def widen(ax):
    """Let the axis of AUCs span no less than a difference that matters."""
    low, high = ax.get_ylim()
    margin = 0.05 * max(high - low, SMALLEST_SPAN)
    ax.set_ylim(min(low, high - SMALLEST_SPAN), high + margin)


def penalty_rows(table):
    """Return the comparison with λ = 0 over all random folds: one row, or none."""
    rows = table[(table["first"] == SPARSE) & (table.second == ATTENTION)]
    return rows[rows.main & (rows.split_method == MAIN_SPLIT_METHOD)]


def effect_texts(row):
    """Say what the penalty does to AUC and to mass-90 over all folds, as the claims measure it."""
    folds = folds_text(row.folds)
    auc = interval_text(row.difference, row.difference_low, row.difference_high, digits=3)
    ratio = interval_text(row.mass90_ratio, row.mass90_ratio_low, row.mass90_ratio_high, digits=2)
    return f"Δ to λ = 0, {folds}:\n{auc}", f"ratio to λ = 0, {folds}:\n{ratio}"


def handles():
    splits = [
        Line2D([], [], color=COLOUR[s], linestyle=STYLE[s], marker="o", label=s) for s in COLOUR
    ]
    chosen = Line2D([], [], color="0.75", linewidth=5, alpha=0.6, label="λ of record")
    third = Line2D(
        [], [], color="black", linestyle=":", linewidth=0.8, label="a third of the atoms"
    )
    return [*splits, chosen, third]


if __name__ == "__main__":
    run_step(main)
