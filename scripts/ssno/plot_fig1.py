"""Gallery: the last test frame, true, by the SSNO and by the best baseline, with their errors.

The best baseline is that of the lowest mean test error. A picture shows one trajectory of its set,
and the number below an error is of that frame alone: the means are in figure 3. Colours of errors
end at the larger of their two 99.5 % quantiles, but at the largest value of the true field where
that is less or a rollout blew up.

Inputs: ``snapshots`` and ``scores`` of every system. Outputs: ``pdf``, ``png``. Params: ``stamp``.
"""

from triptych.figures.save import save_figure
from triptych.figures.style import PAGE_IN, new_figure
from triptych.runtime.step import run_step
from triptych.runtime.store import read_store
from triptych.ssno.labels import MODEL_LABELS, at_time, sample_note, two_digits
from triptych.ssno.pictures import show_field, show_last_frame
from triptych.ssno.plotting import foot
from triptych.ssno.tables import best_baseline

BOX_IN, MAP_IN = 1.25, 0.8
"""Heights of a row of square pictures and of one of maps."""
SHOWN = "pictures: the first test trajectory, first seed; errors: whole field, the channel drawn"
"""Begins the note at the figure's foot."""


def main(inputs, outputs, params, log):
    systems = [read_store(path) for path in inputs.snapshots]
    heights = [MAP_IN if "latitude" in snapshots.dims else BOX_IN for snapshots in systems]
    scores = [read_store(path) for path in inputs.scores]
    figure = new_figure(PAGE_IN, sum(heights) + 0.45)
    grid = figure.add_gridspec(
        len(systems), 7, width_ratios=[1, 1, 1, 0.06, 1, 1, 0.06], height_ratios=heights
    )
    for row, (snapshots, scored) in enumerate(zip(systems, scores, strict=True)):
        baseline = best_baseline(scored)
        log.info("%s: best baseline %s", snapshots.attrs["system"], baseline)
        axes = [figure.add_subplot(grid[row, column]) for column in range(7)]
        draw_row(axes, snapshots, baseline, first=row == 0)
    figure.get_layout_engine().set(w_pad=0.01, h_pad=0.02, wspace=0.02, hspace=0.02)
    foot(figure, f"{SHOWN}; the best baseline by means over {sample_note(scores)}")
    save_figure(figure, outputs.pdf, outputs.png, params.stamp)


def draw_row(axes, snapshots, baseline, first):
    """Draw one system, and write over the columns what they show if it is the first."""
    errors = show_last_frame(axes, snapshots, baseline, show_field)
    for ax, error in zip(axes[4:6], errors, strict=True):
        ax.set_xlabel(f"rel. error {two_digits(error)}", fontsize=6, labelpad=2)
    frame, channel = float(snapshots.frame[-1]), snapshots.channel.values[0]
    depth = ", middle slice" if snapshots.truth.isel(frame=-1, channel=0).ndim == 3 else ""
    name = "" if channel == "u" else f"{channel}, "
    axes[0].set_ylabel(in_two_lines(snapshots.attrs["title"]), fontsize=6.5)
    time = at_time(snapshots.attrs["system"], frame)
    axes[0].set_xlabel(f"{name}{time}{depth}", fontsize=6, labelpad=2)
    axes[2].set_xlabel(MODEL_LABELS[baseline], fontsize=6, labelpad=2)
    if first:
        names = ("truth", "SSNO", "best baseline", "", "SSNO − truth", "baseline − truth")
        for ax, text in zip(axes[:6], names, strict=True):
            ax.set_title(text, fontsize=8, pad=3)


def in_two_lines(text):
    """Break a system's title into the two lines that fit beside a picture."""
    name, _, domain = text.rpartition(", ")
    return f"{name}\n{domain}"


if __name__ == "__main__":
    run_step(main)
