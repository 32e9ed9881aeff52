from __future__ import annotations

import json

import pytest

from triptych.__main__ import main
from triptych.reports.marked import marks
from triptych.workflow.costs import (
    HEADINGS,
    Cost,
    as_markdown,
    cells,
    gather,
    measured_jobs,
    with_totals,
)

HEAD = "s\th:m:s\tmax_rss\tmax_vms\tmax_uss\tmax_pss\tio_in\tio_out\tmean_load\tcpu_time\n"
JOBS = {
    "ssno/ks2d/train_ffno_default_n5_s0": "60.5\t0:01:00\t400\t1\t1\t1\t0\t0\t90\t50",
    "ssno/sh2d/train_ssno_default_n5_s0": "3600\t1:00:00\t500\t1\t1\t1\t0\t0\t90\t3000",
    "ssno/ks2d/generate_test_at16": "0.2\t0:00:00\tNA\tNA\tNA\tNA\tNA\tNA\tNA\tNA",
    "ssno/steps": "2\t0:00:02\t300\t1\t1\t1\t-\t-\t50\t1",
    "ssno/fig1": "4\t0:00:04\t200\t1\t1\t1\t0\t0\t50\t2",
    "ssno/fig2": "5\t0:00:05\t-\t-\t-\t-\t-\t-\t-\t-",
    "toxicity/backbone_rxnfp_bert": "3\t0:00:03\t100\t1\t1\t1\t0\t0\t50\t2",
    "claims/ssno": "1\t0:00:01\t90\t1\t1\t1\t0\t0\t50\t1",
    "claims/judge": "1\t0:00:01\t95\t1\t1\t1\t0\t0\t50\t1",
    "raw/mnist_5k": "7\t0:00:07\t50\t1\t1\t1\t0\t0\t50\t1",
}


@pytest.fixture
def results(tmp_path):
    for name, row in JOBS.items():
        path = tmp_path / "benchmarks" / f"{name}.tsv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(HEAD + row + "\n")
    return tmp_path


def row(results, paper, kind):
    (found,) = [row for row in gather(results) if (row.paper, row.kind) == (paper, kind)]
    return found


def test_jobs_of_a_kind_are_one_row(results):
    kinds = [(row.paper, row.kind) for row in gather(results)]
    assert kinds == [
        ("ssno", "train"),
        ("ssno", "figures"),
        ("ssno", "steps"),
        ("ssno", "generate"),
        ("toxicity", "backbone"),
        ("shared", "raw"),
        ("shared", "claims"),
    ]
    assert row(results, "ssno", "train") == Cost(
        "ssno", "train", 2, 3660.5, 3600.0, 500.0, disk_bytes=0, unmeasured=0
    )
    assert row(results, "ssno", "train").core_hours == pytest.approx(3660.5 / 3600)


def test_what_was_not_measured_is_no_zero(results):
    generate = row(results, "ssno", "generate")
    assert (generate.wall_s, generate.peak_mib) == (0.2, None)
    assert cells(generate) == ["ssno", "generate", "1", "0", "0.00", "0.2", "–", "0.0"]
    figures = row(results, "ssno", "figures")
    assert (figures.peak_mib, figures.unmeasured) == (200.0, 1)


def test_totals_follow_each_paper_and_all(results):
    rows = with_totals(gather(results))
    totals = [row for row in rows if row.kind == "all"]
    assert [row.paper for row in totals] == ["ssno", "toxicity", "shared", "all"]
    assert [row.jobs for row in totals] == [6, 1, 3, 10]
    assert totals[-1].wall_s == pytest.approx(3660.5 + 0.2 + 2 + 9 + 3 + 2 + 7)
    assert (totals[-1].longest_s, totals[-1].peak_mib, totals[-1].unmeasured) == (3600, 500, 2)


def test_disk_is_that_of_the_outputs_wherever_the_results_lie(results):
    home = results / "ssno/ks2d/runs/one"
    (home / "history.zarr").mkdir(parents=True)
    (home / "history.zarr/.zattrs").write_text("x" * 30)
    (home / "weights.safetensors").write_text("x" * 500)
    (home / "jobs").mkdir()
    outputs = {
        "weights": "results/then/ssno/ks2d/runs/one/weights.safetensors",
        "history": "results/then/ssno/ks2d/runs/one/history.zarr",
        "closer": ["results/then/ssno/ks2d/closer.zarr"],  # no longer there
    }
    log = "results/then/logs/ssno/ks2d/train_ffno_default_n5_s0.log"
    job = {"script": "scripts/ssno/train.py", "outputs": outputs, "log": log}
    (home / "jobs/weights.safetensors.json").write_text(json.dumps(job))
    disk = {name: cost.disk_bytes for name, cost in measured_jobs(results).items()}
    assert {name: held for name, held in disk.items() if held} == {
        "ssno/ks2d/train_ffno_default_n5_s0": 530
    }
    assert row(results, "ssno", "train").disk_bytes == 530
    assert row(results, "ssno", "figures").disk_bytes == 0


def test_the_command_prints_both_forms(results, capsys):
    document = results / "costs.md"
    document.write_text("\n".join(marks("costs")))
    assert main(["costs", str(results), "--into", str(document)]) == 0
    markdown = as_markdown(gather(results))
    assert markdown in document.read_text()
    head, rule, first, *_ = markdown.splitlines()
    assert head == "| " + " | ".join(HEADINGS) + " |"
    assert rule.count("|") == head.count("|")
    assert first == "| ssno | train | 2 | 3,660 | 1.02 | 3,600.0 | 500 | 0.0 |"
    assert "2 of 10 jobs were over before" in markdown
    assert main(["costs", str(results)]) == 0
    assert capsys.readouterr().out.splitlines()[1].split() == first.replace("|", "").split()


def test_what_is_no_benchmark_is_named(results, capsys):
    (results / "benchmarks/ssno/steps.tsv").write_text(HEAD + "soon\t-\t-\t-\t-\t-\t-\t-\t-\t-\n")
    assert main(["costs", str(results)]) == 1
    assert "steps.tsv: 's' is 'soon', not a number" in capsys.readouterr().err
    (results / "benchmarks/ssno/steps.tsv").write_text("s\n2\n")
    assert main(["costs", str(results)]) == 1
    assert "has no 'max_rss'" in capsys.readouterr().err
    assert main(["costs", str(results / "nowhere")]) == 1
    assert "no benchmark files" in capsys.readouterr().err
