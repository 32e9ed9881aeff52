"""``triptych predict``: its table, its page, what it refuses, and how it ends."""

from __future__ import annotations

import csv
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
import toxicity_run
from scipy.special import expit
from toxicity_run import TABLE, TASKS, split_of

from triptych.apply import calibration, trained_run
from triptych.apply.calibration import calibrate
from triptych.apply.trained_run import read_run
from triptych.cli import main
from triptych.runtime.store import read_store, write_store
from triptych.toxicity.metrics import roc_auc
from triptych.toxicity.runs import of_split

CPU = torch.device("cpu")
GIVEN = """c1ccccc1Cl chlorobenzene
C1CC ring left open
[H][H] hydrogen
OCC ethanol
{long} chain
C(C)(C)(C)(C)C too many bonds
c1ccccc1Cl chlorobenzene again
[Pt+2] unknown to the vocabulary
"""


@pytest.fixture
def predict(run, tmp_path, capsys):
    """Return what calls the command; it returns the status, the table's rows and the errors."""

    def call(*words, model=run, output=tmp_path / "out"):
        status = main(["predict", "--model", str(model), "--output", str(output), *words])
        table = output / "table.csv"
        rows = list(csv.DictReader(table.open())) if table.exists() else []
        return status, rows, capsys.readouterr().err

    return call


@pytest.fixture
def one_is_enough(monkeypatch):
    """Calibrate on one molecule of a class: the table of these tests leaves six for validation."""
    monkeypatch.setattr(calibration, "FEWEST", 1)


@pytest.fixture
def given(tmp_path):
    path = tmp_path / "given.smi"
    path.write_text(GIVEN.format(long="C" * 65))
    return path


def test_every_molecule_is_in_the_table_in_its_order(predict, given):
    status, rows, errors = predict("--smiles", str(given))
    assert status == 3
    of_row = {number: [r for r in rows if r["row"] == str(number)] for number in range(1, 9)}
    assert [row["row"] for row in rows] == [str(n) for n, own in of_row.items() for _ in own]
    for number, reason in {
        2: "unparsable: not a SMILES",
        3: "empty: no heavy atom",
        5: "too long: 65 tokens, more than 64",
        6: "unparsable: Explicit valence for atom # 0 C, 5",
    }.items():
        (refused,) = of_row.pop(number)
        assert refused["refused"].startswith(reason)
        assert refused["probability"] == refused["task"] == refused["atom_shares"] == ""
        assert f"refused: row {number} ({refused['name']!r})" in errors
        assert refused["refused"] in errors
    for own in of_row.values():
        assert [row["task"] for row in own] == TASKS
        assert {row["refused"] for row in own} == {""}
    assert [{**row, "row": "", "name": ""} for row in of_row[1]] == [
        {**row, "row": "", "name": ""} for row in of_row[7]
    ]
    assert of_row[4][0]["smiles"] == "CCO"
    assert of_row[4][0]["molecule"] == "OCC"
    assert of_row[8][0]["unknown_tokens"] == "1"


def test_atom_shares_are_of_the_canonical_smiles(predict, tmp_path):
    status, rows, _ = predict("C(=O)(O)c1ccccc1Cl", "Clc1ccccc1")
    assert status == 0
    assert rows[0]["smiles"] == "O=C(O)c1ccccc1Cl"
    assert [len(json.loads(row["atom_shares"])) for row in rows] == [10, 10, 7, 7]
    for row in rows:
        assert sum(json.loads(row["atom_shares"])) == pytest.approx(1, abs=1e-3)
    assert (rows[0]["similarity"], rows[0]["nearest_training_molecule"]) == (
        "1.000",
        "O=C(O)c1ccccc1Cl",
    )
    page = (tmp_path / "out" / "page.html").read_text()
    assert page.count("It is one of the molecules that the model was trained on.") == 1


@pytest.mark.parametrize("kind", ["sparse", "mtl", "stl"])
@pytest.mark.usefixtures("one_is_enough")
def test_probabilities_are_those_of_the_training_calibrated_on_validation(trained, predict, kind):
    folder = trained(kind)
    stored = read_store(folder / "predictions.zarr")
    molecules = read_store(folder.parents[1] / "molecules.zarr")
    smiles = molecules.smiles.values[stored.molecule.values]
    status, rows, _ = predict(*smiles, model=folder)
    assert status == 0
    probability = np.array([float(r["probability"]) for r in rows]).reshape(-1, 2)
    validation = of_split(stored, "val")
    scaling = calibrate(validation.label.values, validation.logit.values)
    expected = expit(scaling.slope * stored.logit.values + scaling.offset)
    np.testing.assert_allclose(probability, expected, atol=2e-3)
    assert not np.allclose(probability, expit(stored.logit.values), atol=0.02)
    if kind == "sparse":
        shares = [json.loads(row["atom_shares"]) for row in rows]
        mask = stored.mask.values.reshape(len(rows), -1)
        for own, trained in zip(shares, mask, strict=True):
            np.testing.assert_allclose(own, trained[~np.isnan(trained)], atol=2e-3)
    else:
        assert {row["atom_shares"] for row in rows} == {""}


@pytest.mark.parametrize("kind", ["sparse", "stl"])
@pytest.mark.usefixtures("one_is_enough")
def test_a_task_of_which_training_lacks_a_class_has_no_probability(
    kind, tmp_path, monkeypatch, predict
):
    def without_harmful(count):
        names = split_of(count)
        harmful = [n for n, line in enumerate(TABLE.splitlines()[1:]) if line.endswith(",1")]
        names[harmful[::2]], names[harmful[1::2]] = "val", "test"
        return names

    monkeypatch.setattr(toxicity_run, "split_of", without_harmful)
    folder = toxicity_run.trained_run(tmp_path, kind)
    status, rows, _ = predict("Clc1ccccc1", model=folder)
    assert status == 0
    irritant, harmful = rows
    assert 0 < float(irritant["probability"]) < 1
    unknown = ("probability", "calibrated", "atom_shares", "refused")
    assert [harmful[column] for column in unknown] == [""] * 4
    page = (tmp_path / "out" / "page.html").read_text()
    assert page.count("not learned") == 1
    validation = of_split(read_store(folder / "predictions.zarr"), "val")
    of_irritant = calibrate(validation.label.values[:, :1], validation.logit.values[:, :1])
    assert read_run(folder, CPU).predictor.calibration == of_irritant


def test_nearness_is_ranked_among_all_molecules_that_were_not_trained_on(run: Path) -> None:
    split = read_store(run.parents[1] / "splits" / "random_f0.zarr").split.values
    neighbourhood = read_run(run, CPU).predictor.neighbourhood
    assert len(neighbourhood.smiles) == (split == "train").sum()
    assert len(neighbourhood.held_out) == (split != "train").sum()


@pytest.mark.usefixtures("one_is_enough")
def test_a_model_without_both_classes_in_validation_is_said_not_to_be_calibrated(
    copied, predict, tmp_path
):
    stored = read_store(copied / "predictions.zarr")
    validation = stored.split.values == "val"
    stored.label[validation] = stored.label[validation].where(lambda label: label == 0)
    write_store(stored, copied / "predictions.zarr")
    quality = read_run(copied, CPU).quality
    assert [task.positives for task in quality] == [
        (stored.label[~validation, task].values == 1).sum() for task in range(2)
    ]
    test = of_split(stored, "test")
    for task, auc in zip(quality, roc_auc(test.label.values, test.logit.values), strict=True):
        assert task.auc == pytest.approx(auc)
        assert task.auc_low <= task.auc <= task.auc_high
    unscaled = expit(test.logit.values[np.isfinite(test.label.values[:, 1]), 1])
    assert quality[1].expected == pytest.approx(unscaled.sum(), abs=1e-6)
    _, rows, _ = predict("CCO", model=copied)
    assert [row["calibrated"] for row in rows] == ["no", "no"]
    assert [row["test_auc"] for row in rows] == [f"{task.auc:.3f}" for task in quality]
    assert [int(row["test_positives"]) for row in rows] == [task.positives for task in quality]
    page = (tmp_path / "out" / "page.html").read_text()
    assert "Probabilities are not calibrated" in page


def test_the_page_needs_nothing_but_itself(predict, given, tmp_path):
    predict("--smiles", str(given), "--pictures", "2")
    page = (tmp_path / "out" / "page.html").read_text()
    assert page.count("<svg") == 2 * len(TASKS)
    assert "The first 2 of 4" in page
    assert re.search(r"Similarity 0\.\d\d to [^ ]+, the nearest training molecule", page)
    assert "4 molecules predicted, 4 refused" in page
    assert "hydrogen" in page
    assert "no heavy atom" in page
    loaded = re.findall(r"(?:src|href|url)\s*[=(]\s*['\"]?([^'\")\s>]*)", page)
    assert set(loaded) == {"data:,"}
    assert not re.search(r"<script|@import", page)


def test_names_are_text_on_the_page_and_in_the_table(predict, tmp_path):
    path = tmp_path / "m.csv"
    path.write_text('smiles,who\nCCO,"<b>x</b>, ""y"""\n"<script>","b"\n')
    status, rows, _ = predict("--smiles", str(path), "--names", "who")
    assert status == 3
    assert rows[0]["name"] == '<b>x</b>, "y"'
    page = (tmp_path / "out" / "page.html").read_text()
    assert "<script" not in page
    assert "&lt;b&gt;x&lt;/b&gt;" in page


def test_a_second_molecule_is_not_passed_over(predict, tmp_path):
    path = tmp_path / "m.csv"
    path.write_text('smiles\nCCO CCN\n"CCO\nCCN"\nCCO |$A;;$|\nCCO\n')
    status, rows, _ = predict("--smiles", str(path))
    assert status == 3
    assert [row["refused"] for row in rows] == [
        *["unparsable: more than one word: a SMILES has no blanks"] * 3,
        *[""] * len(TASKS),
    ]


def test_bytes_that_are_no_text_and_endless_cells_refuse_one_molecule(predict, tmp_path):
    status, rows, errors = predict("C\udc80C", "CCO")
    assert status == 3
    assert rows[0]["molecule"] == "C\\udc80C"
    assert rows[0]["refused"] == "unparsable: not a SMILES: a character that is not ASCII"
    assert rows[-1]["smiles"] == "CCO"
    path = tmp_path / "m.csv"
    path.write_text(f"smiles,who\n{'C' * 200_000},{'x' * 200}\nCCO,b\n")
    status, rows, errors = predict("--smiles", str(path), "--names", "who")
    assert status == 3
    assert rows[0]["refused"].startswith("too long: 200000 characters")
    assert len(errors) < 500
    assert rows[-1]["smiles"] == "CCO"


@pytest.mark.parametrize("name", ["table.csv", "page.html"])
def test_the_molecules_are_not_overwritten(predict, tmp_path, name):
    path = tmp_path / name
    path.write_text("smiles\nCCO\n")
    status, _, errors = predict("--smiles", str(path), output=tmp_path)
    assert status == 2
    assert "would be overwritten" in errors
    assert path.read_text() == "smiles\nCCO\n"


def test_a_model_that_answers_otherwise_than_when_it_was_trained_is_refused(copied, predict):
    stored = read_store(copied / "predictions.zarr")
    write_store(stored.assign(logit=stored.logit + 0.5), copied / "predictions.zarr")
    status, rows, errors = predict("CCO", model=copied)
    assert (status, rows) == (1, [])
    assert "trained by another version of this: log odds" in errors


def test_a_model_without_masks_is_drawn_plain(trained, tmp_path, predict):
    status, _, _ = predict("CCO", model=trained("mtl"))
    page = (tmp_path / "out" / "page.html").read_text()
    assert status == 0
    assert page.count("<svg") == 1
    assert "<ellipse" not in page
    assert "has no masks" in page


def test_nothing_but_refusals_is_a_table_too(predict):
    status, rows, _ = predict("nonsense", "[2H][2H]", "C" * 513)
    assert status == 3
    assert [row["refused"].partition(":")[0] for row in rows] == ["unparsable", "empty", "too long"]
    assert rows[2]["refused"] == "too long: 513 characters, more than 8 × 64"


@pytest.mark.parametrize(
    ("words", "said"),
    [([], "no molecule"), (["CCO", "--smiles", "x.smi"], "exclude each other")],
)
def test_a_wrong_command_line_ends_with_status_2(predict, words, said):
    status, rows, errors = predict(*words)
    assert (status, rows) == (2, [])
    assert said in errors


@pytest.mark.parametrize("words", [("--names", "who"), ("--column", "SMILES")])
def test_columns_without_a_file_are_refused(predict, words):
    status, _, errors = predict("CCO", *words)
    assert status == 2
    assert "give it with --smiles" in errors


def test_a_file_that_cannot_be_used_ends_with_status_1_and_no_table(predict, tmp_path):
    path = tmp_path / "m.smi"
    path.write_bytes(b"CCO\nC\0\n")
    status, rows, errors = predict("--smiles", str(path))
    assert (status, rows) == (1, [])
    assert errors.count("\n") == 1
    assert "zero byte in line 2" in errors


def test_a_scale_that_was_moved_still_predicts(copied, predict):
    _, rows, _ = predict("CCO", model=copied)
    assert rows == predict("CCO")[1]


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ("toxicity/own/runs/sparse_tiny/jobs", "is not the folder of a trained model"),
        ("toxicity/own/molecules.zarr", "it is gone"),
        ("toxicity/own/runs/sparse_tiny/weights.safetensors", "weights.safetensors"),
    ],
)
def test_a_model_that_is_not_whole_is_refused(copied, predict, broken, message):
    path = copied.parents[3] / broken
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    status, rows, errors = predict("CCO", model=copied)
    assert (status, rows) == (1, [])
    assert message in errors
    assert errors.count("\n") == 1


def test_a_fault_without_words_is_named_by_its_kind(run, predict, monkeypatch):
    def fail(*_):
        raise RuntimeError

    monkeypatch.setattr(trained_run, "recipe_of", fail)
    status, rows, errors = predict("CCO")
    assert (status, rows) == (1, [])
    assert "was trained by another version of this: RuntimeError" in errors


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda job: job["digests"].update(split="0" * 64),
            "random_f0.zarr is not what the model was trained with; train it again: snakemake",
        ),
        (lambda job: job["params"].pop("mask"), "was trained by another version of this: 'mask'"),
        (lambda job: job["inputs"].pop("split"), "was trained by another version of this: 'split'"),
        (
            lambda job: job["params"].update(kind="mtl"),
            "mtl is a model without masks and has no penalty: none, not 0.1",
        ),
        (lambda job: job["params"].update(penalty=None), "a sparse model needs a penalty"),
        (
            lambda job: job["params"].update(kind="attention"),
            "attention is a model whose penalty is 0, not 0.1",
        ),
        (
            lambda job: job["params"].update(kind="mtl", penalty=None),
            "was trained by another version of this: Error(s) in loading state_dict",
        ),
        (
            lambda job: job.update(script="scripts/toxicity/forest.py"),
            "was written by scripts/toxicity/forest.py, which trains no model",
        ),
    ],
)
def test_a_model_that_does_not_fit_its_record_is_refused(copied, predict, change, message):
    record = copied / "jobs" / "predictions.zarr.json"
    job = json.loads(record.read_text())
    change(job)
    record.write_text(json.dumps(job))
    status, rows, errors = predict("CCO", model=copied)
    assert (status, rows) == (1, [])
    assert message in errors
    assert errors.count("\n") == 1
