"""Names, colours and drawn parts that the figures of the toxicity models share."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from triptych.figures.style import PALETTE
from triptych.toxicity.names import ATTENTION, FOREST, MTL, RANDOM, SPARSE, SPLIT_METHODS, STL

DATASETS = {"clintox": "ClinTox", "sider": "SIDER", "tox21": "Tox21", "alerts": "Alerts"}
"""Titles of the datasets, in the order in which they are shown."""


@dataclass(frozen=True)
class KindStyle:
    """How a kind of model is named and drawn.

    Attributes
    ----------
    title, short : str
        Name in a legend, and on a tight axis.
    colour, marker : str
        As matplotlib takes them.
    atom_weights : str, optional
        What its weights of atoms are called; empty for a kind without.
    """

    title: str
    short: str
    colour: str
    marker: str
    atom_weights: str = ""


KINDS = {
    STL: KindStyle("single task", "STL", PALETTE[3], "v"),
    MTL: KindStyle("multi-task", "MTL", PALETTE[0], "s", "gradient × input"),
    ATTENTION: KindStyle("attention", "attn", PALETTE[4], "^", "attention, λ = 0"),
    SPARSE: KindStyle("sparse", "sparse", PALETTE[1], "o", "sparse mask"),
    FOREST: KindStyle("fingerprint forest", "forest", PALETTE[2], "D"),
}
"""All kinds of models, in the order in which they are shown."""
BACKBONES = {
    "rxnfp_bert": "rxnfp-BERT",
    "rxnmapper_albert": "rxnmapper-\nALBERT",
    "scratch": "from scratch",
}
"""Names of encoders on an axis."""
FORMS = {
    "gates": "gates of their own",
    "tied": "tied to evidence",
    "noisy_or": "noisy-or",
}
"""Names of the forms of masks."""
LONGEST_TASK = 24
"""Characters of a task's name on a tight axis."""
SHORT_TASKS = {
    "Neoplasms benign, malignant and unspecified (incl cysts and polyps)": "Neoplasms",
    "General disorders and administration site conditions": "General, admin. site",
    "Surgical and medical procedures": "Surgical, medical",
    "Injury, poisoning and procedural complications": "Injury, poisoning",
    "Oxygen-nitrogen_single_bond": "O–N single bond",
    "Congenital, familial and genetic disorders": "Congenital, genetic",
    "Pregnancy, puerperium and perinatal conditions": "Pregnancy, perinatal",
}
"""Names that the rule of :func:`short_tasks` would cut badly."""


def title(dataset: str) -> str:
    """Return what to print over a dataset's panel."""
    return DATASETS.get(dataset, dataset)


def in_order(names: Iterable[str], first: Iterable[str]) -> list[str]:
    """Return the distinct names, those of ``first`` before all others and in its order."""
    rank = {name: place for place, name in enumerate(first)}
    return sorted(set(map(str, names)), key=lambda name: (rank.get(name, len(rank)), name))


def folds_text(count: int) -> str:
    """Return how many folds a mean is over, in words."""
    return "one fold" if count == 1 else f"{count} folds"


def interval_text(value: float, low: float, high: float, digits: int) -> str:
    """Return a value with its interval to print on a figure, the ends in brackets."""
    return f"{value:.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]".replace("-", "−")


def short_tasks(names: Sequence[str]) -> list[str]:
    """Return names of tasks for a tight axis.

    Of a long name the part before the first comma or *and* is kept, without *disorders*; names that
    would coincide are kept whole; what is still too long ends in an ellipsis.
    """
    short = [_short(str(name)) for name in names]
    distinct = [
        text if short.count(text) == 1 else str(name)
        for text, name in zip(short, names, strict=True)
    ]
    return [
        text if len(text) <= LONGEST_TASK else text[: LONGEST_TASK - 1].rstrip() + "…"
        for text in distinct
    ]


def _short(name: str) -> str:
    if name in SHORT_TASKS:
        return SHORT_TASKS[name]
    words = name.replace("_", " ")
    if len(words) <= 16:
        return words
    first = re.split(r",| and | \(", words)[0]
    return re.sub(r" (system )?disorders?$", "", first)


def kind_handles(kinds: Iterable[str]) -> list[Line2D]:
    """Return legend entries of kinds of models, by marker."""
    styles = [KINDS[kind] for kind in in_order(kinds, KINDS)]
    return [
        Line2D([], [], color=style.colour, marker=style.marker, linestyle="none", label=style.title)
        for style in styles
    ]


def split_method_handles(split_methods: Iterable[str]) -> list[Line2D]:
    """Return legend entries that tell ways to deal folds apart: filled random, open scaffold."""
    return [
        Line2D(
            [],
            [],
            color="0.3",
            marker="o",
            linestyle="none",
            markerfacecolor=_face(split_method, "0.3"),
            label=f"{split_method} folds",
        )
        for split_method in in_order(split_methods, SPLIT_METHODS)
    ]


def draw_folds(axes: Axes, x: float, values: Sequence[float], kind: str, split_method: str) -> None:
    """Draw the folds of one kind side by side, and the mean of several as a bar.

    Parameters
    ----------
    axes : Axes
    x : float
        Middle of the folds.
    values : sequence of float, shape (fold,)
        NaN is left out.
    kind : str
        One of :data:`KINDS`.
    split_method : str
        Markers of random folds are filled.
    """
    present = pd.Series(values, dtype=float).dropna()
    if present.empty:
        return
    style = KINDS[kind]
    spread = min(0.07, 0.3 / len(present))
    for place, value in enumerate(present):
        axes.plot(
            x + spread * (place - (len(present) - 1) / 2),
            value,
            marker=style.marker,
            color=style.colour,
            markerfacecolor=_face(split_method, style.colour),
            markersize=3.6,
            markeredgewidth=0.8,
            zorder=3,
        )
    if len(present) == 1:
        return
    half = 0.11
    axes.plot([x - half, x + half], [present.mean()] * 2, color="black", linewidth=0.8, zorder=4)


def empty_panel(axes: Axes, text: str) -> None:
    """Leave a panel empty but for a word on why."""
    axes.set(xticks=[], yticks=[])
    axes.annotate(
        text, (0.5, 0.5), xycoords="axes fraction", ha="center", va="center", fontsize=7, wrap=True
    )
    axes.spines[:].set_visible(False)


def _face(split_method: str, colour: str) -> str:
    return colour if split_method == RANDOM else "white"
