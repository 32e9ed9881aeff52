"""10,000 molecules take the memory of a few hundred."""

from __future__ import annotations

import csv
import weakref
from functools import partial

import psutil
import torch

from triptych.apply import command
from triptych.apply.smiles_file import in_file
from triptych.apply.table import PART

COUNT, PICTURES = 10_000, 20
ROOM = 16 * 2**20
"""Growth that is let through. Measured: 2 MiB, beside 620 of the libraries."""


def chain(number):
    """Return a molecule that is unlike its neighbours; every 50th is none."""
    if number % 50 == 0:
        return "C1CC"
    return "".join("CON"[digit] for digit in (number // 3**k % 3 for k in range(9))) + "c1ccccc1Cl"


def test_many_molecules_are_answered_in_bounded_memory(run, tmp_path, monkeypatch):
    path = tmp_path / "many.smi"
    path.write_text("".join(f"{chain(number)} m{number}\n" for number in range(1, COUNT + 1)))
    torch.set_num_threads(1)
    alive, most, resident = weakref.WeakSet(), 0, []

    def listen(_molecule, answer):
        nonlocal most
        alive.add(answer)
        most = max(most, len(alive))
        resident.append(psutil.Process().memory_info().rss)

    monkeypatch.setattr(command, "_say", listen)
    source = partial(in_file, path, "smiles", None)
    summary = command.predict_into(tmp_path, run, source, PICTURES)
    assert (summary.predicted, summary.refused) == (COUNT - COUNT // 50, COUNT // 50)
    assert most <= 2 * PART + PICTURES
    assert max(resident[2000:]) - max(resident[:2000]) < ROOM
    with (tmp_path / command.TABLE).open() as stream:
        written = [(int(row["row"]), row["refused"] != "") for row in csv.DictReader(stream)]
    tasks = next(n for n, (number, _) in enumerate(written) if number == 2)
    expected = [n for n in range(1, COUNT + 1) for _ in range(1 if n % 50 == 0 else tasks)]
    assert [number for number, _ in written] == expected
    assert sum(refused for _, refused in written) == COUNT // 50
    assert [molecule.row for molecule, _ in summary.first] == list(range(1, PICTURES + 1))
