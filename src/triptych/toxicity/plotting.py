"""Names, colours and drawn parts that the figures of the toxicity models share."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from triptych.figures.style import COLUMN_IN, new_figure

DATASETS = {"clintox": "ClinTox", "sider": "SIDER", "tox21": "Tox21", "alerts": "Alerts"}
KINDS = {
    "stl": "single task",
    "mtl": "multi-task",
    "attention": "attention",
    "sparse": "sparse",
    "forest": "fingerprint forest",
}
SHORT = {"stl": "STL", "mtl": "MTL", "attention": "attn", "sparse": "sparse", "forest": "forest"}
COLOURS = {
    "stl": "#CC79A7",
    "mtl": "#0072B2",
    "attention": "#E69F00",
    "sparse": "#D55E00",
    "forest": "#009E73",
}
MARKERS = {"stl": "v", "mtl": "s", "attention": "^", "sparse": "o", "forest": "D"}
BACKBONES = {
    "rxnfp_bert": "rxnfp-BERT",
    "rxnmapper_albert": "rxnmapper-\nALBERT",
    "scratch": "from scratch",
}
ATOMS = {
    "sparse": "sparse mask",
    "attention": "attention, λ = 0",
    "mtl": "gradient × input",
}
"""What the atom-level weights of a kind are."""
LONGEST = 24
EXCEPTIONS = {
    "Neoplasms benign, malignant and unspecified (incl cysts and polyps)": "Neoplasms",
    "General disorders and administration site conditions": "General, admin. site",
    "Surgical and medical procedures": "Surgical, medical",
    "Injury, poisoning and procedural complications": "Injury, poisoning",
    "Congenital, familial and genetic disorders": "Congenital, genetic",
    "Pregnancy, puerperium and perinatal conditions": "Pregnancy, perinatal",
}


def title(dataset: str) -> str:
    """Return what to print over a dataset's panel."""
    return DATASETS.get(dataset, dataset)


def in_order(names: Iterable[str], known: Sequence[str] | dict[str, str]) -> list[str]:
    """Return the distinct names, the known ones first and in their order."""
    order = list(known)
    return sorted(set(map(str, names)), key=lambda n: (order.index(n) if n in order else 99, n))


def short_tasks(names: Sequence[str]) -> list[str]:
    """Return names of tasks for a tight axis.

    Of a long name the part before the first comma or *and* is kept, without *disorders*; names that
    would coincide are kept whole; what is still too long ends in an ellipsis.
    """
    cut = [_short(str(name)) for name in names]
    kept = [c if cut.count(c) == 1 else str(n) for c, n in zip(cut, names, strict=True)]
    return [k if len(k) <= LONGEST else k[: LONGEST - 1].rstrip() + "…" for k in kept]


def _short(name: str) -> str:
    if name in EXCEPTIONS:
        return EXCEPTIONS[name]
    plain = name.replace("_", " ")
    if len(plain) <= 16:
        return plain
    plain = re.split(r",| and | \(", plain)[0]
    return re.sub(r" (system )?disorders?$", "", plain)


def message_figure(text: str) -> Figure:
    """Return a figure that says why there is nothing to draw."""
    figure = new_figure(COLUMN_IN, 1.2)
    figure.text(0.5, 0.5, text, ha="center", va="center", fontsize=8, wrap=True)
    return figure


def kind_handles(kinds: Iterable[str], line: bool = False) -> list[Line2D]:
    """Return legend entries of kinds of model, by marker or by line."""
    return [
        Line2D(
            [],
            [],
            color=COLOURS.get(kind, "0.4"),
            marker=None if line else MARKERS.get(kind, "o"),
            linestyle="-" if line else "none",
            label=KINDS.get(kind, kind),
        )
        for kind in in_order(kinds, KINDS)
    ]


def split_handles(splits: Iterable[str]) -> list[Line2D]:
    """Return legend entries that tell the splits apart: filled random, open scaffold."""
    return [
        Line2D(
            [],
            [],
            color="0.3",
            marker="o",
            linestyle="none",
            markerfacecolor=_face(split, "0.3"),
            label=f"{split} split",
        )
        for split in in_order(splits, ["random", "scaffold"])
    ]


def draw_seeds(axes: Axes, x: float, values: Sequence[float], kind: str, split: str) -> None:
    """Draw the seeds of one kind and split side by side, and the mean of several as a bar."""
    known = pd.Series(values, dtype=float).dropna()
    if known.empty:
        return
    colour = COLOURS.get(kind, "0.4")
    spread = 0.07
    for place, value in enumerate(known):
        axes.plot(
            x + spread * (place - (len(known) - 1) / 2),
            value,
            marker=MARKERS.get(kind, "o"),
            color=colour,
            markerfacecolor=_face(split, colour),
            markersize=3.6,
            markeredgewidth=0.8,
            zorder=3,
        )
    if len(known) == 1:
        return
    half = 0.11
    axes.plot([x - half, x + half], [known.mean()] * 2, color="black", linewidth=0.8, zorder=4)


def nothing(axes: Axes, text: str) -> None:
    """Leave a panel empty but for a word on why."""
    axes.set(xticks=[], yticks=[])
    axes.annotate(
        text, (0.5, 0.5), xycoords="axes fraction", ha="center", va="center", fontsize=7, wrap=True
    )
    axes.spines[:].set_visible(False)


def _face(split: str, colour: str) -> str:
    return colour if split == "random" else "white"
