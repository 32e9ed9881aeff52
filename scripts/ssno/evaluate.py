"""Roll every model of a system out on every set of trajectories, and score it.

Inputs: ``data``, one store a set; ``weights`` and ``histories`` of the runs, in the same order.
Outputs: ``scores``, every run on every set; ``snapshots``, fields, spectra and band errors of the
main runs; ``symbol``, the learned growth rates.
Params: ``system``, ``settings``, ``splits`` (in the order of ``data``), ``runs`` (model, variant,
trajectories, seed), ``frames`` to look at, ``device``.
"""

from triptych.runtime.provenance import note_device
from triptych.runtime.step import run_step
from triptych.runtime.store import read_store, read_weights, write_store
from triptych.ssno.adapt import adapt, model_spec
from triptych.ssno.evaluate import Run, diagnose, scales, score_runs
from triptych.ssno.frames import select_frames
from triptych.ssno.models import build_model
from triptych.ssno.specs import variant_of
from triptych.ssno.symbols import learned_symbol
from triptych.training.device import choose_device


def main(inputs, outputs, params, log):
    system = adapt(params.system, params.settings["grid"])
    device = choose_device(params.device)
    note_device(str(device))
    truths = {
        name: select_frames(read_store(path), system.dt)
        for name, path in zip(params.splits, inputs.data, strict=True)
    }
    histories = [read_store(path) for path in inputs.histories]
    runs = [
        load(system, params.settings, run, weights, history.attrs, device)
        for run, weights, history in zip(params.runs, inputs.weights, histories, strict=True)
    ]
    scores = score_runs(runs, truths, device)
    for name in ("learning_rate", "parameters"):
        scores[name] = ("run", [history.attrs[name] for history in histories])
    scores["validation_error"] = ("run", [float(h.validation_error) for h in histories])
    for run, error in zip(
        runs, scores.mean_error.sel(split="test").mean("trajectory"), strict=True
    ):
        log.info("%s %s: mean error %.4g", run.model, run.variant, float(error))
    attributes = {"system": system.name, "title": system.title}
    write_store(scores.assign_attrs(attributes), outputs.scores)

    most, first = params.settings["grid"]["trajectories"], params.settings["seeds"][0]
    shown = [r for r in runs if r.standard and r.trajectories == most and r.seed == first]
    snapshots = diagnose(shown, truths["test"], system, params.frames, device)
    write_store(snapshots.assign_attrs(attributes), outputs.snapshots)
    ssno = next(run for run in shown if run.model == "ssno")
    write_store(learned_symbol(ssno.network, system), outputs.symbol)


def load(system, settings, run, weights, attributes, device):
    """Rebuild a trained model from its weights."""
    name, seed = run["model"], run["seed"]
    if name == "ssno":
        options = variant_of(model_spec(settings["model"]), run["variant"])
    else:
        options = settings["baselines"][name]["sizes"]
    scale, changes = scales(attributes)
    network = build_model(
        name, system, seed=seed, options=options, increment_scale=changes, device=device
    )
    network.load_state_dict(read_weights(weights))
    return Run(**run, network=network, scale=scale)


if __name__ == "__main__":
    run_step(main)
