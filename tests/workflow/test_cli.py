"""The commands' exit status, where their messages go, and what they say to machines and shells."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import pytest

from triptych.cli import main

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
        ([], "Say whether two runs"),
        (["chek"], "'check'"),
        (["check", ".", "--jsn"], "--json"),
        (["check"], "results"),
        (["check", "nowhere"], "nowhere"),
        (["compare", ".", "--full", "--json"], "--full and --json exclude each other"),
        (["same", "results/laptop"], "right"),
    ],
)
def test_a_wrong_command_line_ends_with_status_2(triptych, capsys, words, message):
    assert triptych(words) == 2
    output, errors = capsys.readouterr()
    assert output == ""
    assert message in errors or message.upper() in errors


def test_a_missing_file_ends_with_status_1_in_one_line(triptych, capsys, tmp_path):
    assert triptych(["explain", str(tmp_path / "nowhere")]) == 1
    output, errors = capsys.readouterr()
    assert output == ""
    assert errors.count("\n") == 1
    assert "nowhere" in errors


def test_help_ends_with_status_0(triptych, capsys):
    assert triptych(["--help"]) == 0
    assert "explain" in capsys.readouterr().out


def test_the_version_is_that_of_the_package(triptych, capsys):
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    assert triptych(["--version"]) == 0
    assert capsys.readouterr().out == f"triptych {project['version']}\n"


def test_the_exit_codes_of_the_docs_are_all_that_there_are(
    triptych, small, capsys, tmp_path, monkeypatch
):
    page = (PROJECT / "docs/commands.md").read_text()
    listed = [int(code) for code in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)]
    results = small()
    same = ["same", str(results), str(results)]
    refused = SimpleNamespace(refused=1)
    monkeypatch.setattr("triptych.apply.command.predict_into", lambda *_, **__: refused)
    refuses = ["predict", "--model", "any", "--output", str(tmp_path / "said"), "C1CC"]
    asked = (same, ["explain", "nowhere"], ["same"], refuses)
    assert [triptych(words) for words in asked] == listed
    capsys.readouterr()
    (results / "cycles/data.zarr/x/0").write_bytes(b"")
    assert triptych(["check", str(results)]) == 1, "an answer, and no error"
    assert capsys.readouterr().err.count("data.zarr") == 0


def test_what_scripts_read(triptych, small, capsys):
    def answer(*words):
        status = triptych([*words, "--json"])
        return status, json.loads(capsys.readouterr().out)

    left, right = small("laptop"), small("other", slope=3.0)
    status, comparison = answer("same", str(left), str(right))
    assert (status, comparison["only_left"]) == (1, [])
    assert "cycles/free K4/history.zarr" in comparison["differing"]

    (left / "cycles/data.zarr/x/0").write_bytes(b"")
    status, report = answer("check", str(left))
    (damage,) = report["damaged"]
    assert (status, report["checked"]) == (1, 3)
    assert damage["path"] == str(left / "cycles/data.zarr")
    assert damage["rebuild"].startswith("snakemake --cores 1 --force ")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
@pytest.mark.parametrize(("begun", "offered"), [("com", "compare"), ("check --js", "--json")])
def test_a_shell_completes_commands_and_options(begun, offered, shell):
    words = ["triptych", *begun.split()]
    asked = {
        "_TRIPTYCH_COMPLETE": f"complete_{shell}",
        "COMP_WORDS": " ".join(words),
        "COMP_CWORD": str(len(words) - 1),
        "_TYPER_COMPLETE_ARGS": " ".join(words),
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }
    code = "import sys; sys.argv = ['triptych']; from triptych.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **asked}, capture_output=True, text=True
    )
    assert re.search(rf"(^|[\s\"]){offered}($|[\s\"])", done.stdout)


def test_a_file_that_is_no_yaml_ends_a_command_in_words(tmp_path, monkeypatch, capsys):
    (tmp_path / "config").mkdir()
    (tmp_path / "config/tolerances.yaml").write_text("numbers: {}\ntolerances: ]\n")
    monkeypatch.chdir(tmp_path)
    assert main(["publish", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert "Traceback" not in said
    assert said.startswith("config/tolerances.yaml is no YAML: ")
    assert 'config/tolerances.yaml", line 2' in said
