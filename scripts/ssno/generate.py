"""Solve a system's equation for one split of trajectories.

Outputs: ``data``, a store of frames. Params: ``system``, ``settings`` (of its section of the
configuration: the grid), ``split``, ``points`` (another grid than the system's, or null), ``seed``,
``device``.
"""

from triptych.runtime.provenance import note_device
from triptych.runtime.step import run_step
from triptych.runtime.store import write_store_in_parts
from triptych.ssno.adapt import adapt
from triptych.ssno.layout import blank
from triptych.ssno.simulation import solve
from triptych.training.device import choose_device


def main(inputs, outputs, params, log):
    system = adapt(params.system, params.settings["grid"], params.points)
    device = choose_device(params.device)
    note_device(str(device))
    data = blank(system, params.split, params.seed)
    log.info("%s, %s: %s", system.title, params.split, dict(data.sizes))
    parts = solve(system, params.split, seed=params.seed, device=device)
    write_store_in_parts(data, "state", parts, outputs.data)


if __name__ == "__main__":
    run_step(main)
