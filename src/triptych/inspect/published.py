"""The numbers of record: ``reference/<scale>`` has a record by paper, and its stores or claims."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from triptych.config.papers import PAPERS
from triptych.runtime.canonical import read_mapping
from triptych.runtime.integrity import verify
from triptych.runtime.layout import REFERENCE

Inputs = dict[str, Any]
"""Paths of stores below a scale's folder, or lists of them, by the name that a script knows."""

Numbers = dict[str, tuple[float | None, float] | None]
"""Numbers of a figure by name and store, and the share of the values behind each that was finite:
without any the number is None. The whole is None where the store has no such number."""


@dataclass(frozen=True)
class Record:
    """What was published of a paper at a scale, and which run it is of.

    Attributes
    ----------
    configuration
        The settings beside ``config/config.yaml``, as Snakemake takes them.
    commit, versions, devices, dates
        Of the run: the sources and libraries that all of it was made with, where, first and last
        day. A job may have run at another commit that has the same sources for it.
    archive
        The digest of the archive's bytes, SHA-256; None where stores are not published.
    stores
        The digest of each store in the archive by its path below the scale's folder; empty without.
    figures, measured, shown
        What each figure is drawn from, with the parameters of its script; what claims are measured
        on; what the notebook opens.
    numbers
        By figure, what another run is compared with.
    """

    paper: str
    scale: str
    configuration: list[str]
    commit: str
    versions: dict[str, str]
    devices: list[str]
    dates: list[str]
    archive: str | None
    stores: dict[str, str]
    figures: dict[str, dict[str, Inputs]]
    measured: Inputs
    shown: list[str]
    numbers: dict[str, Numbers]

    @property
    def run(self) -> str:
        """Which run it is of, in words, as figures drawn from it say."""
        return f"reference/{self.scale}, commit {self.commit}, {' to '.join(self.dates)}"


def archive_of(scale: str, paper: str, folder: Path) -> Path:
    """Return where the archive of a paper's stores lies."""
    return folder / scale / f"{paper}.tar.xz"


def record_of(scale: str, paper: str, folder: Path) -> Path:
    """Return where the record of a paper lies."""
    return folder / scale / f"{paper}.json"


def refuse_drawn(results: Path) -> None:
    """Refuse a folder of what was published, or was drawn from it, in the place of a run's.

    Raises
    ------
    ValueError
        If it lies in a folder called ``reference``.
    """
    if results.resolve().parent.name == REFERENCE:
        raise ValueError(f"{results} is of the numbers of record: nothing was computed there")


def published(scale: str, folder: Path, *, with_stores: bool = False) -> dict[str, Record]:
    """Return the record of every paper that was published at a scale.

    Parameters
    ----------
    with_stores : bool, optional
        Refuse a scale of which a record has no stores.

    Raises
    ------
    DamagedResult
        If a record is not what was published.
    ValueError
        If there is none, or one lacks stores; names the scales that have some. If a file is no
        record; names it.
    """
    records = {}
    for paper in PAPERS:
        file = record_of(scale, paper, folder)
        try:
            if file.exists():
                verify(file)
                records[paper] = Record(**read_mapping(file))
        except TypeError as error:
            raise ValueError(f"{file} is no record of a paper: {error}") from None
    if not records:
        raise ValueError(
            f"no numbers of record of the scale {scale!r} in {folder}; {_known(folder)}"
        )
    lacking = [paper for paper, record in records.items() if record.archive is None]
    if with_stores and lacking:
        raise ValueError(
            f"{folder / scale} has no stores of {', '.join(lacking)}, only what another run is "
            f"compared with; with stores {_known(folder, '*.tar.xz')}"
        )
    return records


def _known(folder: Path, pattern: str = "*.json") -> str:
    known = sorted({file.parent.name for file in folder.glob(f"*/{pattern}")})
    return f"there are: {', '.join(known) or 'none yet'}"
