"""Panels that show many models against their entropy production, shared by two figures."""

from __future__ import annotations

from string import ascii_lowercase

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter

from triptych.figures.style import panel_letter

SMALLEST = 1e-4
"""Smaller σ, in nats a step, are drawn here: below it lies the noise of the estimate."""


def model_label(model: xr.Dataset) -> str:
    """Return which model a figure of a single one shows.

    Parameters
    ----------
    model : xarray.Dataset
        With scalar coordinates ``states``, ``learning_rate`` and ``seed``.

    Returns
    -------
    str
    """
    rate, seed = float(model.learning_rate), int(model.seed)
    return f"K = {int(model.states)}, learning rate {rate:g}, seed {seed}"


def panels_by_states(figure: Figure, models: pd.DataFrame, quantity: str) -> dict[int, Axes]:
    """Draw ``quantity`` against σ, a panel for each number of states, with one colour bar.

    Parameters
    ----------
    figure : Figure
        Empty.
    models : pandas.DataFrame
        As from :func:`triptych.cycles.compare.table`.
    quantity : str
        A column of it.

    Returns
    -------
    dict of int to Axes
        The panels by K, rising; they share their axes.
    """
    sizes = sorted(models.states.unique())
    axes = figure.subplots(1, len(sizes), sharex=True, sharey=True, squeeze=False)[0]
    for ax, states, letter in zip(axes, sizes, ascii_lowercase[: len(sizes)], strict=True):
        points = scatter_against_entropy_production(ax, models[models.states == states], quantity)
        ax.set(title=f"K = {states}", xlabel="entropy production σ (nats / step)")
        panel_letter(ax, letter)
    figure.colorbar(points, ax=axes, label="self-transition probability", pad=0.01)
    return dict(zip(map(int, sizes), axes, strict=True))


def scatter_against_entropy_production(
    axes: Axes, models: pd.DataFrame, quantity: str
) -> PathCollection:
    """Scatter ``quantity`` against σ, coloured by self-transition; tied models as crosses.

    Parameters
    ----------
    axes : Axes
    models : pandas.DataFrame
        As from :func:`triptych.cycles.compare.table`; σ in nats a chain step.
    quantity : str
        A column of it.

    Returns
    -------
    PathCollection
        The free models, for a colour bar.
    """
    free, tied = models[~models.tied], models[models.tied]
    points = axes.scatter(
        free.entropy_production.clip(lower=SMALLEST),
        free[quantity],
        c=free.self_transition,
        cmap="viridis_r",
        norm=LogNorm(1e-4, 1, clip=True),
        edgecolors="black",
        linewidths=np.where(free.trapped, 1.0, 0.3).tolist(),
        s=26,
        zorder=3,
    )
    axes.scatter(
        tied.entropy_production.clip(lower=SMALLEST),
        tied[quantity],
        marker="x",
        color="0.4",
        s=20,
        linewidths=0.9,
        zorder=2,
    )
    axes.set(xscale="log", xlim=(SMALLEST / 2.5, 60))
    ticks = [1e-4, 1e-3, 1e-2, 1e-1, 1e0, 1e1]
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_major_formatter(FuncFormatter(_tick))
    axes.minorticks_off()
    return points


def _tick(value: float, position: int | None) -> str:
    exponent = round(np.log10(value))
    return rf"$\leq10^{{{exponent}}}$" if value <= SMALLEST else rf"$10^{{{exponent}}}$"
