"""Saving a figure: PDF for print, PNG for the screen, both with the record of where it is from."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from triptych.runtime.canonical import to_json
from triptych.runtime.provenance import current_attributes
from triptych.runtime.store import DIGEST, DamagedResult, atomic

PNG_DPI = 300
PREFIX = "triptych:"


def save_figure(figure: Figure, pdf: Path, png: Path, stamp: str | None = None) -> None:
    """Write a figure as PDF and as PNG, with the running step's record in both.

    In the PNG each attribute is a text chunk ``triptych:<name>``; in the PDF, whose metadata fields
    are fixed, the record is JSON text in ``Keywords``. The digest is that of the drawn pixels: two
    runs that drew the same have the same digest, whenever and wherever they ran.

    A stamp is a word across the figure, such as *smoke*, when its numbers must not be quoted.
    """
    if stamp:
        _stamp(figure, stamp)
    record = {DIGEST: pixel_digest(figure), **current_attributes()}
    # Places as just drawn are kept: each file would solve for them anew, which takes most of it.
    figure.set_layout_engine("none")
    with atomic(png) as sibling:
        chunks = {PREFIX + key: str(value) for key, value in record.items()}
        figure.savefig(sibling, format="png", dpi=PNG_DPI, metadata=chunks)
    with atomic(pdf) as sibling:
        info = {"Title": pdf.stem, "Creator": "triptych", "Keywords": to_json(record)}
        figure.savefig(sibling, format="pdf", metadata={**info, "CreationDate": None})


def read_record(path: Path) -> dict[str, Any]:
    """Return the record in a PDF or PNG that :func:`save_figure` wrote; compound values are JSON.

    Raises
    ------
    DamagedResult
        If the file cannot be read.
    ValueError
        If it carries no record.
    """
    try:
        record = _pdf_record(path) if path.suffix == ".pdf" else _png_record(path)
    except Exception as error:  # the readers have many kinds, without a common one
        raise DamagedResult(path, f"cannot be read ({error})") from error
    if DIGEST not in record:
        raise ValueError(f"{path} carries no record of where it came from")
    return record


def _pdf_record(path: Path) -> dict[str, Any]:
    from pypdf import PdfReader

    information = PdfReader(path).metadata
    keywords = information.get("/Keywords", "") if information else ""
    # Those of another program are words.
    return dict(json.loads(keywords)) if keywords.startswith("{") else {}


def _png_record(path: Path) -> dict[str, Any]:
    from PIL import Image

    with Image.open(path) as image:
        text: dict[str, str] = getattr(image, "text", {})
    return {k.removeprefix(PREFIX): v for k, v in text.items() if k.startswith(PREFIX)}


def pixel_digest(figure: Figure) -> str:
    """Return the SHA-256 of the figure as drawn at its own resolution, 64 hexadecimal digits."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return hashlib.sha256(np.asarray(canvas.buffer_rgba()).tobytes()).hexdigest()


def _stamp(figure: Figure, word: str) -> None:
    text = figure.text(0.5, 0.5, word, rotation=25, ha="center", va="center", zorder=100)
    text.set(fontsize=40, color="#B22222", alpha=0.18, fontweight="bold")
    text.set_in_layout(False)
