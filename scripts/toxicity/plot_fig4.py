"""Molecules with their atoms shaded by each task's mask: molecules down, tasks across.

The first dataset of the list that has molecules to show is drawn. Which ones: ``RULE`` of
``triptych.toxicity.showcase``.

Inputs: ``predictions``, a list of runs with masks; ``molecules``, in the same order.
Outputs: ``pdf``, ``png``. Params: ``stamp``.
"""

import textwrap

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from scipy.special import expit

from triptych.figures.save import save_figure
from triptych.figures.style import PAGE_IN, PALETTE, new_figure
from triptych.runtime.step import run_step
from triptych.runtime.store import read_store
from triptych.toxicity.drawing import SHADES, molecule_picture
from triptych.toxicity.plotting import KINDS, message_figure, short_tasks, title
from triptych.toxicity.showcase import RULE, choose

TASKS, LEAST, MOST = 4, 8, 30
CELL_PX = (620, 420)
FULL_SHARE = 98
"""Percentile of the shares drawn at which the colour is full: one atom does not pale the rest."""


def main(inputs, outputs, params, log):
    for path, molecules_path in zip(inputs.predictions, inputs.molecules, strict=True):
        predictions, molecules = read_store(path), read_store(molecules_path)
        choice = choose(predictions, molecules.heavy_atoms, TASKS, LEAST, MOST)
        if choice.rows:
            figure = draw(predictions, molecules, choice)
            break
    else:
        figure = message_figure("no true positive test molecule to show in this run")
    save_figure(figure, outputs.pdf, outputs.png, params.stamp)


def draw(predictions, molecules, choice):
    rows, columns = len(choice.rows), len(choice.tasks)
    shares = predictions.mask.values[np.ix_(choice.rows, choice.tasks)]
    full = np.ceil(np.nanpercentile(shares, FULL_SHARE) * 20) / 20
    norm = Normalize(0, max(full, 0.05))
    width = min(PAGE_IN, 1.65 * columns + 0.7)
    figure = new_figure(width, 1.27 * rows + 0.7)
    axes = figure.subplots(rows, columns, squeeze=False)
    names = short_tasks(predictions.task.values)
    for row, place in enumerate(choice.rows):
        smiles = str(molecules.smiles.values[predictions.molecule.values[place]])
        for column, task in enumerate(choice.tasks):
            ax = axes[row, column]
            ax.imshow(molecule_picture(smiles, shares[row, column], norm, CELL_PX))
            ax.set(xticks=[], yticks=[])
            label = float(predictions.label.values[place, task])
            probability = expit(float(predictions.logit.values[place, task]))
            ax.set_xlabel(caption(label, probability), fontsize=6.5, labelpad=2)
            own = column == choice.chosen_for[row]
            style = {"color": PALETTE[0], "linewidth": 1.4} if own else {"color": "0.85"}
            ax.spines[:].set(visible=True, **style)
    for ax, task in zip(axes[0], choice.tasks, strict=True):
        ax.set_title(names[task], fontsize=8)
    bar = figure.colorbar(
        ScalarMappable(norm, SHADES),
        ax=axes,
        shrink=0.6 if rows > 2 else 1.0,
        aspect=max(14, 7 * rows),
        pad=0.01,
        extend="max",
    )
    bar.set_label("share of the mask", fontsize=7)
    attrs = predictions.attrs
    kind = KINDS[attrs["kind"]].title
    figure.suptitle(
        f"{title(attrs['dataset'])}: {kind} masks, {attrs['split_method']} split", fontsize=8
    )
    rule = f"Rule — {RULE.format(least=LEAST, most=MOST)}; framed: the task it was chosen for."
    figure.supxlabel("\n".join(textwrap.wrap(rule, round(16 * width))), fontsize=6.5, color="0.3")
    figure.get_layout_engine().set(w_pad=0.02, h_pad=0.02, wspace=0.01, hspace=0.02)
    return figure


def caption(label, probability):
    stated = "no label" if np.isnan(label) else f"label {label:.0f}"
    return f"{stated}, predicted {probability:.2f}"


if __name__ == "__main__":
    run_step(main)
