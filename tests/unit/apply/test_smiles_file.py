"""Files of molecules, good and broken: nothing is dropped but blank lines."""

from __future__ import annotations

import os

import pytest

from triptych.apply.smiles_file import LONGEST, Molecule, given, in_file


def source(folder, content, name="molecules.smi", column="smiles", names=None):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return in_file(path, column, names)


def read(*words, **options):
    return [(one.row, one.name, one.text) for one in source(*words, **options)]


def test_lines_have_a_smiles_and_a_name(tmp_path):
    content = (
        "\ufeffCCO ethanol\r\n\nc1ccccc1\tbenzene, pure\n  C  \n[Na+].[Cl-] table  salt\nnonsense"
    )
    assert read(tmp_path, content) == [
        (1, "ethanol", "CCO"),
        (3, "benzene, pure", "c1ccccc1"),
        (4, "", "C"),
        (5, "table  salt", "[Na+].[Cl-]"),
        (6, "", "nonsense"),
    ]


def test_a_name_is_not_read_as_the_molecule_that_is_missing_before_it(tmp_path):
    assert read(tmp_path, "CCO\tethanol\n\tCCO\n \n") == [(1, "ethanol", "CCO"), (2, "CCO", "")]


def test_line_ends_of_old_machines_part_lines(tmp_path):
    assert read(tmp_path, "CCO\rCCN\rC") == [(1, "", "CCO"), (2, "", "CCN"), (3, "", "C")]


def test_a_table_has_columns(tmp_path):
    content = 'id,SMILES,note\n7,CCO,"a, b"\n\n8,,empty\n9, C ,\n'
    options = {"name": "t.CSV", "column": "SMILES"}
    assert read(tmp_path, content, **options, names="id") == [
        (1, "7", "CCO"),
        (2, "8", ""),
        (3, "9", "C"),
    ]
    assert read(tmp_path, content, **options)[0] == (1, "", "CCO")


def test_molecules_given_one_by_one():
    assert list(given(["CCO", " C "])) == [Molecule(1, "", "CCO"), Molecule(2, "", "C")]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("m.smi", "", "no molecule in it"),
        ("m.smi", " \n\n\t\n", "no molecule in it"),
        ("m.smi", b"CCO\nCC\xffO\n", "not UTF-8 text: byte 0xff in line 2"),
        ("m.smi", "CCO\n".encode("utf-16"), "not UTF-8 text: byte 0xff in line 1"),
        ("m.smi", b"CCO\nC\0C\n", "a zero byte in line 2"),
        ("m.smi", "C\n" + "C" * (LONGEST + 1), f"line 2 has more than {LONGEST} characters"),
        ("m.csv", "", "no column is called 'smiles'; there are none"),
        ("m.csv", "SMILES,id\nC,1\n", "no column is called 'smiles'; there are 'SMILES', 'id'"),
        ("m.csv", "smiles;id\nC;1\n", "there are 'smiles;id'"),
        ("m.csv", "smiles,smiles\nC,C\n", "several columns are called 'smiles'"),
        ("m.csv", "smiles,id\nC,1\nC\n", "row 2 has 1 columns, the header 2"),
        ("m.csv", 'smiles,id\n"C"C,1\n', "not a CSV table: line 2"),
        ("m.csv", 'smiles,id\n"C,1\nC,2\n', "not a CSV table: line 3"),
        ("m.csv", "smiles,id\n", "no molecule in it"),
        ("m.csv", ",".join(f"c{i}" for i in range(50)), "'c19', …$"),
    ],
)
def test_a_broken_file_is_refused_in_words(tmp_path, name, content, message):
    with pytest.raises(ValueError, match=message) as caught:
        list(source(tmp_path, content, name))
    assert str(tmp_path / name) in str(caught.value)


def test_a_folder_and_a_file_that_is_not_there_are_refused(tmp_path):
    with pytest.raises(IsADirectoryError):
        list(in_file(tmp_path, "smiles", None))
    with pytest.raises(FileNotFoundError):
        list(in_file(tmp_path / "none.smi", "smiles", None))


def test_a_pipe_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ValueError, match="pipe: no file but a pipe"):
        list(in_file(tmp_path / "pipe", "smiles", None))


def test_a_column_of_names_is_asked_of_a_table(tmp_path):
    with pytest.raises(ValueError, match=r"t\.tsv: a table, \.csv, may have a column 'id'"):
        read(tmp_path, "smiles\tid\nCCO\t7\n", name="t.tsv", names="id")


def test_an_extension_of_smiles_is_not_taken_for_a_name(tmp_path):
    """It would leave ethane in the place of the radical; with a blank in it, SMILES are refused."""
    line = "CC |^1:0| ethyl radical"
    assert read(tmp_path, f"{line}\nCC ethane\n") == [(1, "", line), (2, "ethane", "CC")]


def test_a_missing_molecule_of_a_table_with_one_column_is_written_in_quotes(tmp_path):
    """A blank line would be none, and later rows would have other numbers."""
    content = 'smiles\nCCO\n""\n  \n\nC\n'
    assert read(tmp_path, content, name="t.csv") == [(1, "", "CCO"), (2, "", ""), (3, "", "C")]
