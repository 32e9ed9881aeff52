"""Unpack a paper's numbers of record.

Inputs: ``archive``, the stores that were published. Outputs: ``stores``, all of them; the archive
has them by their paths below the scale's folder.
Params: ``digest`` of the archive, as its record has it.
"""

from triptych.runtime.archive import unpack
from triptych.runtime.layout import scale_folder
from triptych.runtime.step import run_step


def main(inputs, outputs, params, log):
    folder = scale_folder(outputs.stores[0])
    if folder is None:
        raise ValueError(f"{outputs.stores[0]}: no folder above it has the logs of a run")
    unpack(inputs.archive, folder, params.digest)
    log.info("unpacked %d stores", len(outputs.stores))


if __name__ == "__main__":
    run_step(main)
