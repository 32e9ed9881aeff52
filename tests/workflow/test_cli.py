"""The commands' exit status and where their messages go."""

from __future__ import annotations

import tomllib
from importlib import import_module
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]


@pytest.fixture
def triptych():
    """Return the function that the console script calls."""
    scripts = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["scripts"]
    module, _, name = scripts["triptych"].partition(":")
    return getattr(import_module(module), name)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "Missing command"),
        (["chek"], "'check'"),
        (["check"], "results"),
        (["explain", "a.zarr", "--full", "--json"], "--full and --json exclude each other"),
        (["same", "results/laptop"], "right"),
    ],
)
def test_a_wrong_command_line_ends_with_status_2(triptych, capsys, words, message):
    assert triptych(words) == 2
    output, errors = capsys.readouterr()
    assert output == ""
    assert message in errors or message.upper() in errors


def test_a_missing_file_ends_with_status_1_in_one_line(triptych, capsys, tmp_path):
    assert triptych(["check", str(tmp_path / "nowhere")]) == 1
    output, errors = capsys.readouterr()
    assert output == ""
    assert errors.count("\n") == 1
    assert "nowhere" in errors


def test_help_ends_with_status_0(triptych, capsys):
    assert triptych(["--help"]) == 0
    assert "explain" in capsys.readouterr().out
