"""Input made to do harm: nothing of it is executed, and nothing leaves the results folder."""

from __future__ import annotations

import json
import string
from pathlib import Path

import pytest
import torch
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pickles import Executed

from triptych.config.load import ConfigurationError, load_config
from triptych.inspect.check import check
from triptych.raw.fetch import fetch
from triptych.raw.registry import load_raw_inputs
from triptych.raw.sources import LocalFolders, RawInputError
from triptych.toxicity.backbones import read_tensors
from triptych.toxicity.smiles import atom_offsets, tokens


@pytest.mark.parametrize(
    "text",
    ["!!python/object/apply:os.system ['touch executed']", "[" * 5000, "&a [*a]"],
)
def test_text_from_the_command_line_constructs_nothing(tmp_path, monkeypatch, text):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigurationError, match=r"cycles\.training\.chains: .*valid integer"):
        load_config({"cycles": {"training": {"chains": text}}})
    assert not Path("executed").exists()


def test_a_configuration_file_constructs_nothing(toy):
    (toy.folder / "mine.yaml").write_text(
        "toy: {start: !!python/object/apply:os.system ['touch executed']}\n"
    )
    done = toy.snakemake("all", "--configfile", "mine.yaml", check=False)
    assert done.returncode != 0
    assert "not valid JSON or YAML" in done.stdout + done.stderr
    assert not (toy.folder / "executed").exists()
    assert not (toy.folder / "make.txt").exists()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["cycles", "training", "results", "scale", "raw", "seeds", "files", "name"]
            )
            | st.text(max_size=4),
            inner,
            max_size=3,
        )
    ),
    max_leaves=12,
)


@given(values=st.dictionaries(st.sampled_from(["cycles", "ssno", "toxicity", "raw"]), JSON))
def test_any_configuration_is_taken_or_refused_by_name(values):
    try:
        load_config(values)
    except ConfigurationError as refusal:
        first, *faults = str(refusal).splitlines()
        assert first == "the configuration cannot be run:"
        assert faults[0].startswith(tuple(f"  {section}" for section in values))


@given(folder=st.text(alphabet=string.printable + "éß漢{}-/", max_size=12))
def test_a_results_folder_never_reads_as_an_option_or_a_pattern(folder):
    try:
        taken = load_config({"results": folder}).results
    except ConfigurationError:
        return
    assert not taken.startswith("-")
    assert not set(taken) & set("{}<>\n\0")


ENTRY = {
    "description": "a test",
    "licence": "MIT",
    "citation": "none",
    "files": [{"name": "a.csv", "bytes": 1, "digest": "sha256:" + "0" * 64}],
    "sources": [{"kind": "mirror"}],
}


@given(
    key=st.sampled_from(sorted(ENTRY)),
    value=JSON | st.lists(st.dictionaries(st.sampled_from(["name", "kind", "folder"]), JSON)),
)
def test_any_registry_is_taken_or_refused(tmp_path_factory, key, value):
    """One that is taken fetches into its folder or not at all."""
    base = tmp_path_factory.mktemp("raw")
    (base / "mirror").mkdir()
    (base / "registry.yaml").write_text(json.dumps({"entry": {**ENTRY, key: value}}))
    try:
        registry = load_raw_inputs(base / "registry.yaml")
    except ConfigurationError:
        return
    with pytest.raises(RawInputError):
        fetch(registry["entry"], base / "in", LocalFolders(base / "mirror", base), print)
    assert {path.name for path in base.iterdir()} == {"mirror", "registry.yaml"}


SMILES = st.text(alphabet="CNOSPFIBrclnos[]()=#@+-/\\%.0123456789*H\n ", max_size=60) | st.text()


@given(text=SMILES)
def test_the_tokenizer_takes_any_text(text):
    assert "".join(tokens(text)) == text
    offsets = atom_offsets(text)
    assert offsets == sorted(set(offsets))
    assert all(0 <= offset < len(text) for offset in offsets)


def test_a_pickle_under_the_name_of_safetensors_is_not_run(tmp_path):
    torch.save({"x": Executed(tmp_path / "executed")}, tmp_path / "model.safetensors")
    with pytest.raises(ValueError, match=r"model\.safetensors is not a safetensors file"):
        read_tensors(tmp_path)
    assert not (tmp_path / "executed").exists()


DIGITS = "cycles={data: {dataset: digits, held_out: 297}, training: {batch_size: 250}}"


# Whoever does not quote it runs a command; whoever quotes it naively, a syntax error.
NAME = "$(touch x); with  blanks, Ünïcödé 漢字, quote'and\"both"


def test_a_checkout_and_results_of_any_name(checkout):
    """The checkout may begin with a dash."""
    offset = checkout.folder.parent / f"-{NAME}"
    checkout.folder.rename(offset)
    moved = type(checkout)(offset)
    (offset / "mine.yaml").write_text(yaml.safe_dump({"results": NAME}))
    files = ("--configfile", "config/smoke.yaml", "mine.yaml")
    moved.snakemake(f"{NAME}/smoke/cycles/data.zarr", *files, "--config", DIGITS)
    assert check(offset / NAME).checked == 1
    assert {path.name for path in offset.parent.iterdir()} == {offset.name}
    assert not (offset / "x").exists()
