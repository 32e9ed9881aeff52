"""Damage of every kind of result is found: by the check, and by the step that would read it."""

from __future__ import annotations

import gzip
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
import xarray as xr
from pickles import Executed

from triptych.__main__ import main
from triptych.claims.measure import write_json
from triptych.figures.save import save_figure
from triptych.inspect.check import as_text, check
from triptych.runtime import store
from triptych.runtime.canonical import file_digest
from triptych.runtime.integrity import verified_digest
from triptych.runtime.step import Job, execute
from triptych.runtime.store import (
    DamagedResult,
    atomic,
    content_digest,
    read_store,
    read_weights,
    write_record,
    write_store,
    write_weights,
)


def write_a_store(path):
    values = np.random.default_rng(0).random((400, 400))  # enough for several chunks
    write_store(xr.Dataset({"x": (("i", "j"), values), "name": ("k", ["a", "b"])}), path)


def write_some_weights(path):
    write_weights({"w": torch.arange(6.0)}, path)


def write_a_figure(path):
    from matplotlib.figure import Figure

    figure = Figure(figsize=(1, 1))
    figure.subplots().plot([0, 1])
    save_figure(figure, path.with_suffix(".pdf"), path.with_suffix(".png"))


def write_claims(path):
    write_json([{"claim": "S1a", "value": 1.0}], path)


def write_text(path):
    with atomic(path) as sibling:
        sibling.write_text("name,value\na,1\n")


def write_a_raw_input(path):
    path.mkdir()
    (path / "digits.csv.gz").write_bytes(gzip.compress(b"1,2\n", mtime=0))


def write_a_backbone(path):
    with atomic(path) as sibling:
        sibling.mkdir()
        (sibling / "vocab.txt").write_text("C\nN\n")
        write_some_weights(sibling / "model.safetensors")
        write_record(sibling)


KINDS = {
    "ssno/scores.zarr": write_a_store,
    "ssno/weights.safetensors": write_some_weights,
    "figures/fig1.pdf": write_a_figure,
    "figures/fig2.png": write_a_figure,
    "claims/ssno.json": write_claims,
    "page.html": write_text,
    "cycles/table.csv": write_text,
    "raw/digits": write_a_raw_input,
    "raw/digits.json": write_text,
    "toxicity/backbones/bert": write_a_backbone,
}


def run_job(inputs, outputs, write):
    """Run one step as the workflow does; ``write`` is given the path of its first output."""
    ran = []

    def step(_, written, params, log):
        ran.append(True)
        write(written.first)

    execute(step, Job("scripts/a/step.py", inputs, outputs))
    return ran


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Return a folder with one result of every kind in results/smoke, and a copy beside them."""
    base = tmp_path_factory.mktemp("integrity")
    folder = base / "results/smoke"
    (folder / "logs").mkdir(parents=True)
    (base / "config").mkdir()
    (base / "config/smoke.yaml").touch()
    for name, write in KINDS.items():
        run_job({}, {"first": str(folder / name)}, write)
    for beside in ("figures/fig1.png", "figures/fig2.pdf"):  # the other halves of the figures
        (folder / beside).unlink()
    shutil.copytree(base / "results", base / "kept")
    return base


@pytest.fixture
def results(written, monkeypatch):
    """Return results/smoke below the working folder, for one test.

    They are in their old place, for their records name it.
    """
    shutil.rmtree(written / "results")
    shutil.copytree(written / "kept", written / "results")
    monkeypatch.chdir(written)
    return written / "results/smoke"


def files_of(path):
    return [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())


def flip(file, position):
    damaged = bytearray(file.read_bytes())
    damaged[position] ^= 0x01
    file.write_bytes(bytes(damaged))


def assert_found(results, path):
    """Assert that the check names this result alone, and that a step given it does not compute."""
    report = check(results)
    assert report.checked == len(KINDS)
    line, _ = as_text(report).splitlines()
    place = path.relative_to(results.parents[1])
    assert str(path) in line
    assert f"snakemake --cores 1 --force {place} --configfile config/smoke.yaml" in line
    output = {"first": str(results / "next.txt")}
    with pytest.raises(DamagedResult, match=path.name):
        run_job({"one": str(path)}, output, write_text)
    assert not (results / "next.txt").exists()


def test_sound_results_pass(results, capsys):
    report = check(results)
    assert (report.checked, report.damaged, report.unchecked) == (len(KINDS), [], [])
    assert main(["check", str(results)]) == 0
    assert capsys.readouterr().out == f"{len(KINDS)} results checked, 0 damaged\n"


@pytest.mark.parametrize("name", KINDS)
def test_a_flipped_byte_in_any_file_of_any_result_is_found(results, name):
    rng = np.random.default_rng(0)
    for file in files_of(results / name):
        whole = file.read_bytes()
        flip(file, int(rng.integers(len(whole))))
        assert_found(results, results / name)
        file.write_bytes(whole)
    assert not check(results).damaged


@pytest.mark.parametrize("name", KINDS)
def test_a_truncated_file_is_found(results, name):
    file = files_of(results / name)[-1]
    file.write_bytes(file.read_bytes()[:-1])
    assert_found(results, results / name)


@pytest.mark.parametrize("name", [name for name in KINDS if name != "raw/digits"])
def test_a_result_that_is_gone_is_found(results, name):
    path = results / name
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    (damage,) = check(results).damaged
    assert (damage.path, "is gone" in damage.fault) == (str(path), True)


def test_a_missing_chunk_is_found_and_named(results):
    path = results / "ssno/scores.zarr"
    (path / "x" / "1.0").unlink()
    assert "x/1.0 is missing" in check(results).damaged[0].fault
    assert_found(results, path)


def test_a_missing_chunk_is_found_without_the_checksums(results):
    """Zarr reads it as fill values, so the digest of the content must differ."""
    path = results / "ssno/scores.zarr"
    shutil.rmtree(path.parent / "jobs")
    read_store(path)
    (path / "x" / "1.0").unlink()
    assert not np.isfinite(xr.open_zarr(path).x.values).all()
    with pytest.raises(DamagedResult, match="is not what was written"):
        read_store(path)
    with pytest.raises(DamagedResult, match="is not what was written"):
        run_job({"one": str(path)}, {"first": str(results / "next.txt")}, write_text)


def test_an_edited_raw_input_stops_the_step_that_reads_it(results):
    file = results / "raw/digits/digits.csv.gz"
    file.write_bytes(gzip.compress(b"1,3\n", mtime=0))
    assert "digits.csv.gz is not what was written" in check(results).damaged[0].fault
    assert_found(results, results / "raw/digits")


def test_a_file_too_many_in_a_folder_is_found(results):
    (results / "toxicity/backbones/bert/tokenizer.json").write_text("{}")
    assert "tokenizer.json is not of it" in check(results).damaged[0].fault


def test_what_other_programs_leave_in_a_folder_is_no_damage(results):
    (results / "raw/digits/.snakemake_timestamp").touch()
    (results / "ssno/scores.zarr/.DS_Store").touch()
    assert not check(results).damaged


def test_checksums_that_are_being_written_are_none_yet(results):
    checksums = next(results.rglob("jobs/*.digests"))
    shutil.copy(checksums, checksums.with_name(f".{checksums.name}.partial-7.digests"))
    assert check(results).damaged == []


def test_damaged_checksums_are_not_believed(results):
    (results / "jobs/page.html.digests").write_text("{")
    (damage,) = check(results).damaged
    assert "page.html" in damage.fault


def test_a_store_or_weights_that_cannot_say_their_digest(results):
    store, weights = results / "ssno/scores.zarr", results / "ssno/weights.safetensors"
    (store / ".zattrs").write_text("{")
    weights.write_bytes(weights.read_bytes()[:20])
    for path in (store, weights):
        with pytest.raises(DamagedResult, match=path.name):
            content_digest(path)


@pytest.mark.parametrize("name", KINDS)
def test_an_input_with_checksums_is_read_once_for_both_its_digests(results, name, monkeypatch):
    path, read = results / name, []
    expected = content_digest(path)

    def counted(file):
        read.append(file)
        return file_digest(file)

    monkeypatch.setattr(store, "file_digest", counted)
    assert verified_digest(path) == expected
    assert sorted(read) == files_of(path)


def test_a_pickle_instead_of_weights_is_refused_and_not_run(results, tmp_path):
    path, executed = results / "ssno/weights.safetensors", tmp_path / "executed"
    torch.save({"w": Executed(executed)}, path)
    with pytest.raises(DamagedResult, match=r"weights\.safetensors cannot be read"):
        read_weights(path)
    assert_found(results, path)
    assert not executed.exists()


def test_a_job_that_failed_leaves_nothing_that_counts_as_damage(results):
    path = results / "cycles/table.csv"

    def fail(path):
        path.unlink()
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        run_job({}, {"first": str(path)}, fail)
    report = check(results)
    assert (report.checked, report.damaged) == (len(KINDS) - 1, [])


def test_the_command_fails_and_says_what_it_did_not_check(results, capsys):
    (results / "notes.txt").write_text("mine")
    flip(results / "page.html", 3)
    assert main(["check", str(results)]) == 1
    *lines, last = capsys.readouterr().out.splitlines()
    assert f"{results}/notes.txt carries no digest: not checked" in lines
    assert last == f"{len(KINDS)} results checked, 1 damaged"
    assert main(["check", str(results / "logs")]) == 1
    assert "0 results checked" in capsys.readouterr().out
    assert main(["check", str(results / "nowhere")]) == 2
    assert "nowhere" in capsys.readouterr().err


def test_a_store_of_somebody_else_is_not_damaged_but_unchecked(results, capsys):
    xr.Dataset({"a": 1.0}).to_zarr(results / "mine.zarr", zarr_format=2)
    xr.Dataset({"a": 1.0}).to_zarr(results / "newer.zarr", zarr_format=3, consolidated=False)
    rivers = xr.Dataset({"a": 1.0}, attrs={"title": "a digest of rivers"})
    rivers.to_zarr(results / "rivers.zarr", zarr_format=2)
    assert main(["check", str(results)]) == 0
    said = capsys.readouterr().out
    for name in ("mine.zarr", "newer.zarr", "rivers.zarr"):
        assert f"{results}/{name} carries no digest: not checked" in said


def test_a_store_of_somebody_else_is_compared_by_its_files(small, capsys):
    left, right = small("left"), small("right")
    for results in (left, right):
        for zarr_format in (2, 3):
            path = results / f"mine{zarr_format}.zarr"
            xr.Dataset({"a": 1.0}).to_zarr(path, zarr_format=zarr_format, consolidated=False)
    assert main(["same", str(left), str(right)]) == 0
    assert main(["export", str(left)]) == 0
    xr.Dataset({"a": 2.0}).to_zarr(
        right / "mine3.zarr", zarr_format=3, mode="w", consolidated=False
    )
    capsys.readouterr()
    assert main(["same", str(left), str(right)]) == 1
    assert "differs: mine3.zarr" in capsys.readouterr().out


def test_the_command_that_rebuilds_names_scale_and_folder(tmp_path, monkeypatch):
    from triptych.runtime.layout import rebuild_command

    monkeypatch.chdir(tmp_path)
    for folder in ("results/laptop/logs", "my results/smoke/logs", "config"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "config/smoke.yaml").touch()
    assert rebuild_command(tmp_path / "results/laptop/a.zarr") == (
        "snakemake --cores 1 --force results/laptop/a.zarr"
    )
    assert rebuild_command(tmp_path / "my results/smoke/b/a.zarr") == (
        "snakemake --cores 1 --force 'my results/smoke/b/a.zarr' "
        "--configfile config/smoke.yaml --config 'results=my results'"
    )
    assert rebuild_command(Path("reference/laptop/ssno.json")) == (
        "git checkout -- reference/laptop/ssno.json"
    )
    (tmp_path / "results/reference/smoke/logs").mkdir(parents=True)
    assert rebuild_command(tmp_path / "results/reference/smoke/a.zarr") == (
        "snakemake --cores 1 --force results/reference/smoke/a.zarr --config reference=smoke"
    )


def test_a_checkpoint_is_never_taken_for_a_result(results):
    (results / "ssno/checkpoints/w").mkdir(parents=True)
    (results / "ssno/checkpoints/w/k.safetensors").write_bytes(b"half")
    (results / "ssno/.w.safetensors.partial-1.safetensors").write_bytes(b"half")
    report = check(results)
    assert (report.damaged, report.unchecked) == ([], [])
