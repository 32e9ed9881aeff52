"""The registry of raw inputs: the real one is valid, and what is wrong is refused with a reason."""

import copy
import os
import re
import string
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from triptych.config.load import ConfigurationError
from triptych.raw.registry import RawFile, RawInput, load_raw_inputs

REAL = Path(__file__).parents[3] / "config" / "raw_inputs.yaml"
SHA = "sha256:" + "a" * 64

VALID = {
    "tox": {
        "description": "d",
        "licence": "MIT",
        "citation": "c",
        "files": [{"name": "tox.csv", "bytes": 3, "digest": SHA}],
        "sources": [
            {"kind": "shipped"},
            {"kind": "mirror"},
            {
                "kind": "package",
                "requirement": "p==1.0",
                "digest": SHA,
                "members": {"tox.csv": "p/tox.csv"},
            },
            {"kind": "https", "base": "https://example.org/data/"},
        ],
    }
}

#: Path of keys to a value, the value put there, and what the message must name beside the path.
DELETE = object()
BROKEN = [
    (["tox", "sauces"], [], ["unknown key; did you mean 'sources'?"]),
    (["tox", "licence"], DELETE, ["Field required"]),
    (["tox", "citation"], "", ["at least 1 character"]),
    (["tox", "files"], [], ["at least 1 item"]),
    (["tox", "sources"], [], ["at least 1 item"]),
    (["tox"], None, ["valid dictionary", "None"]),
    (["Tox 21"], VALID["tox"], ["pattern"]),
    (["tox", "files", 0, "md5"], "x", ["unknown key", "bytes, digest, name"]),
    (["tox", "files", 0, "bytes"], DELETE, ["Field required"]),
    (["tox", "files", 0, "bytes"], "many", ["integer", "'many'"]),
    (["tox", "files", 0, "bytes"], True, ["integer", "True"]),
    (["tox", "files", 0, "bytes"], -1, ["greater than or equal to 1"]),
    (["tox", "files", 0, "digest"], SHA[:-1], [SHA[:-1]]),
    (["tox", "files", 0, "digest"], "a" * 64, ["sha256:", "md5:"]),
    (["tox", "files", 0, "digest"], "crc32:" + "a" * 8, ["crc32"]),
    (["tox", "files", 0, "digest"], SHA.upper(), ["pattern"]),
    (["tox", "files", 0, "digest"], "sha256:" + "g" * 64, ["pattern"]),
    (["tox", "files", 0, "name"], "../tox.csv", ["'../tox.csv'"]),
    (["tox", "files", 0, "name"], "a/tox.csv", ["pattern"]),
    (["tox", "files", 0, "name"], "a\\tox.csv", ["pattern"]),
    (["tox", "files", 0, "name"], "-r", ["pattern"]),
    (["tox", "files", 0, "name"], ".hidden", ["pattern"]),
    (["tox", "files", 0, "name"], "tox.csv\n", ["pattern"]),
    (["tox", "sources", 0, "kind"], "ftp", ["'ftp'", "'shipped', 'mirror', 'package', 'https'"]),
    (["tox", "sources", 0, "kind"], DELETE, ["discriminator 'kind'"]),
    (["tox", "sources", 1, "folder"], "..", ["'..'"]),
    (["tox", "sources", 1, "path"], "x", ["no such key"]),
    (["tox", "sources", 2, "requirement"], "p>=1", ["'p>=1'"]),
    (["tox", "sources", 2, "requirement"], "p==1.*", ["pattern"]),
    (["tox", "sources", 2, "requirement"], "--pre", ["'--pre'"]),
    (["tox", "sources", 2, "requirement"], "p==1\n--pre", ["pattern"]),
    (["tox", "sources", 2, "requirement"], "p @ https://x.org/p.whl", ["pattern"]),
    (["tox", "sources", 2, "digest"], DELETE, ["Field required"]),
    (["tox", "sources", 2, "digest"], "md5:" + "a" * 32, ["sha256:"]),
    (["tox", "sources", 3, "base"], "http://example.org/", ["https://"]),
    (["tox", "sources", 3, "base"], "file:///etc/", ["https://"]),
    (["tox", "sources", 3, "base"], "https:///x/", ["https://"]),
    (["tox", "sources", 3, "base"], "https://me:pw@x.org/", ["https://"]),
    (["tox", "sources", 3, "base"], "https://x.org/data", ["pattern"]),
    (["tox", "sources", 3, "base"], "https://x.org/?q=/", ["pattern"]),
    (["tox", "sources", 3, "base"], DELETE, ["Field required"]),
]

#: What is wrong with an entry as a whole: the key changed, and what the message must name.
INCONSISTENT = [
    (["tox", "sources", 2, "members"], {}, "members of p==1.0 are , not tox.csv"),
    (["tox", "sources", 2, "members", "b"], "p/b", "members of p==1.0 are tox.csv, b, not tox.csv"),
    (["tox", "files", 0, "digest"], None, "tox.csv may come from shipped resources/raw/tox.csv.gz"),
    (
        ["tox", "files"],
        [VALID["tox"]["files"][0], {"name": "TOX.csv", "bytes": 3, "digest": SHA}],
        "names of files must differ: tox.csv, TOX.csv",
    ),
]


@pytest.fixture
def load(tmp_path):
    """Return a reader of a registry with this content."""

    def read(content):
        path = tmp_path / "reg.yaml"
        path.write_text(
            content if isinstance(content, str) else yaml.safe_dump(content, sort_keys=False)
        )
        return load_raw_inputs(path)

    return read


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
def test_broken_registry_is_refused_with_the_key(load, keys, value, named):
    with pytest.raises(ConfigurationError) as caught:
        load(changed(keys, value))
    _, line = str(caught.value).splitlines()
    *path, last = map(str, keys)
    assert line.startswith(f"  inputs.{'.'.join(path[:3])}")
    assert last in line
    for text in named:
        assert text in line


@pytest.mark.parametrize(("keys", "value", "named"), INCONSISTENT)
def test_an_inconsistent_entry_is_refused_with_the_reason(load, keys, value, named):
    with pytest.raises(ConfigurationError, match=r"inputs\.tox: ") as caught:
        load(changed(keys, value))
    assert named in str(caught.value)


def test_the_table_starts_from_a_valid_registry(load):
    sources = load(VALID)["tox"].sources
    assert [source.kind for source in sources] == ["shipped", "mirror", "package", "https"]
    assert [source.address("tox.csv") for source in sources] == [
        "resources/raw/tox.csv.gz",
        "tox.csv",
        "p==1.0:p/tox.csv",
        "https://example.org/data/tox.csv",
    ]


def test_all_faults_are_listed_at_once(load):
    content = changed(["tox", "licence"], DELETE)
    content["other"] = {**VALID["tox"], "files": []}
    with pytest.raises(ConfigurationError) as caught:
        load(content)
    assert "inputs.tox.licence" in str(caught.value)
    assert "inputs.other.files" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("- tox\n", "inputs: Input should be a valid dictionary"),
        ("", "inputs: Input should be a valid dictionary"),
        ("tox: [}\n", r'reg.yaml", line 1, column 7'),
        ("tox: [\n", r'reg.yaml", line 2, column 1'),
    ],
)
def test_file_that_is_no_registry(load, text, named):
    with pytest.raises(ConfigurationError, match=named):
        load(text)


def test_real_registry_has_every_input():
    registry = load_raw_inputs(REAL)
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
        kinds = [source.kind for source in entry.sources]
        places = kinds[kinds[0] == "shipped" :]
        assert places[0] == "mirror", f"{name}: the mirror comes before the network"
        assert len(places) > 1, f"{name}: nowhere to be had without a mirror"
        assert "doi:" in entry.citation
        assert all(file.bytes and file.digest for file in entry.files)


def test_the_page_beside_the_tables_names_each_with_its_licence():
    folder = REAL.parents[1] / "resources/raw"
    page, registry = (folder / "README.md").read_text(), load_raw_inputs(REAL)
    tables = {path.name.removesuffix(".csv.gz") for path in folder.glob("*.gz")}
    assert tables == {n for n, entry in registry.items() if entry.sources[0].kind == "shipped"}
    for name in tables:
        assert f"`{name}.csv.gz`" in page
        assert registry[name].files[0].digest.removeprefix("sha256:") in page
        dois = re.findall(r"doi:[^ ]+[^ .]", registry[name].citation)
        assert len(dois) == 2
        assert all(doi in page for doi in dois)


def test_reading_the_registry_loads_no_download_library():
    code = (
        "import sys; from pathlib import Path; "
        "from triptych.raw.registry import load_raw_inputs; "
        f"load_raw_inputs(Path({str(REAL)!r})); print({{'pooch', 'requests'}} & set(sys.modules))"
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


def test_only_what_the_files_are_makes_another_input():
    tox = RawInput.model_validate(VALID["tox"])
    said = {"citation": "corrected", "licence": "MIT, too", "sources": [{"kind": "mirror"}]}
    assert RawInput.model_validate({**VALID["tox"], **said}).identity == tox.identity
    other = [{**VALID["tox"]["files"][0], "digest": "sha256:" + "b" * 64}]
    assert RawInput.model_validate({**VALID["tox"], "files": other}).identity != tox.identity


def test_a_file_without_digest_is_that_of_its_revision():
    unknown = [{**VALID["tox"]["files"][0], "digest": None}]

    def at(revision):
        sources = [{"kind": "https", "base": f"https://example.org/{revision}/"}]
        return RawInput.model_validate({**VALID["tox"], "files": unknown, "sources": sources})

    assert at("a" * 40).identity == at("a" * 40).identity != at("b" * 40).identity
