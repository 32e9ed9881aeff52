"""Digits as grey images: readers of raw files, chosen by name, and their checks."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from triptych.cycles.digits import CLASSES, Digits, Grey

Reader = Callable[[Mapping[str, bytes]], Digits]


@dataclass(frozen=True)
class Source:
    """A dataset: the names of its files in the registry of raw inputs, and its reader."""

    raw: tuple[str, ...]
    read: Reader


SOURCES: dict[str, Source] = {}


def digits_source(name: str, raw: tuple[str, ...] = ()) -> Callable[[Reader], Reader]:
    """Register the reader of a dataset, from the bytes of its files by name to :class:`Digits`."""

    def register(read: Reader) -> Reader:
        SOURCES[name] = Source(raw, read)
        return read

    return register


def raw_input(dataset: str) -> str | None:
    """Return the raw input that a dataset of digits is read from; None if it needs no file.

    Raises
    ------
    ValueError
        If no dataset of that name is registered.
    """
    if dataset not in SOURCES:
        known = ", ".join(sorted(SOURCES))
        raise ValueError(f"cycles.data.dataset: no dataset {dataset!r}; there are {known}")
    return dataset if SOURCES[dataset].raw else None


@digits_source("mnist_5k", raw=("mnist_5k.csv.gz",))
def read_mnist_5k(files: Mapping[str, bytes]) -> Digits:
    """Read 5000 MNIST digits: a row is 784 grey values and the label last.

    Parameters
    ----------
    files : mapping of str to bytes
        ``mnist_5k.csv.gz``.

    Returns
    -------
    Digits
        5000 images of 28×28 pixels.

    Raises
    ------
    ValueError
        If the file is not a gzipped table of 5000 such rows.
    """
    name = "mnist_5k.csv.gz"
    table = _csv(name, _gunzip(name, files[name]), columns=785)
    if len(table) != 5000:
        raise ValueError(f"{name}: {len(table)} rows, but 5000 are expected")
    return _digits(name, table[:, :-1].reshape(-1, 28, 28), table[:, -1], grey_max=255)


MNIST_FILES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)


@digits_source("mnist_full", raw=MNIST_FILES)
def read_mnist_full(files: Mapping[str, bytes]) -> Digits:
    """Read all of MNIST, its test split after its training split.

    Parameters
    ----------
    files : mapping of str to bytes
        The four of :data:`MNIST_FILES`, gzipped idx.

    Returns
    -------
    Digits
        Images of 28×28 pixels.

    Raises
    ------
    ValueError
        If a file is not as the idx format has it, or images and labels do not agree.
    """
    splits = []
    for image_file, label_file in (MNIST_FILES[:2], MNIST_FILES[2:]):
        images = _idx(image_file, _gunzip(image_file, files[image_file]), dimensions=3)
        labels = _idx(label_file, _gunzip(label_file, files[label_file]), dimensions=1)
        if images.shape[1:] != (28, 28):
            raise ValueError(f"{image_file}: images of {images.shape[1:]}, expected (28, 28)")
        if len(images) != len(labels):
            raise ValueError(f"{label_file}: {len(labels)} labels for {len(images)} images")
        splits.append(_digits(label_file, images, labels, grey_max=255))
    return Digits(
        np.concatenate([split.images for split in splits]),
        np.concatenate([split.labels for split in splits]),
        grey_max=255,
    )


@digits_source("digits")
def read_digits(files: Mapping[str, bytes]) -> Digits:
    """Read the 1797 digits of 8×8 pixels, grey values 0 to 16, that come with scikit-learn."""
    from sklearn.datasets import load_digits

    bunch = load_digits()
    return _digits("digits", bunch.images.astype(np.int64), bunch.target, grey_max=16)


def _gunzip(name: str, content: bytes) -> bytes:
    """Decompress, naming the file if that fails."""
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(f"{name}: not a complete gzip file ({error})") from error


def _csv(name: str, content: bytes, columns: int) -> NDArray[np.int64]:
    """Read a table of whole numbers, naming the row of the first that is not as expected."""
    rows = []
    for number, line in enumerate(content.split(b"\n"), start=1):
        if not line.strip():
            continue
        fields = line.split(b",")
        if len(fields) != columns:
            raise ValueError(f"{name}: row {number} has {len(fields)} columns, expected {columns}")
        try:
            rows.append(np.array(fields).astype(np.int64))
        except (ValueError, OverflowError) as error:
            raise ValueError(
                f"{name}: row {number} has a value that is not a whole number ({error})"
            ) from error
    if not rows:
        raise ValueError(f"{name}: the file has no rows")
    return np.stack(rows)


def _idx(name: str, content: bytes, dimensions: int) -> Grey:
    """Read the idx format: magic 0, 0, 8 (unsigned bytes), dimensions; sizes big-endian; bytes."""
    magic, expected_magic = content[:4], bytes([0, 0, 8, dimensions])
    if magic != expected_magic:
        raise ValueError(f"{name}: magic number {magic.hex()}, expected {expected_magic.hex()}")
    start = 4 + 4 * dimensions
    if len(content) < start:
        raise ValueError(f"{name}: {len(content)} bytes end inside the header of {start}")
    shape = tuple(np.frombuffer(content[4:start], dtype=">u4").astype(int).tolist())
    length = start + int(np.prod(shape))
    if len(content) != length:
        raise ValueError(f"{name}: {len(content)} bytes, but shape {shape} asks for {length}")
    return np.frombuffer(content[start:], dtype=np.uint8).reshape(shape)


def _digits(name: str, images: NDArray, labels: NDArray, grey_max: int) -> Digits:
    """Check the ranges of grey values and labels and give both their types."""
    outside = np.argwhere((images < 0) | (images > grey_max))
    if len(outside):
        row, y, x = outside[0]
        raise ValueError(
            f"{name}: image {row + 1} has {images[row, y, x]} at pixel ({y}, {x}), "
            f"outside 0 to {grey_max}"
        )
    outside = np.argwhere((labels < 0) | (labels >= CLASSES))
    if len(outside):
        row = outside[0, 0]
        raise ValueError(
            f"{name}: image {row + 1} has label {labels[row]}, outside 0 to {CLASSES - 1}"
        )
    return Digits(images.astype(np.uint8), labels.astype(np.int64), grey_max)
