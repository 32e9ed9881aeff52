"""The registry of raw inputs: the real one is valid, and what is wrong is refused with a reason."""

import copy
import os
import string
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from triptych.workflow.raw.fetch import fetch
from triptych.workflow.raw.models import PackageSource, RawFile
from triptych.workflow.raw.registry import RegistryError, load_registry

REAL = Path(__file__).parents[3] / "config" / "raw_inputs.yaml"
SHA = "sha256:" + "a" * 64

VALID = {
    "tox": {
        "description": "d",
        "licence": "MIT",
        "citation": "c",
        "files": [{"name": "tox.csv", "bytes": 3, "digest": SHA}],
        "sources": [
            {"kind": "mirror"},
            {"kind": "package", "requirement": "p==1.0", "members": {"tox.csv": "p/tox.csv"}},
            {"kind": "https", "base": "https://example.org/data/"},
        ],
    }
}

#: Path of keys to a value, the value put there, and what the message must name.
DELETE = object()
BROKEN = [
    (["tox", "sauces"], [], ["tox: sauces", "unknown key", "licence", "sources"]),
    (["tox", "name"], "tox", ["tox: name", "unknown key"]),
    (["tox", "licence"], DELETE, ["tox: licence", "required"]),
    (["tox", "citation"], "", ["tox: citation", "given ''", "at least 1"]),
    (["tox", "files"], [], ["tox: files", "at least 1"]),
    (["tox", "sources"], [], ["tox: sources", "at least 1"]),
    (["tox"], None, ["tox: given None", "allowed keys"]),
    (["Tox 21"], VALID["tox"], ["Tox 21: name", "'Tox 21'", "pattern"]),
    (["tox", "files", 0, "md5"], "x", ["tox: files[0].md5", "unknown key", "name, bytes, digest"]),
    (["tox", "files", 0, "bytes"], DELETE, ["tox: files[0].bytes", "required"]),
    (["tox", "files", 0, "bytes"], "3", ["tox: files[0].bytes", "given '3'", "integer"]),
    (["tox", "files", 0, "bytes"], True, ["tox: files[0].bytes", "given True", "integer"]),
    (["tox", "files", 0, "bytes"], -1, ["tox: files[0].bytes", "given -1", "greater than 0"]),
    (["tox", "files", 0, "digest"], SHA[:-1], ["tox: files[0].digest", SHA[:-1], "<64 hex"]),
    (["tox", "files", 0, "digest"], "a" * 64, ["tox: files[0].digest", "sha256:<64", "md5:<32"]),
    (["tox", "files", 0, "digest"], "crc32:" + "a" * 8, ["tox: files[0].digest", "crc32"]),
    (["tox", "files", 0, "digest"], SHA.upper(), ["tox: files[0].digest", "lower case"]),
    (["tox", "files", 0, "digest"], "sha256:" + "g" * 64, ["tox: files[0].digest", "hex"]),
    (["tox", "files", 0, "name"], "../tox.csv", ["tox: files[0].name", "../tox.csv", "plain name"]),
    (["tox", "files", 0, "name"], "a/tox.csv", ["tox: files[0].name", "without folders"]),
    (["tox", "files", 0, "name"], "a\\tox.csv", ["tox: files[0].name", "plain name"]),
    (["tox", "files", 0, "digest"], "revision:" + "a" * 40, ["tox.csv", "https sources only"]),
    (["tox", "files", 0, "name"], "-r", ["tox: files[0].name", "dash"]),
    (["tox", "files", 0, "name"], ".hidden", ["tox: files[0].name", "dot"]),
    (["tox", "files", 0, "name"], "tox.csv\n", ["tox: files[0].name", "plain name"]),
    (["tox", "sources", 0, "kind"], "ftp", ["tox: sources[0]", "'ftp'", "mirror, package, https"]),
    (["tox", "sources", 0, "kind"], DELETE, ["tox: sources[0]", "mirror, package, https"]),
    (["tox", "sources", 0, "folder"], "..", ["tox: sources[0].folder", "'..'", "plain name"]),
    (["tox", "sources", 0, "path"], "x", ["tox: sources[0].path", "unknown key", "kind, folder"]),
    (["tox", "sources", 1, "requirement"], "p>=1", ["requirement", "'p>=1'", "name==1.2.3"]),
    (["tox", "sources", 1, "requirement"], "p==1.*", ["requirement", "exact version"]),
    (["tox", "sources", 1, "requirement"], "--pre", ["requirement", "'--pre'"]),
    (["tox", "sources", 1, "requirement"], "p @ https://x.org/p.whl", ["requirement"]),
    (["tox", "sources", 1, "members"], {}, ["tox", "sources[1] (package)", "tox.csv"]),
    (["tox", "sources", 1, "members", "b"], "p/b", ["tox", "sources[1] (package)", "b, tox.csv"]),
    (["tox", "sources", 1, "members", "tox.csv"], "../x", ["members.tox.csv", "'../x'", ".."]),
    (["tox", "sources", 1, "members", "tox.csv"], "p/../../x", ["members.tox.csv", ".."]),
    (["tox", "sources", 1, "members", "tox.csv"], "/etc/x", ["members.tox.csv", "relative"]),
    (["tox", "sources", 1, "members", "tox.csv"], "C:/x", ["members.tox.csv", "relative"]),
    (["tox", "sources", 1, "members", "tox.csv"], "p\\x", ["members.tox.csv", "relative"]),
    (["tox", "sources", 2, "base"], "http://example.org/", ["sources[2].base", "https://"]),
    (["tox", "sources", 2, "base"], "file:///etc/", ["sources[2].base", "https://"]),
    (["tox", "sources", 2, "base"], "https:///x/", ["sources[2].base", "https://"]),
    (["tox", "sources", 2, "base"], "https://me:pw@x.org/", ["sources[2].base", "user name"]),
    (["tox", "sources", 2, "base"], "https://x.org/data", ["sources[2]", "must end with /"]),
    (["tox", "sources", 2, "base"], DELETE, ["sources[2]", "either base or urls"]),
    (["tox", "sources", 2, "urls"], {"tox.csv": "https://x.org/t"}, ["either base or urls"]),
]


def changed(keys, value):
    content = copy.deepcopy(VALID)
    at = content
    for key in keys[:-1]:
        at = at[key]
    if value is DELETE:
        del at[keys[-1]]
    else:
        at[keys[-1]] = value
    return content


@pytest.mark.parametrize(("keys", "value", "named"), BROKEN)
def test_broken_registry_is_refused_with_the_reason(keys, value, named):
    with pytest.raises(RegistryError) as caught:
        load_registry(changed(keys, value))
    for text in named:
        assert text in str(caught.value)


def test_the_table_starts_from_a_valid_registry():
    entry = load_registry(VALID)["tox"]
    assert entry.name == "tox"
    assert [source.kind for source in entry.sources] == ["mirror", "package", "https"]
    assert entry.sources[1].address("tox.csv") == "p==1.0:p/tox.csv"
    assert entry.sources[2].address("tox.csv") == "https://example.org/data/tox.csv"


def test_all_faults_are_listed_at_once():
    content = changed(["tox", "licence"], DELETE)
    content["other"] = {**VALID["tox"], "files": []}
    with pytest.raises(RegistryError) as caught:
        load_registry(content)
    assert "tox: licence" in str(caught.value)
    assert "other: files" in str(caught.value)


def test_files_that_differ_by_case_only_are_refused():
    twice = [VALID["tox"]["files"][0], {"name": "TOX.csv", "bytes": 3, "digest": SHA}]
    content = changed(["tox", "files"], twice)
    content["tox"]["sources"] = [{"kind": "mirror"}]
    with pytest.raises(RegistryError, match="names must differ, given tox"):
        load_registry(content)


def test_two_inputs_cannot_claim_one_place_of_the_mirror():
    content = copy.deepcopy(VALID)
    content["sox"] = copy.deepcopy(VALID["tox"])
    assert set(load_registry(content)) == {"tox", "sox"}, "the same file may be shared"
    content["sox"]["files"][0]["digest"] = "sha256:" + "b" * 64
    with pytest.raises(RegistryError, match=r"sox: sources \(mirror\).*'tox.csv'.*tox"):
        load_registry(content)
    content["sox"]["sources"][0]["folder"] = "sox"
    assert load_registry(content)["sox"].sources[0].place("tox.csv") == "sox/tox.csv"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("a: 1\na: 2\n", "line 1: key given twice: a"),
        ("- tox\n", "given list; allowed: inputs by name"),
        ("tox: [", "reg.yaml"),
    ],
)
def test_file_that_is_no_registry(tmp_path, text, named):
    path = tmp_path / "reg.yaml"
    path.write_text(text)
    with pytest.raises(RegistryError, match=named):
        load_registry(path)


def test_missing_registry_file(tmp_path):
    with pytest.raises(RegistryError, match=r"reg\.yaml: cannot be read: No such file"):
        load_registry(tmp_path / "reg.yaml")


def test_real_registry_has_every_input():
    registry = load_registry(REAL)
    assert set(registry) == {
        "mnist_5k",
        "mnist_full",
        "rxnfp_bert",
        "rxnmapper_albert",
        "tox21",
        "sider",
        "clintox",
        "chemberta",
    }
    for name in set(registry) - {"chemberta"}:  # a whole repository, pinned by its revision
        entry = registry[name]
        assert entry.sources[0].kind == "mirror", f"{name}: the mirror must come first"
        assert len(entry.sources) > 1, f"{name}: nowhere to be had without a mirror"
        assert "doi:" in entry.citation
        assert all(file.bytes and not file.revision for file in entry.files)


@pytest.mark.skipif(
    not Path(os.environ.get("TRIPTYCH_RAW_MIRROR", "/nowhere")).is_dir(),
    reason="TRIPTYCH_RAW_MIRROR names no folder",
)
def test_files_of_the_mirror_are_the_registered_ones(tmp_path):
    mirror = Path(os.environ["TRIPTYCH_RAW_MIRROR"])
    checked = 0
    for entry in load_registry(REAL).values():
        source = entry.sources[0]
        if source.kind == "mirror" and all(
            (mirror / source.place(file.name)).is_file() for file in entry.files
        ):
            record = fetch(entry, tmp_path / entry.name, mirror)
            assert {file.kind for file in record.files} == {"mirror"}
            checked += 1
    assert checked, "the mirror holds none of the registered inputs"


def test_reading_the_registry_loads_no_download_library():
    code = (
        "import sys; from triptych.workflow.raw.registry import load_registry; "
        f"load_registry({str(REAL)!r}); print({{'pooch', 'requests', 'numpy'}} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


PATHLIKE = st.text(alphabet="ab1._-/\\:~ \n\0" + string.ascii_uppercase[:2], max_size=12)


@given(name=PATHLIKE | st.text(max_size=12))
def test_accepted_file_names_stay_in_their_folder(name):
    try:
        RawFile(name=name, bytes=1, digest=SHA)
    except ValidationError:
        return
    assert Path("/folder", name).parent == Path("/folder")
    assert Path(os.path.normpath(f"/folder/{name}")) == Path("/folder", name)
    assert not name.startswith(("-", "."))


@given(member=PATHLIKE | st.text(max_size=12))
def test_accepted_members_do_not_climb(member):
    try:
        PackageSource(kind="package", requirement="p==1", members={"f": member})
    except ValidationError:
        return
    assert os.path.normpath(f"/archive/{member}") == f"/archive/{member}"
    assert "\\" not in member
