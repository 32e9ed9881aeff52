"""Tokens join to the text; every heavy atom is held by exactly one token."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import Chem
from tokenizers import Regex, Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Split
from tokenizers.processors import TemplateProcessing
from transformers import PreTrainedTokenizerFast

from triptych.toxicity.smiles import (
    atom_offsets,
    canonical_form,
    heavy_atoms,
    read_canonical,
    spellings,
    tokens,
)
from triptych.toxicity.tokens import encode, load_tokenizer, smiles_tokenizer, tokens_at

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
SMALL = smiles_tokenizer([*SPECIAL, "C", "N", "("])
CASES = {
    "N[C@@H](C)C(=O)O": ["N", "[C@@H]", "C", "C", "O", "O"],
    "F/C=C/F": ["F", "C", "C", "F"],
    "C[N+](C)(C)CC(=O)[O-]": ["C", "[N+]", "C", "C", "C", "C", "O", "[O-]"],
    "ClCCBr": ["Cl", "C", "C", "Br"],
    "C[Se]C[Si](C)C": ["C", "[Se]", "C", "[Si]", "C", "C"],
    "[Na+].[Cl-]": ["[Na+]", "[Cl-]"],
    "[13CH3][2H]": ["[13CH3]"],
    "[H]/N=C/C": ["N", "C", "C"],
    "c1cc[nH]c1": ["c", "c", "c", "[nH]", "c"],
    "*c1ccc([1*])s1": ["*", "c", "c", "c", "c", "[1*]", "s"],
    "C%12CCC%12": ["C", "C", "C", "C"],
    "[Hg+2].[H+].[He].[Ho]": ["[Hg+2]", "[He]", "[Ho]"],
    "c1cc[se]c1": ["c", "c", "c", "[se]", "c"],
    "Cl[Pt](Cl)[NH3]": ["Cl", "[Pt]", "Cl", "[NH3]"],
}


def vocabulary(texts):
    return SPECIAL + sorted({token for text in texts for token in tokens(text)})


@pytest.mark.parametrize("text", CASES)
def test_atoms_are_found_in_written_order(text):
    encoded = encode([text], smiles_tokenizer(vocabulary(CASES)), 12, 1).isel(spelling=0)
    numbers = encoded.token.values[0, : int(encoded.length[0])]
    positions = encoded.token_of_atom.values[0]
    words = vocabulary(CASES)
    assert [words[numbers[place]] for place in positions[positions >= 0]] == CASES[text]
    assert (positions[len(CASES[text]) :] == -1).all()
    assert len(set(positions[positions >= 0])) == len(CASES[text])
    assert_symbols_are_rdkits(text)


def assert_symbols_are_rdkits(text):
    molecule = read_canonical(text)
    for offset, index in zip(atom_offsets(text), heavy_atoms(molecule), strict=True):
        symbol = molecule.GetAtomWithIdx(int(index)).GetSymbol()
        assert text[offset:].lower().startswith(symbol.lower())


def test_tokens_of_known_molecules():
    assert tokens("C[C@@H](Cl)/C=C\\Br") == [
        *("C", "[C@@H]", "(", "Cl", ")", "/", "C", "=", "C", "\\", "Br"),
    ]
    assert tokens("C%12CC%12") == ["C", "%12", "C", "C", "%12"]
    assert tokens("[Na+].O->[Zn]") == ["[Na+]", ".", "O", "-", ">", "[Zn]"]


def test_every_molecule_of_clintox(clintox):
    smiles = [str(text) for text in clintox.smiles.values]
    counted = zip(smiles, clintox.heavy_atoms.values, clintox.tokens.values, strict=True)
    for text, heavy, count in counted:
        assert "".join(tokens(text)) == text
        assert len(tokens(text)) == count
        atoms = [atom.GetAtomicNum() for atom in read_canonical(text).GetAtoms()]
        assert_symbols_are_rdkits(text)
        assert len(atom_offsets(text)) == heavy == sum(number != 1 for number in atoms)
    most = int(clintox.heavy_atoms.max())
    encoded = encode(smiles, smiles_tokenizer(vocabulary(smiles)), most, 1).isel(spelling=0)
    assert encoded.attrs["unknown"] == 0
    np.testing.assert_array_equal(encoded.length, clintox.tokens + 2)
    positions = encoded.token_of_atom.values
    np.testing.assert_array_equal((positions >= 0).sum(1), clintox.heavy_atoms)
    inside = positions >= 0
    # Strictly rising: no token holds two atoms, none is out of order; none is [CLS] or [SEP].
    assert (np.diff(positions, axis=1)[inside[:, 1:]] > 0).all()
    assert (positions[inside] > 0).all()
    assert (positions < encoded.length.values[:, None] - 1).all()


def test_spellings_of_clintox_are_the_same_molecules_and_name_their_atoms(clintox):
    smiles = [str(text) for text in clintox.smiles.values[::5]]
    different = 0
    for text in smiles:
        molecule = read_canonical(text)
        symbols = [molecule.GetAtomWithIdx(int(i)).GetSymbol() for i in heavy_atoms(molecule)]
        written = spellings(text, 3)
        assert [t for t, _ in written] == [t for t, _ in spellings(text, 3)]
        assert written[0][0] == text
        assert written[0][1].tolist() == list(range(len(symbols)))
        for spelling, atoms in written:
            again = read_canonical(spelling)
            assert canonical_form(again) == text
            names = [again.GetAtomWithIdx(int(i)).GetSymbol() for i in heavy_atoms(again)]
            assert names == [symbols[atom] for atom in atoms]
            assert sorted(atoms.tolist()) == list(range(len(symbols)))
            # The same bonds between the same atoms, by either numbering.
            assert bonds(again, atoms) == bonds(molecule, written[0][1])
        different += len({spelling for spelling, _ in written})
    assert different > 2.8 * len(smiles)


def bonds(molecule, atoms):
    names = dict(zip(heavy_atoms(molecule).tolist(), atoms.tolist(), strict=True))
    ends = [(bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()) for bond in molecule.GetBonds()]
    return {frozenset(names[i] for i in pair) for pair in ends if names.keys() >= set(pair)}


def test_atoms_keep_their_place_in_whatever_spelling():
    tokenizer = smiles_tokenizer([*SPECIAL, "C", "N", "O", "(", ")", "="])
    encoded = encode(["CC(=O)NCC"], tokenizer, 7, 6)
    words = [*SPECIAL, "C", "N", "O", "(", ")", "="]
    assert len(np.unique(encoded.token.values, axis=1)[0]) > 3
    for spelling in range(6):
        one = encoded.isel(molecule=0, spelling=spelling)
        elements = [words[one.token.values[at]] for at in one.token_of_atom.values[:6]]
        assert elements == ["C", "C", "O", "N", "C", "C"]
        assert one.token_of_atom.values[6] == -1


@settings(max_examples=200)
@given(st.text())
def test_no_text_breaks_the_split_or_loses_a_character(text):
    assert "".join(tokens(text)) == text
    pieces = SMALL.backend_tokenizer.pre_tokenizer.pre_tokenize_str(text)
    assert [piece for piece, _ in pieces] == tokens(text)
    assert "".join(text[start:end] for _, (start, end) in pieces) == text


@given(st.text(alphabet="CNOclBr[]()=#@+-1234%./\\H*nsé€ \n", max_size=40))
def test_what_the_vocabulary_lacks_is_unknown_and_counted(text):
    words = [*SPECIAL, "C", "N", "("]
    numbers = SMALL(text)["input_ids"]
    expected = [words.index(token) if token in words else 1 for token in tokens(text)]
    assert numbers == [2, *expected, 3]


def test_padding_and_attributes():
    encoded = encode(["C", "CCX", "CC(C)C"], smiles_tokenizer([*SPECIAL, "C", "(", ")"]), 4, 1)
    assert encoded.token.dims == ("molecule", "spelling", "position")
    encoded = encoded.isel(spelling=0)
    np.testing.assert_array_equal(encoded.length, [3, 5, 8])
    np.testing.assert_array_equal(encoded.token.values[0], [2, 5, 3, 0, 0, 0, 0, 0])
    np.testing.assert_array_equal(encoded.token_of_atom.values[0], [1, -1, -1, -1])
    np.testing.assert_array_equal(encoded.token_of_atom.values[2], [1, 2, 4, 6])
    assert encoded.token.dtype == np.int32
    assert encoded.token_of_atom.dtype == np.int16
    assert encoded.attrs == {"unknown": 1}


def coarse_tokenizer():
    """Return a tokenizer whose tokens are runs of three characters, blind to atoms."""
    words = [*SPECIAL, "CC("]
    core = Tokenizer(WordLevel({w: n for n, w in enumerate(words)}, unk_token="[UNK]"))
    core.pre_tokenizer = Split(Regex(r".{1,3}"), behavior="isolated")
    core.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return PreTrainedTokenizerFast(tokenizer_object=core, pad_token="[PAD]", unk_token="[UNK]")


def test_tokens_that_span_several_atoms_or_parts_of_one():
    #         CC( =[N +]( C)C Cl
    encoded = encode(["CC(=[N+](C)CCl", "C"], coarse_tokenizer(), 8, 1).isel(spelling=0)
    np.testing.assert_array_equal(encoded.token_of_atom.values[0], [1, 1, 2, 4, 4, 5, -1, -1])
    #         C[C @@H ](O )
    encoded = encode(["C[C@@H](O)"], coarse_tokenizer(), 3, 1).isel(spelling=0)
    np.testing.assert_array_equal(encoded.token_of_atom.values[0], [1, 1, 3])


def test_a_folder_with_a_vocabulary_or_a_tokenizer_of_its_own(tmp_path):
    (tmp_path / "vocab.txt").write_text("\n".join([*SPECIAL, "C", "Cl"]) + "\n")
    assert load_tokenizer(tmp_path)("CCl")["input_ids"] == [2, 5, 6, 3]
    other = tmp_path / "other"
    coarse_tokenizer().save_pretrained(other)
    assert load_tokenizer(other)("CC(CC(")["input_ids"] == [2, 5, 5, 3]


def test_vocabularies_that_cannot_serve():
    with pytest.raises(ValueError, match=r"lacks \[SEP\]"):
        smiles_tokenizer(["[PAD]", "[UNK]", "[CLS]", "C"])
    with pytest.raises(ValueError, match="7 lines names 6 tokens"):
        smiles_tokenizer([*SPECIAL, "C", "C"])


def test_atoms_without_a_token_and_tokens_that_overlap():
    with pytest.raises(ValueError, match="no token holds the atom at character 1"):
        tokens_at([0, 1], [(0, 0), (0, 1)], "CC")
    with pytest.raises(ValueError, match="overlap at character 1"):
        tokens_at([0, 1], [(0, 2), (1, 2)], "CC")


def test_hydrogens_in_any_dress_are_no_heavy_atoms():
    for text in ("[H]", "[2H]", "[H+]", "[H-]", "[3H+:4]"):
        assert atom_offsets(text) == []
    assert atom_offsets("[Hf]") == [1]
    assert Chem.MolFromSmiles("[Hf]") is not None


def test_numbers_that_map_atoms_are_no_part_of_a_molecule():
    mapped = Chem.MolFromSmiles("[CH3:1][C@@H:3]([NH2:2])[C:4](=[O:5])[OH:6]")
    assert canonical_form(mapped) == canonical_form(Chem.MolFromSmiles("C[C@@H](N)C(=O)O"))
    assert mapped.GetAtomWithIdx(0).GetAtomMapNum() == 1
