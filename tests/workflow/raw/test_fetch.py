"""Fetching raw inputs: the right file from each kind of source, and a reason for every failure."""

import errno
import hashlib
import json
import subprocess
import zipfile
from pathlib import Path

import pytest

from triptych.workflow.raw import fetch as raw_fetch
from triptych.workflow.raw import sources as raw_sources
from triptych.workflow.raw.archive import UnsafeArchive
from triptych.workflow.raw.fetch import (
    MIRROR_VARIABLE,
    DigestMismatch,
    RawInputUnavailable,
    fetch,
    mirror_folder,
)
from triptych.workflow.raw.registry import load_registry

DATA = b"smiles,label\n" + b"CCO,1\n" * 30_000  # several chunks
MIRROR = {"kind": "mirror"}


def sha(data):
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def entry(*sources, data=DATA, **file):
    files = [{"name": "tox.csv", "bytes": len(data), "digest": sha(data), **file}]
    about = {"description": "d", "licence": "MIT", "citation": "c"}
    return load_registry({"tox": {**about, "files": files, "sources": list(sources)}})["tox"]


def left(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "raw" / "tox"


@pytest.fixture
def mirror(tmp_path):
    path = tmp_path / "mirror"
    path.mkdir()
    (path / "tox.csv").write_bytes(DATA)
    return path


def https(site):
    return {"kind": "https", "base": site.base}


# --- a package that pip finds without any network ------------------------------------------------

PACKAGE = {
    "kind": "package",
    "requirement": "rawdemo==1.0",
    "members": {"tox.csv": "rawdemo/data/tox.csv"},
}


def build_wheel(folder, members):
    about = "rawdemo-1.0.dist-info"
    with zipfile.ZipFile(folder / "rawdemo-1.0-py3-none-any.whl", "w") as wheel:
        # Importing or installing the package would be noticed.
        wheel.writestr("rawdemo/__init__.py", "raise SystemExit('imported')")
        wheel.writestr(f"{about}/METADATA", "Metadata-Version: 2.1\nName: rawdemo\nVersion: 1.0\n")
        wheel.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr(f"{about}/RECORD", "")
        for name, data in members.items():
            wheel.writestr(name, data, zipfile.ZIP_DEFLATED)


# --- the right file from each kind of source -----------------------------------------------------


def test_mirror(folder, mirror, tmp_path):
    record = fetch(entry(MIRROR), folder, mirror)
    assert (folder / "tox.csv").read_bytes() == DATA
    assert left(folder) == ["tox.csv"]
    found = {"bytes": len(DATA), "digest": sha(DATA), "kind": "mirror", "address": "mirror"}
    assert record.as_json() == {
        "name": "tox",
        "available": True,
        "reason": "",
        "files": [{"name": "tox.csv", **found}],
    }
    assert str(tmp_path) not in json.dumps(record.as_json())


def test_mirror_with_a_folder_for_the_input(folder, mirror):
    (mirror / "tox").mkdir()
    (mirror / "tox" / "tox.csv").write_bytes(b"other")
    fetch(entry({**MIRROR, "folder": "tox"}, data=b"other"), folder, mirror)
    assert (folder / "tox.csv").read_bytes() == b"other"


def test_package_member(folder, shelf):
    build_wheel(shelf, {"rawdemo/data/tox.csv": DATA, "rawdemo/data/more.csv": b"x"})
    record = fetch(entry(PACKAGE), folder)
    assert (folder / "tox.csv").read_bytes() == DATA
    assert left(folder) == ["tox.csv"]
    assert record.files[0].kind == "package"
    assert record.files[0].address == "rawdemo==1.0:rawdemo/data/tox.csv"


def test_package_is_downloaded_once_for_all_its_files(folder, shelf, monkeypatch):
    build_wheel(shelf, {"rawdemo/a": b"aa", "rawdemo/b": b"bbb"})
    runs, run = [], subprocess.run
    monkeypatch.setattr(subprocess, "run", lambda *a, **k: runs.append(a) or run(*a, **k))
    files = [
        {"name": "a", "bytes": 2, "digest": sha(b"aa")},
        {"name": "b", "bytes": 3, "digest": f"md5:{hashlib.md5(b'bbb').hexdigest()}"},
    ]
    two = entry(MIRROR).model_dump(exclude={"name"}) | {"files": files}
    two["sources"] = [{**PACKAGE, "members": {"a": "rawdemo/a", "b": "rawdemo/b"}}]
    record = fetch(load_registry({"two": two})["two"], folder)
    assert [(file.name, file.bytes) for file in record.files] == [("a", 2), ("b", 3)]
    assert len(runs) == 1


@pytest.mark.parametrize("by", ["base", "urls"])
def test_https(folder, site, by):
    site.pages["/tox.csv"] = (200, {}, DATA)
    place = {"base": site.base, "urls": {"tox.csv": site.base + "tox.csv"}}
    record = fetch(entry({"kind": "https", by: place[by]}), folder)
    assert (folder / "tox.csv").read_bytes() == DATA
    assert (record.files[0].kind, record.files[0].address) == ("https", site.base + "tox.csv")
    assert left(folder) == ["tox.csv"]


def test_https_of_unknown_size(folder, site):
    site.pages["/tox.csv"] = (200, {}, DATA)
    assert fetch(entry(https(site), bytes=None), folder).files[0].bytes == len(DATA)


# --- order, and what is there already ------------------------------------------------------------


def test_a_pinned_revision_stands_in_for_a_digest(folder, site):
    revision = "ab" * 20
    source = {"kind": "https", "base": f"{site.base}model/{revision}/"}
    site.pages[f"/model/{revision}/tox.csv"] = 200, {}, DATA
    record = fetch(entry(source, digest=f"revision:{revision}", bytes=None), folder)
    assert record.files[0].digest == sha(DATA)
    assert (folder / "tox.csv").read_bytes() == DATA


def test_sources_are_tried_in_order(folder, mirror, site, shelf):
    site.pages["/tox.csv"] = (200, {}, DATA)
    build_wheel(shelf, {"rawdemo/data/tox.csv": DATA})
    tried = entry(MIRROR, https(site), PACKAGE)
    assert fetch(tried, folder / "1", mirror).files[0].kind == "mirror"
    assert site.asked == []
    assert fetch(tried, folder / "2").files[0].kind == "https"
    del site.pages["/tox.csv"]
    assert fetch(tried, folder / "3").files[0].kind == "package"
    assert fetch(entry(PACKAGE, MIRROR), folder / "4", mirror).files[0].kind == "package"


def test_right_file_is_reused_and_a_wrong_one_replaced(folder, mirror):
    fetch(entry(MIRROR), folder, mirror)
    before = (folder / "tox.csv").stat()
    record = fetch(entry(MIRROR), folder, mirror)
    assert record.files[0].kind == "present"
    assert (folder / "tox.csv").stat().st_mtime_ns == before.st_mtime_ns
    (folder / "tox.csv").write_bytes(DATA[:-1] + b"?")
    assert fetch(entry(MIRROR), folder, mirror).files[0].kind == "mirror"
    assert (folder / "tox.csv").read_bytes() == DATA


def test_wrong_file_does_not_stay_where_the_right_one_cannot_be_had(folder):
    folder.mkdir(parents=True)
    (folder / "tox.csv").write_bytes(b"wrong")
    with pytest.raises(RawInputUnavailable):
        fetch(entry(MIRROR), folder)
    assert left(folder) == []


def test_mirror_folder_is_the_setting_or_else_the_environment_variable(monkeypatch, tmp_path):
    monkeypatch.delenv(MIRROR_VARIABLE, raising=False)
    assert mirror_folder(None) is None
    monkeypatch.setenv(MIRROR_VARIABLE, str(tmp_path))
    assert mirror_folder(None) == tmp_path
    assert mirror_folder("/elsewhere") == Path("/elsewhere")


# --- wrong data stops at once --------------------------------------------------------------------


def assert_mismatch(caught, folder, address, wrong):
    message = str(caught.value)
    for text in ("tox", "tox.csv", address, sha(DATA), sha(wrong), f"{len(wrong)} bytes"):
        assert text in message
    assert (caught.value.expected, caught.value.received) == (sha(DATA), sha(wrong))
    assert left(folder) == []


@pytest.mark.parametrize("wrong", [DATA[:-1] + b"?", DATA[:-1], DATA + b"?", b""])
def test_wrong_file_in_the_mirror(folder, mirror, site, wrong):
    site.pages["/tox.csv"] = (200, {}, DATA)
    (mirror / "tox.csv").write_bytes(wrong)
    with pytest.raises(DigestMismatch) as caught:
        fetch(entry(MIRROR, https(site)), folder, mirror)
    assert_mismatch(caught, folder, "mirror", wrong)
    assert site.asked == [], "a mismatch must not be passed over"


@pytest.mark.parametrize("wrong", [DATA[:-1] + b"?", DATA[:-1]])
def test_wrong_file_in_the_package(folder, shelf, mirror, wrong):
    build_wheel(shelf, {"rawdemo/data/tox.csv": wrong})
    with pytest.raises(DigestMismatch) as caught:
        fetch(entry(PACKAGE, MIRROR), folder, mirror)
    assert_mismatch(caught, folder, "rawdemo==1.0:rawdemo/data/tox.csv", wrong)


def test_wrong_file_over_https(folder, site, mirror):
    wrong = DATA[:-1] + b"?"
    site.pages["/tox.csv"] = (200, {}, wrong)
    with pytest.raises(DigestMismatch) as caught:
        fetch(entry(https(site), MIRROR), folder, mirror)
    assert_mismatch(caught, folder, f"{site.base}tox.csv", wrong)


def test_https_that_sends_too_much_is_cut_off(folder, site):
    site.pages["/tox.csv"] = (200, {}, DATA * 50)
    with pytest.raises(DigestMismatch, match="a longer file, not read to its end") as caught:
        fetch(entry(https(site)), folder)
    assert sha(DATA) in str(caught.value)
    assert left(folder) == []


def test_registered_size_is_checked_beside_the_digest(folder, mirror):
    with pytest.raises(DigestMismatch, match=f"{len(DATA) + 1} bytes"):
        fetch(entry(MIRROR, bytes=len(DATA) + 1), folder, mirror)
    assert left(folder) == []


@pytest.mark.parametrize(
    ("members", "named"),
    [
        ({"rawdemo/data/tox.csv": DATA, "../../evil.py": b"evil"}, "evil.py' climbs out"),
        ({"rawdemo/data/tox.csv": bytes(20_000_000)}, f"at most {len(DATA)} expected"),
    ],
)
def test_unsafe_package_stops(folder, shelf, mirror, tmp_path, members, named):
    build_wheel(shelf, members)
    with pytest.raises(UnsafeArchive, match=named) as caught:
        fetch(entry(PACKAGE, MIRROR), folder, mirror)
    assert caught.value.archive == "rawdemo-1.0-py3-none-any.whl"
    assert left(folder) == []
    assert not list(tmp_path.rglob("evil.py"))


# --- sources that cannot be reached --------------------------------------------------------------


@pytest.mark.parametrize(
    "headers", [{"Content-Length": str(len(DATA))}, {}], ids=["hangs up", "announces less"]
)
@pytest.mark.parametrize("sent", [0, 1000, len(DATA) - 1])
def test_truncated_download(folder, site, headers, sent):
    site.pages["/tox.csv"] = (200, headers, DATA[:sent])
    with pytest.raises(RawInputUnavailable) as caught:
        fetch(entry(https(site)), folder)
    if sent or not headers:
        assert f"truncated: expected {len(DATA)} bytes, received {sent}" in str(caught.value)
    assert f"{site.base}tox.csv" in str(caught.value)
    assert left(folder) == []


def test_truncated_download_falls_through(folder, site, mirror):
    site.pages["/tox.csv"] = (200, {"Content-Length": str(len(DATA))}, DATA[:1000])
    assert fetch(entry(https(site), MIRROR), folder, mirror).files[0].kind == "mirror"


def test_closed_port_falls_through(folder, nowhere, site):
    site.pages["/tox.csv"] = (200, {}, DATA)
    lines = []
    record = fetch(entry(nowhere, https(site)), folder, log=lines.append)
    assert record.files[0].address == f"{site.base}tox.csv"
    assert any(nowhere["base"] in line and "ConnectionError" in line for line in lines)


def test_untrusted_certificate_is_refused(folder, untrusted_site):
    untrusted_site.pages["/tox.csv"] = (200, {}, DATA)
    with pytest.raises(RawInputUnavailable, match="CERTIFICATE_VERIFY_FAILED"):
        fetch(entry(https(untrusted_site)), folder)
    assert untrusted_site.asked == []


def test_redirection_out_of_tls_is_not_followed(folder, site):
    site.pages["/tox.csv"] = (302, {"Location": "http://localhost:9/tox.csv"}, b"")
    with pytest.raises(RawInputUnavailable, match=r"http://localhost:9/tox\.csv, which is not"):
        fetch(entry(https(site)), folder)


def test_redirection_within_tls_is_followed(folder, site):
    site.pages["/tox.csv"] = (302, {"Location": "/moved.csv"}, b"")
    site.pages["/moved.csv"] = (200, {}, DATA)
    fetch(entry(https(site)), folder)
    assert (folder / "tox.csv").read_bytes() == DATA


def test_all_sources_unreachable(folder, mirror, nowhere, shelf, site, tmp_path):
    (mirror / "tox.csv").unlink()
    with pytest.raises(RawInputUnavailable) as caught:
        fetch(entry(MIRROR, PACKAGE, nowhere, https(site)), folder, mirror)
    message = str(caught.value)
    for text in (
        "raw input 'tox'",
        sha(DATA),
        "from mirror: the mirror folder has no file tox.csv",
        "rawdemo==1.0: pip could not download it: ERROR: No matching distribution",
        f"{nowhere['base']}tox.csv: ConnectionError",
        f"{site.base}tox.csv: HTTPError: 404",
        "raw.mirror",
        MIRROR_VARIABLE,
    ):
        assert text in message
    assert len(caught.value.attempts) == 4
    record = caught.value.record
    assert (record.name, record.available, record.files) == ("tox", False, ())
    assert record.reason == message
    assert str(tmp_path) not in message, "local paths must not get into records"
    assert left(folder) == []


@pytest.mark.parametrize(
    ("place", "named"),
    [(None, "no mirror folder is set"), (Path("/no/such"), "the mirror folder does not exist")],
)
def test_no_mirror(folder, place, named):
    with pytest.raises(RawInputUnavailable, match=named):
        fetch(entry(MIRROR), folder, place)


def test_package_without_the_member_falls_through(folder, shelf, mirror):
    build_wheel(shelf, {"rawdemo/data/other.csv": DATA})
    lines = []
    record = fetch(entry(PACKAGE, MIRROR), folder, mirror, log=lines.append)
    assert record.files[0].kind == "mirror"
    assert "has no member 'rawdemo/data/tox.csv'" in lines[0]


def test_package_that_takes_too_long_falls_through(folder, shelf, mirror, monkeypatch):
    monkeypatch.setattr(raw_sources, "PACKAGE_TIMEOUT", 0.01)
    lines = []
    fetch(entry(PACKAGE, MIRROR), folder, mirror, log=lines.append)
    assert "rawdemo==1.0: pip took longer than 0.01 s" in lines[0]


def test_full_disk_is_not_taken_for_a_failed_source(folder, mirror, monkeypatch):
    def full(self, chunk):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(raw_fetch.Sink, "write", full)
    with pytest.raises(OSError, match="No space left"):
        fetch(entry(MIRROR), folder, mirror)
    assert left(folder) == []
