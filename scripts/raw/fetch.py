"""Fetch one raw input from the first source that has it, and check it against its digest.

Outputs: ``files``, a folder; ``record``, a JSON file that says where each file came from, or why
the input could not be had.
Params: ``entry``, the input's entry in ``config/raw_inputs.yaml``; ``on_missing``, skip or error.
"""

import json

from triptych.workflow.raw.fetch import RawInputUnavailable, fetch, mirror_folder
from triptych.workflow.raw.models import RawInput
from triptych.workflow.step import run_step
from triptych.workflow.store import atomic


def main(inputs, outputs, params, log):
    entry = RawInput.model_validate(params.entry)
    try:
        record = fetch(entry, outputs.files, mirror_folder(None), log.info)
    except RawInputUnavailable as error:
        if params.on_missing == "error":
            raise
        log.warning("%s", error)
        record = error.record
    with atomic(outputs.record) as sibling:
        sibling.write_text(json.dumps(record.as_json(), indent=1))


if __name__ == "__main__":
    run_step(main)
