"""Score every run of one dataset: AUC, calibration, sparsity, recovery of alerts, differences.

Inputs: ``predictions``, a list of stores; ``molecules``.
Outputs: ``scores``.
Params: ``backbone``, ``mask`` and ``penalty`` of record, ``bins``, ``resamples``, ``seed``.
"""

from triptych.runtime.step import run_step
from triptych.runtime.store import read_store, write_store
from triptych.toxicity.runs import Record
from triptych.toxicity.scoring import Scoring, score_runs


def main(inputs, outputs, params, log):
    settings = Scoring(
        record=Record(params.backbone, params.mask, params.penalty),
        bins=params.bins,
        resamples=params.resamples,
        seed=params.seed,
    )
    predictions = [read_store(path) for path in inputs.predictions]
    scores = score_runs(predictions, read_store(inputs.molecules), settings, log.monitor("runs"))
    for run in range(scores.sizes["run"]):
        scored = scores.isel(run=run)
        words = (scored.split_method, scored.kind, scored["mask"], scored.backbone)
        name = " ".join(str(word.item()) for word in words if word.item())
        auc = float(scored.mean_auc.sel(split="test"))
        log.info("%s λ=%g fold %d: mean test AUC %.4f", name, scored.penalty, scored.fold, auc)
    write_store(scores, outputs.scores)


if __name__ == "__main__":
    run_step(main)
