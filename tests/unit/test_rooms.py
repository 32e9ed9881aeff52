"""No import runs upwards, and no paper imports another."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "src" / "triptych"

# What each room may import of the others.
SCIENCE = {"training", "runtime"}
ALLOWED = {
    "runtime": set(),
    "training": set(),
    "config": set(),
    "raw": {"config", "runtime"},
    "figures": {"runtime"},
    "claims": {"config", "figures", "runtime"},
    "ssno": {*SCIENCE, "claims", "figures"},
    "cycles": {*SCIENCE, "claims", "figures"},
    "toxicity": {*SCIENCE, "claims", "figures"},
    "reports": {"claims", "config", "figures", "runtime"},
    "reference_values": {"claims", "config", "runtime"},
    "inspect": {"config", "figures", "reports", "runtime"},
}


def rooms_imported(room: str) -> dict[str, set[str]]:
    """Return the other rooms that each module of a room imports, also inside functions."""
    imported = {}
    for path in sorted((PACKAGE / room).rglob("*.py")):
        names = set()
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom):
                names.add(node.module or "")
            elif isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
        inside = {name.split(".")[1] for name in names if name.startswith("triptych.")}
        imported[path.relative_to(PACKAGE).as_posix()] = inside - {room}
    return imported


@pytest.mark.parametrize("room", sorted(ALLOWED))
def test_a_room_imports_only_rooms_below_it(room):
    beyond = {path: names - ALLOWED[room] for path, names in rooms_imported(room).items()}
    assert {path: names for path, names in beyond.items() if names} == {}
