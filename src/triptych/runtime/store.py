"""Results on disk: Zarr stores and weights, written whole or not at all, each with its digest.

Stores are Zarr format 2 with consolidated metadata: the form that plain ``xr.open_zarr(path)``
opens without a warning also when names are text and when Snakemake leaves its timestamp file in
the folder. (Format 3 has no settled form for text yet, and warns.)
"""

from __future__ import annotations

import atexit
import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from triptych.runtime.canonical import digest, file_digest, to_json
from triptych.runtime.provenance import RECORD_FIELDS, current_attributes

if TYPE_CHECKING:
    import numpy as np
    import torch
    import xarray as xr

DIGEST = "digest"
RECORD_FILE = "record.json"
PARTIAL = ".partial-"
"""In the names of files and folders that are being written."""
RECORD = frozenset({DIGEST, *RECORD_FIELDS})
"""Root attributes that say where a store came from; its digest does not cover them."""
TIMES = frozenset({"cpu_seconds"})
"""Attributes and variables that say how long something took: no digest covers them either."""
FOREIGN_FILES = {".snakemake_timestamp", ".DS_Store"}
"""Files that others leave inside of folders that are results."""
BLOCK = 16 * 2**20
"""Most bytes of a variable that are in memory at once to take its digest."""


@contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """Give a temporary sibling to write to; it takes the place of ``path`` when all went well.

    A reader sees the old content or the new one, never a part. Whatever goes wrong inside, the
    sibling is removed and ``path`` stays as it was; the error gets a note of what was being
    written, for a full disk does not say where it is.

    Raises
    ------
    IsADirectoryError
        If a file was written, and ``path`` is a folder.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # Jobs in containers may have the same number, on one disk.
    name = f".{path.name}{PARTIAL}{os.getpid()}-{uuid4().hex[:8]}"
    sibling, former = (path.with_name(f"{name}{end}{path.suffix}") for end in ("", ".former"))
    try:
        yield sibling
        if path.is_dir():  # no rename replaces a folder, and to remove one takes its time
            if not sibling.is_dir():  # somebody's own, in the place of a file
                raise IsADirectoryError(f"{path} is a folder: name a file")
            os.replace(path, former)
        os.replace(sibling, path)
    except Exception as error:
        error.add_note(f"while writing {path}")
        # Zarr writes chunks in threads: one that is still at work makes its folder once more.
        atexit.register(_clear, sibling)
        raise
    finally:
        if former.exists() and not path.exists():  # the second rename failed
            os.replace(former, path)
        _clear(former)
        _clear(sibling)


def _clear(path: Path) -> None:
    """Remove what may still be written to, as far as it can be: no error hides the one before."""
    with suppress(OSError):
        remove(path)


def write_text(text: str, path: Path) -> None:
    """Write a file of text, whole and whatever the encoding that the system prefers."""
    with atomic(path) as sibling:
        sibling.write_text(text, "utf-8")


def write_store(dataset: xr.Dataset, path: Path) -> None:
    """Write a dataset as a Zarr store, with its digest and the running step's record.

    Raises
    ------
    ValueError
        If the dataset uses an attribute name that the record needs.
    """
    _refuse_reserved(dataset, path)
    plain = dataset.drop_encoding()
    record = {DIGEST: dataset_digest(plain), **current_attributes()}
    with atomic(path) as sibling:
        plain.assign_attrs(record).to_zarr(sibling, mode="w", zarr_format=2, consolidated=True)


def write_store_in_parts(
    template: xr.Dataset,
    variable: str,
    parts: Iterable[tuple[tuple[slice, ...], np.ndarray]],
    path: Path,
) -> None:
    """Write a store of which one variable is too large to be held whole; it comes in parts.

    The store and its digest are those that :func:`write_store` gives to the same content.

    Parameters
    ----------
    template : xarray.Dataset
        The dataset but for the values of the variable, which are of no account. An array of
        stride zero, ``np.broadcast_to(np.float32(np.nan), shape)``, takes no memory. The
        variable's ``encoding["chunks"]`` is the shape of its chunks; a part that is made of whole
        chunks is written without reading any back.
    variable : str
        Its name.
    parts : iterable of pairs of a tuple of slices and an ndarray
        Regions of it and their values, which together are all of it.

    Raises
    ------
    ValueError
        If the dataset uses an attribute name that the record needs, or if the parts have fewer or
        more values than the variable.
    """
    import zarr

    _refuse_reserved(template, path)
    with atomic(path) as sibling:
        template.to_zarr(sibling, mode="w", zarr_format=2, consolidated=False)
        array, given = zarr.open_array(sibling, path=variable, mode="r+", zarr_format=2), 0
        for region, values in parts:
            array[region] = values
            given += values.size
        if given != template[variable].size:
            raise ValueError(
                f"{path}: parts with {given} values for {template[variable].size} of {variable}"
            )
        content = dataset_digest(_open(sibling, consolidated=False))
        record = {DIGEST: content, **current_attributes()}
        zarr.open_group(sibling, mode="r+", zarr_format=2).attrs.update(record)
        zarr.consolidate_metadata(sibling, zarr_format=2)


def read_store(path: Path) -> xr.Dataset:
    """Load a whole store into memory, and check it against its digest.

    The record of the run that wrote it is left out: what is derived from a store is not it.

    Raises
    ------
    DamagedResult
        If the store cannot be read or its content is not what was written.
    """
    return _checked(path, whole=True)


def open_store(path: Path) -> xr.Dataset:
    """Check a store as :func:`read_store` does, and load what of it is asked for when it is.

    What was loaded is not kept: to select twice is to read twice.
    """
    return _checked(path, whole=False)


def dataset_digest(dataset: xr.Dataset) -> str:
    """Return the SHA-256 of a dataset's content: names, dimensions, types, values, attributes.

    The record of the run (time, machine, versions) and measured times are left out: two runs that
    computed the same have the same digest.
    """
    sha = hashlib.sha256()
    attributes = {k: value for k, value in dataset.attrs.items() if k not in RECORD | TIMES}
    sha.update(to_json(_plain(attributes)).encode())
    for name in sorted(map(str, dataset.variables.keys() - TIMES)):
        variable = dataset.variables[name]
        head = [name, list(variable.dims), list(variable.shape), _plain(dict(variable.attrs))]
        sha.update(to_json(head).encode())
        for piece in _value_bytes(variable):
            sha.update(piece)
    return sha.hexdigest()


def write_weights(tensors: Mapping[str, torch.Tensor], path: Path) -> None:
    """Write tensors as safetensors, with their digest and the running step's record."""
    from safetensors.torch import save_file

    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in sorted(tensors.items())}
    record = {DIGEST: tensors_digest(plain), **current_attributes()}
    with atomic(path) as sibling:
        save_file(plain, sibling, metadata={key: str(value) for key, value in record.items()})


def read_weights(path: Path) -> dict[str, torch.Tensor]:
    """Load tensors from safetensors, and check them against their digest.

    Raises
    ------
    DamagedResult
        If the file cannot be read or its content is not what was written.
    """
    from safetensors.torch import load_file

    recorded = weights_record(path).get(DIGEST)
    try:
        tensors = load_file(path)
    except Exception as error:  # safetensors raises its own kind for each damage
        raise DamagedResult(path, f"cannot be read ({error})") from error
    _compare(path, recorded, tensors_digest(tensors))
    return tensors


def tensors_digest(tensors: Mapping[str, torch.Tensor]) -> str:
    """Return the SHA-256 of named tensors: names, types, shapes and values."""
    sha = hashlib.sha256()
    for name, tensor in sorted(tensors.items()):
        sha.update(to_json([name, str(tensor.dtype), list(tensor.shape)]).encode())
        sha.update(tensor.contiguous().view(-1).numpy().tobytes())
    return sha.hexdigest()


def weights_record(path: Path) -> dict[str, str]:
    """Return the record in a safetensors file's header.

    Raises
    ------
    DamagedResult
        If it is no safetensors file, or its header is damaged. Nothing in it is ever executed.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            return dict(file.metadata() or {})
    except SafetensorError as error:
        raise DamagedResult(path, f"cannot be read ({error})") from error


def write_record(folder: Path) -> None:
    """Leave the running step's record in a folder that is a result, beside its files."""
    (folder / RECORD_FILE).write_text(json.dumps(current_attributes(), indent=1))


def files_of(path: Path) -> list[Path]:
    """Return a file by itself, or all of a folder in order, but for what others leave in it."""
    if not path.is_dir():
        return [path]
    return sorted(p for p in path.rglob("*") if p.is_file() and p.name not in FOREIGN_FILES)


def file_digests(path: Path) -> dict[str, str]:
    """Return the digest of a file, or of every file in a folder, by name."""
    folder = path if path.is_dir() else path.parent
    return {p.relative_to(folder).as_posix(): file_digest(p) for p in files_of(path)}


def size_of(path: Path) -> int:
    """Return the bytes of a file, or of all :func:`files_of` a folder."""
    return sum(file.stat().st_size for file in files_of(path))


def content_digest(path: Path, files: Mapping[str, str] | None = None) -> str:
    """Return the digest that a later step records of this input.

    A store and a weights file answer with the digest they carry, a folder with that of its files'
    names and bytes, its record left out, any other file with that of its bytes. ``files`` are its
    :func:`file_digests`, where they are known.

    Raises
    ------
    FileNotFoundError
        If there is nothing at ``path``.
    DamagedResult
        If a store or a weights file cannot say its digest.
    """
    if path.suffix == ".zarr" and path.exists():
        return _carried_digest(path)
    if path.suffix == ".safetensors":
        return weights_record(path).get(DIGEST) or file_digest(path)  # others' have no record
    digests = file_digests(path) if files is None else files
    if not path.is_dir():
        return digests[path.name]
    visible = {n: d for n, d in digests.items() if not n.rpartition("/")[2].startswith(".")}
    visible.pop(RECORD_FILE, None)
    return digest(visible)


class DamagedResult(ValueError):
    """The result at ``path`` is not what the workflow wrote there."""

    def __init__(self, path: Path, fault: str) -> None:
        super().__init__(f"{path} {fault}")
        self.path = path


def _refuse_reserved(dataset: xr.Dataset, path: Path) -> None:
    taken = RECORD & dataset.attrs.keys()
    if taken:
        raise ValueError(f"{path}: attributes reserved for the record: {sorted(taken)}")


def _open(path: Path, *, consolidated: bool | None = None) -> xr.Dataset:
    """Open a store lazily, also where dask is installed; what is loaded is not kept."""
    import xarray as xr

    return xr.open_dataset(path, engine="zarr", chunks=None, cache=False, consolidated=consolidated)


def _checked(path: Path, *, whole: bool) -> xr.Dataset:
    try:
        dataset = _open(path).load() if whole else _open(path)
        present = dataset_digest(dataset)
    except MemoryError:  # no fault of the store
        raise
    except Exception as error:  # zarr, codecs and JSON each raise their own kind
        raise DamagedResult(path, f"cannot be read ({error})") from error
    _compare(path, dataset.attrs.get(DIGEST), present)
    dataset.attrs = {key: value for key, value in dataset.attrs.items() if key not in RECORD}
    return dataset


def _compare(path: Path, recorded: str | None, present: str) -> None:
    if recorded != present:
        raise DamagedResult(path, f"is not what was written: digest {present}, recorded {recorded}")


def _carried_digest(store: Path) -> str:
    try:
        return str(json.loads((store / ".zattrs").read_text())[DIGEST])
    except (OSError, ValueError, KeyError) as error:
        raise DamagedResult(store, "carries no digest that can be read") from error


def _plain(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return attributes as plain values: a value read back may be a NumPy scalar or array."""
    return {
        str(key): value.tolist() if hasattr(value, "tolist") else value
        for key, value in attributes.items()
    }


def _value_bytes(variable: xr.Variable) -> Iterator[bytes | memoryview]:
    """Yield bytes that depend on the values only, not on byte order or on the width of text."""
    import numpy as np

    if variable.dtype.kind in "OUS":
        yield json.dumps(variable.values.astype(str).tolist(), ensure_ascii=False).encode()
        return
    number = np.dtype("int64") if variable.dtype.kind in "mM" else variable.dtype
    little = number.newbyteorder("<")
    yield little.str.encode()
    for block in _blocks(variable):
        yield block.astype(little, copy=False).ravel().data


def _blocks(variable: xr.Variable) -> Iterator[np.ndarray]:
    """Yield the values in C order, at most ``BLOCK`` bytes at a time."""
    rows = variable.shape[0] if variable.ndim else 1
    if variable.nbytes <= BLOCK or not variable.ndim:
        yield variable.values
    elif (taken := BLOCK * rows // variable.nbytes) > 0:
        for start in range(0, rows, taken):
            yield variable[start : start + taken].values
    else:
        for row in range(rows):
            yield from _blocks(variable[row])


def remove(path: Path) -> None:
    """Remove a file or a folder with all that is in it; a link alone, where it is one."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
