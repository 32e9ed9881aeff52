"""Pictures of molecules with their atoms shaded by a mask."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from matplotlib.colors import Colormap, LinearSegmentedColormap, Normalize
from numpy.typing import ArrayLike, NDArray
from PIL import Image
from rdkit import Chem
from rdkit.Chem.Draw import rdMolDraw2D

from triptych.toxicity.smiles import heavy_atoms, read_canonical

SHADES = LinearSegmentedColormap.from_list("shades", ["#BFE9DB", "#6FCDB0", "#1FB488"])
"""From the least that is shown to all: light enough at every value for black atom labels on it."""
SIGNED = LinearSegmentedColormap.from_list("signed", ["#6FA8DC", "#FFFFFF", "#F58B3C"])
"""From below, over 0, to above; the offset of the logit is not in it."""
VISIBLE = 0.02
"""Part of a colour scale from 0 on up to which an atom stays without a disc."""
BOND_PX = 42
"""Longest bond, in pixels of a picture 300 high: small molecules are not blown up."""


def molecule_picture(
    smiles: str,
    share: ArrayLike,
    norm: Normalize,
    size: tuple[int, int] = (400, 300),
    shades: Colormap = SHADES,
) -> NDArray[np.uint8]:
    """Return a picture of a molecule, each heavy atom on a disc in the colour of its share.

    Parameters
    ----------
    smiles : str
        What to draw; salts and mixtures are drawn with all their parts.
    share : array_like of shape (atom,)
        One number for every heavy atom in written order, NaN beyond the molecule.
    norm : Normalize
        From shares to 0…1.
    size : tuple of int, optional
        Width and height in pixels.
    shades : Colormap, optional

    Returns
    -------
    uint8 ndarray of shape (height, width, 4)
        RGBA, white background.

    Raises
    ------
    ValueError
        If the SMILES cannot be read, or there is not one number for every heavy atom.
    """
    drawer = rdMolDraw2D.MolDraw2DCairo(*size)
    _draw(drawer, smiles, share, norm, shades)
    with Image.open(io.BytesIO(drawer.GetDrawingText())) as image:
        return np.asarray(image.convert("RGBA"))


def molecule_svg(
    smiles: str,
    share: ArrayLike,
    norm: Normalize,
    size: tuple[int, int],
    shades: Colormap = SHADES,
) -> str:
    """Return the picture of :func:`molecule_picture` as an SVG element, to be set in a page.

    Parameters
    ----------
    smiles : str
    share : array_like of shape (atom,)
    norm : Normalize
    size : tuple of int
    shades : Colormap, optional
        All as there.

    Raises
    ------
    ValueError
        As there.
    """
    drawer = rdMolDraw2D.MolDraw2DSVG(*size)
    _draw(drawer, smiles, share, norm, shades)
    text: str = drawer.GetDrawingText()
    return text[text.index("<svg") :]


def _draw(
    drawer: rdMolDraw2D.MolDraw2D,
    smiles: str,
    share: ArrayLike,
    norm: Normalize,
    shades: Colormap,
) -> None:
    molecule = read_canonical(smiles)
    colours = _colours(smiles, heavy_atoms(molecule).tolist(), share, norm, shades)
    height = drawer.Height()
    options: Any = drawer.drawOptions()
    options.useBWAtomPalette()
    options.fillHighlights = True
    options.highlightRadius = 0.42
    options.fixedBondLength = BOND_PX * height / 300
    options.padding = 0.06
    options.bondLineWidth = max(1, round(height / 170))
    options.scaleBondWidth = False
    options.minFontSize = round(height / 14)
    options.maxFontSize = round(height / 10)
    options.clearBackground = True
    drawer.DrawMolecule(
        rdMolDraw2D.PrepareMolForDrawing(molecule, kekulize=_kekulizes(molecule)),
        highlightAtoms=list(colours),
        highlightAtomColors=colours,
        highlightAtomRadii=dict.fromkeys(colours, options.highlightRadius),
        highlightBonds=[],
    )
    drawer.FinishDrawing()


def _colours(
    smiles: str, heavy: list[int], share: ArrayLike, norm: Normalize, shades: Colormap
) -> dict[int, tuple[float, ...]]:
    """Return the colours of the atoms with a share worth one, of all on a scale of two signs."""
    values = np.asarray(share, dtype=float)
    values = values[~np.isnan(values)]
    if len(values) != len(heavy):
        raise ValueError(f"{smiles!r} has {len(heavy)} heavy atoms, the mask {len(values)}")
    zero, *shown = np.clip(np.asarray(norm([0.0, *values]), dtype=float), 0.0, 1.0)
    return {
        atom: tuple(map(float, shades(value)[:3]))
        for atom, value in zip(heavy, shown, strict=True)
        if zero > 0 or value > VISIBLE
    }


def _kekulizes(molecule: Chem.Mol) -> bool:
    try:
        Chem.Kekulize(Chem.Mol(molecule))
    except Chem.KekulizeException:
        return False
    return True
