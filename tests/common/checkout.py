"""A copy of the project to run Snakemake in, and to edit: for tests and benchmarks."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Checkout:
    """A folder with a Snakefile, its scripts and its library, apart from the developer's own."""

    folder: Path

    def snakemake(
        self, *words: str, cores: int = 2, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run Snakemake in the folder, with the folder's own library."""
        return self._python("snakemake", "--cores", str(cores), *words, check=check)

    def triptych(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run one of the project's own commands, likewise."""
        return self._python("triptych", *words, check=check)

    def started(self, *words: str) -> subprocess.Popen[str]:
        """Start Snakemake, and do not wait for its end."""
        return self._start("snakemake", "--cores", "2", *words)

    def figure_scripts(self) -> list[Path]:
        """Return the scripts that draw the figures, one each."""
        return list((self.folder / "scripts").glob("*/plot_fig*.py"))

    def planned(self, *words: str) -> dict[str, int]:
        """Return how many jobs of each rule would run."""
        done = self.snakemake("--dry-run", *words)
        rows = re.findall(r"^(\w+) +(\d+)$", done.stdout + done.stderr, flags=re.MULTILINE)
        return {rule: int(count) for rule, count in rows if rule != "total"}

    def asked(self, *words: str) -> dict[str, dict[str, object]]:
        """Return what the jobs of each rule would ask a scheduler for."""
        return dict(self.asked_by_each(*words))

    def asked_by_each(self, *words: str) -> list[tuple[str, dict[str, object]]]:
        """Return the rule of every job, and what it would ask a scheduler for."""
        logger = ("--debug-dag", "--logger", "triptych-plan")
        done = self.snakemake(*words, "--dry-run", "--forceall", *logger)
        jobs = map(json.loads, done.stdout.splitlines())
        return [(job["rule"], job["resources"]) for job in jobs]

    def commit(self) -> None:
        """Make the folder a repository of one commit."""
        for words in (("init",), ("add", "."), ("commit", "--message", "all")):
            self.git(*words)

    def git(self, *words: str) -> str:
        """Run git in the folder, and return what it says."""
        author = ("-c", "user.name=tests", "-c", "user.email=tests@example.org")
        command = ["git", "-C", str(self.folder), *author, *words]
        return subprocess.run(command, capture_output=True, check=True, text=True).stdout.strip()

    def edit(self, file: str, old: str, new: str) -> None:
        """Replace text in a file; the text must be there."""
        path = self.folder / file
        text = path.read_text()
        assert old in text, f"{file} does not hold {old!r}"
        path.write_text(text.replace(old, new))

    def _python(self, module: str, *words: str, check: bool) -> subprocess.CompletedProcess[str]:
        with self._start(module, *words) as run:
            try:
                output, errors = run.communicate()
            except BaseException:  # tests that are stopped stop what they started
                os.killpg(run.pid, signal.SIGKILL)
                raise
        if check and run.returncode:
            raise AssertionError(f"{' '.join(words)}:\n{output[-4000:]}\n{errors[-4000:]}")
        return subprocess.CompletedProcess(words, run.returncode, output, errors)

    def _start(self, module: str, *words: str) -> subprocess.Popen[str]:
        """Start a module as the leader of a process group of its own."""
        environment = {**os.environ, "PYTHONPATH": str(self.folder / "src")}
        environment.pop("SNAKEMAKE_PROFILE", None)
        return subprocess.Popen(
            [sys.executable, "-m", module, *words],
            cwd=self.folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )


@contextmanager
def changed(path: Path, old: str, new: str) -> Iterator[None]:
    """Replace text in a file for a while; afterwards its time is what it was, too."""
    text, times = path.read_text(), path.stat()
    assert old in text, f"{path} does not hold {old!r}"
    path.write_text(text.replace(old, new))
    try:
        yield
    finally:
        path.write_text(text)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def copy_project(project: Path, folder: Path) -> Checkout:
    """Copy all that belongs to the project: tracked files and new ones that are not ignored.

    The settings of whoever runs the tests stay behind. What was compiled of the sources comes
    along: it is valid for as long as they are unchanged, and to compile anew takes every copy
    seconds.
    """
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(listing, cwd=project, capture_output=True, check=True).stdout
    for name in names.decode().split("\0"):
        if name and (project / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(project / name, folder / name)
    for path in compiled(project):
        place = folder / path.relative_to(project)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, place)
    (folder / "config" / "config.yaml").write_text("scale: laptop\n")
    return Checkout(folder)


def compiled(project: Path) -> list[Path]:
    """Return Python's compiled files and the code digests kept beside them, the finished ones."""
    folders = [*project.glob("src/**/__pycache__"), *project.glob("scripts/*/__pycache__")]
    kinds = ("*.pyc", "*.code.json")
    return [path for folder in folders for kind in kinds for path in folder.glob(kind)]
