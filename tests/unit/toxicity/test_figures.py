"""All figures from synthetic stores; and what they do where there is nothing to draw."""

from __future__ import annotations

from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from figure_scripts import plot_script
from matplotlib.text import Text
from PIL import Image
from toxicity_specs import scoring

from triptych.figures.save import read_record
from triptych.figures.style import new_figure
from triptych.runtime.monitor import NullMonitor
from triptych.runtime.store import read_store, write_store
from triptych.toxicity.fragments import enrichment
from triptych.toxicity.scoring import score_runs

DATASETS = {
    "clintox": ["FDA_APPROVED", "CT_TOX"],
    "sider": ["Cardiac disorders", "Eye disorders", "Hepatobiliary disorders"],
    "tox21": ["NR-AR", "NR-AhR", "SR-p53", "SR-MMP", "NR-ER"],
    "alerts": ["nitro", "chloro", "alkene", "aromatic amine"],
}
FIGURES = [*range(1, 9), "S1"]
BACKBONES = ("bert", "albert")
BOOTSTRAP = {"fragment_minimum": 5, "resamples": 50, "seed": 0}


@pytest.fixture(scope="module")
def inputs(build, tmp_path_factory):
    """Return what the rules hand to the figures, for all four datasets."""
    root = tmp_path_factory.mktemp("stores")
    scores, masks, molecules, alerted = [], [], [], []
    for number, (dataset, tasks) in enumerate(DATASETS.items()):
        store = build.molecules(dataset, tasks, seed=number)
        runs = build.runs(store, backbones=BACKBONES if dataset == "clintox" else BACKBONES[:1])
        scores.append(root / f"{dataset}_scores.zarr")
        write_store(score_runs(runs, store, scoring()), scores[-1])
        if dataset in ("tox21", "sider"):
            masks.append(root / f"{dataset}_sparse.zarr")
            molecules.append(root / f"{dataset}_molecules.zarr")
            write_store(next(r for r in runs if r.attrs["penalty"] == 0.1), masks[-1])
            write_store(store, molecules[-1])
            if dataset == "tox21":
                replicate = build.predictions(store, "sparse", penalty=0.1, seed=7)
                write_store(replicate, root / "replicate.zarr")
        if dataset == "alerts":
            alerted = [root / f"{dataset}_{name}.zarr" for name in ("sparse", "molecules")]
            write_store(next(r for r in runs if r.attrs["penalty"] == 0.1), alerted[0])
            write_store(store, alerted[1])
    return SimpleNamespace(
        scores=scores,
        predictions=masks,
        molecules=molecules,
        alerted=alerted[:1],
        alerts=alerted[1:],
        replicates=[root / "replicate.zarr"],
    )


PARAMS = SimpleNamespace(stamp=None, **BOOTSTRAP)


def draw(number, inputs, folder):
    """Draw a figure, and return its files."""
    outputs = SimpleNamespace(pdf=folder / f"f{number}.pdf", png=folder / f"f{number}.png")
    plot_script("toxicity", f"fig{number}").main(inputs, outputs, PARAMS, NullMonitor())
    return outputs


def sketch(number, inputs):
    """Draw a figure once, at the resolution of a screen and into no file, and return it."""
    module = plot_script("toxicity", f"fig{number}")
    module.save_figure = lambda figure, *_: figure.canvas.draw()
    module.main(inputs, SimpleNamespace(pdf=None, png=None), PARAMS, NullMonitor())
    return plt.gcf()


@pytest.mark.parametrize("number", FIGURES)
def test_every_figure_is_drawn_with_its_record(number, inputs, tmp_path):
    outputs = draw(number, inputs, tmp_path)
    digests = {read_record(path)["digest"] for path in (outputs.pdf, outputs.png)}
    assert len(digests) == 1
    pixels = np.asarray(Image.open(outputs.png).convert("L"))
    assert 0.005 < (pixels < 200).mean() < 0.9
    # nothing is cut off: the outermost pixels are background
    for edge in (pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]):
        assert (edge > 250).all()


@pytest.mark.parametrize("number", [4, 5, 7])
def test_a_figure_that_no_dataset_is_for_says_so(number):
    nothing = SimpleNamespace(
        scores=[], predictions=[], molecules=[], alerted=[], alerts=[], replicates=[]
    )
    said = [text.get_text() for text in sketch(number, nothing).findobj(Text)]
    assert any(text.startswith("no ") for text in said)


def test_agreement_is_blank_where_nothing_was_measured_and_marked_where_few_molecules_tell():
    """Six molecules are positive for a and b, one is for c as well; there is no second training."""
    label = np.array([[1, 1, 0]] * 5 + [[1, 1, 1]], dtype=float)
    predictions = xr.Dataset(
        {
            "mask": (("molecule", "task", "atom"), np.random.default_rng(0).random((6, 3, 4))),
            "label": (("molecule", "task"), label),
            "split": ("molecule", ["test"] * 6),
        },
        {"task": ["a", "b", "c"]},
        {"dataset": "sider"},
    )
    axes = plt.figure().subplots()
    plot_script("toxicity", "fig5").draw_dataset(axes, predictions, None)
    cells = np.ma.getmaskarray(np.ma.masked_invalid(axes.collections[0].get_array()))
    assert cells.reshape(3, 3).tolist() == np.eye(3, dtype=bool).tolist()
    (dots,) = axes.lines
    names = [tick.get_text() for tick in axes.get_xticklabels()]
    marked = {(names[int(x)], names[int(y)]) for x, y in dots.get_xydata()}
    assert marked == {("a", "c"), ("b", "c"), ("c", "a"), ("c", "b")}


def test_what_has_no_known_alerts_is_said_to_have_none(inputs):
    without = SimpleNamespace(**{**vars(inputs), "scores": inputs.scores[:1]})
    said = [text.get_text() for text in sketch(6, without).findobj(Text)]
    assert said.count("no masks on molecules with known alerts in this run") == 2


def test_a_kind_of_which_no_fold_was_run_is_not_shown(build, tmp_path):
    """As that of single tasks, of which a configuration may ask for none."""
    molecules = build.molecules("clintox", DATASETS["clintox"])
    runs = [run for run in build.runs(molecules, folds=(0,)) if run.attrs["kind"] != "stl"]
    write_store(score_runs(runs, molecules, scoring(resamples=5)), tmp_path / "scores.zarr")
    figure = sketch(1, SimpleNamespace(scores=[tmp_path / "scores.zarr"]))
    shown, differences = figure.axes
    assert [tick.get_text() for tick in shown.get_xticklabels()] == [
        "MTL (1)", "attn (1)", "sparse (1)", "forest (1)",
    ]  # fmt: skip
    assert not any("STL" in tick.get_text() for tick in differences.get_yticklabels())


def test_every_kind_that_the_forest_is_ahead_of_is_named():
    rows = [
        ("sparse", "forest", "random", -0.064, -0.03),
        ("mtl", "forest", "random", -0.011, 0.02),
        ("stl", "forest", "random", 0.005, 0.03),
        ("attention", "forest", "scaffold", -0.2, -0.1),
        ("sparse", "mtl", "random", -0.3, -0.2),
    ]
    columns = ["first", "second", "split_method", "difference", "difference_high"]
    axes = new_figure(3, 3).subplots()
    plot_script("toxicity", "fig1").name_kinds_behind_forest(
        axes, pd.DataFrame(rows, columns=columns)
    )
    assert axes.get_title() == ("forest ahead of\nsparse 0.064\nMTL 0.011 (undecided)")


UNSCORABLE = {
    1: {"no task can be scored", "nothing to compare"}, 2: {"not scorable"}, 3: set(),
    7: {"no task can be scored"}, 8: set(),
    "S1": {"no task can be scored", "no masks on molecules with known alerts in this run"},
}  # fmt: skip
"""What each figure says of a dataset without scorable tasks."""
OF_SCORES = ("mean test ROC-AUC", "mean ROC-AUC", "precision")


@pytest.mark.parametrize("number", UNSCORABLE)
def test_a_dataset_without_scorable_tasks_is_drawn(number, build, tmp_path):
    molecules = build.molecules("clintox", DATASETS["clintox"])
    runs = build.runs(molecules, folds=(0,), backbones=BACKBONES)
    runs = [run.assign(label=run.label * 0) for run in runs]
    write_store(score_runs(runs, molecules, scoring(resamples=5)), tmp_path / "scores.zarr")
    figure = sketch(number, SimpleNamespace(scores=[tmp_path / "scores.zarr"]))
    said = {text.get_text() for text in figure.findobj(Text)}
    assert said >= UNSCORABLE[number]
    assert "base rate" not in said
    lines = [line for ax in figure.axes if ax.get_ylabel() in OF_SCORES for line in ax.lines]
    marks = [line for line in lines if line.get_marker() != "None"]
    assert not any(np.isfinite(line.get_ydata()).any() for line in marks)


def test_fragments_are_marked_where_all_trainings_agree_on_their_sign(inputs, monkeypatch):
    trainings = [read_store(inputs.predictions[1]), read_store(inputs.replicates[0])]
    molecules = read_store(inputs.molecules[1])
    figure, drawn = plot_script("toxicity", "fig6"), []

    def enriched(*given):
        drawn.append(enrichment(*given))
        return drawn[-1]

    monkeypatch.setattr(figure, "enrichment", enriched)

    def marks(trainings):
        ax = new_figure(4, 4).subplots()
        figure.draw_fragments(ax, trainings, molecules, PARAMS)
        return len(ax.lines[-1].get_xdata())

    alone, both = marks(trainings[:1]), marks(trainings)
    first, _, second = drawn
    assert len(first.fragment) <= figure.MOST_FRAGMENTS
    above, below = ((one.low > 0, one.high < 0) for one in (first, second))
    assert alone == (above[0] | above[1]).sum() < first.low.size
    assert 0 < both == ((above[0] & below[0]) | (above[1] & below[1])).sum() < alone


def test_masks_of_other_molecules_are_not_shown(inputs, tmp_path):
    """The atoms that are shaded are those of the molecule drawn: a longer mask is an error."""
    swapped = SimpleNamespace(
        predictions=inputs.predictions[:1], molecules=inputs.molecules[:1], alerted=[], alerts=[]
    )
    molecules = read_store(swapped.molecules[0])
    reversed_ = molecules.assign(smiles=("molecule", molecules.smiles.values[::-1]))
    write_store(reversed_, tmp_path / "molecules.zarr")
    swapped.molecules = [tmp_path / "molecules.zarr"]
    with pytest.raises(ValueError, match="heavy atoms"):
        draw(4, swapped, tmp_path)
