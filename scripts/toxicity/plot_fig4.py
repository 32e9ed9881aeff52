"""Molecules with their atoms shaded: by tasks' masks and, beside a mask, by the evidence under it.

a: molecules down, the masks of some tasks across, last the evidence for the task that the molecule
was chosen for; of the first dataset of the list that has molecules to show. b: molecules with known
alerts; of each the mask, the evidence and the alert's own atoms. Atoms with less of a mask than a
fiftieth of its colour bar have no disc. A mask is of a text: atoms that are equal by symmetry can
have unlike shares. Probabilities are not calibrated.

Inputs: ``predictions``, a list of runs with masks; ``molecules``, in the same order; ``alerted``
and ``alerts``, the same of datasets with alerts.
Outputs: ``pdf``, ``png``. Params: ``stamp``.
"""

import textwrap

import numpy as np
from matplotlib import colormaps
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from scipy.special import expit

from triptych.figures.save import save_figure
from triptych.figures.style import PAGE_IN, PALETTE, letter, message_figure, new_figure
from triptych.runtime.step import run_step
from triptych.runtime.store import read_store
from triptych.toxicity.drawing import SHADES, SIGNED, molecule_picture
from triptych.toxicity.examples import RULE, choose
from triptych.toxicity.plotting import KINDS, short_tasks, title

COLUMNS = 5
"""In both parts, so that drawings are of one size: tasks and the evidence; alerts."""
HEAVY_ATOMS = {"least_atoms": 8, "most_atoms": 30}
"""Of a molecule that is shown."""
CELL_PX = (560, 420)
ROW_IN, REST_IN = 0.98, 0.72
"""Heights: of a row of pictures, and of a part's headings and captions."""
FULL = 98
"""Percentile of what is drawn at which the colour is full: one atom does not pale the rest."""


def main(inputs, outputs, params, log):
    shown = first_shown(inputs.predictions, inputs.molecules, COLUMNS - 1)
    alerted = first_shown(inputs.alerted, inputs.alerts, COLUMNS)
    parts = [(draw_tasks, shown, len(shown[2].rows))] if shown else []
    parts += [(draw_alerts, alerted, 3)] if alerted else []
    if not parts:
        figure = message_figure("no true positive test molecule to show in this run")
        save_figure(figure, outputs.pdf, outputs.png, params.stamp)
        return
    heights = [ROW_IN * rows + REST_IN for _, _, rows in parts]
    figure = new_figure(PAGE_IN, sum(heights) + 0.35)
    subfigures = figure.subfigures(len(parts), 1, height_ratios=heights, squeeze=False)[:, 0]
    for panel, (subfigure, (draw, stores, _)) in enumerate(zip(subfigures, parts, strict=True)):
        draw(subfigure, *stores)
        heading(subfigure, panel, stores[0])
    rule = f"Rule — {RULE.format(**HEAVY_ATOMS)}; framed: the task it was chosen for."
    figure.supxlabel("\n".join(textwrap.wrap(rule, 140)), fontsize=6, color="0.3")
    save_figure(figure, outputs.pdf, outputs.png, params.stamp)


def first_shown(predictions, molecules, tasks):
    """Return predictions, molecules and what is shown of the first dataset with a molecule."""
    for path, molecules_path in zip(predictions, molecules, strict=True):
        stores = read_store(path), read_store(molecules_path)
        choice = choose(stores[0], stores[1].heavy_atoms, tasks, **HEAVY_ATOMS)
        if choice.rows:
            return *stores, choice
    return None


def draw_tasks(subfigure, predictions, molecules, choice):
    rows, columns = len(choice.rows), len(choice.tasks)
    masks = predictions["mask"].values[np.ix_(choice.rows, choice.tasks)]
    evidence = own_values(predictions.evidence, choice)
    norm, signed = share_norm(masks), evidence_norm(evidence)
    axes = subfigure.subplots(rows, columns + 1, squeeze=False)
    names = short_tasks(predictions.task.values)
    for row, molecule in enumerate(choice.rows):
        smiles = smiles_of(predictions, molecules, molecule)
        for column, task in enumerate(choice.tasks):
            ax = axes[row, column]
            picture(ax, molecule_picture(smiles, masks[row, column], norm, CELL_PX))
            label, logit = (
                float(predictions[name].values[molecule, task]) for name in ("label", "logit")
            )
            ax.set_xlabel(caption(label, expit(logit)), fontsize=6, labelpad=1)
            if column == choice.chosen_for[row]:
                frame(ax)
        picture(axes[row, -1], molecule_picture(smiles, evidence[row], signed, CELL_PX, SIGNED))
        axes[row, -1].set_xlabel("for the framed task", fontsize=6, labelpad=1)
    for ax, task in zip(axes[0], choice.tasks, strict=False):
        ax.set_title(names[task], fontsize=7.5)
    axes[0, -1].set_title("evidence w·H", fontsize=7.5)
    bars(subfigure, axes, norm, signed)


def draw_alerts(subfigure, predictions, molecules, choice):
    tasks = own_tasks(choice)
    masks = own_values(predictions["mask"], choice)
    evidence = own_values(predictions.evidence, choice)
    norm, signed = share_norm(masks), evidence_norm(evidence)
    axes = subfigure.subplots(3, len(tasks), squeeze=False)
    names = short_tasks(predictions.task.values)
    for column, (molecule, task) in enumerate(zip(choice.rows, tasks, strict=True)):
        smiles = smiles_of(predictions, molecules, molecule)
        member = int(predictions.molecule.values[molecule])
        alert = molecules.alert.values[member, task, : len(masks[column])].astype(float)
        alert[np.isnan(masks[column])] = np.nan
        shaded = [
            (masks[column], norm, SHADES),
            (evidence[column], signed, SIGNED),
            (alert, Normalize(0, 2), colormaps["Greys"]),
        ]
        for ax, (values, scale, shades) in zip(axes[:, column], shaded, strict=True):
            picture(ax, molecule_picture(smiles, values, scale, CELL_PX, shades))
        axes[0, column].set_title(names[task], fontsize=7.5)
    for ax, text in zip(axes[:, 0], ("mask", "evidence w·H", "the alert"), strict=True):
        ax.set_ylabel(text, fontsize=7)
    bars(subfigure, axes, norm, signed)


def own_tasks(choice):
    """Return the task that each row was chosen for."""
    return [choice.tasks[column] for column in choice.chosen_for]


def own_values(over_atoms, choice):
    """Return the values over the atoms of each row for the task that it was chosen for."""
    return over_atoms.values[choice.rows, own_tasks(choice)]


def smiles_of(predictions, molecules, molecule):
    return str(molecules.smiles.values[predictions.molecule.values[molecule]])


def share_norm(masks):
    full = np.ceil(np.nanpercentile(masks, FULL) * 20) / 20
    return Normalize(0, max(full, 0.05))


def evidence_norm(evidence):
    full = float(np.nanpercentile(np.abs(evidence), FULL))
    return Normalize(-full, full) if full > 0 else Normalize(-1, 1)


def picture(ax, pixels):
    ax.imshow(pixels)
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set(visible=True, color="0.85")


def frame(ax):
    ax.spines[:].set(color=PALETTE[0], linewidth=1.4)


def bars(subfigure, axes, norm, signed):
    """Draw both colour bars to the right of the pictures."""
    for scale, shades, text, extend in (
        (norm, SHADES, "share of the mask", "max"),
        (signed, SIGNED, "evidence", "both"),
    ):
        bar = subfigure.colorbar(
            ScalarMappable(scale, shades), ax=axes, aspect=26, pad=0.01, shrink=0.8, extend=extend
        )
        bar.set_label(text, fontsize=6.5)
        bar.ax.tick_params(labelsize=6)


def heading(subfigure, panel, predictions):
    attrs = predictions.attrs
    subfigure.suptitle(
        f"{letter(panel)}   {title(attrs['dataset'])}: {KINDS[attrs['kind']].title} masks, "
        f"{attrs['split_method']} fold {attrs['fold']}",
        fontsize=8,
        fontweight="bold",
    )


def caption(label, probability):
    stated = "no label" if np.isnan(label) else f"label {label:.0f}"
    return f"{stated}, predicted {probability:.2f}"


if __name__ == "__main__":
    run_step(main)
