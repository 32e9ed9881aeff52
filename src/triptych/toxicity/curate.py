"""From a table's rows to distinct molecules, with every row accounted for."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from triptych.runtime.monitor import Monitor, NullMonitor
from triptych.toxicity.smiles import canonical_form, heavy_atoms, parse, tokens
from triptych.toxicity.tables import Table, check_classes

KEPT = "kept"
STATUSES = (KEPT, "unparsable", "duplicate", "conflicting", "too_long", "empty")
"""What can become of a row: see :func:`curate`."""
CHARACTERS_PER_TOKEN = 8
"""A SMILES with more characters than this × ``max_tokens`` is not parsed: ``[C@@H]`` takes six."""

LISTED = 10
"""Rows that a reason names at most: in a store, every text is as wide as the longest."""


@dataclass
class CuratedRow:
    """What became of a row: its status, why, and the canonical SMILES and sizes if it is kept."""

    status: str
    reason: str = ""
    canonical: str = ""
    tokens: int = 0
    heavy_atoms: int = 0


def curate(
    table: Table, dataset: str, max_tokens: int, monitor: Monitor | None = None
) -> xr.Dataset:
    """Make the rows canonical, and keep one row of every molecule that can be used.

    - *empty*: without a SMILES, or without a heavy atom.
    - *unparsable*: RDKit rejects it, or cannot read the canonical SMILES that it writes of it.
    - *too long*: more than ``max_tokens`` tokens in canonical form, or more than 8 ``max_tokens``
      characters. RDKit never sees the latter: a text made to be slow costs nothing.
    - *conflicting*: rows of one canonical SMILES whose labels contradict each other in a task.
      None of them is kept.
    - *duplicate*: a later row of a molecule whose labels do not contradict. The first is kept, and
      takes over labels that only the later ones have.

    Salts (dots) and dummy atoms (``*``) are kept as they are.

    Parameters
    ----------
    table : Table
        A molecule a row.
    dataset : str
        Name, for the attributes and for errors.
    max_tokens : int
        Without the special tokens.
    monitor : Monitor, optional
        Gets a report of every row.

    Returns
    -------
    xarray.Dataset
        ``status``, ``source_smiles``, ``reason`` (row); ``smiles``, ``row_of``, ``tokens``,
        ``heavy_atoms`` (molecule); ``label`` (molecule, task) float32, NaN where missing; the
        coordinate ``task``. Attributes: ``dataset``, ``max_tokens``, ``counts`` of each status.

    Raises
    ------
    ValueError
        If nothing is kept, or a task is left without both classes.
    """
    monitor = monitor or NullMonitor()
    rows: list[CuratedRow] = []
    for text in table.smiles:
        rows.append(examine(text, max_tokens))
        monitor.report(len(rows), len(table.smiles))
    labels = _merge(rows, table)
    kept = np.flatnonzero([row.status == KEPT for row in rows])
    counts = Counter(row.status for row in rows)
    if not len(kept):
        raise ValueError(f"{dataset}: no row can be used: {dict(counts)}")
    check_classes(labels[kept], table.tasks, f"{dataset} (the {len(kept)} molecules kept)")
    molecules = [rows[number] for number in kept]
    longest = CHARACTERS_PER_TOKEN * max_tokens
    return xr.Dataset(
        {
            "status": ("row", np.array([row.status for row in rows])),
            "source_smiles": ("row", np.array([_cut(t, longest) for t in table.smiles])),
            "reason": ("row", np.array([row.reason for row in rows])),
            "smiles": ("molecule", np.array([row.canonical for row in molecules])),
            "row_of": ("molecule", kept),
            "label": (("molecule", "task"), labels[kept], {"long_name": "label, NaN if missing"}),
            "tokens": ("molecule", np.array([row.tokens for row in molecules], np.int16)),
            "heavy_atoms": ("molecule", np.array([row.heavy_atoms for row in molecules], np.int16)),
        },
        {"task": np.array(table.tasks)},
        {
            "dataset": dataset,
            "max_tokens": max_tokens,
            "counts": {status: counts[status] for status in STATUSES},
        },
    )


def examine(text: str, max_tokens: int) -> CuratedRow:
    """Check one row by itself.

    Parameters
    ----------
    text : str
        A SMILES, or what stands in its place.
    max_tokens : int
        Without the special tokens.

    Returns
    -------
    CuratedRow
        *kept*, or *empty*, *unparsable* or *too long*, as :func:`curate` says.
    """
    if not text:
        return CuratedRow("empty", "no SMILES")
    if len(text) > CHARACTERS_PER_TOKEN * max_tokens:
        most = f"{CHARACTERS_PER_TOKEN} × {max_tokens}"
        return CuratedRow("too_long", f"{len(text)} characters, more than {most}")
    molecule, reason = parse(text)
    if molecule is None:
        return CuratedRow("unparsable", reason)
    atoms = len(heavy_atoms(molecule))
    if not atoms:
        return CuratedRow("empty", "no heavy atom")
    try:
        canonical = canonical_form(molecule)
    except ValueError as error:
        return CuratedRow("unparsable", str(error))
    count = len(tokens(canonical))
    if count > max_tokens:
        return CuratedRow("too_long", f"{count} tokens, more than {max_tokens}")
    return CuratedRow(KEPT, "", canonical, count, atoms)


def _merge(rows: list[CuratedRow], table: Table) -> NDArray[np.float32]:
    """Settle rows of the same molecule, in place; return the labels with what was taken over."""
    labels = table.labels.copy()
    groups: dict[str, list[int]] = {}
    for number, row in enumerate(rows):
        if row.status == KEPT:
            groups.setdefault(row.canonical, []).append(number)
    for members in groups.values():
        if len(members) == 1:
            continue
        group = table.labels[members]
        contradicted = (group == 0).any(0) & (group == 1).any(0)
        first = members[0]
        if contradicted.any():
            tasks = ", ".join(np.array(table.tasks)[contradicted])
            for number in members:
                others = [str(other + 1) for other in members if other != number]
                more = f" and {len(others) - LISTED} more" if len(others) > LISTED else ""
                listed = ", ".join(others[:LISTED]) + more
                rows[number].status = "conflicting"
                rows[number].reason = f"labels against those of row {listed} in {tasks}"
        else:
            labels[first] = np.fmax.reduce(group, axis=0)
            for number in members[1:]:
                rows[number].status = "duplicate"
                rows[number].reason = f"the molecule of row {first + 1}"
    return labels


def _cut(text: str, longest: int) -> str:
    """Shorten a text beyond sense: in a store, every text is as wide as the longest."""
    return text if len(text) <= longest else text[:longest] + "…"
