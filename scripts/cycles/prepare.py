"""Read the digits, make them binary, and hold some of them out.

Inputs: ``raw``, the folder of a raw input (left out for data that need no file).
Outputs: ``data``, a store of binary images with labels and what is held out.
Params: ``dataset``, ``threshold``, ``held_out``, ``split_seed``.
"""

from triptych.cycles.binary_images import binary_dataset
from triptych.cycles.data import SOURCES
from triptych.runtime.step import run_step
from triptych.runtime.store import write_store


def main(inputs, outputs, params, log):
    folder = getattr(inputs, "raw", None)
    source = SOURCES[params.dataset]
    digits = source.read({name: (folder / name).read_bytes() for name in source.raw})
    dataset = binary_dataset(digits, params.threshold, params.held_out, params.split_seed)
    log.info("%s: %d images, %d held out", params.dataset, len(digits.labels), params.held_out)
    write_store(dataset, outputs.data)


if __name__ == "__main__":
    run_step(main)
