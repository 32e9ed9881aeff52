import json

import numpy as np
import pytest
from PIL import Image

from triptych.figures.names import number, order, supplementary
from triptych.figures.save import pixel_digest, read_record, save_figure
from triptych.figures.style import PALETTE, letter, new_figure, panel_letter
from triptych.runtime.provenance import Run, running


def drawing(height=1.0):
    figure = new_figure(2.0, 1.5)
    axes = figure.subplots()
    axes.plot([0, 1], [0, height], label="a line")
    axes.set_xlabel("time (steps)")
    axes.legend()
    panel_letter(axes, 0)
    return figure


def test_both_files_carry_the_record(tmp_path):
    run = Run("scripts/x/plot.py", {"seed": 7}, "c0de", {"data": "abc"})
    with running(run):
        save_figure(drawing(), tmp_path / "f.pdf", tmp_path / "f.png")
    for path in (tmp_path / "f.png", tmp_path / "f.pdf"):
        record = read_record(path)
        assert record["step"] == "scripts/x/plot.py"
        assert json.loads(record["inputs"]) == {"data": "abc"}
        assert record["digest"] == pixel_digest(drawing())


def test_a_figure_from_elsewhere_has_no_record(tmp_path):
    drawing().savefig(tmp_path / "f.png")
    drawing().savefig(tmp_path / "f.pdf")
    drawing().savefig(tmp_path / "g.pdf", metadata={"Keywords": "stiff PDE, operators"})
    for name in ("f.png", "f.pdf", "g.pdf"):
        with pytest.raises(ValueError, match=name):
            read_record(tmp_path / name)


def test_png_is_300_dpi(tmp_path):
    save_figure(drawing(), tmp_path / "f.pdf", tmp_path / "f.png")
    with Image.open(tmp_path / "f.png") as image:
        assert image.size == (600, 450)
        assert image.info["dpi"] == pytest.approx((300, 300), abs=0.5)


def test_digest_is_of_what_is_drawn():
    assert pixel_digest(drawing()) == pixel_digest(drawing())
    assert pixel_digest(drawing()) != pixel_digest(drawing(height=0.9))


def test_stamp_is_visible(tmp_path):
    save_figure(drawing(), tmp_path / "a.pdf", tmp_path / "a.png")
    save_figure(drawing(), tmp_path / "b.pdf", tmp_path / "b.png", stamp="smoke")
    unstamped, stamped = (np.asarray(Image.open(tmp_path / f"{n}.png")) for n in "ab")
    assert unstamped.shape == stamped.shape
    assert (unstamped != stamped).any(axis=-1).mean() > 0.02


def test_palette_stays_distinct_for_colour_blind_readers():
    """Simulated deuteranopia and protanopia (Viénot 1999) keep the first six colours apart."""
    rgb = np.array([[int(c[i : i + 2], 16) / 255 for i in (1, 3, 5)] for c in PALETTE[:6]])
    linear = np.where(rgb > 0.04045, ((rgb + 0.055) / 1.055) ** 2.4, rgb / 12.92)
    protan = [[0.11238, 0.88762, 0.0], [0.11238, 0.88762, 0.0], [0.00401, -0.00401, 1.0]]
    deutan = [[0.29275, 0.70725, 0.0], [0.29275, 0.70725, 0.0], [-0.02234, 0.02234, 1.0]]
    for matrix in (protan, deutan):
        seen = np.clip(linear @ np.array(matrix).T, 0, 1) ** (1 / 2.2)
        apart = np.linalg.norm(seen[:, None] - seen[None], axis=-1)
        assert apart[np.triu_indices(6, 1)].min() > 0.1


def test_panels_are_lettered_to_the_end_of_the_alphabet():
    assert "".join(map(letter, range(26))) == "abcdefghijklmnopqrstuvwxyz"
    with pytest.raises(IndexError):
        letter(26)


def test_figures_stand_by_number_and_supplementary_ones_last():
    names = ["ssno_figS10", "ssno_fig10", "ssno_figS2", "ssno_fig9", "ssno_fig1"]
    in_order = sorted(names, key=order)
    assert list(map(number, in_order)) == ["1", "9", "10", "S2", "S10"]
    assert list(map(supplementary, in_order)) == [False, False, False, True, True]
