"""The tokenizer, all molecules as padded numbers, and the token that holds each heavy atom.

The map from atoms to tokens goes through offsets in the text, so that it also holds for a tokenizer
whose tokens span several atoms, or parts of one.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from tokenizers import Regex, Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Split
from tokenizers.processors import TemplateProcessing
from transformers import AutoTokenizer, PreTrainedTokenizerBase, PreTrainedTokenizerFast

from triptych.toxicity.smiles import TOKEN, atom_offsets, spellings

CLASSIFY, SEPARATE, PAD, UNKNOWN, MASK = "[CLS]", "[SEP]", "[PAD]", "[UNK]", "[MASK]"
"""The special tokens, as vocabularies of BERT name them."""


def smiles_tokenizer(vocabulary: Sequence[str]) -> PreTrainedTokenizerFast:
    """Return the tokenizer of a vocabulary: the split by the expression, each piece one token.

    A piece that the vocabulary lacks, and a run of characters that the expression does not match,
    become one [UNK] each; nothing is dropped. The text is set between [CLS] and [SEP].

    Parameters
    ----------
    vocabulary : sequence of str
        Tokens in the order of their numbers, with [CLS], [SEP], [PAD] and [UNK] among them.

    Raises
    ------
    ValueError
        If the vocabulary names a token twice or lacks a special one.
    """
    numbers = {token: number for number, token in enumerate(vocabulary)}
    if len(numbers) < len(vocabulary):
        raise ValueError(f"vocabulary of {len(vocabulary)} lines names {len(numbers)} tokens only")
    for special in (CLASSIFY, SEPARATE, PAD, UNKNOWN):
        if special not in numbers:
            raise ValueError(f"vocabulary of {len(vocabulary)} tokens lacks {special}")
    core = Tokenizer(WordLevel(numbers, unk_token=UNKNOWN))
    core.pre_tokenizer = Split(Regex(TOKEN.pattern), behavior="isolated")
    core.post_processor = TemplateProcessing(
        single=f"{CLASSIFY} $A {SEPARATE}",
        special_tokens=[(special, numbers[special]) for special in (CLASSIFY, SEPARATE)],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=core,
        cls_token=CLASSIFY,
        sep_token=SEPARATE,
        pad_token=PAD,
        unk_token=UNKNOWN,
        mask_token=MASK if MASK in numbers else None,
    )


def load_tokenizer(folder: Path) -> PreTrainedTokenizerBase:
    """Return the tokenizer of a language model's folder.

    A folder that holds a tokenizer of its own, as models from the hub do, keeps it; one with only a
    vocabulary of SMILES tokens, ``vocab.txt``, gets :func:`smiles_tokenizer`.

    Raises
    ------
    ValueError
        If the folder's tokenizer cannot say which characters a token stands for.
    """
    vocabulary = folder / "vocab.txt"
    if vocabulary.exists() and not (folder / "tokenizer.json").exists():
        return smiles_tokenizer(vocabulary.read_text(encoding="utf-8").splitlines())
    tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(folder)
    if not tokenizer.is_fast:
        raise ValueError(f"{folder.name}: its tokenizer does not give the offsets of its tokens")
    return tokenizer


def encode(
    smiles: Sequence[str], tokenizer: PreTrainedTokenizerBase, n_atoms: int, n_spellings: int
) -> xr.Dataset:
    """Turn molecules into padded token numbers and map their heavy atoms to tokens.

    Parameters
    ----------
    smiles : sequence of str, shape (molecule,)
        Canonical.
    tokenizer : PreTrainedTokenizerBase
        One that gives the offsets of its tokens.
    n_atoms : int
        Length of the atom dimension.
    n_spellings : int
        Of each molecule: the canonical SMILES, and after it random ones, see
        :func:`triptych.toxicity.smiles.spellings`.

    Returns
    -------
    xarray.Dataset
        ``token`` (molecule, spelling, position) int32, special tokens included, padded; ``length``
        (molecule, spelling) int16; ``token_of_atom`` (molecule, spelling, atom) int16, the position
        of the token that holds each heavy atom, −1 beyond the molecule. Attribute: ``unknown``, how
        many tokens the vocabulary lacked.

    Raises
    ------
    ValueError
        If a heavy atom is held by no token, or tokens overlap.
    """
    spelled = [spelling for text in smiles for spelling in spellings(text, n_spellings)]
    texts = [text for text, _ in spelled]
    batch = tokenizer(texts, return_offsets_mapping=True)
    lengths = np.array([len(numbers) for numbers in batch["input_ids"]], dtype=np.int16)
    token = np.full((len(texts), lengths.max()), tokenizer.pad_token_id, dtype=np.int32)
    token_of_atom = np.full((len(texts), n_atoms), -1, dtype=np.int16)
    unknown = 0
    rows = zip(spelled, batch["input_ids"], batch["offset_mapping"], strict=True)
    for row, ((text, atoms), numbers, spans) in enumerate(rows):
        token[row, : len(numbers)] = numbers
        unknown += numbers.count(tokenizer.unk_token_id)
        token_of_atom[row, atoms] = tokens_at(atom_offsets(text), spans, text)
    shape = (len(smiles), n_spellings)
    dims = ("molecule", "spelling")
    return xr.Dataset(
        {
            "token": (
                (*dims, "position"),
                token.reshape(*shape, -1),
                {"long_name": "token number"},
            ),
            "length": (
                dims,
                lengths.reshape(shape),
                {"long_name": "tokens, special ones included"},
            ),
            "token_of_atom": (
                (*dims, "atom"),
                token_of_atom.reshape(*shape, n_atoms),
                {"long_name": "position of the token that holds the heavy atom"},
            ),
        },
        attrs={"unknown": unknown},
    )


def tokens_at(
    offsets: Sequence[int], spans: Sequence[tuple[int, int]], text: str
) -> NDArray[np.int16]:
    """Return the position of the token whose span of the text holds each offset.

    Parameters
    ----------
    offsets : sequence of int, shape (atom,)
        Offsets in the text, of the heavy atoms' symbols, in characters from 0 on.
    spans : sequence of tuple of int, shape (token, 2)
        Start and end in the text of every token; empty for special tokens.
    text : str
        The SMILES, for the error.

    Returns
    -------
    int16 ndarray of shape (atom,)
        From 0.

    Raises
    ------
    ValueError
        If tokens overlap, or an offset lies in none.
    """
    holder = np.full(len(text), -1, dtype=np.int16)
    for position, (start, end) in enumerate(spans):
        if (holder[start:end] >= 0).any():
            raise ValueError(f"SMILES {text!r}: tokens overlap at character {start}")
        holder[start:end] = position
    positions = holder[list(offsets)]
    if (positions < 0).any():
        offset = offsets[int(np.argmax(positions < 0))]
        raise ValueError(f"SMILES {text!r}: no token holds the atom at character {offset}")
    return positions
