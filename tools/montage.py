"""The montage: all figures of a scale in one picture, each below its name, for README."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from triptych.runtime.store import atomic

WIDTH_PX = 1600
GAP_PX = 16
COLUMNS = 3
NAME_PX = 24


def save_montage(figures: Sequence[Path], picture: Path) -> None:
    """Write a PNG of figures in columns of equal width, each at the foot of the shortest column.

    Raises
    ------
    ValueError
        If there is no figure.
    """
    if not figures:
        raise ValueError("no figure for the montage: run snakemake first")
    width = (WIDTH_PX - GAP_PX * (COLUMNS + 1)) // COLUMNS
    heights = [GAP_PX] * COLUMNS
    placed: list[tuple[str, Image.Image, int, int]] = []
    for path in figures:
        with Image.open(path) as image:
            height = round(image.height * width / image.width)
            tile = image.convert("RGB").resize((width, height), Image.Resampling.LANCZOS)
        column = heights.index(min(heights))
        placed.append((path.stem, tile, GAP_PX + column * (width + GAP_PX), heights[column]))
        heights[column] += NAME_PX + height + GAP_PX
    montage = Image.new("RGB", (WIDTH_PX, max(heights)), "white")
    draw, font = ImageDraw.Draw(montage), ImageFont.load_default(size=16)
    for name, tile, left, top in placed:
        draw.text((left, top), name, fill="black", font=font)
        montage.paste(tile, (left, top + NAME_PX))
    with atomic(picture) as sibling:
        montage.save(sibling, format="PNG", optimize=True)
