"""Tables of users: what is read, and what is said about those that cannot be."""

import numpy as np
import pytest

from triptych.toxicity.tables import MOST_COLUMNS, read_table

GOOD = b"smiles,toxic,safe\nCCO,1,0\n c1ccccc1 ,,1\nCCN,0,\n"


def test_labels_missing_cells_and_blanks():
    table = read_table(GOOD, "good.csv", "smiles", None)
    assert table.smiles == ("CCO", "c1ccccc1", "CCN")
    assert table.tasks == ("toxic", "safe")
    np.testing.assert_array_equal(table.labels, [[1, 0], [np.nan, 1], [0, np.nan]])
    assert table.labels.dtype == np.float32


def test_lines_of_blanks_are_no_rows():
    table = read_table(b"smiles,toxic\n \t\nCCO,1\n\n  \nCCN,0\n", "t.csv", "smiles", None)
    assert table.smiles == ("CCO", "CCN")


def test_columns_are_chosen_and_ordered_by_name():
    content = b"a,structure,note,b\n1,CCO,good,0\n0,CCN,bad,1\n"
    table = read_table(content, "t.csv", "structure", ["b", "a"])
    np.testing.assert_array_equal(table.labels, [[0, 1], [1, 0]])
    assert table.smiles == ("CCO", "CCN")


def test_decimal_labels_quotes_byte_order_mark_and_windows_lines():
    content = '\ufeffsmiles,"a, b"\r\n"CCO",1.0\r\nCCN,0.0\r\n'.encode()
    table = read_table(content, "t.csv", "smiles", None)
    assert table.tasks == ("a, b",)
    np.testing.assert_array_equal(table.labels, [[1], [0]])


def test_words_that_other_readers_take_for_missing_are_text():
    table = read_table(b"smiles,a\nNA,1\nnan,0\n=cmd(),0\n", "t.csv", "smiles", None)
    assert table.smiles == ("NA", "nan", "=cmd()")


def test_a_single_column_of_smiles_may_have_empty_cells():
    table = read_table(b"smiles,a\n,1\nCC,0\n", "t.csv", "smiles", None)
    assert table.smiles == ("", "CC")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "t.csv: the file is empty"),
        (b" \n\n", "t.csv: the file is empty"),
        (b"smiles,a\n", "a header, but no rows"),
        (b"name,a\nCCO,1\n", "no column 'smiles' for the SMILES; there are 'name', 'a'"),
        (b"smiles;a\nCCO;1\n", "there are 'smiles;a'"),
        (b"smiles\nCCO\n", "no task column beside 'smiles'"),
        (b"smiles,a,a\nCCO,1,0\n", "several columns are called 'a'"),
        (b",smiles,a\n0,CCO,1\n", "column 1 has no name"),
        (b"smiles,a\nCCO,1\nCCN,2\n", "column 'a', row 2: label '2', which is not 0, 1 or empty"),
        (b"smiles,a\nCCO,yes\nCCN,0\n", "column 'a', row 1: label 'yes'"),
        (b"smiles,a\nCCO,0\nCCN,=cmd()\n", r"row 2: label '=cmd\(\)'"),
        (b"smiles,a\nCCO,0\nCCN,0.5\n", "row 2: label '0.5'"),
        (b"smiles,a\nCCO,inf\nCCN,0\n", "row 1: label 'inf'"),
        (b"smiles,a,b\nCCO,1,\nCCN,0,\n", "column 'b' has no label at all"),
        (b"smiles,a\nCCO,1\nCCN,\nCCC,1\n", "'a' has one class only: all of its 2 labels are 1"),
        (b"smiles,a,b\nCCO,1\nCCN,0,1\n", "row 1 has 2 columns, the header 3"),
        (b"smiles,a\nCCO,1\nCCN,0,1\n", "row 2 has 3 columns, the header 2"),
        (b'smiles,a\n"CCO,1\n', "not a CSV table: line 2: unexpected end of data"),
        (b"smiles,a\nCC\xe9O,1\n", "not UTF-8 text: byte 0xe9 at offset 11"),
        (b"\xef\xbb\xbfsmiles,a\nCC\xe9O,1\n", "not UTF-8 text: byte 0xe9 at offset 14"),
        (b"smiles,a\nC\0O,1\n", "a zero byte at character 10"),
    ],
)
def test_broken_tables_are_told_by_file_place_and_value(content, said):
    with pytest.raises(ValueError, match=said) as caught:
        read_table(content, "t.csv", "smiles", None)
    assert str(caught.value).startswith("t.csv: ")


def test_unknown_and_repeated_tasks():
    with pytest.raises(ValueError, match="no task column 'tox'; there are 'toxic', 'safe'"):
        read_table(GOOD, "t.csv", "smiles", tasks=["tox"])
    with pytest.raises(ValueError, match="no task column 'smiles'"):
        read_table(GOOD, "t.csv", "smiles", tasks=["smiles"])
    with pytest.raises(ValueError, match="named twice"):
        read_table(GOOD, "t.csv", "smiles", tasks=["safe", "safe"])


def test_a_table_beyond_sense_is_refused_and_a_wide_one_is_read():
    def wide(tasks):
        names = ",".join(f"t{n}" for n in range(tasks))
        return f"smiles,{names}\nC{',1' * tasks}\nCC{',0' * tasks}\n".encode()

    assert len(read_table(wide(300), "t.csv", "smiles", None).tasks) == 300
    with pytest.raises(ValueError, match=f"10001 columns, more than {MOST_COLUMNS}"):
        read_table(wide(MOST_COLUMNS), "t.csv", "smiles", None)
