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

SHADES = LinearSegmentedColormap.from_list(
    "shades", ["#FFFFFF", "#FFE8A8", "#FDBE5C", "#F58B3C", "#E0502F"]
)
"""From nothing to all: light enough at every value for black atom labels on it."""
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
    smiles
        What to draw; salts and mixtures are drawn with all their parts.
    share
        One number for every heavy atom in written order, NaN beyond the molecule, (atom,).
    norm
        From shares to 0…1.
    size
        Width and height in pixels.
    shades
        The colour map.

    Returns
    -------
    NDArray
        RGBA, white background, (height, width, 4) uint8.

    Raises
    ------
    ValueError
        If the SMILES cannot be read, or there is not one number for every heavy atom.
    """
    molecule = read_canonical(smiles)
    heavy = heavy_atoms(molecule).tolist()
    values = np.asarray(share, dtype=float)
    values = values[~np.isnan(values)]
    if len(values) != len(heavy):
        raise ValueError(f"{smiles!r} has {len(heavy)} heavy atoms, the mask {len(values)}")
    shown = np.clip(np.asarray(norm(values), dtype=float), 0.0, 1.0)
    colours = {
        atom: tuple(map(float, shades(value)[:3]))
        for atom, value in zip(heavy, shown, strict=True)
        if value > 0.02
    }
    return _draw(molecule, colours, size)


def _draw(
    molecule: Chem.Mol, colours: dict[int, tuple[float, ...]], size: tuple[int, int]
) -> NDArray[np.uint8]:
    drawer = rdMolDraw2D.MolDraw2DCairo(*size)
    options: Any = drawer.drawOptions()
    options.useBWAtomPalette()
    options.fillHighlights = True
    options.highlightRadius = 0.42
    options.fixedBondLength = BOND_PX * size[1] / 300
    options.padding = 0.06
    options.bondLineWidth = max(1, round(size[1] / 170))
    options.scaleBondWidth = False
    options.minFontSize = round(size[1] / 26)
    options.maxFontSize = round(size[1] / 14)
    options.clearBackground = True
    prepared = rdMolDraw2D.PrepareMolForDrawing(molecule, kekulize=_kekulizes(molecule))
    radii = dict.fromkeys(colours, options.highlightRadius)
    drawer.DrawMolecule(
        prepared,
        highlightAtoms=list(colours),
        highlightAtomColors=colours,
        highlightAtomRadii=radii,
        highlightBonds=[],
    )
    drawer.FinishDrawing()
    with Image.open(io.BytesIO(drawer.GetDrawingText())) as image:
        return np.asarray(image.convert("RGBA"))


def _kekulizes(molecule: Chem.Mol) -> bool:
    try:
        Chem.Kekulize(Chem.Mol(molecule))
    except Chem.KekulizeException:
        return False
    return True
