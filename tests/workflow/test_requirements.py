"""Whether the versions that the project names in several places agree."""

from __future__ import annotations

import re
import tomllib
from itertools import chain

from packaging.requirements import Requirement


def ranges(project) -> dict[str, Requirement]:
    """Return the direct dependencies, by their names in lower case."""
    given = tomllib.loads((project / "pyproject.toml").read_text())["project"]
    lines = [*given["dependencies"], *chain(*given["optional-dependencies"].values())]
    return {required.name.lower(): required for required in map(Requirement, lines)}


def test_the_snakefile_asks_for_the_lowest_snakemake_that_the_package_allows(project):
    asked = re.search(r'^min_version\("(.+)"\)$', (project / "Snakefile").read_text(), re.MULTILINE)
    lowest = [part.version for part in ranges(project)["snakemake"].specifier if ">=" in str(part)]
    assert lowest == [asked[1]]


def test_the_lock_is_within_the_ranges(project):
    lines = (project / "requirements.lock").read_text().splitlines()
    pairs = (line.split("==") for line in lines if "==" in line)
    locked = {name.lower().replace("_", "-"): version for name, version in pairs}
    required = ranges(project)
    del required["pip"]  # every environment has its own
    assert [
        f"{one}: {locked.get(name)}"
        for name, one in required.items()
        if not one.specifier.contains(locked.get(name, "0"))
    ] == []
