"""The archives of the numbers of record: what is packed comes back, and stays in its folder."""

from __future__ import annotations

import pytest

from triptych.runtime.archive import pack, unpack
from triptych.runtime.canonical import file_digest


def test_what_was_packed_comes_back(tmp_path):
    pack(tmp_path / "a.tar.xz", [("one", b"1"), ("below/two", b"2")])
    archive = tmp_path / "a.tar.xz"
    unpack(archive, tmp_path / "out", file_digest(archive))
    files = {
        path.relative_to(tmp_path / "out").as_posix(): path.read_bytes()
        for path in (tmp_path / "out").rglob("*")
        if path.is_file()
    }
    assert files == {"one": b"1", "below/two": b"2"}


@pytest.mark.parametrize("name", ["../outside", "below/../../outside", "{folder}/outside"])
def test_a_file_that_would_lie_outside_of_the_folder_is_refused(tmp_path, name):
    pack(tmp_path / "a.tar.xz", [(name.format(folder=tmp_path), b"1")])
    with pytest.raises(ValueError, match=r"a\.tar\.xz: '.*outside' would lie outside of"):
        unpack(tmp_path / "a.tar.xz", tmp_path / "out", file_digest(tmp_path / "a.tar.xz"))
    assert not (tmp_path / "outside").exists()


@pytest.mark.parametrize("digest", ["0" * 64, None])
def test_another_archive_than_that_of_the_record_is_refused(tmp_path, digest):
    pack(tmp_path / "a.tar.xz", [("one", b"1")])
    with pytest.raises(ValueError, match="is not what its record was published with"):
        unpack(tmp_path / "a.tar.xz", tmp_path / "out", digest)
    assert not (tmp_path / "out").exists()
