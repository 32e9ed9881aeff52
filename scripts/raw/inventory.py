"""List which raw inputs could be had, from the records that fetching them left.

Inputs: ``records``, one JSON file a raw input. Outputs: ``inventory``, a JSON file.
Params: ``needed``, the names of all raw inputs that this scale asks for.
"""

import json

from triptych.workflow.step import run_step
from triptych.workflow.store import atomic


def main(inputs, outputs, params, log):
    records = [json.loads(path.read_text()) for path in inputs.records]
    missing = {r["name"]: r["reason"] for r in records if not r["available"]}
    for name, reason in missing.items():
        log.warning("%s could not be had: %s", name, reason)
    inventory = {"needed": params.needed, "missing": missing}
    with atomic(outputs.inventory) as sibling:
        sibling.write_text(json.dumps(inventory, indent=1))


if __name__ == "__main__":
    run_step(main)
