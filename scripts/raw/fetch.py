"""Fetch one raw input from the first source that has it, and check it against its digest.

Outputs: ``files``, a folder; ``record``, a JSON file that says where each file came from, or why
the input could not be had.
Params: ``entry``, the input's entry in ``config/raw_inputs.yaml``; ``on_missing``, skip or error.
"""

import json
import os
from pathlib import Path

from triptych.workflow.raw_inputs import RawInput, RawInputUnavailable, fetch
from triptych.workflow.step import run_step
from triptych.workflow.store import atomic


def main(inputs, outputs, params, log):
    entry = RawInput.model_validate(params.entry)
    mirror = os.environ.get("TRIPTYCH_RAW_MIRROR")
    try:
        record = fetch(entry, outputs.files, Path(mirror) if mirror else None, log)
    except RawInputUnavailable as error:
        if params.on_missing == "error":
            raise
        log.warning("%s", error)
        outputs.files.mkdir(parents=True, exist_ok=True)
        record = {"name": entry.name, "available": False, "reason": str(error)}
    with atomic(outputs.record) as sibling:
        sibling.write_text(json.dumps(record, indent=1))


if __name__ == "__main__":
    run_step(main)
