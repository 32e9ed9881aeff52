"""Where results and what belongs to them lie, and the commands that make them."""

from __future__ import annotations

import shlex
from pathlib import Path

LAPTOP = "laptop"
"""The scale of the defaults, the only one without a configuration file of its own."""

RESULTS = "results"
"""The folder of all results, where the configuration names no other."""

REFERENCE = "reference"
"""The folder, in that of all results, of what published numbers are drawn into."""


JOB_FOLDERS = ("jobs", "checkpoints", "logs", "benchmarks")
"""What no system or data set is called: what lies in folders of these names is no result."""

CRATE_FILE = "ro-crate-metadata.json"
"""What an exported scale's folder has at its top."""


def scale_folder(path: Path) -> Path | None:
    """Return the nearest folder above, or the path itself, that a run or an export is in."""
    return next((folder for folder in (path, *path.parents) if _is_scale(folder)), None)


def require_scale(folder: Path) -> None:
    """Refuse a folder that no run and no export is in.

    Raises
    ------
    ValueError
        If it is one above or below a scale's, or of something else.
    """
    if not _is_scale(folder):
        raise ValueError(f"{folder} is no scale's folder: name one such as {RESULTS}/{LAPTOP}")


def refuse_file(folder: Path) -> None:
    """Refuse a file in the place of a folder, or of one above it.

    Raises
    ------
    NotADirectoryError
        With the file's path.
    """
    there = next(path for path in (folder, *folder.parents) if path.exists())
    if not there.is_dir():
        raise NotADirectoryError(f"results: {folder} cannot be made, for {there} is a file")


def _is_scale(folder: Path) -> bool:
    return (folder / "logs").is_dir() or (folder / CRATE_FILE).is_file()


def job_file(output: Path, suffix: str) -> Path:
    """Return the file of this kind that a job leaves for an output: ``jobs/<output><suffix>``."""
    return output.parent / "jobs" / f"{output.name}{suffix}"


def measured_claims(paper: str, scale: Path) -> Path:
    """Return where a paper's measured claims lie in a scale's results or numbers of record."""
    return scale / "claims" / f"{paper}.json"


def rebuild_command(path: Path) -> str:
    """Return the command that makes a result again, for a shell.

    The scale and the folder of all results are read off where the result lies; settings of one's
    own are not part of it. What the project ships is no job's.
    """
    target = relative_to_here(path)
    if target.parts[:1] == (REFERENCE,):
        return shlex.join(["git", "checkout", "--", str(target)])
    scale = scale_folder(target)
    files, config = settings_of(scale) if scale is not None else ([], [])
    words = ["snakemake", "--cores", "1", "--force", str(target)]
    words += ["--configfile", *files] if files else []
    words += ["--config", *config] if config else []
    return shlex.join(words)


def what_next(scale: Path) -> str:
    """Return, in one line, what to look at after a run that wrote this scale's folder.

    No command: settings of the run's own are not known here, and without them jobs would run anew.
    """
    figures, page = scale / "figures", scale / "reports" / "index.html"
    newest = max((figure.stat().st_mtime for figure in figures.glob("*.png")), default=0.0)
    if page.exists() and page.stat().st_mtime >= newest:
        return f"next: open {page}, all figures and verdicts on one page"
    folder = figures if newest else scale
    return f"next: open {folder}; the same command with the target reports makes one page of all"


def relative_to_here(path: Path) -> Path:
    """Return a path as Snakemake knows it: relative to the working folder, where it lies there."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_absolute() and path.is_relative_to(here) else path


def settings_of(scale: Path) -> tuple[list[str], list[str]]:
    """Return the files of settings and the ``KEY=VALUE`` over these that a scale's folder is of."""
    parent, drawn = scale.parent, scale.parent.name == REFERENCE
    config = []
    if drawn:
        parent, config = parent.parent, [f"reference={scale.name}"]
    if str(parent) != RESULTS:
        config.append(f"results={parent}")
    # A scale of one's own may be named in any file: then there is none to name here.
    file = Path("config", f"{scale.name}.yaml")
    files = [] if drawn or scale.name == LAPTOP or not file.is_file() else [file.as_posix()]
    return files, config
