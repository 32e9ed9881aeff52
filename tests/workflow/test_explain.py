from __future__ import annotations

import json
import re
import shutil
import time

import numpy as np
import pytest
import xarray as xr

from triptych.__main__ import main
from triptych.inspect.explain import as_text, explain
from triptych.runtime.provenance import Run, running
from triptych.runtime.store import content_digest, write_record, write_store


@pytest.fixture
def results(tmp_path):
    """Return a scale's folder: a raw file → a folder → a store → two stores."""
    root = tmp_path / "laptop"
    (root / "logs").mkdir(parents=True)
    raw = root / "raw" / "digits"
    raw.mkdir(parents=True)
    (raw / "digits.csv").write_text("1,2\n")
    file = {"name": "digits.csv", "bytes": 4, "digest": "sha256:0", "kind": "package"}
    record = {"name": "digits", "files": [{**file, "address": "some==1.0"}]}
    (root / "raw" / "digits.json").write_text(json.dumps(record))
    folder = root / "folder"
    folder.mkdir()
    (folder / "values.txt").write_text("1 2")
    with running(Run("scripts/a/fold.py", {}, "c0de", {"raw": content_digest(raw)})):
        write_record(folder)
    steps = [("middle", {"folder": folder}, 1), ("last", {"middle": "middle", "more": "middle"}, 2)]
    for name, inputs, value in steps:
        paths = {k: root / f"{v}.zarr" if isinstance(v, str) else v for k, v in inputs.items()}
        digests = {key: [content_digest(path)] for key, path in paths.items()}
        with running(Run(f"scripts/a/{name}.py", {"seed": value}, "c0de", digests)):
            write_store(xr.Dataset({"x": ("i", np.arange(value))}), root / f"{name}.zarr")
    return root


def test_the_chain_goes_back_to_the_raw_input(results):
    links = explain(results / "last.zarr")
    places = ["last.zarr", "middle.zarr", "folder", "raw/digits"]
    assert [link.path for link in links.values()] == [str(results / place) for place in places]
    last, middle, folder, raw = links.values()
    assert last.record["step"] == "scripts/a/last.py"
    assert last.record["params"] == {"seed": 2}
    _, of_middle, of_folder, of_raw = links
    assert last.inputs == {"middle": [of_middle], "more": [of_middle]}
    assert (middle.inputs, folder.inputs) == ({"folder": [of_folder]}, {"raw": [of_raw]})
    assert raw.record["files"][0]["address"] == "some==1.0"


def test_of_equal_results_the_first_by_name_is_told(results):
    shutil.copytree(results / "middle.zarr", results / "middle_at32.zarr")
    _, middle, *_ = explain(results / "last.zarr").values()
    assert middle.path == str(results / "middle.zarr")


def test_what_is_gone_is_said(results):
    (results / "folder" / "values.txt").write_text("changed")
    links = explain(results / "last.zarr")
    assert as_text(links).endswith("a result that is not there, or damaged\n")


def test_the_screen_names_steps_once_and_files_from_here_on(results, monkeypatch):
    monkeypatch.chdir(results.parent)
    lines = as_text(explain(results / "last.zarr")).splitlines()
    day = r"\d{4}-\d\d-\d\d \d\d:\d\d · \d+ s · commit \w+( with changes)?"
    expected = [
        rf"scripts/a/last.py · {day}",
        "   laptop/last.zarr",
        rf"   scripts/a/middle.py · {day}",
        "      laptop/middle.zarr",
        rf"      scripts/a/fold.py · {day}",
        "         laptop/folder",
        "         raw input: digits.csv, from package some==1.0",
        "            laptop/raw/digits",
    ]
    assert len(lines) == len(expected)
    for line, pattern in zip(lines, expected, strict=True):
        assert re.fullmatch(pattern, line), line


def test_a_job_that_wrote_several_results_took_its_time_once(results):
    with running(Run("scripts/a/two.py", {}, "c0de", {}, started=time.time() - 100)):
        for name in ("x", "y"):
            write_store(xr.Dataset({name: ("i", np.arange(3))}), results / f"{name}.zarr")
    both = [content_digest(results / f"{name}.zarr") for name in ("x", "y")]
    with running(Run("scripts/a/sum.py", {}, "c0de", {"all": both})):
        write_store(xr.Dataset({"z": ("i", np.arange(4))}), results / "z.zarr")
    (line,) = [s for s in as_text(explain(results / "z.zarr")).splitlines() if "two.py" in s]
    assert "2 × scripts/a/two.py" in line
    assert 100 <= int(re.search(r"(\d+) s ", line)[1]) < 150


def test_many_results_of_one_step_are_one_paragraph(results, monkeypatch):
    monkeypatch.chdir(results.parent)
    middle = [content_digest(results / "middle.zarr")]
    inputs = {"all": [*middle]}
    for number in range(3, 8):
        with running(Run("scripts/a/last.py", {"seed": number}, "c0de", {"more": middle})):
            write_store(xr.Dataset({"x": ("i", np.arange(number))}), results / f"{number}.zarr")
        inputs["all"].append(content_digest(results / f"{number}.zarr"))
    with running(Run("scripts/a/sum.py", {}, "c0de", inputs)):
        write_store(xr.Dataset({"x": ("i", np.arange(9))}), results / "sum.zarr")
    text = as_text(explain(results / "sum.zarr"))
    assert text.count("scripts/a/last.py") == 1
    assert "5 × scripts/a/last.py · " in text
    assert "laptop/3.zarr\n      laptop/4.zarr\n      and 3 more\n" in text
    assert text.count("scripts/a/middle.py · ") == 1
    assert text.count("scripts/a/middle.py, see above\n") == 1


def test_the_command_prints_for_machines_and_refuses_what_has_no_record(
    results, monkeypatch, capsys
):
    assert main(["explain", str(results / "last.zarr"), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["results"][answer["result"]]["record"]["params"] == {"seed": 2}
    (middle,) = answer["results"][answer["result"]]["inputs"]["middle"]
    assert answer["results"][middle]["record"]["step"] == "scripts/a/middle.py"
    for text in ("{}", '{"record": {"step": "of something else"}}'):
        (results / "notes.json").write_text(text)
        assert main(["explain", str(results / "notes.json")]) == 1
        assert "notes.json carries no record" in capsys.readouterr().err
    monkeypatch.chdir(results)
    assert main(["explain", "."]) == 1
    assert ". carries no record" in capsys.readouterr().err
    assert main(["explain", str(results / "nothing.zarr")]) == 1
    assert "nothing.zarr" in capsys.readouterr().err
