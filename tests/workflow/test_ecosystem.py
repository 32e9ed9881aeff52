"""Catalog entry, continuous integration, image and licences agree with the project."""

from __future__ import annotations

import re
import subprocess
import tomllib

import pytest
import yaml
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from triptych.config.model import Config

TARGET = re.compile(r"^([a-z-]+):.*##", re.MULTILINE)


def read_yaml(project, name):
    return yaml.safe_load((project / name).read_text())


def pythons(project):
    """Return the versions of Python that continuous integration runs on, in order."""
    jobs = read_yaml(project, ".github/workflows/ci.yml")["jobs"]
    return sorted(jobs["tests"]["strategy"]["matrix"]["python"], key=Version)


def beyond(python):
    """Return the version of Python after this one."""
    major, minor = Version(python).release
    return f"{major}.{minor + 1}"


@pytest.fixture(scope="module")
def steps(project):
    """Return every instruction of the Containerfile, as its word and what follows."""
    text = (project / "Containerfile").read_text().replace("\\\n", " ")
    lines = (line for line in text.splitlines() if line and not line.startswith("#"))
    return [tuple(line.split(maxsplit=1)) for line in lines]


def test_the_catalog_finds_what_it_looks_for(project):
    usage = read_yaml(project, ".snakemake-workflow-catalog.yml")["usage"]
    assert set(usage) == {"mandatory-flags", "software-stack-deployment", "report"}
    assert usage["software-stack-deployment"]["conda"]


def test_the_page_of_the_configuration_has_every_section(project):
    page = (project / "config/README.md").read_text()
    headings = re.findall(r"^#+ (.+)$", page, re.MULTILINE)
    assert headings[:4] == ["Workflow overview", "Running the workflow", "Input data", "Execution"]
    assert headings[-1] == "Parameters"
    _, _, parameters = page.partition("### Parameters")
    assert re.findall(r"^\| `(\w+)` \|", parameters, re.MULTILINE) == list(Config.model_fields)
    for link in re.findall(r"\]\(([^)]+)\)", page):
        assert (project / "config" / link).exists(), link


@pytest.mark.parametrize("name", ["ci", "audit"])
def test_continuous_integration_runs_what_the_makefile_has(project, name):
    workflow = read_yaml(project, f".github/workflows/{name}.yml")
    assert workflow["permissions"] == {"contents": "read"}
    targets = TARGET.findall((project / "Makefile").read_text())
    commands = [s["run"] for job in workflow["jobs"].values() for s in job["steps"] if "run" in s]
    makes = [command.split()[1] for command in commands if command.startswith("make ")]
    assert makes
    assert set(makes) <= set(targets)
    assert all(job["timeout-minutes"] for job in workflow["jobs"].values())


def test_continuous_integration_runs_everything_on_the_lowest_and_the_newest_python(project):
    jobs = read_yaml(project, ".github/workflows/ci.yml")["jobs"]
    assert ".ci/run" in [step.get("run") for step in jobs["tests"]["steps"]]
    assert (project / ".ci/run").stat().st_mode & 0o111
    lowest, newest = pythons(project)
    given = tomllib.loads((project / "pyproject.toml").read_text())["project"]
    assert SpecifierSet(given["requires-python"]) == SpecifierSet(f">={lowest},<{beyond(newest)}")
    assert f"Python {lowest} and {newest}" in (project / "README.md").read_text()
    assert jobs["lowest"]["container"] == f"python:{lowest}"


def test_no_author_of_a_citation_is_there_twice(project):
    for reference in read_yaml(project, "CITATION.cff")["references"]:
        names = [tuple(author.items()) for author in reference["authors"]]
        assert len(names) == len(set(names)), reference["title"]


def test_templates_ask_for_what_contributing_says(project):
    forms = [read_yaml(project, f".github/ISSUE_TEMPLATE/{n}.yml") for n in ("bug", "number")]
    for form in forms:
        assert {"name", "description", "body"} <= set(form)
        names = [field["id"] for field in form["body"]]
        assert len(names) == len(set(names))
    template = (project / ".github/pull_request_template.md").read_text()
    (page, heading), *_ = re.findall(r"\]\(\.\./blob/main/(\S+?)#(\S+?)\)", template)
    headings = re.findall(r"^## (.+)$", (project / page).read_text(), re.MULTILINE)
    assert heading in [text.lower().replace(" ", "-") for text in headings]


def test_the_site_is_made_with_every_figure(fresh):
    recipe = subprocess.run(
        ["make", "--dry-run", "docs"], cwd=fresh.folder, capture_output=True, text=True, check=True
    )
    (words,) = re.findall(r"bin/snakemake (.+)", recipe.stdout)
    drawn = fresh.planned(*words.split())["figure"]
    assert drawn == len(fresh.figure_scripts()) > 24


def test_the_image_is_made_from_the_lock(steps, project):
    assert steps[0] == ("FROM", f"python:{pythons(project)[0]}-slim"), "a version, and no host"
    copied = [place for place, (word, _) in enumerate(steps) if word == "COPY"]
    assert [steps[place][1].split()[0] for place in copied] == ["requirements.lock", "."]
    locked = [
        place
        for place, (_, text) in enumerate(steps)
        if "-r requirements.lock" in text or "--requirement requirements.lock" in text
    ]
    assert copied[0] < locked[0] < copied[1], "an edited source keeps the layer of the lock"


def test_the_image_leaves_out_what_each_makes_for_itself(project):
    left_out = (project / ".dockerignore").read_text().split()
    assert {".git", ".venv*", ".snakemake", "results"} <= set(left_out)


def test_the_licence_of_every_locked_library_is_listed(project):
    page = (project / "docs/licences.md").read_text()
    rows = re.findall(r"^\| (\S+) +\| (\S+) +\| (.+?) +\|$", page, re.MULTILINE)
    listed = {canonicalize_name(name): (version, licence) for name, version, licence in rows[1:]}
    lines = (project / "requirements.lock").read_text().splitlines()
    locked = dict(line.split("==") for line in lines if "==" in line)
    assert {canonicalize_name(name): version for name, version in locked.items()} == {
        name: version for name, (version, _) in listed.items()
    }
    unknown = [name for name, (_, licence) in listed.items() if "UNKNOWN" in licence]
    intro, _, _ = page.partition("\n| ")
    assert [name for name in unknown if f"`{name}`" not in intro] == []
