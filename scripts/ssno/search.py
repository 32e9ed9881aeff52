"""Gather the candidates of a system's search, and mark the best one of every model.

Inputs: ``candidates``, a record each. Outputs: ``search``, a store.
"""

from triptych.runtime.step import run_step
from triptych.runtime.store import read_store, write_store
from triptych.ssno.search import gather, mark_selected


def main(inputs, outputs, params, log):
    search = mark_selected(gather([read_store(path) for path in inputs.candidates]))
    log.info("\n%s", search.to_dataframe().to_string())
    write_store(search, outputs.search)


if __name__ == "__main__":
    run_step(main)
