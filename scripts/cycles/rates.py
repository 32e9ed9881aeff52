"""Choose two learning rates by the trials of a search.

Inputs: ``search``, the evaluation of the trials. Outputs: ``rates``, a store; see
:func:`triptych.cycles.choose.choose_rates`. Params: none.
"""

from triptych.cycles.choose import choose_rates
from triptych.runtime.step import run_step
from triptych.runtime.store import read_store, write_store


def main(inputs, outputs, params, log):
    search = read_store(inputs.search)
    rates = choose_rates(search).assign_coords(states=int(search.states[0]))
    log.info("selected %g, contrast %g", float(rates.selected), float(rates.contrast))
    write_store(rates, outputs.rates)


if __name__ == "__main__":
    run_step(main)
