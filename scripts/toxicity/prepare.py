"""Read a table of molecules, or make the one of structural alerts, and account for every row.

Inputs: ``table``, a CSV file or the folder of a raw input that holds one (left out where ``alerts``
are given).
Outputs: ``molecules``, a store of distinct molecules with labels, and the fate of every row.
Params: ``dataset`` (name), ``smiles_column``, ``tasks`` (names, or null for all other columns),
``max_tokens``, ``alerts`` (null, or molecules, tasks, seed).
"""

from triptych.runtime.step import run_step
from triptych.runtime.store import write_store
from triptych.toxicity.alerts import alert_dataset
from triptych.toxicity.curate import curate
from triptych.toxicity.tables import read_table


def csv_of(path):
    """Return the path of a table; the folder of a raw input holds exactly one."""
    if not path.is_dir():
        return path
    tables = sorted(path.glob("*.csv"))
    if len(tables) != 1:
        raise ValueError(f"{path}: {len(tables)} CSV files, but one is expected")
    return tables[0]


def main(inputs, outputs, params, log):
    monitor = log.monitor("molecules")
    if params.alerts is None:
        path = csv_of(inputs.table)
        table = read_table(path.read_bytes(), path.name, params.smiles_column, params.tasks)
        molecules = curate(table, params.dataset, params.max_tokens, monitor)
    else:
        molecules = alert_dataset(
            **params.alerts, dataset=params.dataset, max_tokens=params.max_tokens, monitor=monitor
        )
    counts = molecules.attrs["counts"].items()
    listed = ", ".join(f"{count} {status}" for status, count in counts if count)
    log.info("%s: %d rows: %s", params.dataset, molecules.sizes["row"], listed)
    write_store(molecules, outputs.molecules)


if __name__ == "__main__":
    run_step(main)
