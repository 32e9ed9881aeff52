"""All stores of a scale as one tree, and the examples of it in the docs."""

from __future__ import annotations

import re
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr
import yaml

import triptych
from triptych.__main__ import main
from triptych.config.papers import PAPERS
from triptych.runtime.store import write_store

PROJECT = Path(__file__).parents[3]
LOSS = "toxicity/mine/history.zarr"
NAT = {"units": "nat", "long_name": "training log-likelihood"}


@pytest.fixture
def results(tmp_path):
    """Make a small folder of results, with the names that the docs use."""
    models = {"learning_rate": ("model", [0.01, 0.02]), "design": ("model", ["free", "free"])}
    stores = {
        "cycles/free_K10/evaluation": xr.Dataset(
            {
                "log_likelihood": ("model", [-20.0, -22.5], NAT),
                "entropy_production": ("model", [0.5, 0.25]),
                "cycling": ("model", [True, False]),
            },
            models,
        ),
        "cycles/free_K10/history": xr.Dataset(
            {"log_likelihood": (("model", "iteration"), np.zeros((2, 3)), NAT)},
            {"iteration": [0, 10, 20], **models},
        ),
        "toxicity/mine/scores": xr.Dataset(
            {
                "auc": ((), 0.75, {"long_name": "ROC-AUC"}),
                "difference": ((), 0.25),
                "difference_low": ((), 0.125),
            }
        ),
        "toxicity/mine/history": xr.Dataset({"loss": ("epoch", [0.5])}, {"epoch": [1]}),
    }
    for system, error in (("ks2d", 0.125), ("sh2d", 0.25)):
        # Two seeds of a model, one of another, a run of the sweep and an ablation.
        errors = np.array([[error, error], [error, 3 * error], [1.0, 2.0], [7.0, 7.0], [8.0, 8.0]])
        stores[f"ssno/{system}/scores"] = xr.Dataset(
            {"mean_error": (("run", "split", "trajectory"), errors[:, None])},
            {
                "split": ["test"],
                "model": ("run", ["ssno", "ssno", "ffno", "ssno", "ssno"]),
                "variant": ("run", [*["default"] * 4, "no_local"]),
                "train_trajectories": ("run", [5, 5, 5, 2, 5]),
            },
        )
    for name, store in stores.items():
        write_store(store, tmp_path / f"results/laptop/{name}.zarr")
    return tmp_path / "results/laptop"


def test_a_node_lies_where_its_store_lies(results):
    tree = triptych.open(results)
    assert tree.name == "laptop"
    assert [node.path for node in tree.match("*/*/history").leaves] == [
        "/cycles/free_K10/history",
        "/toxicity/mine/history",
    ]
    assert tree["cycles/free_K10/evaluation/log_likelihood"].values.tolist() == [-20.0, -22.5]
    assert len(tree["cycles/free_K10/evaluation"].attrs["digest"]) == 64


def test_every_variable_says_what_it_is_and_every_number_its_unit(results):
    tree = triptych.open(results)
    evaluation = tree["cycles/free_K10/evaluation"]
    assert evaluation["log_likelihood"].attrs == NAT, "what a store says is kept"
    assert evaluation["cycling"].attrs == {"long_name": "whether the model circulates"}
    assert evaluation["learning_rate"].attrs == {"long_name": "learning rate", "units": "1"}
    assert tree["ssno/ks2d/scores/mean_error"].attrs["units"] == "1"
    assert tree["toxicity/mine/history"]["epoch"].attrs["long_name"] == "epoch of the training"
    scores = tree["toxicity/mine/scores"]
    assert scores["auc"].attrs == {"long_name": "ROC-AUC", "units": "1"}, "its own word comes first"
    whole, low = (scores[name].attrs["long_name"] for name in ("difference", "difference_low"))
    assert low == f"{whole}, lower end of its interval"


def test_values_are_read_when_they_are_asked_for(results):
    tree = triptych.open(results)
    write_store(xr.Dataset({"loss": ("epoch", [0.75])}, {"epoch": [1]}), results / LOSS)
    assert tree["toxicity/mine/history/loss"].values.tolist() == [0.75]


def test_a_store_of_ones_own_is_a_node_too(results):
    write_store(xr.Dataset({"x": ("i", [1.0])}), results / "mine/x.zarr")
    assert triptych.open(results)["mine/x/x"].attrs == {}


def test_a_folder_without_stores_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="no stores in"):
        triptych.open(tmp_path)
    with pytest.raises(FileNotFoundError, match="nowhere"):
        triptych.open(tmp_path / "nowhere")


@pytest.mark.parametrize("paper", PAPERS)
def test_the_list_of_a_papers_variables_is_sorted_and_in_one_form(paper):
    known = yaml.safe_load((PROJECT / f"src/triptych/{paper}/variables.yaml").read_text())
    assert list(known) == sorted(known)
    wrong = [text for text in known.values() if not re.fullmatch(r"[^;]+(; [\w /]+)?", text)]
    assert wrong == []


def test_the_examples_of_the_docs(results, monkeypatch, capsys):
    monkeypatch.chdir(results.parents[1])
    page = (PROJECT / "docs/commands.md").read_text()
    blocks = re.findall(r"^```python\n(.+?)^```", page, re.DOTALL | re.MULTILINE)
    assert len(blocks) == 3
    names: dict[str, object] = {}
    for block in blocks:
        exec(block, names)
    *table, what, first, second = capsys.readouterr().out.splitlines()
    assert "-22.5" in table[-1]
    assert what == "training log-likelihood nat"
    assert first == "ks2d {'ffno': 1.5, 'ssno': 0.188}"
    assert second == "sh2d {'ffno': 1.5, 'ssno': 0.375}"
    axes = plt.gca()
    assert axes.get_xlabel() == "iteration of the training [1]"
    assert axes.get_ylabel() == "training log-likelihood [nat]"


def test_the_commands_of_the_docs_are_those_that_there_are(capsys):
    page = (PROJECT / "docs/commands.md").read_text()
    rows = dict(re.findall(r"^\| `(\w+)` \| .* \| (.+) \|$", page, re.MULTILINE))
    main(["--help"])
    commands = re.findall(r"^  ([a-z]+) +[A-Z]", capsys.readouterr().out, re.MULTILINE)
    assert list(rows) == commands
    for command, json in rows.items():
        main([command, "--help"])
        assert ("--json" in capsys.readouterr().out) == (json != "no"), command
