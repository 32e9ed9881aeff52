"""One SSNO, trained at one resolution, tested at others from the same initial fields.

The system is that of figure 7. Fields are band-limited and so known between their points. The
model computes in the band of the grid it was trained on: on a finer grid it agrees by
construction, as far as what the initial fields hold beyond dies out. A coarser one leaves shells
out.

Inputs: ``scores`` by resolution. Outputs: ``pdf``, ``png``. Params: ``stamp``.
"""

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import to_hex

from triptych.figures.save import save_figure
from triptych.figures.style import PAGE_IN, SEQUENTIAL, new_figure, panel_letter
from triptych.runtime.step import run_step
from triptych.runtime.store import read_store
from triptych.ssno.plotting import draw_in_time, draw_mean, foot, limit_errors, tick_labels


def main(inputs, outputs, params, log):
    scores = read_store(inputs.scores)
    trained, points = int(scores.trained_points), scores.points.values
    for count in points:
        log.info("%d points: error %.4g", count, float(scores.mean_error.sel(points=count).mean()))
    ends_left_out = np.linspace(0, 1, len(points) + 2)[1:-1]
    colours = [to_hex(colour) for colour in colormaps[SEQUENTIAL](ends_left_out)]
    figure = new_figure(PAGE_IN, 2.5)
    left, right = figure.subplots(1, 2, width_ratios=[1.5, 1])
    draw_curves(left, scores, trained, colours)
    draw_means(right, scores, trained, colours)
    for panel, ax in enumerate((left, right)):
        panel_letter(ax, panel)
    trajectories = scores.sizes["trajectory"]
    system = scores.attrs.get("title", "the system of figure 7")
    model = f"one SSNO, of the first seed, on {system}"
    points = f"points in b: {trajectories} test trajectories, the same at each"
    foot(figure, f"{model}; {points}; dashes: means")
    save_figure(figure, outputs.pdf, outputs.png, params.stamp)


def draw_curves(ax, scores, trained, colours):
    marks = 0
    for count, colour in zip(scores.points.values, colours, strict=True):
        errors = scores.error.sel(points=[count]).rename(points="run")
        label = f"{count}" + (" (trained here)" if count == trained else "")
        style = {"label": label, "linestyle": "-" if count == trained else "--"}
        marks += draw_in_time(ax, errors, colour, level=marks, **style)
    limit_errors(ax, scores.error.isel(time=slice(1, None)).mean("trajectory").values)
    ax.set(xlabel="time", ylabel="relative error")
    ax.legend(loc="lower right", title="points along an axis")


def draw_means(ax, scores, trained, colours):
    """Draw the mean over trajectories and the trajectories by themselves."""
    limit_errors(ax, scores.mean_error.values, headroom=3)
    points = scores.points.values
    for position, (count, colour) in enumerate(zip(points, colours, strict=True)):
        draw_mean(ax, position, scores.mean_error.sel(points=count).values, colour)
    ax.set_xticks(range(len(points)), labels=tick_labels(points, points == trained))
    ax.set_xlim(-0.6, len(points) - 0.4)
    ax.set(xlabel="points along an axis", ylabel="mean relative error")


if __name__ == "__main__":
    run_step(main)
