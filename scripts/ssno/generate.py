"""Solve a system's equation for sets of trajectories.

Outputs: a store of frames for each set, under the set's name. Params: ``system``, ``settings`` (of
its section of the configuration: the grid), ``points`` (another grid than the system's, or null),
``seed``, ``device``.
"""

from triptych.runtime.step import run_step
from triptych.runtime.store import write_store_in_parts
from triptych.ssno.adapt import adapt
from triptych.ssno.layout import blank
from triptych.ssno.simulation import solve
from triptych.training.device import choose_device


def main(inputs, outputs, params, log):
    system = adapt(params.system, params.settings["grid"], params.points)
    device = choose_device(params.device)
    for split, path in vars(outputs).items():
        data = blank(system, split, params.seed)
        log.info("%s, %s: %s", system.title, split, dict(data.sizes))
        parts = solve(system, split, seed=params.seed, device=device)
        write_store_in_parts(data, "state", parts, path)


if __name__ == "__main__":
    run_step(main)
