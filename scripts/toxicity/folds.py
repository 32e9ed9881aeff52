"""Deal the molecules to folds, each of which is tested once.

Inputs: ``molecules``.
Outputs: ``folds``, a store of each molecule's fold and of the labels in every fold.
Params: ``split_method`` (random or scaffold), ``count`` of folds, ``seed``.
"""

from triptych.runtime.step import run_step
from triptych.runtime.store import read_store, write_store
from triptych.toxicity.splits import deal_folds


def main(inputs, outputs, params, log):
    molecules = read_store(inputs.molecules)
    folds = deal_folds(molecules, params.split_method, params.count, params.seed)
    for fold in folds.subset.values:
        labels = folds.sel(subset=fold)
        members = int((folds.fold == fold).sum())
        log.info("fold %d: %d molecules, %d positive labels", fold, members, labels.positives.sum())
        unscorable = [str(task) for task in folds.task.values[~labels.scorable.values]]
        if unscorable:
            log.warning("not scorable in fold %d, a class is missing: %s", fold, unscorable)
    write_store(folds, outputs.folds)


if __name__ == "__main__":
    run_step(main)
