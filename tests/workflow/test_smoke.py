"""The real graph at smoke scale, in a copy of the project: it runs, and what it leaves."""

from __future__ import annotations

import getpass
import json
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import warnings
from contextlib import contextmanager
from html import unescape
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from figure_scripts import FIGURES
from PIL import Image

import triptych
from triptych.claims.evaluate import FAILS, NOT_EVALUATED, by_kind
from triptych.claims.measure import read_json, write_json
from triptych.claims.registry import load_registry
from triptych.config.papers import PAPERS
from triptych.figures.save import read_record
from triptych.inspect.check import check
from triptych.inspect.inventory import inventory
from triptych.inspect.same import compare
from triptych.runtime.step import all_paths, read_job
from triptych.runtime.store import RECORD, content_digest, read_store, weights_record

SMOKE = ("--configfile", "config/smoke.yaml")


def with_settings(*texts):
    return (*SMOKE, "--config", *texts)


@contextmanager
def removed_afterwards(folder):
    """Remove a folder in the end, whatever happens: the smoke results beside it are shared."""
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def stores(results):
    return sorted(path for path in results.rglob("*.zarr") if path.is_dir())


def test_every_figure_is_drawn_and_says_where_it_is_from(smoke):
    for name in FIGURES:
        for kind in ("pdf", "png"):
            path = smoke.folder / f"results/smoke/figures/{name}.{kind}"
            record = read_record(path)
            assert record["step"] == f"scripts/{name.replace('_', '/plot_')}.py"
            assert set(record) >= RECORD
            assert str(smoke.folder) not in json.dumps(record)
        with Image.open(path) as image:
            assert image.info["dpi"] == pytest.approx((300, 300), abs=0.5)
            assert np.asarray(image.convert("L")).std() > 5, "not an empty page"


def test_every_store_opens_plainly_and_is_intact(smoke):
    paths = stores(smoke.folder / "results/smoke")
    assert len(paths) > 15
    for path in paths:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            attributes = xr.open_zarr(path).attrs
        assert set(attributes) >= RECORD, path
        assert str(smoke.folder) not in json.dumps(attributes)
        read_store(path)


def test_every_job_leaves_a_record_and_no_rest(smoke):
    results = smoke.folder / "results/smoke"
    assert not list(results.rglob("*partial*"))
    # Jobs share that folder: it stays, empty, where one took so long that it left a checkpoint.
    assert not list(results.rglob("checkpoints/**/*.*"))
    recorded = {
        Path(path)
        for record in results.rglob("jobs/*.json")
        for path in all_paths(read_job(record).outputs)
    }
    made = {result.path.relative_to(smoke.folder) for result in inventory(results)}
    assert len(made) > 100
    assert made <= recorded
    figure = json.loads((results / "figures/jobs/cycles_fig4.pdf.json").read_text())
    assert figure["params"] == {"stamp": "smoke"}


def records_of(results):
    """Return the text of every record: of jobs, raw inputs, folders, stores, weights, figures."""
    plain = [p for kind in ("*.json", ".zattrs", "*.digests") for p in results.rglob(kind)]
    texts = {path: path.read_text() for path in plain}
    texts |= {p: json.dumps(weights_record(p)) for p in results.rglob("weights.safetensors")}
    for kind in ("*.png", "*.pdf"):
        texts |= {path: json.dumps(read_record(path)) for path in results.rglob(kind)}
    return texts


def test_no_record_tells_whose_machine_it_was(smoke):
    """Neither user nor host nor any folder outside of the project."""
    texts = records_of(smoke.folder / "results/smoke")
    assert {path.suffix for path in texts} >= {".json", ".safetensors", ".png", ".pdf", ".digests"}
    private = [Path.home(), smoke.folder, sys.prefix, tempfile.gettempdir()]
    names = "|".join(re.escape(str(name)) for name in private)
    people = "|".join(map(re.escape, {getpass.getuser(), socket.gethostname()}))
    telling = re.compile(rf"({names})(/|\b)|\b({people})\b")
    hits = {str(path): telling.search(text) for path, text in texts.items()}
    assert {path: hit.group() for path, hit in hits.items() if hit} == {}


def test_a_finished_run_passes_the_check(smoke):
    report = check(smoke.folder / "results/smoke")
    assert report.checked > 100
    assert (report.damaged, report.unchecked) == ([], [])


def test_every_variable_says_what_it_is_and_every_number_its_unit(smoke):
    results = smoke.folder / "results/smoke"
    tree = triptych.open(results)
    stores = {str(p.relative_to(results).with_suffix("")) for p in results.rglob("*.zarr")}
    assert {node.path.strip("/") for node in tree.leaves} == stores
    silent = {
        (str(name), attribute): node.path
        for node in tree.subtree
        for name, variable in node.dataset.variables.items()
        for attribute in ("long_name", "units")
        if attribute not in variable.attrs
        and (attribute == "long_name" or variable.dtype.kind in "iuf")
    }
    assert silent == {}


def test_the_command_that_the_check_prints_rebuilds_a_damaged_result(smoke):
    (smoke.folder / "results/smoke/claims/verified.txt").write_text("S1a · holds\n")
    done = smoke.triptych("check", "results/smoke", check=False)
    assert done.returncode == 1
    (command,) = re.findall(r"verified.txt is damaged: .* rebuild it with: (.+)", done.stdout)
    program, *words = shlex.split(command)
    assert program == "snakemake"
    smoke.snakemake(*words)
    assert smoke.triptych("check", "results/smoke").returncode == 0


def test_report_holds_every_figure(smoke):
    for paper in ("ssno", "cycles", "toxicity"):
        html = (smoke.folder / f"results/smoke/reports/{paper}.html").read_text()
        own = [name for name in FIGURES if name.startswith(f"{paper}_")]
        assert html.count("data:image/png;base64") == len(own)
        for name in own:
            assert f"<strong>Figure {name.rpartition('fig')[2]}.</strong>" in html, name
        assert "Traceback" not in html
        assert "Warning" not in html


def test_every_claim_has_a_verdict_and_none_counts_at_smoke_scale(smoke):
    registry = load_registry(smoke.folder / "config/claims.yaml")
    rows = read_json(smoke.folder / "results/smoke/claims.json")
    assert [row["name"] for row in rows] == [*registry.claims, *registry.findings]
    claims, _ = by_kind(rows)
    assert [row["name"] for row in claims] == list(registry.claims)
    assert not any(row["counts"] for row in claims)
    # Smoke runs only the alerts, and of other encoders only the sparse kind.
    of_benchmarks = {"T1a", "T1b", "T2a", "T2b", "T2c", "T3", "T4c"}
    not_evaluated = {row["name"] for row in claims if row["verdict"] == NOT_EVALUATED}
    assert not_evaluated >= of_benchmarks
    contrasts = {"C4", "C5"}  # smoke has fewer models than eight of each kind
    assert not not_evaluated - of_benchmarks - contrasts
    reports = smoke.folder / "results/smoke/reports"
    for row in rows:
        for page in ("index", row["paper"]):
            assert row["says"] in unescape((reports / f"{page}.html").read_text())


def test_a_broken_claim_that_counts_fails_by_name(smoke, tmp_path):
    rows = read_json(smoke.folder / "results/smoke/claims.json")
    rows[0] |= {"counts": True, "verdict": FAILS}
    write_json(rows, tmp_path / "claims.json")
    done = subprocess.run(
        [
            sys.executable,
            "scripts/claims/verify.py",
            *("--input", f"claims={tmp_path}/claims.json"),
            *("--output", f"verified={tmp_path}/verified.txt"),
        ],
        cwd=smoke.folder,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert f"1 of {len(by_kind(rows)[0])} claims:" in done.stderr
    assert f"S1a · {rows[0]['says']}" in done.stderr
    assert not (tmp_path / "verified.txt").exists()


def test_the_example_of_the_readme_works_when_pasted(smoke):
    (example,) = re.findall(r"```python\n(.*?)```", (smoke.folder / "README.md").read_text(), re.S)
    pasted = example.replace("reference/workstation", "smoke").replace("free_K10", "free_K4")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", pasted],
        cwd=smoke.folder,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "entropy_production" in done.stdout


def test_a_step_replays_from_its_record_alone(smoke):
    record = "results/smoke/cycles/free_K4/jobs/walk.zarr.json"
    command = [sys.executable, "scripts/cycles/walk.py", "--job", record]
    subprocess.run(
        [*command, "--output", "walk=replay/walk.zarr"], cwd=smoke.folder, check=True, timeout=120
    )
    original = smoke.folder / "results/smoke/cycles/free_K4/walk.zarr"
    assert content_digest(smoke.folder / "replay/walk.zarr") == content_digest(original)


def test_another_folder_and_one_core_give_the_same_bits(smoke):
    """From the raw inputs to a figure of each paper, in another results folder."""
    again, names = smoke.folder / "again/smoke", ("ssno_fig8", "cycles_fig4", "toxicity_fig4")
    with removed_afterwards(smoke.folder / "again"):
        smoke.snakemake(*names, "--cores", "1", *with_settings("results=again"))
        comparison = compare(again, smoke.folder / "results/smoke")
        trained = [any((again / paper).rglob("weights.safetensors")) for paper in PAPERS]
    assert not comparison.differing
    assert not comparison.only_left
    assert all(trained), "a training is in every chain"
    assert comparison.counts["figures"] == 2 * len(names)


def test_a_table_of_ones_own_is_read_without_code(smoke):
    """In a file with a blank, all columns but one being tasks; a tutorial's test trains on one."""
    rings = ["c1ccccc1", "c1ccncc1", "C1CCCCC1", "c1ccsc1", "C1CCOCC1"]
    rows = [f"{'C' * n}{tail}{ring},{int('N' in tail)},{'' if n % 4 else n % 8 // 4}"
            for n in range(1, 13) for tail in ("N", "O") for ring in rings]  # fmt: skip
    table = smoke.folder / "my molecules.csv"
    table.write_text("\n".join(["SMILES,amine,long", *rows, "C1CC,0,1", "CCO,,"]) + "\n")
    mine = "{file: my molecules.csv, smiles_column: SMILES}"
    settings = f"toxicity={{include: [mine], datasets: {{mine: {mine}}}}}"
    store = "mine/smoke/toxicity/mine/molecules.zarr"
    words = (store, *with_settings(settings, "results=mine"))
    with removed_afterwards(smoke.folder / "mine"):
        smoke.snakemake(*words)
        molecules = read_store(smoke.folder / store)
        assert list(molecules.task.values) == ["amine", "long"]
        assert molecules.attrs["counts"]["unparsable"] == 1

        table.write_text("SMILES,amine\nCCO,yes\n")
        stopped = smoke.snakemake(*words, check=False)
        assert stopped.returncode != 0
        assert "'yes'" in stopped.stdout + stopped.stderr


def test_data_that_need_no_file_fetch_none(smoke):
    settings = "cycles={data: {dataset: digits, held_out: 297}, training: {batch_size: 250}}"
    planned = smoke.planned("paper_cycles", *with_settings(settings, "results=digits"))
    assert "raw_input" not in planned
    assert planned["cycles_prepare"] == 1
