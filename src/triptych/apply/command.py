"""``triptych predict``: a model's folder and molecules in, a folder with a table and a page out."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import TextIO

from triptych.apply.page import Summary, page_values, short
from triptych.apply.predictor import Answer, Refused
from triptych.apply.smiles_file import Molecule, Source
from triptych.apply.table import COLUMNS, answers, rows
from triptych.apply.trained_run import read_run
from triptych.reports.pages import render_page
from triptych.runtime.step import SOURCE
from triptych.runtime.store import atomic
from triptych.training.device import choose_device

TEMPLATE = SOURCE.parent / "report" / "predictions.html.j2"
TABLE, PAGE = "table.csv", "page.html"
STEP = 1000
"""Molecules between two lines of progress."""


def predict_into(folder: Path, model: Path, source: Source, pictures: int) -> Summary:
    """Write the table and the page of a model's predictions into a folder.

    Parameters
    ----------
    folder : Path
        Made if it is not there; a former table and page are replaced when the new are whole.
    model : Path
        Folder of a training.
    source : Source
        The molecules; read to its end before the model is asked, for its faults.
    pictures : int
        How many molecules the page shows.

    Raises
    ------
    OSError, ValueError
        If molecules or model cannot be read; nothing is written then.
    """
    total = sum(1 for _ in source())
    run = read_run(model, choose_device("auto"))
    table, page, summary = folder / TABLE, folder / PAGE, Summary(pictures)
    with atomic(table) as sibling, open_text(sibling) as stream:
        writer = csv.DictWriter(stream, COLUMNS, restval="", lineterminator="\n")
        writer.writeheader()
        for done, (molecule, answer) in enumerate(answers(run.predictor, source()), start=1):
            writer.writerows(rows(molecule, answer, run))
            summary.add(molecule, answer)
            _say(molecule, answer)
            if done % STEP == 0:
                print(f"{done} of {total} molecules", file=sys.stderr)
    with atomic(page) as sibling:
        text = render_page(TEMPLATE, TEMPLATE.with_name("style.css"), **page_values(run, summary))
        with open_text(sibling) as stream:
            stream.write(text)
    print(f"{summary.predicted} molecules predicted, {summary.refused} refused: {table}, {page}")
    return summary


def open_text(path: Path) -> TextIO:
    """Open a file for text; bytes of a command line that are no text are written as escapes."""
    return path.open("w", encoding="utf-8", errors="backslashreplace", newline="")


def _say(molecule: Molecule, answer: Answer) -> None:
    """Say on standard error that a molecule is refused, and why."""
    if isinstance(answer, Refused):
        name = f" ({short(molecule.name)!r})" if molecule.name else ""
        text = f"refused: row {molecule.row}{name}: {short(molecule.text)!r}: {answer.reason}"
        print(text, file=sys.stderr)
