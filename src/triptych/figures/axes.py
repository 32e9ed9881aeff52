"""Small parts that several figures share."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from triptych.figures.style import NEUTRAL


def reference_line(
    axes: Axes, value: float, label: str, style: str = "--", left: bool = False
) -> None:
    """Draw a horizontal reference line across the axes, named at its right or left end.

    Value and style are in the unit of the vertical axis and in Matplotlib's words.
    """
    axes.axhline(value, color=NEUTRAL, linestyle=style, linewidth=0.8, zorder=0)
    axes.annotate(
        label,
        xy=(0 if left else 1, value),
        xycoords=("axes fraction", "data"),
        xytext=(3 if left else -2, 2),
        textcoords="offset points",
        ha="left" if left else "right",
        va="bottom",
        fontsize=6,
        color="0.35",
    )


def show_image(axes: Axes, image: NDArray, title: str = "") -> None:
    """Show a grey image without axes.

    Parameters
    ----------
    axes : Axes
    image : ndarray of shape (height, width)
        From 0, white, to 1, black.
    title : str, optional
    """
    axes.imshow(image, cmap="Greys", vmin=0, vmax=1, interpolation="nearest")
    axes.set(xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set(visible=True, linewidth=0.4, color="0.7")
    if title:
        axes.set_title(title, fontsize=6, pad=2)


def tile(images: NDArray, columns: int) -> NDArray:
    """Put images side by side in rows, a pixel apart.

    Parameters
    ----------
    images : ndarray of shape (n, height, width)
    columns : int
        Images in a row.

    Returns
    -------
    ndarray of shape (rows × (height + 1) − 1, columns × (width + 1) − 1)
        Zero between the images and behind the last.
    """
    count, height, width = images.shape
    rows = -(-count // columns)
    sheet = np.zeros((rows * (height + 1) - 1, columns * (width + 1) - 1))
    for index, image in enumerate(images):
        top, left = (index // columns) * (height + 1), (index % columns) * (width + 1)
        sheet[top : top + height, left : left + width] = image
    return sheet
