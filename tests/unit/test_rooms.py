"""No import runs upwards, no paper imports another, and each lists its modules."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from triptych.config.papers import PAPERS

PACKAGE = Path(__file__).parents[2] / "src" / "triptych"
LATER = ("triptych.inspect", "triptych.apply", "triptych.cli")
NAMES = sorted(PACKAGE.glob("*/names.py"))

# What each room may import of the others.
SCIENCE = {"training", "runtime"}
ALLOWED = {
    "runtime": set(),
    "training": {"runtime"},
    "config": {"runtime"},  # and the papers' names
    "raw": {"config", "runtime"},
    "figures": {"runtime"},
    "claims": {"config", "figures", "runtime"},
    "ssno": {*SCIENCE, "claims", "figures"},
    "cycles": {*SCIENCE, "claims", "figures"},
    "toxicity": {*SCIENCE, "claims", "figures"},
    "reports": {"config", "figures", "runtime"},
    "apply": {"reports", "runtime", "toxicity", "training"},
    "inspect": {"config", "figures", "raw", "runtime"},
}


def modules_imported(path: Path) -> set[str]:
    """Return the modules that a file imports, also inside functions."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
            if node.module == "triptych":
                names |= {f"triptych.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return names


def rooms_imported(room: str) -> dict[str, set[str]]:
    """Return the other rooms that each module of a room imports, also inside functions."""
    imported = {}
    for path in sorted((PACKAGE / room).rglob("*.py")):
        names = modules_imported(path)
        if room == "config":
            names -= {f"triptych.{path.parent.name}.names" for path in NAMES}
        inside = {name.split(".")[1] for name in names if name.startswith("triptych.")}
        imported[path.relative_to(PACKAGE).as_posix()] = inside - {room}
    return imported


def test_no_job_imports_what_reads_finished_results():
    project = PACKAGE.parents[1]
    scripts = sorted((project / "scripts").rglob("*.py"))
    imported = {name for path in scripts for name in modules_imported(path)}
    assert len(scripts) > 40
    assert not {name for name in imported if name.startswith(LATER)}
    notebooks = [path.read_text() for path in (project / "notebooks").glob("*.ipynb")]
    assert len(notebooks) == 3
    assert not [name for name in LATER for text in notebooks if name in text]


def test_every_room_has_its_rule_and_names_are_found():
    assert {path.parent.name for path in PACKAGE.glob("*/__init__.py")} == set(ALLOWED)
    assert NAMES


@pytest.mark.parametrize("room", sorted(ALLOWED))
def test_a_room_imports_only_rooms_below_it(room):
    beyond = {path: names - ALLOWED[room] for path, names in rooms_imported(room).items()}
    assert {path: names for path, names in beyond.items() if names} == {}


@pytest.mark.parametrize("path", NAMES, ids=lambda path: path.parent.name)
def test_what_the_configuration_shares_with_a_paper_is_names_alone(path):
    assert modules_imported(path) <= {"__future__", "typing"}


@pytest.mark.parametrize("paper", PAPERS)
def test_a_paper_lists_every_module_once(paper):
    text = ast.get_docstring(ast.parse((PACKAGE / paper / "__init__.py").read_text()))
    listed = re.findall(r"^- ``(\w+)``: ", text, flags=re.MULTILINE)
    packages = {path.parent.name for path in (PACKAGE / paper).glob("*/__init__.py")}
    modules = {path.stem for path in (PACKAGE / paper).glob("*.py")} - {"__init__"}
    assert sorted(listed) == sorted(modules | packages)
