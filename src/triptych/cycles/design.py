"""Which files and runs a configuration of paper 2 asks for."""

from __future__ import annotations

from triptych.cycles.data import SOURCES

COUPLINGS = ("free", "tied")
"""Both directions with weights of their own, or with the same: then in detailed balance."""


def raw_input(dataset: str) -> str | None:
    """Return the raw input that a dataset of digits is read from; None if it needs no file.

    Raises
    ------
    ValueError
        If no dataset of that name is registered.
    """
    if dataset not in SOURCES:
        known = ", ".join(sorted(SOURCES))
        raise ValueError(f"cycles.data.dataset: no dataset {dataset!r}; there are {known}")
    return dataset if SOURCES[dataset].raw else None
