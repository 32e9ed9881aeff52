from __future__ import annotations

import shutil

import pytest

from triptych.__main__ import main
from triptych.inspect.same import compare

COUNTS = {"JSON results": 1, "figures": 2, "folders": 1, "stores": 2, "weights": 1}
FOLLOWING = [
    "claims/cycles.json",
    "cycles/free K4/history.zarr",
    "cycles/free K4/weights.safetensors",
    "figures/cycles_fig1.pdf",
    "figures/cycles_fig1.png",
]


def test_two_runs_that_computed_the_same_are_the_same(small, capsys):
    left, right = small("one"), small("two")
    (right / "raw/digits.json").write_text('{"files": []}')  # fetched from elsewhere
    (right / "page.html").write_text("made for people")
    comparison = compare(left, right)
    assert comparison.same
    assert comparison.counts == COUNTS
    assert main(["same", str(left), str(right)]) == 0
    printed = (
        "compared 1 JSON results, 2 figures, 1 folders, 2 stores, 1 weights: none of 7 differ\n"
    )
    assert capsys.readouterr().out == printed


def test_a_changed_value_shows_in_all_that_follows(small, capsys):
    left, right = small("one"), small("two", slope=2.0000002)
    comparison = compare(left, right)
    assert comparison.differing == [path for path in FOLLOWING if "figures" not in path]
    assert main(["same", str(left), str(right)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert "differs: cycles/free K4/history.zarr" in lines
    assert lines[-1].endswith("3 of 7 differ")
    assert compare(left, small("three", slope=-1.0)).differing == FOLLOWING


def test_a_changed_raw_input_is_seen(small):
    left, right = small("one"), small("two")
    (right / "raw/digits/digits.csv").write_text("1,3\n")
    assert compare(left, right).differing == ["raw/digits"]


def test_bytes_that_no_longer_are_what_was_written_are_not_the_same(small, capsys):
    left, right = small("one"), small("two")
    chunk = right / "cycles/free K4/history.zarr/y/0"
    chunk.write_bytes(chunk.read_bytes()[::-1])
    assert main(["same", str(left), str(right)]) == 1
    assert "history.zarr" in capsys.readouterr().err


def test_a_file_that_is_no_result_of_a_step_is_named_where_it_cannot_be_compared(small, capsys):
    left, right = small("one"), small("two")
    for folder in (left, right):
        (folder / "mine.json").write_text('{"x": NaN}')
    assert main(["same", str(left), str(right)]) == 1
    assert f"{left / 'mine.json'}: value['x'] is not finite" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["figures/cycles_fig1.png", "figures/cycles_fig1.pdf"])
def test_a_figure_cut_short_is_named(small, capsys, name):
    left, right = small("one"), small("two")
    (right / name).write_bytes((right / name).read_bytes()[:700])
    assert main(["same", str(left), str(right)]) == 1
    assert f"{right / name} cannot be read" in capsys.readouterr().err


def test_json_cut_short_is_named(small, capsys):
    left, right = small("one"), small("two")
    (right / "claims/cycles.json").write_text('{"C1": ')
    assert main(["same", str(left), str(right)]) == 1
    assert f"{right / 'claims/cycles.json'} carries no record" in capsys.readouterr().err


def test_what_one_side_lacks_is_named(small, capsys):
    left, right = small("one"), small("two")
    shutil.rmtree(right / "cycles/data.zarr")
    comparison = compare(left, right)
    assert (comparison.only_left, comparison.only_right) == (["cycles/data.zarr"], [])
    assert comparison.counts["stores"] == 1
    assert main(["same", str(right), str(left)]) == 1
    assert f"only in {left}: cycles/data.zarr" in capsys.readouterr().out


@pytest.mark.parametrize(("folder", "status"), [("empty", 1), ("missing", 2)])
def test_a_folder_without_results_is_refused_by_name(small, tmp_path, capsys, folder, status):
    (tmp_path / "empty").mkdir()
    assert main(["same", str(small()), str(tmp_path / folder)]) == status
    assert str(tmp_path / folder) in capsys.readouterr().err
