"""What was learned by wavenumber: growth rates against the equation's, and energy spectra.

Drawn is the first channel, and the SSNO of the first seed. Energy is half the square of that
channel; of Navier–Stokes and of shallow water it is the vorticity, whose energy is enstrophy.
Spectra are of the last test frame and end where the truth holds no more than float32 rounds. Time
has no units, but for shallow water, where it is in days. Beyond the highest wavenumber along an
axis shells are incomplete.

Inputs: ``symbols``, ``snapshots`` and ``scores`` of every system, in the same order. Outputs:
``pdf``, ``png``. Params: ``stamp``.
"""

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from triptych.figures.save import save_figure
from triptych.runtime.step import run_step
from triptych.runtime.store import read_store
from triptych.ssno.labels import MODEL_LABELS, in_order, trajectories_note
from triptych.ssno.plotting import COLOURS, foot, last_shell, system_panels
from triptych.ssno.tables import best_baseline, of_model

HEIGHTS = {"growth rate (1 / time)": 1, "energy in the shell": 1}
"""Of the panels of a system, relative to each other."""
UNSTABLE_COLOUR, DECAY_COLOUR = "#F4D9C6", "0.3"
TRUTH = {"color": "0.65", "linewidth": 3}
"""Below all else: where a model is right, both lines are seen."""


def main(inputs, outputs, params, log):
    systems = [read_store(path) for path in inputs.snapshots]
    scores = [read_store(path) for path in inputs.scores]
    baselines = [best_baseline(of_system) for of_system in scores]
    figure, panels = system_panels(systems, HEIGHTS, row_in=3.3, rest_in=0.5)
    for (symbol_ax, energy_ax), path, snapshots, baseline in zip(
        panels, inputs.symbols, systems, baselines, strict=True
    ):
        ends = (
            draw_symbol(symbol_ax, first_symbol(read_store(path))),
            draw_energy(energy_ax, snapshots.isel(channel=0, frame=-1), baseline),
        )
        for ax in (symbol_ax, energy_ax):  # one above the other: at the same wavenumbers
            ax.set_xlim(0.5, max(ends) + 0.5)
        unit = "degree ℓ" if "latitude" in snapshots.dims else "wavenumber index"
        energy_ax.set_xlabel(unit, fontsize=7)
    add_legend(figure, baselines, scores)
    save_figure(figure, outputs.pdf, outputs.png, params.stamp)


def first_symbol(symbol):
    """Return the rates of the first seed and channel."""
    # Stores made before 2026-12-03 hold the first seed alone and have no such dimension.
    return symbol.isel(channel=0).isel(seed=0, missing_dims="ignore")


def draw_symbol(ax, symbol):
    """Draw rates on an axis that is linear about zero and logarithmic beyond; return the last."""
    wavenumber, true = symbol.wavenumber.values, symbol.true.values
    for growing in wavenumber[true > 0]:
        ax.axvspan(growing - 0.5, growing + 0.5, color=UNSTABLE_COLOUR, linewidth=0, zorder=0)
    ax.axhline(0, color="0.6", linewidth=0.6, zorder=1)
    ax.plot(wavenumber, true, zorder=3, **TRUTH)
    ax.plot(wavenumber, symbol.decay, color=DECAY_COLOUR, linestyle="--", linewidth=1.0, zorder=4)
    style = {"color": COLOURS["ssno"], "marker": "o", "markersize": 2.5, "linewidth": 1.0}
    ax.plot(wavenumber, symbol.growth, zorder=5, **style)
    threshold = linear_range(true)
    ax.set_yscale("symlog", linthresh=threshold)
    drawn = np.concatenate([true, symbol.decay.values, symbol.growth.values])
    ax.yaxis.set_major_locator(FixedLocator(ticks(drawn.min(), drawn.max(), threshold)))
    ax.yaxis.set_major_formatter(FuncFormatter(power))
    ax.yaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    return wavenumber[-1]


def ticks(lowest, highest, threshold):
    """Return zero and the decades beyond the linear range, not more than four a side."""
    values = [0.0]
    for sign, reach in ((-1, -lowest), (1, highest)):
        if reach >= threshold:
            decades = int(np.log10(reach / threshold) + 1e-9)
            step = 1 + decades // 4
            values += [sign * threshold * 10.0**d for d in range(0, decades + 1, step)]
    return sorted(values)


def power(value, position):
    """Write a tick, zero or a power of ten of either sign."""
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    return f"${sign}10^{{{round(np.log10(abs(value)))}}}$"


def linear_range(true):
    """Return the power of ten below the fastest growth, or else below the slowest decay.

    Of the latter not below a thousandth of the fastest.
    """
    growing = true[true > 0]
    decaying = abs(true[true < 0])
    if len(growing):
        size = growing.max()
    elif len(decaying):
        size = max(decaying.min(), decaying.max() * 1e-3)
    else:
        size = 1.0
    return 10.0 ** np.floor(np.log10(size) + 1e-9)


def draw_energy(ax, snapshots, baseline):
    """Draw the spectra of one frame, and return the last shell that is drawn."""
    last = last_shell(snapshots.truth_energy.values)
    shown = snapshots.isel(wavenumber=slice(1, last + 1))
    wavenumber, truth = shown.wavenumber.values, shown.truth_energy.values
    ax.plot(wavenumber, truth, **TRUTH)
    for model, style in ((baseline, "-"), ("ssno", "--")):
        energy = of_model(shown.predicted_energy, model).values
        if np.isfinite(energy).all():
            ax.plot(wavenumber, energy, color=COLOURS[model], linewidth=1.2, linestyle=style)
        else:
            note = f"{MODEL_LABELS[model]}: ∞"
            ax.annotate(note, (0.95, 0.95), xycoords="axes fraction", ha="right", va="top",
                        color=COLOURS[model], fontsize=7)  # fmt: skip
    ax.set(yscale="log", ylim=(truth.min() / 10, truth.max() * 10))
    ax.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    return last


def add_legend(figure, baselines, scores):
    best = in_order(baselines)
    handles = [
        Line2D([], [], label="truth", **TRUTH),
        Line2D(
            [],
            [],
            color=COLOURS["ssno"],
            marker="o",
            markersize=2.5,
            label="SSNO: Re λ + linear part of N",
        ),
        Line2D([], [], color=DECAY_COLOUR, linestyle="--", label="SSNO: Re λ alone"),
        Patch(color=UNSTABLE_COLOUR, label="growing modes"),
        Line2D([], [], color=COLOURS["ssno"], linestyle="--", label="SSNO, energy"),
        *[
            Line2D([], [], color=COLOURS[m], label=f"{MODEL_LABELS[m]} (best baseline)")
            for m in best
        ],
    ]
    note = f"models of the first seed; energies: means over {trajectories_note(scores)}"
    foot(figure, note, handles, columns=4)


if __name__ == "__main__":
    run_step(main)
