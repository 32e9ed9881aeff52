from __future__ import annotations

import json
import re

import pytest

from triptych.__main__ import main
from triptych.reports.costs import as_cells, as_markdown, as_text, by_kind, measured_jobs

PLAIN = "s\th:m:s\tmax_rss\tmax_vms\tmax_uss\tmax_pss\tio_in\tio_out\tmean_load\tcpu_time"
HEAD = (
    f"{PLAIN}\tjobid\trule_name\twildcards\tparams\tthreads\tcpu_usage\tresources\tinput_size_mb\n"
)


def row(seconds, memory, rule, threads=1, **wildcards):
    """Return a line as Snakemake writes it with --benchmark-extended."""
    measured = f"{seconds}\t0:01:00\t{memory}\t1\t1\t1\t-\t-\t90\t50"
    params = {"settings": {"says": 'a "quoted" word'}, "code": "0a"}
    return f"{measured}\t7\t{rule}\t{wildcards}\t{params}\t{threads}\t1\t{{}}\t{{}}\n"


JOBS = {
    "ssno/ks2d/train_ffno_default_n5_s0": row(60.5, 400, "ssno_train", system="ks2d"),
    "ssno/sh2d/train_ssno_default_n5_s0": row(3600, 500, "ssno_train", 2, system="sh2d"),
    "ssno/ks2d/generate_at16": row(0.2, "NA", "ssno_generate_at", system="ks2d"),
    "ssno/steps": row(2, 300, "ssno_steps"),
    "ssno/fig1": row(4, 200, "figure", paper="ssno", figure="fig1"),
    "ssno/fig2": row(5, "-", "figure", paper="ssno", figure="fig2"),
    "toxicity/backbone_rxnfp_bert": row(3, 100, "toxicity_backbone", raw="rxnfp_bert"),
    "claims/ssno": row(1, 90, "measure", paper="ssno"),
    "claims/evaluate": row(1, 95, "claims"),
    "raw/mnist_5k": row(7, 50, "raw_input", raw="mnist_5k"),
}


@pytest.fixture
def results(tmp_path):
    for name, row in JOBS.items():
        path = tmp_path / "benchmarks" / f"{name}.tsv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(HEAD + row)
    return tmp_path


def rows(results):
    """Return the table's rows by paper and kind, as dictionaries."""
    return by_kind(measured_jobs(results)).set_index(["paper", "kind"]).to_dict("index")


def test_jobs_of_a_kind_are_one_row_and_totals_follow_each_paper_and_all(results):
    table = rows(results)
    assert list(table) == [
        ("ssno", "train"),
        ("ssno", "figure"),
        ("ssno", "steps"),
        ("ssno", "measure"),
        ("ssno", "generate_at"),
        ("ssno", "all"),
        ("toxicity", "backbone"),
        ("toxicity", "all"),
        ("shared", "raw_input"),
        ("shared", "claims"),
        ("shared", "all"),
        ("all", "all"),
    ]
    assert table["ssno", "train"] == {
        "jobs": 2,
        "wall s": 3660.5,
        "core hours": pytest.approx((60.5 + 2 * 3600) / 3600),
        "longest s": 3600.0,
        "peak MiB": 500.0,
        "disk MiB": 0.0,
    }
    assert [row["jobs"] for (_, kind), row in table.items() if kind == "all"] == [7, 1, 2, 10]
    whole = table["all", "all"]
    assert whole["wall s"] == pytest.approx(3660.5 + 0.2 + 2 + 9 + 3 + 2 + 7)
    assert (whole["longest s"], whole["peak MiB"]) == (3600, 500)


def test_what_was_not_measured_is_no_zero(results):
    cells = as_cells(by_kind(measured_jobs(results))).to_numpy().tolist()
    assert ["ssno", "generate_at", "1", "0", "0.00", "0.2", "–", "0.0"] in cells
    assert ["ssno", "figure", "2", "9", "0.00", "5.0", "200", "0.0"] in cells


def test_disk_is_that_of_the_outputs_wherever_the_results_lie(results):
    home = results / "ssno/ks2d/runs/one"
    (home / "history.zarr").mkdir(parents=True)
    (home / "history.zarr/.zattrs").write_text("x" * 30)
    (home / "weights.safetensors").write_text("x" * 500)
    (home / "jobs").mkdir()
    outputs = {
        "weights": "results/then/ssno/ks2d/runs/one/weights.safetensors",
        "history": "results/then/ssno/ks2d/runs/one/history.zarr",
        "snapshots": ["results/then/ssno/ks2d/snapshots.zarr"],  # no longer there
    }
    log = "results/then/logs/ssno/ks2d/train_ffno_default_n5_s0.log"
    job = {"script": "scripts/ssno/train.py", "outputs": outputs, "log": log}
    (home / "jobs/weights.safetensors.json").write_text(json.dumps(job))
    jobs = measured_jobs(results)
    writers = jobs[jobs.disk > 0]
    assert writers[["paper", "kind", "s"]].to_numpy().tolist() == [["ssno", "train", 60.5]]
    assert (writers.disk * 2**20).tolist() == [530]
    assert rows(results)["ssno", "train"]["disk MiB"] == 530 / 2**20
    assert rows(results)["ssno", "figure"]["disk MiB"] == 0


def test_there_is_a_form_for_documents_and_one_for_terminals(results, capsys):
    markdown = as_markdown(measured_jobs(results))
    head, rule, first, *_ = markdown.splitlines()
    titles = "paper | kind | jobs | wall s | core hours | longest s | peak MiB | disk MiB"
    assert head == f"| {titles} |"
    assert rule.count("|") == head.count("|")
    assert first == "| ssno | train | 2 | 3,660 | 2.02 | 3,600.0 | 500 | 0.0 |"
    assert "2 of 10 jobs were over before" in markdown
    assert main(["costs", str(results)]) == 0
    assert capsys.readouterr().out.splitlines()[1].split() == first.replace("|", "").split()
    assert main(["costs", str(results), "--json"]) == 0
    trained, *_ = json.loads(capsys.readouterr().out)["kinds"]
    assert (trained["paper"], trained["kind"], trained["wall s"]) == ("ssno", "train", 3660.5)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (HEAD + row("soon", 1, "ssno_steps"), "could not convert .*'soon'"),
        ("max_rss\n2\n", "it has no seconds"),
        (HEAD, "it has no seconds"),
        ("", "No columns"),
    ],
)
def test_what_is_no_benchmark_is_named(results, capsys, text, fault):
    (results / "benchmarks/ssno/steps.tsv").write_text(text)
    assert main(["costs", str(results)]) == 1
    assert re.search(rf"steps.tsv is no benchmark: .*{fault}", capsys.readouterr().err)


def test_jobs_of_a_run_without_the_profile_are_counted_and_in_no_row(results):
    plain = results / "benchmarks/ssno/steps.tsv"
    plain.write_text(f"{PLAIN}\n2\t0:00:02\t300\t1\t1\t1\t-\t-\t50\t1\n")
    assert "1 of 10 jobs ran without --benchmark-extended" in as_markdown(measured_jobs(results))
    assert ("ssno", "steps") not in rows(results)
    assert rows(results)["all", "all"]["jobs"] == 9
    for path in (results / "benchmarks").rglob("*.tsv"):
        path.write_text(plain.read_text())
    assert as_text(measured_jobs(results)).startswith("no job says its rule\n\n")


def test_a_folder_without_benchmarks_is_named(results, capsys):
    (results / "empty").mkdir()
    assert main(["costs", str(results / "empty")]) == 1
    assert "no benchmark files in" in capsys.readouterr().err
