"""Renew what README and docs show: figures, verdicts, findings, scores, what jobs took."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from montage import save_montage
from toxicity_tables import TOXICITY_TABLES

from triptych.claims.evaluate import by_kind, evaluate
from triptych.claims.measure import read_json
from triptych.claims.registry import Claim, Finding, Registry, load_registry
from triptych.claims.render import needed_text, table, totals, value_text
from triptych.config.papers import PAPERS
from triptych.figures.names import order
from triptych.reports.captions import captions, first_sentence
from triptych.reports.costs import as_markdown, measured_jobs
from triptych.runtime.integrity import verify
from triptych.runtime.layout import measured_claims

Row = Mapping[str, Any]


def main(words: Sequence[str] | None = None) -> None:
    """Renew documents below the current folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "--shown",
        nargs="+",
        type=Path,
        metavar="FOLDER",
        help="verdicts and findings of these results or numbers of record, figures of the first",
    )
    what.add_argument("--costs", type=Path, metavar="FOLDER", help="what the jobs of this took")
    what.add_argument("--scores", type=Path, metavar="FOLDER", help="paper 3's scores in this")
    given = parser.parse_args(words)
    if given.costs:
        renew(Path("docs/clusters.md"), "costs", as_markdown(measured_jobs(given.costs)))
    elif given.scores:
        for name, block in TOXICITY_TABLES.items():
            renew(Path("docs/fidelity/toxicity.md"), name, block(given.scores))
    else:
        renew_shown(given.shown)


def renew_shown(scales: Sequence[Path]) -> None:
    """Renew the montages, of the first of these scales, and the verdicts and findings of all."""
    shown: list[Path] = []
    for paper in PAPERS:  # supplementary figures, figS1, are left out
        figures = sorted(
            scales[0].glob(f"figures/{paper}_fig[0-9]*.png"), key=lambda file: order(file.stem)
        )
        save_montage(figures, Path("docs") / montage_of(paper), columns=2, width_px=2000)
        shown += figures
    save_montage(shown, Path("docs/figure_montage.png"), columns=3, width_px=1600)
    registry = load_registry(Path("config/claims.yaml"))
    renew(Path("README.md"), "verdicts", verdicts_block(registry, scales))
    renew(Path("docs/claims.md"), "claims", claims_block(registry, scales))
    renew(Path("docs/figures.md"), "figures", figures_block(Path()))


def marks(name: str) -> tuple[str, str]:
    """Return the two comments that a block of this name stands between."""
    return f"<!-- {name}: written by `tools/documents.py` -->", f"<!-- end of {name} -->"


def renew(document: Path, name: str, block: str) -> None:
    """Write a block of lines between the marks of its name; see :func:`replaced`."""
    document.write_text(replaced(document.read_text(), name, block))


def replaced(text: str, name: str, block: str) -> str:
    """Return a text with the block of lines between the marks of this name replaced.

    Raises
    ------
    ValueError
        If the marks are not there, once each and in order.
    """
    start, end = marks(name)
    before, opening, rest = text.partition(start)
    _, closing, after = rest.partition(end)
    if not (opening and closing) or start in after or end in before + after:
        raise ValueError(f"the text needs one {start!r} and one {end!r} after it")
    return f"{before}{start}\n{block}{end}{after}"


def verdicts_block(registry: Registry, scales: Sequence[Path]) -> str:
    """Return how many verdicts are which, and a table of them: claims down, scales across.

    Parameters
    ----------
    scales
        Folders of scales, in which the claims of papers were measured.
    """
    columns = [by_kind(_evaluated(registry, scale))[0] for scale in scales]
    runs = "; ".join(
        f"{scale.name}: {totals(rows)}" for scale, rows in zip(scales, columns, strict=True)
    )
    headings = ("", "claim", "needed", *(scale.name for scale in scales))
    rows = (
        [row["name"], row["says"], needed_text(row), *map(_outcome, same)]
        for row, *same in zip(columns[0], *columns, strict=True)
    )
    return f"{runs}.\n\n{table(headings, rows)}"


def claims_block(registry: Registry, scales: Sequence[Path]) -> str:
    """Return a section a claim or finding: what came out at each scale, and what is behind it.

    Parameters are those of :func:`verdicts_block`.
    """
    columns = [_evaluated(registry, scale) for scale in scales]
    entries = {**registry.claims, **registry.findings}
    parts = []
    for name, paper in PAPERS.items():
        parts.append(f"## {paper.short}\n\n*{paper.title}*, arXiv:{paper.arxiv}.")
        for short, *rows in zip(entries, *columns, strict=True):
            entry = entries[short]
            if entry.paper == name:
                came_out = [
                    f"- {scale.name}: **{_outcome(row)}** ({row['why_not'] or row['basis']})"
                    for scale, row in zip(scales, rows, strict=True)
                ]
                lines = "\n".join([*came_out, *_behind(entry)])
                parts.append(f"### {short}\n\n{entry.says}\n\n{lines}")
    return "\n\n".join(parts) + "\n"


def montage_of(paper: str) -> str:
    """Return the name of the picture, beside the page of figures, that has all of a paper."""
    return f"figures_{paper}.png"


def figures_block(root: Path) -> str:
    """Return a picture and a table a paper: its figures, and what each shows by its script."""
    parts = []
    for name, paper in PAPERS.items():
        rows = (
            (f"`{figure}`", first_sentence(shows)) for figure, shows in captions(root, name).items()
        )
        picture = f"![Figures of paper {name}]({montage_of(name)})"
        parts.append(f"## {paper.short}\n\n{picture}\n\n{table(('figure', 'shows'), rows)}")
    return "\n".join(parts)


def _evaluated(registry: Registry, scale: Path) -> list[dict[str, Any]]:
    """Return the rows of all claims and findings at a scale."""
    files = [file for paper in PAPERS if (file := measured_claims(paper, scale)).exists()]
    for file in files:
        verify(file)
    measured = dict(chain.from_iterable(read_json(file).items() for file in files))
    return evaluate({**registry.claims, **registry.findings}, measured, scale.name)


def _outcome(row: Row) -> str:
    """Return what was measured, and of a claim the verdict; not why there is none."""
    if row["why_not"] is not None:
        return str(row.get("verdict", "not measured"))
    return f"{value_text(row)}: {row['verdict']}" if "verdict" in row else value_text(row)


def _behind(entry: Finding) -> Iterator[str]:
    """Say of a claim or a finding what measures it, and where the line is."""
    if isinstance(entry, Claim):
        yield f"- Needed: {needed_text(entry.model_dump())}. {entry.reason}"
    given = "".join(f", {key} {value}" for key, value in entry.arguments.items())
    function = f"triptych.{entry.paper}.claims.{entry.quantity}"
    link = f"[`{entry.quantity}`](api/{entry.paper}.md#{function})"
    yield f"- Measured by {link}{given}; shown by `{entry.figure}`."


if __name__ == "__main__":
    try:
        main()
    except (OSError, ValueError) as error:
        sys.exit(str(error))
