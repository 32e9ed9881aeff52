"""Fetch one raw input from the first source that has it, and check it against its digests.

Outputs: ``files``, a folder; ``record``, a JSON file that says where each file came from.
Params: ``entry``, the input's entry in ``config/raw_inputs.yaml``.
"""

import json
from dataclasses import asdict

from triptych.raw.fetch import fetch
from triptych.raw.missing import noted
from triptych.raw.registry import RawInput
from triptych.raw.sources import local_folders
from triptych.runtime.step import run_step
from triptych.runtime.store import atomic


def main(inputs, outputs, params, log):
    entry = RawInput.model_validate(params.entry)
    with noted(outputs.files):
        files = fetch(entry, outputs.files, local_folders(), log.info)
    record = {"name": outputs.files.name, "files": [asdict(file) for file in files]}
    with atomic(outputs.record) as sibling:
        sibling.write_text(json.dumps(record, indent=1))


if __name__ == "__main__":
    run_step(main)
