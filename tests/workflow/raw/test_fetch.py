"""Fetching raw inputs: the right file from each kind of source, and a reason for every failure."""

import errno
import gzip
import hashlib
import shutil
import subprocess
import zipfile
from dataclasses import asdict
from io import BytesIO
from pathlib import Path

import pytest

from triptych.raw import sources as raw_sources
from triptych.raw.fetch import fetch
from triptych.raw.registry import RawInput, load_raw_inputs
from triptych.raw.sources import MIRROR_VARIABLE, LocalFolders, RawInputError, local_folders

REAL = Path(__file__).parents[3] / "config" / "raw_inputs.yaml"
DATA = b"smiles,label\n" + b"CCO,1\n" * 30_000  # several chunks
WRONG = DATA[:-1] + b"?"
SHIPPED, MIRROR = {"kind": "shipped"}, {"kind": "mirror"}


def sha(data):
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def entry(*sources, **file):
    file = {"name": "tox.csv", "bytes": len(DATA), "digest": sha(DATA), **file}
    metadata = {"description": "d", "licence": "MIT", "citation": "c"}
    return RawInput.model_validate({**metadata, "files": [file], "sources": list(sources)})


def bring(raw_input, folder, here=None, log=print):
    return fetch(raw_input, folder, here or LocalFolders(), log)


def left(folder):
    """Return what lies in the folder of an input, and beside it."""
    inside = [path.name for path in folder.iterdir()] if folder.exists() else []
    return inside, [path.name for path in folder.parent.iterdir() if path != folder]


RIGHT = (["tox.csv"], [])
NOTHING = ([], [])


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "raw" / "tox"


@pytest.fixture
def here(tmp_path):
    """Return a mirror and a project that both have the file."""
    (tmp_path / "mirror").mkdir()
    (tmp_path / "mirror/tox.csv").write_bytes(DATA)
    (tmp_path / "project/resources/raw").mkdir(parents=True)
    (tmp_path / "project/resources/raw/tox.csv.gz").write_bytes(gzip.compress(DATA))
    return LocalFolders(tmp_path / "mirror", tmp_path / "project")


def https(site):
    return {"kind": "https", "base": site.base}


def build_wheel(shelf, members):
    """Put a package where pip finds it without any network, and return the source."""
    dist_info = "rawdemo-1.0.dist-info"
    path = shelf / "rawdemo-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        # Importing or installing the package would be noticed.
        wheel.writestr("rawdemo/__init__.py", "raise SystemExit('imported')")
        wheel.writestr(
            f"{dist_info}/METADATA", "Metadata-Version: 2.1\nName: rawdemo\nVersion: 1.0\n"
        )
        wheel.writestr(f"{dist_info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr(f"{dist_info}/RECORD", "")
        for name, data in members.items():
            wheel.writestr(name, data, zipfile.ZIP_DEFLATED)
    return {
        "kind": "package",
        "requirement": "rawdemo==1.0",
        "digest": sha(path.read_bytes()),
        "members": {"tox.csv": "rawdemo/tox.csv"},
    }


# --- the right file from each kind of source -----------------------------------------------------


@pytest.mark.parametrize(
    ("source", "kind", "address"),
    [
        (SHIPPED, "shipped", "resources/raw/tox.csv.gz"),
        (MIRROR, "mirror", "tox.csv"),
        ("package", "package", "rawdemo==1.0:rawdemo/tox.csv"),
        ("https", "https", "{base}tox.csv"),
    ],
)
def test_the_file_and_where_it_is_from(folder, here, shelf, site, source, kind, address):
    site.pages["/tox.csv"] = (200, {}, DATA)
    made = {"package": build_wheel(shelf, {"rawdemo/tox.csv": DATA}), "https": https(site)}
    (record,) = bring(entry(made.get(kind, source)), folder, here)
    assert (folder / "tox.csv").read_bytes() == DATA
    assert left(folder) == RIGHT
    assert asdict(record) == {
        "name": "tox.csv",
        "bytes": len(DATA),
        "digest": sha(DATA),
        "kind": kind,
        "address": address.format(base=site.base),
    }


@pytest.mark.parametrize("name", ["clintox", "sider", "tox21"])
def test_the_tables_ship_with_the_project(tmp_path, name):
    raw_input = load_raw_inputs(REAL)[name]
    (record,) = bring(raw_input, tmp_path / name)
    assert record.kind == raw_input.sources[0].kind == "shipped"
    assert record.digest == raw_input.files[0].digest


def test_a_folder_of_the_mirror_for_one_input(folder, here):
    (here.mirror / "of_tox").mkdir()
    shutil.move(here.mirror / "tox.csv", here.mirror / "of_tox")
    (record,) = bring(entry({**MIRROR, "folder": "of_tox"}), folder, here)
    assert record.address == "of_tox/tox.csv"


def test_a_package_is_downloaded_once_for_all_its_files(folder, shelf, monkeypatch):
    package = build_wheel(shelf, {"rawdemo/a": b"aa", "rawdemo/b": b"bbb"})
    runs, run = [], subprocess.run
    monkeypatch.setattr(subprocess, "run", lambda *a, **k: runs.append(a) or run(*a, **k))
    files = [
        {"name": "a", "bytes": 2, "digest": sha(b"aa")},
        {"name": "b", "bytes": 3, "digest": f"md5:{hashlib.md5(b'bbb').hexdigest()}"},
    ]
    package["members"] = {"a": "rawdemo/a", "b": "rawdemo/b"}
    metadata = {"description": "d", "licence": "MIT", "citation": "c"}
    two = RawInput.model_validate({**metadata, "files": files, "sources": [package]})
    assert [(file.name, file.bytes) for file in bring(two, folder)] == [("a", 2), ("b", 3)]
    assert len(runs) == 1


def test_https_at_a_revision_needs_no_digest(folder, site):
    revision = "ab" * 20
    site.pages[f"/model/{revision}/tox.csv"] = 200, {}, DATA
    source = {"kind": "https", "base": f"{site.base}model/{revision}/"}
    (record,) = bring(entry(source, digest=None, bytes=None), folder)
    assert record.digest == sha(DATA)
    assert (folder / "tox.csv").read_bytes() == DATA


def test_sources_are_tried_in_order(folder, here, site):
    site.pages["/tox.csv"] = (200, {}, DATA)
    tried, lines = entry(SHIPPED, MIRROR, https(site)), []
    assert bring(tried, folder, here)[0].kind == "shipped"
    (here.project / "resources/raw/tox.csv.gz").unlink()
    assert bring(tried, folder, here)[0].kind == "mirror"
    assert site.asked == []
    assert bring(tried, folder, LocalFolders(None, here.project), lines.append)[0].kind == "https"
    missing = "resources/raw/tox.csv.gz cannot be read: No such file or directory"
    assert lines == [
        f"tox not from shipped: {missing}",
        f"tox not from mirror: {MIRROR_VARIABLE} names no folder, which would hold tox.csv",
        "tox from https, every digest right",
    ]


def test_the_environment_names_the_mirror(monkeypatch, tmp_path):
    monkeypatch.delenv(MIRROR_VARIABLE, raising=False)
    assert local_folders().mirror is None
    monkeypatch.setenv(MIRROR_VARIABLE, str(tmp_path))
    assert local_folders().mirror == tmp_path


# --- wrong data stops at once --------------------------------------------------------------------


def assert_refused(raw_input, folder, here, *named):
    with pytest.raises(RawInputError) as caught:
        bring(raw_input, folder, here)
    for text in named:
        assert text in str(caught.value)
    assert left(folder) == NOTHING


@pytest.mark.parametrize("wrong", [WRONG, DATA[:-1], DATA + b"?", b""])
def test_a_wrong_file_in_the_mirror_is_refused_with_both_digests(folder, here, site, wrong):
    site.pages["/tox.csv"] = (200, {}, DATA)
    (here.mirror / "tox.csv").write_bytes(wrong)
    sizes = f"{len(DATA)} bytes", f"{len(wrong)} bytes"
    named = "tox.csv from mirror tox.csv", sha(DATA), sha(wrong), *sizes
    assert_refused(entry(MIRROR, https(site)), folder, here, *named)
    assert site.asked == [], "a wrong file must not be passed over"


def test_an_edited_table_of_the_project_is_refused_with_both_digests(folder, here):
    (here.project / "resources/raw/tox.csv.gz").write_bytes(gzip.compress(WRONG))
    named = "from shipped resources/raw/tox.csv.gz", sha(DATA), sha(WRONG)
    assert_refused(entry(SHIPPED, MIRROR), folder, here, *named)


@pytest.mark.parametrize("damage", [lambda b: b[:-20], lambda b: b"PK" + b, lambda b: b[:40] * 2])
def test_a_broken_gzip_is_named(folder, here, damage):
    path = here.project / "resources/raw/tox.csv.gz"
    path.write_bytes(damage(path.read_bytes()))
    assert_refused(entry(SHIPPED, MIRROR), folder, here, "resources/raw/tox.csv.gz is damaged")


def test_a_wrong_file_over_https_is_refused_with_both_digests(folder, here, site):
    site.pages["/tox.csv"] = (200, {}, WRONG)
    named = f"{site.base}tox.csv", sha(DATA), sha(WRONG)
    assert_refused(entry(https(site), MIRROR), folder, here, *named)


def test_a_wheel_of_another_digest_is_not_opened(folder, here, shelf):
    """Not even one that holds the right file."""
    package = build_wheel(shelf, {"rawdemo/tox.csv": DATA})
    named = build_wheel(shelf, {"rawdemo/tox.csv": DATA, "more": b""})["digest"]
    assert_refused(entry(package, MIRROR), folder, here, "rawdemo==1.0", package["digest"], named)


def test_a_wrong_or_missing_member_stops(folder, here, shelf):
    wrong = entry(build_wheel(shelf, {"rawdemo/tox.csv": WRONG}), MIRROR)
    named = "rawdemo==1.0:rawdemo/tox.csv", sha(DATA), sha(WRONG)
    assert_refused(wrong, folder, here, *named)
    missing = entry(build_wheel(shelf, {"rawdemo/other.csv": DATA}), MIRROR)
    assert_refused(missing, folder, here, "rawdemo==1.0:rawdemo/tox.csv", "no such member")


def test_the_size_is_checked_beside_the_digest(folder, here):
    assert_refused(entry(MIRROR, bytes=len(DATA) + 1), folder, here, f"{len(DATA) + 1} bytes")


def test_what_was_there_stays_until_all_is_there_anew(folder, here):
    folder.mkdir(parents=True)
    (folder / "tox.csv").write_bytes(b"before")
    (here.mirror / "tox.csv").write_bytes(WRONG)
    with pytest.raises(RawInputError):
        bring(entry(MIRROR), folder, here)
    assert (folder / "tox.csv").read_bytes() == b"before"
    bring(entry(SHIPPED), folder, here)
    assert (folder / "tox.csv").read_bytes() == DATA
    assert left(folder) == RIGHT


# --- sources that cannot be reached --------------------------------------------------------------


@pytest.mark.parametrize(
    "headers", [{"Content-Length": str(len(DATA))}, {}], ids=["hangs up", "announces less"]
)
@pytest.mark.parametrize("sent", [0, 1000, len(DATA) - 1])
def test_a_network_down_amid_a_file_leaves_nothing_and_the_next_try_all(
    folder, site, headers, sent
):
    site.pages["/tox.csv"] = (200, headers, DATA[:sent])
    assert_refused(entry(https(site)), folder, LocalFolders(), f"{site.base}tox.csv")
    site.pages["/tox.csv"] = (200, {}, DATA)
    assert bring(entry(https(site)), folder)[0].digest == sha(DATA)
    assert left(folder) == RIGHT


def test_a_download_that_was_cut_short_is_passed_over(folder, site, here):
    site.pages["/tox.csv"] = (200, {"Content-Length": str(len(DATA))}, DATA[:1000])
    assert bring(entry(https(site), MIRROR), folder, here)[0].kind == "mirror"


def test_an_untrusted_certificate_is_refused(folder, untrusted_site):
    untrusted_site.pages["/tox.csv"] = (200, {}, DATA)
    assert_refused(
        entry(https(untrusted_site)), folder, LocalFolders(), "CERTIFICATE_VERIFY_FAILED"
    )
    assert untrusted_site.asked == []


def test_a_redirection_out_of_tls_is_not_followed(folder, site):
    site.pages["/tox.csv"] = (302, {"Location": "http://localhost:9/tox.csv"}, b"")
    named = "http://localhost:9/tox.csv, which is not https"
    assert_refused(entry(https(site)), folder, LocalFolders(), named)


def test_a_redirection_within_tls_is_followed(folder, site):
    site.pages["/tox.csv"] = (302, {"Location": "/moved.csv"}, b"")
    site.pages["/moved.csv"] = (200, {}, DATA)
    bring(entry(https(site)), folder)
    assert (folder / "tox.csv").read_bytes() == DATA


def test_every_source_that_failed_is_named_with_the_reason(folder, nowhere, shelf, site, tmp_path):
    package = build_wheel(shelf, {})
    (shelf / "rawdemo-1.0-py3-none-any.whl").unlink()
    tried = entry(SHIPPED, MIRROR, package, nowhere, https(site))
    assert_refused(
        tried,
        folder,
        LocalFolders(tmp_path / "no mirror", tmp_path / "no project"),
        "raw input tox",
        "shipped: resources/raw/tox.csv.gz cannot be read: No such file",
        "mirror: tox.csv cannot be read: No such file",
        "package: pip could not download rawdemo==1.0: ERROR: No matching distribution",
        f"https: {nowhere['base']}tox.csv: ConnectionError",
        f"https: {site.base}tox.csv: HTTPError: 404",
    )
    with pytest.raises(RawInputError) as caught:
        bring(tried, folder, LocalFolders(None, tmp_path))
    assert f"mirror: {MIRROR_VARIABLE} names no folder, which would hold tox.csv" in str(
        caught.value
    )
    assert str(tmp_path) not in str(caught.value), "reasons are shown to others"


def test_a_mirror_that_fails_amid_a_file_is_passed_over(folder, here, site, monkeypatch):
    class Stale(BytesIO):
        def read(self, size):
            raise OSError(errno.ESTALE, "Stale file handle")

    monkeypatch.setattr(raw_sources, "open", lambda path, mode: Stale(), raising=False)
    site.pages["/tox.csv"] = (200, {}, DATA)
    lines = []
    assert bring(entry(MIRROR, https(site)), folder, here, lines.append)[0].kind == "https"
    assert lines[0] == "tox not from mirror: tox.csv cannot be read: Stale file handle"


def test_a_full_disk_is_not_taken_for_a_failed_source(folder, here, monkeypatch):
    class Full(BytesIO):
        def writelines(self, chunks):
            assert b"".join(chunks) == DATA
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(raw_sources.Path, "open", lambda path, mode: Full())
    with pytest.raises(OSError, match="No space left"):
        bring(entry(MIRROR), folder, here)
    assert left(folder) == NOTHING
