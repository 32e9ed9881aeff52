"""Split the molecules into training, validation and test.

Inputs: ``molecules``.
Outputs: ``split``, a store of each molecule's split and of the labels in every split.
Params: ``split_method`` (random or scaffold), ``seed``, ``fractions`` of the three splits.
"""

from triptych.runtime.step import run_step
from triptych.runtime.store import read_store, write_store
from triptych.toxicity.splits import split_dataset


def main(inputs, outputs, params, log):
    molecules = read_store(inputs.molecules)
    split = split_dataset(molecules, params.split_method, params.seed, params.fractions)
    for name in split.subset.values:
        labels = split.sel(subset=name)
        members = int((split.split == name).sum())
        log.info("%s: %d molecules, %d positive labels", name, members, int(labels.positives.sum()))
    unscorable = [str(task) for task in split.task.values[~split.scorable.values]]
    if unscorable:
        log.warning("not scorable, a split lacks a class: %s", ", ".join(unscorable))
    write_store(split, outputs.split)


if __name__ == "__main__":
    run_step(main)
