"""Pictures: the right atoms shaded in the right colour, at the size that was asked for."""

from __future__ import annotations

import re

import numpy as np
import pytest
import xarray as xr
from matplotlib.colors import LinearSegmentedColormap, Normalize

from triptych.toxicity.drawing import SIGNED, molecule_picture, molecule_svg
from triptych.toxicity.examples import choose
from triptych.toxicity.plotting import interval_text, short_tasks

PURE = LinearSegmentedColormap.from_list("pure", ["#FFFFFF", "#FF0000"])
NORM = Normalize(0, 1)
SIZE = (300, 200)
DISC = r"<ellipse [^>]*fill:(#\w{6})"


def picture(smiles, share):
    return molecule_picture(smiles, share, NORM, SIZE, PURE)


def red(image):
    return (image[..., 0] > 200) & (image[..., 1] < 60) & (image[..., 2] < 60)


def centre_of_red(image):
    return np.argwhere(red(image)).mean(axis=0)


def test_size_and_background():
    image = picture("CCO", [0, 0, 0])
    assert image.shape == (SIZE[1], SIZE[0], 4)
    assert (image[0, 0] == 255).all()
    assert not red(image).any()


def test_one_disc_an_atom_in_written_order():
    """Each atom of a zigzag chain shaded alone: the discs are of one size and walk along it."""
    chain = "CCCCCC"
    places = [centre_of_red(picture(chain, np.eye(6)[i])) for i in range(6)]
    along = np.array(places)[:, 1]
    assert (np.diff(along) > 0).all() or (np.diff(along) < 0).all()
    whole = red(picture(chain, np.ones(6))).sum()
    single = red(picture(chain, np.eye(6)[0])).sum()
    assert 4 < whole / single <= 6.5


def test_colour_follows_the_share():
    half = picture("CC", [0.5, 0])
    assert not red(half).any()
    pink = (half[..., 0] > 240) & (np.abs(half[..., 1].astype(int) - 128) < 12)
    assert pink.any()
    over = picture("CC", [7.0, 0])  # above the norm's end: the colour of the end
    assert red(over).any()


def test_on_a_scale_of_two_signs_its_lower_end_is_shaded_too():
    drawing = molecule_svg("CCO", [-2.0, 0.0, 1.0], Normalize(-1, 1), SIZE, SIGNED)
    assert sorted(re.findall(DISC, drawing)) == ["#6FA8DC", "#F58B3C", "#FEFEFE"]


@pytest.mark.parametrize(
    "smiles",
    [
        "CC(=O)[O-].[Na+]",
        "*c1ccccc1",
        "[2H]C([2H])Cl",
        "[Na+].[Cl-]",
        "C",
        "CC[C@H](C)[C@@H]1NC(=O)CNC1=O." * 3 + "Cl",
        "N" + "CC(=O)N" * 25 + "C",
    ],
)
def test_salts_dummies_and_large_molecules_fit(smiles):
    from triptych.toxicity.smiles import heavy_atoms, read_canonical

    count = len(heavy_atoms(read_canonical(smiles)))
    image = picture(smiles, [1.0] * count + [np.nan] * 3)
    assert red(image).any()
    border = np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])
    assert (border == 255).all()


def test_a_mask_of_another_molecule_is_refused():
    with pytest.raises(ValueError, match="3 heavy atoms, the mask 2"):
        picture("CCO", [0.1, 0.2, np.nan])
    with pytest.raises(ValueError, match="C1CC"):
        picture("C1CC", [1, 1, 1])


def test_a_drawing_of_lines_has_the_same_discs():
    drawing = molecule_svg("CCO", [1, 0, 0.5], NORM, SIZE, PURE)
    assert drawing.startswith("<svg")
    assert drawing.rstrip().endswith("</svg>")
    assert sorted(re.findall(DISC, drawing)) == ["#FF0000", "#FF7F7F"]
    assert "width='300px' height='200px'" in drawing
    with pytest.raises(ValueError, match="3 heavy atoms, the mask 2"):
        molecule_svg("CCO", [0.1, 0.2], NORM, SIZE)


def test_molecules_are_shown_by_the_rule():
    """Task 1 has the most positives, then task 0; molecule 4 is too big, 5 of validation."""
    label = np.array([[1, 1], [0, 1], [np.nan, 1], [1, 0], [1, 1], [1, 1]], dtype=float)
    logit = np.array([[3, 2], [9, 1], [0, 4], [1, 0], [9, 9], [9, 9]], dtype=float)
    predictions = xr.Dataset(
        {
            "label": (("molecule", "task"), label),
            "logit": (("molecule", "task"), logit),
            "split": ("molecule", ["test"] * 5 + ["val"]),
        },
        {"molecule": [10, 11, 12, 13, 14, 15]},
    )
    heavy = xr.DataArray([9] * 14 + [99, 9], dims="molecule")
    choice = choose(predictions, heavy, tasks=2, least_atoms=8, most_atoms=30)
    assert choice.tasks == [1, 0]
    assert choice.rows == [2, 0]
    assert choice.chosen_for == [0, 1]
    negative = predictions.assign(logit=-np.abs(predictions.logit))
    assert choose(negative, heavy, tasks=4, least_atoms=8, most_atoms=30).rows == []


def test_short_names_stay_distinct():
    names = [
        "Skin and subcutaneous tissue disorders",
        "Respiratory, thoracic and mediastinal disorders",
        "Neoplasms benign, malignant and unspecified (incl cysts and polyps)",
        "Renal and urinary disorders",
        "Renal and other things of length",
        "NR-AhR",
    ]
    short = short_tasks(names)
    assert short[:3] == ["Skin", "Respiratory", "Neoplasms"]
    assert short[5] == "NR-AhR"
    assert len(set(short)) == 6
    assert max(map(len, short)) <= 24


def test_interval_text_prints_the_minus_sign_of_print():
    assert interval_text(-0.0124, -0.02, 0.0036, digits=3) == "−0.012 [−0.020, 0.004]"
