"""Roll every model of a system out on every set of trajectories, and score it.

Inputs: ``data``, one store a set; ``weights`` and ``histories`` of the runs, in the same order.
Outputs: ``scores``, every run on every set; ``snapshots``, fields, spectra and band errors of the
first seed's main runs; ``symbol``, the growth rates that each seed's SSNO learned.
Params: ``system``, ``settings`` (``grid``, and ``sizes`` of every model), ``splits`` (in the order
of ``data``), ``runs`` (model, variant, trajectories, seed), ``device``.
"""

from triptych.runtime.step import run_step
from triptych.runtime.store import open_store, read_store, read_weights, write_store
from triptych.ssno.adapt import adapt
from triptych.ssno.evaluate import diagnose, score_runs, trained_run, with_trainings
from triptych.ssno.frames import select_frames
from triptych.ssno.symbols import learned_symbols
from triptych.training.device import choose_device

FRAMES = 5
"""How many of the test set are looked at, from the first to the last."""


def main(inputs, outputs, params, log):
    settings = params.settings
    system = adapt(params.system, settings["grid"])
    device = choose_device(params.device)
    truths = {
        name: select_frames(open_store(path), system.dt)
        for name, path in zip(params.splits, inputs.data, strict=True)
    }
    histories = [read_store(path) for path in inputs.histories]
    runs = [
        trained_run(run, history.attrs, read_weights(weights), settings["sizes"], system, device)
        for run, weights, history in zip(params.runs, inputs.weights, histories, strict=True)
    ]
    every, first_seed = settings["grid"]["trajectories"], params.runs[0]["seed"]
    scale = next(run.scale for run in runs if run.trajectories == every)
    scores = with_trainings(score_runs(runs, truths, scale, device), histories)
    for run, error in zip(
        runs, scores.mean_error.sel(split="test").mean("trajectory"), strict=True
    ):
        log.info("%s %s: mean error %.4g", run.model, run.variant, float(error))
    attributes = {"system": system.name, "title": system.title}
    write_store(scores.assign_attrs(attributes), outputs.scores)

    compared = [run for run in runs if run.standard and run.trajectories == every]
    shown = [run for run in compared if run.seed == first_seed]
    snapshots = diagnose(shown, truths["test"], system, FRAMES, device)
    write_store(snapshots.assign_attrs(attributes), outputs.snapshots)
    networks = {run.seed: run.network for run in compared if run.model == "ssno"}
    write_store(learned_symbols(networks, system), outputs.symbol)


if __name__ == "__main__":
    run_step(main)
