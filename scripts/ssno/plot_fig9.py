"""The systems on the sphere, seen on a globe: truth, SSNO, best baseline, and the two errors.

The best baseline is that of the lowest mean test error. Colours of errors end at the larger of
their two 99.5 % quantiles, but at the largest value of the true field where that is less or a
rollout blew up.

Inputs: ``snapshots`` and ``scores`` of the systems on the sphere, in the same order.
Outputs: ``pdf``, ``png``. Params: ``stamp``.
"""

from triptych.figures.save import save_figure
from triptych.figures.style import PAGE_IN, message_figure, new_figure
from triptych.runtime.step import run_step
from triptych.runtime.store import read_store
from triptych.ssno.labels import MODEL_LABELS, at_time, sample_note, two_digits
from triptych.ssno.pictures import show_globe, show_last_frame
from triptych.ssno.plotting import foot
from triptych.ssno.tables import best_baseline

SHOWN = "globes: the first test trajectory, first seed; errors: of the channel drawn"
"""Begins the note at the figure's foot."""


def main(inputs, outputs, params, log):
    if not inputs.snapshots:
        figure = message_figure("no system on the sphere in this run")
        save_figure(figure, outputs.pdf, outputs.png, params.stamp)
        return
    figure = new_figure(PAGE_IN, 1.55 * len(inputs.snapshots) + 0.35)
    all_scores = [read_store(path) for path in inputs.scores]
    grid = figure.add_gridspec(len(inputs.snapshots), 7, width_ratios=[1, 1, 1, 0.05, 1, 1, 0.05])
    for row, (snapshots, scores) in enumerate(zip(inputs.snapshots, all_scores, strict=True)):
        axes = [figure.add_subplot(grid[row, column]) for column in range(7)]
        draw_row(axes, read_store(snapshots), best_baseline(scores))
    foot(figure, f"{SHOWN}; the best baseline by means over {sample_note(all_scores)}")
    figure.get_layout_engine().set(w_pad=0.02, h_pad=0.04, wspace=0.01, hspace=0.02)
    save_figure(figure, outputs.pdf, outputs.png, params.stamp)


def draw_row(axes, snapshots, baseline):
    """Draw one system, and write over each globe what it shows."""
    errors = show_last_frame(axes, snapshots, baseline, show_globe)
    names = ["truth", "SSNO", MODEL_LABELS[baseline]]
    for ax, name in zip(axes[:3], names, strict=True):
        ax.set_title(name, fontsize=7.5, pad=3)
    for ax, name, error in zip(axes[4:6], names[1:], errors, strict=True):
        ax.set_title(f"{name} − truth", fontsize=7.5, pad=3)
        ax.set_xlabel(f"rel. error {two_digits(error)}", fontsize=6.5)
    frame, channel = float(snapshots.frame[-1]), snapshots.channel.values[0]
    channel_name = "" if channel == "u" else f", {channel}"
    time = at_time(snapshots.attrs["system"], frame)
    axes[0].set_ylabel(f"{snapshots.attrs['title']}{channel_name}\n{time}", fontsize=6.5)


if __name__ == "__main__":
    run_step(main)
