"""A montage: figures of a scale in one picture, each below its name, for README and docs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from triptych.runtime.store import atomic

GAP_PX = 16
NAME_PX = 24
COLOURS = 256
"""Of the palette: with one, a PNG has a third of its size."""
METHOD = Image.Quantize.MAXCOVERAGE
"""How they are chosen: by frequency alone the rare ends of a colour bar take others' colours."""


def save_montage(figures: Sequence[Path], picture: Path, columns: int, width_px: int) -> None:
    """Write a PNG of figures, all at one scale, in rows from left to right.

    Raises
    ------
    ValueError
        If there is no figure.
    """
    if not figures:
        raise ValueError("no figure for the montage: run snakemake first")
    width = (width_px - GAP_PX * (columns + 1)) // columns
    tiles = _tiles(figures, width)
    rows = [tiles[start : start + columns] for start in range(0, len(tiles), columns)]
    heights = [max(tile.height for tile in row) + GAP_PX for row in rows]
    montage = Image.new("RGB", (width_px, GAP_PX + sum(heights)), "white")
    top = GAP_PX
    for row, height in zip(rows, heights, strict=True):
        for column, tile in enumerate(row):
            montage.paste(tile, (GAP_PX + column * (width + GAP_PX), top))
        top += height
    with atomic(picture) as sibling:
        montage.quantize(COLOURS, METHOD).save(sibling, format="PNG", optimize=True)


def _tiles(figures: Sequence[Path], width: int) -> list[Image.Image]:
    """Return figures below their names, the widest of them of this width in pixels."""
    font = ImageFont.load_default(size=16)
    pictures = [Image.open(path) for path in figures]
    scale = width / max(picture.width for picture in pictures)
    tiles = []
    for path, picture in zip(figures, pictures, strict=True):
        size = round(picture.width * scale), round(picture.height * scale)
        tile = Image.new("RGB", (width, NAME_PX + size[1]), "white")
        ImageDraw.Draw(tile).text((0, 0), path.stem, fill="black", font=font)
        tile.paste(picture.convert("RGB").resize(size, Image.Resampling.LANCZOS), (0, NAME_PX))
        tiles.append(tile)
    return tiles
