"""Numbers of record: published from finished smoke results, and drawn by a fresh copy."""

from __future__ import annotations

import json
import re
import shutil
from contextlib import contextmanager
from pathlib import Path

import pytest
from checkout import changed, copy_project

from triptych.claims.measure import read_json
from triptych.config.papers import PAPERS
from triptych.figures.save import read_record
from triptych.inspect.check import check
from triptych.inspect.publish import LIMIT_MB
from triptych.inspect.published import archive_of, published
from triptych.inspect.same import compare
from triptych.runtime.layout import measured_claims

OF_RECORD = ("--config", "reference=smoke")


@pytest.fixture(scope="module")
def drawn(project, smoke, tmp_path_factory):
    """Return a copy of the project that drew what was published from the smoke results."""
    fresh = copy_project(project, tmp_path_factory.mktemp("drawn") / "a project")
    shutil.rmtree(fresh.folder / "reference", ignore_errors=True)
    smoke.triptych("publish", "results/smoke", "--reference", str(fresh.folder / "reference"))
    fresh.snakemake("all", "reports", *OF_RECORD)
    return fresh


@pytest.fixture(scope="module")
def without_stores(smoke, tmp_path_factory):
    """Return a folder with the numbers of the smoke results, published without their stores."""
    folder = tmp_path_factory.mktemp("numbers") / "reference"
    smoke.triptych("publish", "results/smoke", "--no-stores", "--reference", str(folder))
    return folder


def test_archives_that_are_too_large_in_all_are_refused_before_any_is_written(smoke, tmp_path):
    other = tmp_path / "laptop/ssno.tar.xz"
    other.parent.mkdir()
    with other.open("wb") as file:
        file.truncate(LIMIT_MB * 10**6)
    words = ("--paper", "cycles", "--paper", "toxicity", "--reference", str(tmp_path))
    done = smoke.triptych("publish", "results/smoke", *words, check=False)
    assert done.returncode == 1
    assert re.search(r"smoke/cycles\.tar\.xz, .* would take 2\d\.\d MB, over 20 MB", done.stderr)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [other]


@contextmanager
def committed(smoke):
    """Commit all changes on top, for a while."""
    smoke.git("commit", "--all", "--allow-empty", "--message", "Later")
    try:
        yield smoke.git("rev-parse", "HEAD")
    finally:
        smoke.git("reset", "HEAD^")


def refusal(smoke, tmp_path, *words):
    done = smoke.triptych("publish", *words, "--reference", str(tmp_path), check=False)
    assert done.returncode == 1
    assert not list(tmp_path.iterdir())
    return done.stderr


def test_figures_claims_and_stores_are_those_of_the_run(smoke, drawn):
    ours, theirs = drawn.folder / "results/reference/smoke", smoke.folder / "results/smoke"
    comparison = compare(ours, theirs)
    assert comparison.differing == []
    assert comparison.only_left == []
    assert comparison.counts["figures"] == 2 * len(drawn.figure_scripts())
    assert (ours / "reports/index.html").exists()


def test_nothing_computes_and_a_figure_is_drawn_alone(drawn):
    every = drawn.planned("all", "reports", "--forceall", *OF_RECORD)
    pages = {"figure", "measure", "claims", "notebook", "index", "reports", "all"}
    assert set(every) - pages == {f"{paper}_unpack" for paper in PAPERS}
    one = drawn.planned("cycles_fig4", "--forceall", *OF_RECORD)
    assert one == {"cycles_fig4": 1, "cycles_unpack": 1, "figure": 1}
    refused = drawn.snakemake("results/smoke/cycles/data.zarr", *OF_RECORD, check=False)
    assert refused.returncode == 1
    said = refused.stdout + refused.stderr
    assert "No rule to produce results/smoke/cycles/data.zarr" in said


def test_figures_and_page_say_which_run_they_show(drawn):
    results = drawn.folder / "results/reference/smoke"
    for paper, record in published("smoke", drawn.folder / "reference").items():
        assert len(record.commit) == 40
        assert record.configuration == ["config/smoke.yaml"]
        params = json.loads(read_record(results / f"figures/{paper}_fig1.png")["params"])
        assert params["numbers_of_record"] == record.run
        assert f"reference/smoke, commit {record.commit}" in record.run
        assert record.run in (results / "reports/index.html").read_text()
        assert record.run in (results / f"reports/{paper}.html").read_text()


def test_the_run_agrees_with_what_was_published_from_it(smoke, drawn):
    done = smoke.triptych("compare", "results/smoke", "--reference", f"{drawn.folder}/reference")
    last = done.stdout.splitlines()[-1]
    agreeing, _, every, *_ = last.split()
    assert int(agreeing) == int(every) > 50
    assert "not published yet" not in done.stdout


def test_an_altered_archive_is_not_drawn(drawn):
    archive = drawn.folder / "reference/smoke/cycles.tar.xz"
    whole = archive.read_bytes()
    archive.write_bytes(whole[:-1] + b"x")
    done = drawn.snakemake("cycles_fig4", "--forceall", *OF_RECORD, check=False)
    archive.write_bytes(whole)
    assert done.returncode == 1
    assert (
        "reference/smoke/cycles.tar.xz is damaged: cycles.tar.xz is not what was written"
        in done.stdout + done.stderr
    )


def test_numbers_without_stores_are_compared_with_and_not_drawn(
    smoke, drawn, without_stores, tmp_path
):
    reference = without_stores
    kept = {path.relative_to(reference).as_posix() for path in reference.rglob("*.json")}
    assert kept == {f"smoke/{folder}{paper}.json" for paper in PAPERS for folder in ("", "claims/")}
    assert not list(reference.rglob("*.tar.xz"))
    checked = check(reference / "smoke")
    assert (checked.checked, checked.damaged, checked.unchecked) == (2 * len(PAPERS), [], [])
    for paper in PAPERS:
        ours, theirs = reference / "smoke", smoke.folder / "results/smoke"
        assert read_json(measured_claims(paper, ours)) == read_json(measured_claims(paper, theirs))
    smoke.triptych("compare", "results/smoke", "--reference", str(reference))
    done = smoke.triptych(
        "export", f"{reference}/smoke", "--zip", str(tmp_path / "deposit.zip"), check=False
    )
    assert done.returncode == 1
    assert "reference/smoke has no stores of ssno, cycles, toxicity, only what" in done.stderr
    with pytest.raises(ValueError, match="there are: none yet"):
        published("smoke", reference, with_stores=True)
    scales = drawn.folder / "reference"
    shutil.copytree(reference / "smoke", scales / "laptop")
    refused = drawn.snakemake("--dry-run", "--config", "reference=laptop", check=False)
    shutil.rmtree(scales / "laptop")
    assert refused.returncode == 1
    assert "reference/laptop has no stores" in refused.stdout + refused.stderr


def test_settings_of_a_paper_are_said_not_to_be_used(drawn):
    own = ("--config", "reference=smoke", "cycles={walk: {samples: 30}}")
    done = drawn.snakemake("--force", "cycles_fig4", *own)
    assert "settings of their own: yours of cycles are not used" in done.stderr
    drawn_already = drawn.snakemake("cycles_fig4", *own)
    assert "yours of cycles are not used" in drawn_already.stderr
    again = drawn.snakemake("--force", "cycles_fig4", *own[:2])
    assert "settings of their own" not in again.stderr


def test_what_was_drawn_is_not_published_again(drawn, tmp_path):
    """It would pass for a run of this commit."""
    message = refusal(drawn, tmp_path, "results/reference/smoke")
    assert "results/reference/smoke is of the numbers of record" in message


def test_changed_sources_are_refused(smoke, tmp_path):
    for source in ("Snakefile", "config/claims.yaml"):
        with changed(smoke.folder / source, "# ", "#  "):
            message = refusal(smoke, tmp_path, "results/smoke")
        assert "sources or config/ changed: commit first" in message


def test_stores_of_record_are_not_deleted_by_publishing_without(smoke, tmp_path):
    archive = archive_of("smoke", "cycles", tmp_path)
    archive.parent.mkdir()
    archive.touch()
    words = ("--no-stores", "--paper", "cycles", "--reference", str(tmp_path))
    done = smoke.triptych("publish", "results/smoke", *words, check=False)
    assert done.returncode == 1
    assert f"{archive} would be deleted" in done.stderr
    assert list(archive.parent.iterdir()) == [archive]


def test_settings_in_no_commit_are_refused(smoke, tmp_path):
    """No one could run the scale that the record would name."""
    smoke.git("rm", "--cached", "--quiet", "config/smoke.yaml")
    with committed(smoke):
        message = refusal(smoke, tmp_path, "results/smoke")
    assert "sources or config/ changed: commit first" in message


def test_a_later_commit_publishes_what_has_its_sources(smoke, without_stores, tmp_path):
    """With stores, in the place of numbers without."""
    reference = Path(shutil.copytree(without_stores, tmp_path / "reference"))
    words = ("results/smoke", "--paper", "cycles", "--reference", str(reference))
    with committed(smoke) as commit:
        smoke.triptych("publish", *words)
    assert published("smoke", reference)["cycles"].commit == commit
    assert archive_of("smoke", "cycles", reference).exists()
    assert not measured_claims("cycles", reference / "smoke").exists()


def test_a_later_commit_with_other_sources_is_refused(smoke, tmp_path):
    source = smoke.folder / "src/triptych/cycles/decomposition.py"
    before = "import numpy as np\n"
    with changed(source, before, f"{before}\nOTHER = 1\n"), committed(smoke):
        message = refusal(smoke, tmp_path, "results/smoke", "--paper", "cycles")
    assert "is no finished run of cycles with these settings and sources" in message
    assert "src/triptych/cycles/decomposition.py" in message


@contextmanager
def moved_away(path):
    """Run the block without a file."""
    away = path.rename(path.with_suffix(".away"))
    try:
        yield
    finally:
        away.rename(path)


def test_an_unfinished_run_is_refused(smoke, tmp_path):
    """Not so an edit of what computes nothing."""
    figure = moved_away(smoke.folder / "results/smoke/figures/cycles_fig1.pdf")
    with figure, changed(smoke.folder / "README.md", "# Triptych", "# Triptych!"):
        message = refusal(smoke, tmp_path, "results/smoke", "--paper", "cycles")
    assert "is no finished run of cycles with these settings and sources" in message
    assert "output not there: results/smoke/figures/cycles_fig1.pdf" in message


def test_a_result_without_the_record_of_its_job_is_refused(smoke, tmp_path):
    with moved_away(smoke.folder / "results/smoke/cycles/jobs/data.zarr.json"):
        message = refusal(smoke, tmp_path, "results/smoke", "--paper", "cycles")
    assert "results/smoke/cycles/data.zarr has no record of its job" in message


def test_a_run_of_other_settings_is_refused(smoke, tmp_path):
    job = smoke.folder / "results/smoke/cycles/jobs/data.zarr.json"
    with changed(job, '"held_out": ', '"held_out": 1'):
        message = refusal(smoke, tmp_path, "results/smoke", "--paper", "cycles")
    assert "param  held_out: " in message


def test_an_unknown_paper_and_a_scale_without_numbers_are_refused(smoke, drawn):
    done = smoke.triptych("publish", "results/smoke", "--paper", "cycle", check=False)
    assert done.returncode == 2
    assert "no paper cycle" in done.stderr
    done = drawn.snakemake("--dry-run", "--config", "reference=paper", check=False)
    assert done.returncode == 1
    assert "no numbers of record of the scale 'paper'" in done.stdout + done.stderr
