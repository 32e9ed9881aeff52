"""Fetch one raw input from the first source that has it, and check it against its digests.

Outputs: ``files``, a folder; ``record``, a JSON file that says what it is and where each file came
from.
Params: ``name`` in the registry; ``files`` and ``pinned``, what it is. The registry says the rest,
so that a corrected citation runs nothing again.
"""

import json
from dataclasses import asdict

from triptych.raw.fetch import fetch
from triptych.raw.missing import noted
from triptych.raw.registry import REGISTRY, load_raw_inputs
from triptych.raw.sources import local_folders
from triptych.runtime.step import run_step
from triptych.runtime.store import write_text


def main(inputs, outputs, params, log):
    local = local_folders()
    entry = load_raw_inputs(local.project / REGISTRY)[params.name]
    with noted(outputs.files):
        files = fetch(entry, outputs.files, local, log.info)
    described = entry.model_dump(include={"description", "licence", "citation"})
    record = {"name": params.name, **described, "files": [asdict(file) for file in files]}
    write_text(json.dumps(record, indent=1), outputs.record)


if __name__ == "__main__":
    run_step(main)
