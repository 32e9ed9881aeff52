"""What the index page of a scale shows: figures, verdicts, times, versions."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from triptych.config.papers import PAPERS, Paper
from triptych.figures.names import number, order
from triptych.figures.save import read_record


@dataclass(frozen=True)
class Card:
    """A figure on the page, such as ``ssno_fig3``, in pixels; paths are relative to the page."""

    name: str
    caption: str
    png: str
    pdf: str
    width: int
    height: int

    @property
    def label(self) -> str:
        """The figure as people name it: *Figure 3*."""
        return f"Figure {number(self.name)}"


@dataclass(frozen=True)
class Chapter:
    """One paper's part of the page; ``report`` is the path of its executed notebook."""

    paper: Paper
    report: str | None
    cards: list[Card]
    claims: list[Mapping[str, Any]]


def chapters(
    page: Path,
    figures: Sequence[Path],
    reports: Sequence[Path],
    claims: Sequence[Mapping[str, Any]],
    captions: Mapping[str, str],
) -> list[Chapter]:
    """Return the papers that have figures, claims or a report, each with its own.

    Parameters
    ----------
    page
        Where the index page will lie.
    figures
        PNG files, each with a PDF of the same name beside it.
    reports
        HTML files named after the papers.
    claims
        Rows as :func:`triptych.claims.evaluate.evaluate` gives them.
    captions
        By the figure's name.
    """
    listed = []
    for name, paper in PAPERS.items():
        own = [path for path in figures if path.stem.startswith(f"{name}_")]
        own.sort(key=lambda path: order(path.stem))
        cards = [_card(page, path, captions) for path in own]
        written = [relative(path, page) for path in reports if path.stem == name]
        rows = [row for row in claims if row["paper"] == name]
        if cards or written or rows:
            listed.append(Chapter(paper, written[0] if written else None, cards, rows))
    return listed


def made_with(figures: Sequence[Path]) -> dict[str, Any]:
    """Return what PNG figures were made with, by their records.

    Returns
    -------
    dict
        ``commits``, ``devices``, ``versions`` and ``dates``: the different values, in order; of the
        dates the first and the last day.

    Raises
    ------
    ValueError
        If a figure carries no record.
    """
    records = [read_record(path) for path in figures]
    libraries: dict[str, set[str]] = {}
    for record in records:
        for library, version in json.loads(record["versions"]).items():
            libraries.setdefault(library, set()).add(version)
    days = sorted(record["created"][:10] for record in records)
    return {
        "commits": sorted({record["commit"][:12] for record in records}),
        "devices": sorted({record["device"] for record in records}),
        "versions": {
            name: ", ".join(sorted(versions)) for name, versions in sorted(libraries.items())
        },
        "dates": sorted({days[0], days[-1]}) if days else [],
    }


def relative(target: Path, page: Path) -> str:
    """Return the link from a page to a file."""
    return Path(os.path.relpath(target, page.parent)).as_posix()


def _card(page: Path, png: Path, captions: Mapping[str, str]) -> Card:
    from PIL import Image

    with Image.open(png) as picture:
        width, height = picture.size
    pdf = png.with_suffix(".pdf")
    return Card(
        png.stem, captions[png.stem], relative(png, page), relative(pdf, page), width, height
    )
