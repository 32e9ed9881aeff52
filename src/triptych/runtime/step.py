"""The one entry of every script: from Snakemake, from a command line, or from a job's record.

A script ends with::

    if __name__ == "__main__":
        run_step(main)

and its ``main(inputs, outputs, params, log)`` is all that a reader has to follow.
"""

from __future__ import annotations

import argparse
import gc
import json
import logging
import os
import shutil
import sys
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from triptych.runtime.canonical import canonical, digest, read_mapping
from triptych.runtime.integrity import invalidate, verified_digest, write_checksums
from triptych.runtime.layout import job_file, rebuild_command
from triptych.runtime.lock import end_with_run
from triptych.runtime.memory import keep_freed_memory
from triptych.runtime.progress import StepLog
from triptych.runtime.provenance import Run, running
from triptych.runtime.store import DamagedResult, write_text
from triptych.runtime.tracking import code_digest, code_files

SOURCE = Path(__file__).resolve().parents[2]
"""The folder that holds the package: ``src`` of a checkout."""

Main = Callable[[SimpleNamespace, SimpleNamespace, SimpleNamespace, StepLog], None]
Paths = dict[str, Any]
"""Named paths; a name may stand for a list of them."""


@dataclass(frozen=True)
class Job:
    """All that one run of a script is given.

    The record of it, as JSON, is left beside the output: ``jobs/<output>.json``. There it also has
    the content digest of every input, by name; before the job runs they are not known.
    """

    script: str
    inputs: Paths = field(default_factory=dict)
    outputs: Paths = field(default_factory=dict)
    params: dict[str, Any] = field(default_factory=dict)
    code: str = ""
    threads: int = 1
    log: str | None = None
    digests: dict[str, Any] = field(default_factory=dict)

    @property
    def record(self) -> Path:
        """Where the job's record lies."""
        return job_file(self._first_output, ".json")

    @property
    def code_record(self) -> Path:
        """Where the files of the code digest are listed; jobs of one code share it."""
        return self.record.parent / "code" / f"{self.code}.json"

    @property
    def checkpoint_dir(self) -> Path:
        """Where the job's checkpoints lie while it runs."""
        return self._first_output.parent / "checkpoints" / self._first_output.name

    @property
    def _first_output(self) -> Path:
        return Path(all_paths(self.outputs)[0])


def run_step(main: Main) -> None:
    """Run a script's ``main`` on the job that Snakemake or the command line describes.

    An error ends the process with status 1 after one line that says what was wrong; the traceback
    is in the log. Outputs are written whole or not at all by the store, weights and figure helpers.
    """
    end_with_run()
    script = sys.modules["__main__"]
    snakemake = getattr(script, "snakemake", None)
    if snakemake is not None:
        job = from_snakemake(snakemake, str(script.__file__))
    else:
        job = from_command_line(script)
    try:
        execute(main, job, terminal=snakemake is None)
    except Exception as error:
        if isinstance(error, DamagedResult):
            error.add_note(f"rebuild it with: {rebuild_command(error.path)}")
        notes = "".join(f" ({note})" for note in getattr(error, "__notes__", ()))
        print(f"{job.script}: {type(error).__name__}: {error}{notes}", file=sys.stderr)
        sys.exit(1)
    # To look through half a million objects of torch at the end takes half a second of every job.
    gc.freeze()


def execute(main: Main, job: Job, terminal: bool = False) -> None:
    """Run ``main`` on a job: inputs verified, threads fixed, results recorded, with checksums.

    The log is written to its file and, where a person started it, to the ``terminal`` as well.

    Raises
    ------
    FileNotFoundError
        If an input does not exist.
    DamagedResult
        If an input is not what the job wrote that made it.
    """
    logger = _logger(job.log, terminal)
    try:
        outputs = [Path(path) for path in all_paths(job.outputs)]
        inputs = of_each(lambda path: verified_digest(Path(path)), job.inputs)
        for output in outputs:
            invalidate(output)
        _leave_records(replace(job, digests=inputs))
        identity = digest([job.script, job.params, inputs, job.code])
        log = StepLog(logger, job.checkpoint_dir, identity)
        run = Run(job.script, canonical(job.params), job.code, inputs)
        _fix_threads(job.threads)
        keep_freed_memory()
        # Kernels of a thousand shapes are kept otherwise: 200 MB in a training of paper 3.
        os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "64")
        with running(run):
            main(
                SimpleNamespace(**of_each(Path, job.inputs)),
                SimpleNamespace(**of_each(Path, job.outputs)),
                SimpleNamespace(**job.params),
                log,
            )
        for output in filter(Path.exists, outputs):
            write_checksums(output)
        shutil.rmtree(job.checkpoint_dir, ignore_errors=True)  # nothing needs to resume
    except Exception:
        logger.error(traceback.format_exc())
        raise
    finally:
        for handler in logger.handlers:
            with suppress(OSError):  # a full disk: what went wrong is said already
                handler.close()


def from_snakemake(snakemake: Any, script: str) -> Job:
    """Return the job that Snakemake's script object describes.

    A rule gives two parameters: ``settings``, one mapping with all that the script is given, and
    ``code``, the digest of the code behind it. (Snakemake compares parameters as a set of values,
    so several loose ones could trade places unseen.)
    """
    return Job(
        script=_below_project(Path(script)),
        inputs=_named(snakemake.input),
        outputs=_named(snakemake.output),
        params=canonical(snakemake.params.settings),
        code=snakemake.params.code,
        threads=snakemake.threads,
        log=str(snakemake.log[0]) if snakemake.log else None,
    )


def from_command_line(script: Any, words: list[str] | None = None) -> Job:
    """Return the job that a command line describes.

    ``--job`` starts from a record; ``--input``, ``--output`` and ``--param`` add to it or replace
    parts of it. A name that is given several times, or is a list in the record, stands for a list.
    A parameter's value is JSON, or text where it is not; a dotted name reaches inside.
    Code and log are never those of the record, but those of this run. A job that is changed must
    not write over the results of the recorded one: it needs ``--output``.
    """
    parser = argparse.ArgumentParser(
        description=script.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--job", type=Path, help="replay the job of this record (jobs/*.json)")
    named: Any = {"type": _pair, "action": "append", "default": []}
    parser.add_argument("--input", metavar="NAME=PATH", help="an input", **named)
    parser.add_argument("--output", metavar="NAME=PATH", help="an output", **named)
    parser.add_argument("--param", metavar="NAME=VALUE", help="a parameter", **named)
    parser.add_argument("--log", help="also write the log to this file")
    given = parser.parse_args(words)
    try:
        recorded = read_job(given.job) if given.job else Job(script="")
        if given.job:
            _refuse_unlike(recorded, given)
        for name, value in given.param:
            _assign(recorded.params, name, _value(value), only_known=given.job is not None)
    except ValueError as error:
        parser.error(str(error))
    outputs = _with_paths(recorded.outputs, given.output)
    if not outputs:
        parser.error("no output: give --output NAME=PATH, or --job")
    path = Path(script.__file__).resolve()
    return replace(
        recorded,
        script=_below_project(path),
        inputs=_with_paths(recorded.inputs, given.input),
        outputs=outputs,
        code=code_digest(path, SOURCE) if path.is_relative_to(SOURCE.parent) else "",
        log=given.log,
    )


def read_job(record: Path) -> Job:
    """Return the job that a record tells of.

    Raises
    ------
    ValueError
        If the file cannot be read, or is no record of a job.
    """
    try:
        return Job(**read_mapping(record))
    except TypeError as error:
        raise ValueError(f"{record} is no record of a job: {error}") from None


def all_paths(paths: Paths) -> list[str]:
    """Return all paths of a mapping whose values are paths or lists of them, in order."""
    lists = (value if isinstance(value, list) else [value] for value in paths.values())
    return [str(path) for paths in lists for path in paths]


def _leave_records(job: Job) -> None:
    # In the order of the rule: the first output names the record, also that of a replay.
    write_text(json.dumps(asdict(job), indent=1), job.record)
    script = SOURCE.parent / job.script
    # An installed package has no scripts beside it, and so no sources to tell apart.
    if job.code_record.exists() or not script.is_file():
        return
    # Sources that were edited since the rules were read are not those the digest was taken of.
    if code_digest(script, SOURCE) == job.code:
        write_text(json.dumps(code_files(script, SOURCE), indent=1), job.code_record)


def _named(files: Any) -> Paths:
    """Return Snakemake's named files as plain text; the step contract knows no unnamed ones."""
    paths = of_each(str, dict(files.items()))
    named = all_paths(paths)
    if len(named) != len(files):
        unnamed = ", ".join(sorted({*map(str, files)} - {*named}))
        raise ValueError(f"every input and output of a rule needs a name: {unnamed}")
    return paths


def of_each(function: Callable[[str], Any], paths: Paths) -> dict[str, Any]:
    """Return what a function says of every path, in the same order under the same names."""
    return {
        name: [function(path) for path in value] if isinstance(value, list) else function(value)
        for name, value in paths.items()
    }


def _fix_threads(threads: int) -> None:
    """Fix the threads of every numeric library: sums depend on how they are split."""
    from threadpoolctl import threadpool_limits

    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(threads)
    threadpool_limits(threads)
    if "torch" in sys.modules:
        import torch

        torch.set_num_threads(threads)


def _logger(path: str | None, terminal: bool) -> logging.Logger:
    logger = logging.Logger(f"triptych.{path}", logging.INFO)
    handlers: list[logging.Handler] = [logging.StreamHandler()] if terminal or not path else []
    if path:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        handlers.append(logging.FileHandler(path, mode="w", encoding="utf-8"))
    for handler in handlers:
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
        logger.addHandler(handler)
    return logger


def _below_project(path: Path) -> str:
    """Return a script's path from ``scripts`` on: records do not tell where a checkout lies."""
    _, scripts, name = path.resolve().as_posix().rpartition("/scripts/")
    return f"scripts/{name}" if scripts else path.name


def _with_paths(recorded: Paths, pairs: list[tuple[str, str]]) -> Paths:
    """Return recorded paths with those of the command line in their place."""
    given: dict[str, list[str]] = {}
    for name, path in pairs:
        given.setdefault(name, []).append(path)
    lists = {n for n, paths in given.items() if len(paths) > 1 or isinstance(recorded.get(n), list)}
    return {**recorded, **{n: paths if n in lists else paths[0] for n, paths in given.items()}}


def _refuse_unlike(recorded: Job, given: argparse.Namespace) -> None:
    """Stop where a replay names files that its job has not, or would write over some of them."""
    for option, pairs, files in (
        ("--input", given.input, recorded.inputs),
        ("--output", given.output, recorded.outputs),
    ):
        for name, _ in pairs:
            if name not in files:
                raise ValueError(f"{option} {name}: the job has {', '.join(files) or 'none'}")
    if (given.param or given.input) and not given.output:
        raise ValueError(
            f"--param and --input make another job: give --output for {', '.join(recorded.outputs)}"
            " as well, or its results would take the place of the recorded ones"
        )
    moved = {name for name, _ in given.output}
    if moved and (left := sorted(recorded.outputs.keys() - moved)):
        raise ValueError(
            f"--output {', '.join(sorted(moved))}: the job writes {', '.join(left)} as well; give "
            "a path for each of its outputs, or for none"
        )


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return name, value


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def _assign(target: dict[str, Any], dotted: str, value: Any, *, only_known: bool) -> None:
    *path, last = dotted.split(".")
    for key in path:
        target = target.setdefault(key, {}) if not only_known else _part(target, key, dotted)
        if not isinstance(target, Mapping):
            raise ValueError(f"--param {dotted}: {key!r} holds {target!r}, which has no parts")
    if only_known:
        _part(target, last, dotted)
    target[last] = value


def _part(target: Mapping[str, Any], key: str, dotted: str) -> Any:
    if key not in target:
        raise ValueError(
            f"--param {dotted}: the job has no {key!r} but {', '.join(target) or 'none'}"
        )
    return target[key]
