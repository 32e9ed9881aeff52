"""Digits as binary images: a threshold, coarser pixels, and some images held out."""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from triptych.cycles.digits import Digits, Grey

FOLLOWED = 1000
"""At least so many training images have their likelihood followed while models train, and fewer
than twice so many; all where there are fewer."""


def binarise(images: Grey, grey_max: int, threshold: float) -> NDArray[np.uint8]:
    """Return 1 where the grey value exceeds ``threshold × grey_max``; 0.5 of 255 means above 127.

    Parameters
    ----------
    images : uint8 ndarray of shape (n, height, width)
        Grey values from 0 to ``grey_max``.
    grey_max : int
    threshold : float
        Share of the grey range.

    Returns
    -------
    uint8 ndarray of shape (n, height, width)
        Zeros and ones.
    """
    return (images > threshold * grey_max).astype(np.uint8)


def coarsen(images: NDArray[np.uint8], side: int, held_out: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Shrink binary images to few enough pixels for all images to be enumerated.

    A pixel is on where its block holds more ink than that block's median over the images that
    are not held out, so that every pixel is on half of the time or so. What does not fill whole
    blocks is cut off the edges.

    Parameters
    ----------
    images : uint8 ndarray of shape (n, height, width)
        Zeros and ones.
    side : int
        Pixels along each side of the result.
    held_out : bool ndarray of shape (n,)
        Images that no median sees.

    Returns
    -------
    uint8 ndarray of shape (n, side, side)
        Zeros and ones.
    """
    height, width = images.shape[1:]
    block = min(height, width) // side
    top, left = (height - block * side) // 2, (width - block * side) // 2
    core = images[:, top : top + block * side, left : left + block * side]
    ink = core.reshape(-1, side, block, side, block).mean((2, 4))
    return (ink > np.median(ink[~held_out], axis=0)).astype(np.uint8)


def binary_dataset(digits: Digits, threshold: float, held_out: int, seed: int) -> xr.Dataset:
    """Binarise, and hold some images out, the same share of every class.

    Parameters
    ----------
    digits : Digits
    threshold : float
        Share of the grey range above which a pixel is on.
    held_out : int
        How many; from the number of classes to that many fewer than all.
    seed : int
        Of the choice.

    Returns
    -------
    xarray.Dataset
        ``images`` (image, y, x), zeros and ones, with the coordinates ``label`` and ``held_out``
        (image).

    Raises
    ------
    ValueError
        If there are too few images to hold out, or to keep, for one of every class.
    """
    from sklearn.model_selection import train_test_split

    count, classes = len(digits.labels), len(np.unique(digits.labels))
    if not classes <= held_out <= count - classes:
        raise ValueError(
            f"held_out is {held_out}; of {count} images in {classes} classes it must be "
            f"{classes} to {count - classes}"
        )
    _, held_out_rows = train_test_split(
        np.arange(count), test_size=held_out, random_state=seed, stratify=digits.labels
    )
    return xr.Dataset(
        {
            "images": (
                ("image", "y", "x"),
                binarise(digits.images, digits.grey_max, threshold),
                {"long_name": "binary pixel", "units": "1"},
            )
        },
        {
            "label": ("image", digits.labels),
            "held_out": ("image", np.isin(np.arange(count), held_out_rows)),
        },
        {"threshold": threshold, "grey_max": digits.grey_max, "split_seed": seed},
    )


def flat_images(dataset: xr.Dataset, held_out: bool) -> NDArray[np.float32]:
    """Return the held-out images or those of training.

    Parameters
    ----------
    dataset : xarray.Dataset
        With ``images`` (image, y, x) and ``held_out`` (image), as from :func:`binary_dataset`.
    held_out : bool
        Which of them.

    Returns
    -------
    float32 ndarray of shape (n, N)
        Zeros and ones.
    """
    images = dataset.images.values[dataset.held_out.values == held_out]
    return images.reshape(len(images), -1).astype(np.float32)


def labels_of(dataset: xr.Dataset, held_out: bool) -> NDArray[np.int64]:
    """Return the labels of the held-out images or of those of training.

    Parameters
    ----------
    dataset : xarray.Dataset
        With ``label`` and ``held_out`` (image), as from :func:`binary_dataset`.
    held_out : bool
        Which of them.

    Returns
    -------
    int64 ndarray of shape (n,)
        0 to 9.
    """
    return dataset.label.values[dataset.held_out.values == held_out]


def followed_images(count: int) -> slice:
    """Return which of so many training images have their likelihood followed: all of a few.

    They are evenly spaced, since files may be sorted by class.
    """
    return slice(None, None, max(1, count // FOLLOWED))
