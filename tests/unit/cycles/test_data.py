"""Reading, checking, binarising and splitting digits."""

import gzip
import struct
from functools import partial

import numpy as np
import pytest

from triptych.cycles import binary_images, data
from triptych.cycles.digits import Digits

zipped = partial(gzip.compress, mtime=0)
"""Without the time of day: tests are called by such bytes, and two processes must agree on them."""


def csv(rows):
    return zipped("\n".join(",".join(map(str, row)) for row in rows).encode())


def table(rows=5000):
    body = np.zeros((rows, 785), dtype=int)
    body[:, -1] = np.arange(rows) % 10
    body[:, 3] = 200
    return body


def idx(array):
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    return zipped(header + array.astype(np.uint8).tobytes())


def full_mnist():
    files = {}
    for part, count in (("train", 20), ("t10k", 10)):
        images = np.full((count, 28, 28), count)
        files[f"{part}-images-idx3-ubyte.gz"] = idx(images)
        files[f"{part}-labels-idx1-ubyte.gz"] = idx(np.arange(count) % 10)
    return files


def test_mnist_5k_is_read_in_order():
    digits = data.read_mnist_5k({"mnist_5k.csv.gz": csv(table())})
    assert digits.images.shape == (5000, 28, 28)
    assert digits.images.dtype == np.uint8
    assert digits.images[17, 0, 3] == 200
    assert digits.images.sum() == 200 * 5000
    assert digits.labels[17] == 7
    assert digits.grey_max == 255


def test_full_mnist_joins_both_parts():
    digits = data.read_mnist_full(full_mnist())
    assert digits.images.shape == (30, 28, 28)
    assert digits.images[19, 0, 0] == 20
    assert digits.images[20, 0, 0] == 10
    assert digits.labels[20] == 0


def test_small_digits_need_no_file():
    digits = data.read_digits({})
    assert digits.images.shape == (1797, 8, 8)
    assert digits.images.max() == digits.grey_max == 16


def spoiled(row, column, value):
    body = table()
    body[row, column] = value
    return csv(body)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (csv(table(4999)), "mnist_5k.csv.gz: 4999 rows"),
        (csv(table()[:, 1:]), "row 1 has 784 columns, expected 785"),
        (csv([*table(12).tolist(), [1, 2, 3]]), "row 13 has 3 columns"),
        (spoiled(4, 29, 256), r"image 5 has 256 at pixel \(1, 1\), outside 0 to 255"),
        (spoiled(4, 29, -1), r"image 5 has -1 at pixel \(1, 1\)"),
        (spoiled(9, 784, 10), "image 10 has label 10, outside 0 to 9"),
        (csv([["x"] * 785]), "row 1 has a value that is not a whole number"),
        (csv([["9" * 20] * 785]), "row 1 has a value that is not a whole number"),
        (csv([]), "no rows"),
        (csv(table())[:-20], "mnist_5k.csv.gz: not a complete gzip file"),
        (b"plain text", "not a complete gzip file"),
    ],
)
def test_wrong_tables_are_refused(content, message):
    with pytest.raises(ValueError, match=message):
        data.read_mnist_5k({"mnist_5k.csv.gz": content})


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("train-images-idx3-ubyte.gz", zipped(b"\0\0\x08\x01aaaa"), "magic number 00000801"),
        ("train-images-idx3-ubyte.gz", zipped(b"\0\0\x08\x03aaaa"), "inside the header"),
        (
            "t10k-images-idx3-ubyte.gz",
            zipped(gzip.decompress(idx(np.zeros((10, 28, 28))))[:-1]),
            r"t10k-images.*: 7855 bytes, but shape \(10, 28, 28\) asks for 7856",
        ),
        ("train-images-idx3-ubyte.gz", idx(np.zeros((20, 27, 28))), r"images of \(27, 28\)"),
        ("train-labels-idx1-ubyte.gz", idx(np.zeros(19)), "19 labels for 20 images"),
        ("train-labels-idx1-ubyte.gz", idx(np.full(20, 11)), "image 1 has label 11"),
    ],
)
def test_wrong_idx_files_are_refused(name, content, message):
    with pytest.raises(ValueError, match=message):
        data.read_mnist_full({**full_mnist(), name: content})


def test_a_new_dataset_is_one_function(monkeypatch):
    monkeypatch.setattr(data, "SOURCES", dict(data.SOURCES))

    @data.digits_source("blank", raw=("blank.bin",))
    def read_blank(files):
        return Digits(np.zeros((3, 2, 2), np.uint8), np.arange(3), len(files["blank.bin"]))

    assert data.SOURCES["blank"].read({"blank.bin": b"12"}).grey_max == 2
    assert data.SOURCES["blank"].raw == ("blank.bin",)


def test_digits_are_read_from_the_raw_input_of_their_name_or_from_none():
    assert data.raw_input("mnist_5k") == "mnist_5k"
    assert data.raw_input("digits") is None


def test_a_dataset_that_is_not_registered_is_refused_with_those_that_are():
    message = r"cycles\.data\.dataset: no dataset 'mnist'; there are digits, mnist_5k, mnist_full"
    with pytest.raises(ValueError, match=message):
        data.raw_input("mnist")


def test_half_of_255_means_above_127():
    binary = binary_images.binarise(np.array([[[127, 128]]], dtype=np.uint8), 255, 0.5)
    assert binary.tolist() == [[[0, 1]]]


def test_some_of_every_class_are_held_out_with_their_labels():
    digits = Digits(np.zeros((500, 2, 2), np.uint8), np.repeat(np.arange(10), 50), 16)
    dataset = binary_images.binary_dataset(digits, 0.5, held_out=100, seed=3)
    assert dataset.images.dims == ("image", "y", "x")
    assert np.bincount(binary_images.labels_of(dataset, True)).tolist() == [10] * 10
    assert np.bincount(binary_images.labels_of(dataset, False)).tolist() == [40] * 10
    assert dataset.identical(binary_images.binary_dataset(digits, 0.5, held_out=100, seed=3))
    other = binary_images.binary_dataset(digits, 0.5, held_out=100, seed=4)
    assert (dataset.held_out != other.held_out).any()
    for count in (9, 491):
        with pytest.raises(ValueError, match=f"held_out is {count}; .* it must be 10 to 490"):
            binary_images.binary_dataset(digits, 0.5, held_out=count, seed=3)


def test_images_of_a_part_are_rows_of_zeros_and_ones():
    digits = data.read_digits({})
    dataset = binary_images.binary_dataset(digits, 0.5, held_out=300, seed=0)
    for part, count in ((True, 300), (False, 1497)):
        rows = np.flatnonzero(dataset.held_out == part)
        flat = binary_images.flat_images(dataset, part)
        assert np.array_equal(flat, (digits.images[rows] > 8).reshape(count, 64))
        assert np.array_equal(binary_images.labels_of(dataset, part), digits.labels[rows])


def test_images_that_are_followed_are_evenly_spaced_and_all_of_few():
    assert np.arange(4000)[binary_images.followed_images(4000)].tolist() == list(range(0, 4000, 4))
    assert np.arange(1999)[binary_images.followed_images(1999)].tolist() == list(range(1999))


def test_a_coarse_pixel_is_on_where_its_block_has_more_ink_than_the_median():
    images = np.zeros((4, 4, 4), np.uint8)
    for n in range(4):
        images[n, :2, :2].flat[:n] = 1  # ink 0, 1, 2, 3
    images[3, :2, 2:] = 1  # 0, 0, 0, 4
    images[:3, 2:, 2:] = 1  # 4, 4, 4, 0
    shown = np.zeros(4, bool)
    small = binary_images.coarsen(images, 2, shown)
    assert small[:, 0, 0].tolist() == [0, 0, 1, 1]
    assert small[:, 0, 1].tolist() == [0, 0, 0, 1]
    assert small[:, 1, 0].tolist() == small[:, 1, 1].tolist() == [0, 0, 0, 0]


def test_a_margin_is_cut_evenly_before_pixels_are_put_together():
    core = np.random.default_rng(0).integers(0, 2, (9, 8, 8), dtype=np.uint8)
    framed = np.pad(core, ((0, 0), (1, 1), (1, 1)))
    shown = np.zeros(9, bool)
    np.testing.assert_array_equal(
        binary_images.coarsen(framed, 4, shown), binary_images.coarsen(core, 4, shown)
    )


def test_no_held_out_image_decides_what_is_ink():
    images = np.random.default_rng(0).integers(0, 2, (9, 4, 4), dtype=np.uint8)
    held_out = np.arange(9) >= 6
    others = images.copy()
    others[6:] = 1
    for one, other in ((images, others), (images, images[:6])):
        kept = held_out[: len(other)]
        np.testing.assert_array_equal(
            binary_images.coarsen(one, 2, held_out)[:6], binary_images.coarsen(other, 2, kept)[:6]
        )
