"""Split the molecules into training, validation and test, where one fold is tested.

Inputs: ``molecules``, ``folds``.
Outputs: ``split``, a store of each molecule's split and of the labels in every split.
Params: ``fold``, the one tested; ``validation``, the share of the others that validates.
"""

from triptych.runtime.step import run_step
from triptych.runtime.store import read_store, write_store
from triptych.toxicity.splits import split_fold


def main(inputs, outputs, params, log):
    molecules, folds = read_store(inputs.molecules), read_store(inputs.folds)
    split = split_fold(molecules, folds, params.fold, params.validation)
    for name in split.subset.values:
        labels = split.sel(subset=name)
        members = int((split.split == name).sum())
        log.info("%s: %d molecules, %d positive labels", name, members, int(labels.positives.sum()))
    write_store(split, outputs.split)


if __name__ == "__main__":
    run_step(main)
