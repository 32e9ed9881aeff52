"""10,000 molecules take the memory of a few hundred."""

from __future__ import annotations

import csv
import weakref

import psutil
import torch

from triptych.apply.smiles_file import in_file
from triptych.apply.table import PART, write_table
from triptych.apply.trained_run import read_run

COUNT, PICTURES = 10_000, 20
ROOM = 16 * 2**20
"""Growth that is let through. Measured: 2 MiB, beside 620 of the libraries."""


def chain(number):
    """Return a molecule that is unlike its neighbours; every 50th is none."""
    if number % 50 == 0:
        return "C1CC"
    return "".join("CON"[digit] for digit in (number // 3**k % 3 for k in range(9))) + "c1ccccc1Cl"


def test_many_molecules_are_answered_in_bounded_memory(run, tmp_path):
    path = tmp_path / "many.smi"
    path.write_text("".join(f"{chain(number)} m{number}\n" for number in range(1, COUNT + 1)))
    assert sum(1 for _ in in_file(path, "smiles", None)) == COUNT
    torch.set_num_threads(1)
    predictor = read_run(run, torch.device("cpu")).predictor
    alive, most, resident = weakref.WeakSet(), 0, []

    def listen(_molecule, answer):
        nonlocal most
        alive.add(answer)
        most = max(most, len(alive))
        resident.append(psutil.Process().memory_info().rss)

    table = tmp_path / "table.csv"
    digest = write_table(predictor, in_file(path, "smiles", None), table, PICTURES, listen)
    assert (digest.predicted, digest.refused) == (COUNT - COUNT // 50, COUNT // 50)
    assert most <= 2 * PART + PICTURES
    assert max(resident[2000:]) - max(resident[:2000]) < ROOM
    with table.open() as stream:
        numbers = [int(row["row"]) for row in csv.DictReader(stream)]
    tasks = len(predictor.tasks)
    expected = [n for n in range(1, COUNT + 1) for _ in range(1 if n % 50 == 0 else tasks)]
    assert numbers == expected
    assert [molecule.row for molecule, _ in digest.first] == list(range(1, PICTURES + 1))
