"""Small commands around the workflow.

A command imports what it needs when it runs: the others start without it.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    no_args_is_help=True,
)

Scale = Annotated[
    Path,
    typer.Argument(exists=True, file_okay=False, help="A scale's folder: results/<scale>."),
]
Reference = Annotated[Path, typer.Option(help="The folder of numbers of record.")]
AsJson = Annotated[bool, typer.Option("--json", help="For machines.")]
Papers = Annotated[
    list[str] | None,
    typer.Option("--paper", help="A paper; may be given again. Without it, all papers."),
]


def _version(asked: bool) -> None:
    if asked:
        print(f"triptych {version('triptych')}")
        raise typer.Exit()


@app.callback()
def common(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version.")
    ] = False,
) -> None:
    """Small commands around the workflow."""


def main(words: list[str] | None = None) -> int:
    """Run one command and return its exit status.

    What the user got wrong, a missing file or a value, ends in one line and status 1.
    """
    try:
        app(words)
    except SystemExit as end:  # how typer ends, also when all is well
        return int(end.code or 0)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


@app.command()
def check(
    results: Annotated[
        Path,
        typer.Argument(exists=True, file_okay=False, help="Folder to look in: results/<scale>."),
    ],
    as_json: AsJson = False,
) -> None:
    """Find damaged results, and say how to rebuild each. Status 1 if any are, or none lie there."""
    from triptych.inspect.check import as_text
    from triptych.inspect.check import check as check_results

    report = check_results(results)
    _print(asdict(report) if as_json else as_text(report))
    if report.damaged or not report.checked:
        raise typer.Exit(1)


@app.command()
def compare(
    results: Scale,
    paper: Papers = None,
    reference: Reference = Path("reference"),
    full: Annotated[bool, typer.Option("--full", help="Also the numbers that agree.")] = False,
    as_json: AsJson = False,
) -> None:
    """Say which numbers behind the figures are not those of record.

    Status 1 if any are not, or none was compared.
    """
    from triptych.inspect import compare as numbers
    from triptych.inspect.published import published, refuse_drawn

    if full and as_json:
        raise typer.BadParameter("--full and --json exclude each other")
    papers = _known(paper)
    refuse_drawn(results)
    registry = numbers.load_tolerances(Path("config/tolerances.yaml"))
    records = published(results.resolve().name, reference)
    asked = {name: record for name, record in records.items() if name in papers}
    outcomes = numbers.compare(registry, asked, results)
    absent = [name for name in papers if name not in records]
    drawn = {figure for record in asked.values() for figure in record.figures}
    absent += [f for f in registry.numbers if f.partition("_")[0] in asked and f not in drawn]
    runs = {name: record.run for name, record in asked.items()}
    answer = {"runs": runs, "values": [o._asdict() for o in outcomes], "not_published": absent}
    _print(answer if as_json else numbers.as_text(runs, outcomes, absent, full))
    agree = all(outcome.state == numbers.AGREES for outcome in outcomes)
    if not (outcomes and agree) or (paper and absent):
        raise typer.Exit(1)


@app.command()
def costs(results: Scale, as_json: AsJson = False) -> None:
    """Say what a scale's jobs took: time, memory, disk."""
    from triptych.reports.costs import as_text, by_kind, measured_jobs

    jobs = measured_jobs(results)
    kinds = json.loads(by_kind(jobs).to_json(orient="records"))
    _print({"kinds": kinds} if as_json else as_text(jobs))


@app.command()
def explain(
    result: Annotated[Path, typer.Argument(help="A store, weights file, figure or JSON result.")],
    as_json: AsJson = False,
) -> None:
    """Say which steps led to a result, back to raw; as JSON with parameters, versions, digests."""
    from triptych.inspect import explain as chains

    links = chains.explain(result)
    if as_json:
        results = {digest: asdict(link) for digest, link in links.items()}
        _print({"result": next(iter(links)), "results": results})
    else:
        _print(chains.as_text(links))


@app.command()
def export(
    results: Scale,
    archive: Annotated[
        Path | None,
        typer.Option("--zip", metavar="FILE", help="Pack it, too."),
    ] = None,
) -> None:
    """Make a scale's results an RO-Crate."""
    from triptych.inspect.crate import write_crate, write_zip

    if archive:
        write_zip(results, archive)
    else:
        write_crate(results)
    print(archive or results)


@app.command()
def publish(
    results: Scale,
    paper: Papers = None,
    reference: Reference = Path("reference"),
    stores: Annotated[
        bool,
        typer.Option(
            help="With the stores that figures are drawn from, or only what is compared with."
        ),
    ] = True,
) -> None:
    """Make a finished run's numbers those of record of its scale."""
    from triptych.inspect.compare import load_tolerances
    from triptych.inspect.publish import publish as publish_results

    papers = _known(paper)
    registry = load_tolerances(Path("config/tolerances.yaml"))
    for record in publish_results(registry, results, papers, reference, stores=stores):
        print(record)


@app.command()
def predict(
    model: Annotated[
        Path, typer.Option(metavar="RUN", help="results/<scale>/toxicity/<dataset>/runs/<run>.")
    ],
    molecules: Annotated[
        list[str] | None, typer.Argument(metavar="SMILES", help="Molecules, one by one.")
    ] = None,
    smiles: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Molecules, one a line; a .csv is read as a table."),
    ] = None,
    column: Annotated[str, typer.Option(help="The table's column of SMILES.")] = "smiles",
    names: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Its column of names, if there is one.")
    ] = None,
    output: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Gets table.csv and page.html.")
    ] = Path("predictions"),
    pictures: Annotated[int, typer.Option(min=0, help="Molecules on the page, the first.")] = 24,
) -> None:
    """Predict molecules of your own with a trained model: a table, and a page with pictures.

    Status 3 if molecules were refused: the table has all others, and says why of these.
    """
    from triptych.apply.command import PAGE, TABLE, predict_into
    from triptych.apply.smiles_file import given, in_file

    if not (molecules or smiles):
        raise typer.BadParameter("no molecule: give some, or --smiles with a file of them")
    if molecules and smiles:
        raise typer.BadParameter("molecules and --smiles exclude each other")
    if molecules and (names or column != "smiles"):
        raise typer.BadParameter("--column and --names are of a file: give it with --smiles")
    if smiles and smiles.resolve() in [(output / name).resolve() for name in (TABLE, PAGE)]:
        raise typer.BadParameter(f"{smiles} would be overwritten: give --output another folder")
    source = partial(in_file, smiles, column, names) if smiles else partial(given, molecules or [])
    if predict_into(output, model, source, pictures).refused:
        raise typer.Exit(3)


@app.command()
def same(
    left: Scale,
    right: Scale,
    as_json: AsJson = False,
) -> None:
    """Say whether two runs have the same results, bit by bit. Status 1 if not."""
    from triptych.inspect.same import as_text, compare

    comparison = compare(left, right)
    _print(asdict(comparison) if as_json else as_text(comparison, left, right))
    if not comparison.same:
        raise typer.Exit(1)


@app.command()
def why(
    targets: Annotated[
        list[str],
        typer.Argument(metavar="TARGET", help="A rule, such as cycles_fig4, or a file."),
    ],
    configfile: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE", help="Settings over config/config.yaml; may be given again."),
    ] = None,
    config: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY=VALUE", help="A setting, as Snakemake takes it; may be given again."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say which jobs would run, and what changed."""
    from triptych.inspect.plan import plan
    from triptych.inspect.why import as_text
    from triptych.inspect.why import why as compared

    jobs = [compared(job) for job in plan(targets, configfile or [], config or [])]
    _print({"jobs": [job.as_json() for job in jobs]} if as_json else as_text(jobs))


def _known(papers: list[str] | None) -> list[str]:
    """Return the papers that are asked for, all without any."""
    from triptych.config.papers import PAPERS

    if unknown := [paper for paper in papers or [] if paper not in PAPERS]:
        raise typer.BadParameter(f"no paper {', '.join(unknown)}; there are {', '.join(PAPERS)}")
    return papers or list(PAPERS)


def _print(answer: str | dict[str, Any]) -> None:
    """Print an answer: for people as it is, for machines as JSON."""
    print(answer if isinstance(answer, str) else json.dumps(answer, indent=1) + "\n", end="")
