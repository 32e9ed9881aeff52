"""Fail, at a scale where verdicts count, if a claim does not hold or could not be evaluated.

Inputs: ``claims``, JSON. Outputs: ``verified``, a line a claim. Params: none.
"""

from triptych.claims.evaluate import broken, by_kind
from triptych.claims.measure import read_json
from triptych.claims.render import cells
from triptych.runtime.step import run_step
from triptych.runtime.store import write_text


class ClaimsBroken(Exception):
    """Claims do not hold, or could not be evaluated, at a scale where verdicts count."""


def main(inputs, outputs, params, log):
    rows, _ = by_kind(read_json(inputs.claims))
    lines = [" · ".join(cells(row)) for row in rows]
    for line in lines:
        log.info("%s", line)
    bad = broken(rows)
    if bad:
        listed = "\n  ".join(" · ".join(cells(row)) for row in bad)
        raise ClaimsBroken(f"{len(bad)} of {len(rows)} claims:\n  {listed}")
    write_text("\n".join(lines) + "\n", outputs.verified)


if __name__ == "__main__":
    run_step(main)
