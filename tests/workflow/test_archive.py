"""The archives of the numbers of record: what is packed comes back, and stays in its folder."""

from __future__ import annotations

import pytest

from triptych.runtime.archive import pack, unpack


def test_what_was_packed_comes_back(tmp_path):
    pack(tmp_path / "a.tar.xz", [("one", b"1"), ("below/two", b"2")])
    unpack(tmp_path / "a.tar.xz", tmp_path / "out")
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
        unpack(tmp_path / "a.tar.xz", tmp_path / "out")
    assert not (tmp_path / "outside").exists()
