"""One molecule that a tokenizer cannot read does not take the others with it."""

from __future__ import annotations

import numpy as np
import pytest
from tokenizers import Regex, Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Sequence, Split
from transformers import PreTrainedTokenizerFast

from triptych.apply.applicability import Neighbourhood
from triptych.apply.calibration import Calibration
from triptych.apply.predictor import Predicted, Predictor, Refused


@pytest.fixture
def predictor():
    """Return a model whose first logit is the count of atoms; its tokenizer skips boron."""
    words = {"[PAD]": 0, "[UNK]": 1, "C": 2, "O": 3}
    core = Tokenizer(WordLevel(words, unk_token="[UNK]"))
    without_boron = Split(Regex("B"), behavior="removed")
    core.pre_tokenizer = Sequence([without_boron, Split(Regex("."), behavior="isolated")])
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=core, pad_token="[PAD]", unk_token="[UNK]")
    scaling = Calibration(1.0, 0.0, 0)

    def evaluate(molecules):
        count = (molecules.token_of_atom[:, 0] >= 0).sum(1).numpy()
        return np.stack([count, -count], 1).astype(np.float32), None

    neighbourhood = Neighbourhood.of(["CCO", "CCCC"], ["CO", "CCC"])
    learned = np.array([True, True])
    return Predictor(["a", "b"], learned, 10, 1, tokenizer, evaluate, scaling, neighbourhood)


def test_a_molecule_that_the_tokenizer_cannot_hold_is_refused_alone(predictor):
    first, second, third = predictor.answer(["OCC", "CBC", "CC"])
    assert second == Refused("unreadable: SMILES 'CBC': no token holds the atom at character 1")
    assert isinstance(first, Predicted)
    assert isinstance(third, Predicted)
    np.testing.assert_allclose(first.probability, 1 / (1 + np.exp([-3, 3])), rtol=1e-6)
    np.testing.assert_allclose(third.probability, 1 / (1 + np.exp([-2, 2])), rtol=1e-6)
    assert (first.smiles, first.similarity, first.nearest) == ("CCO", 1, "CCO")
    assert (first.heavy_atoms, third.heavy_atoms) == (3, 2)


def test_answers_do_not_depend_on_how_the_molecules_are_parted(predictor):
    texts = ["OCC", "C1CC", "", "CC", "COC", "C" * 11, "[2H][2H]", "N", "CN1CC->C1Cb2=CN=CC=n2"]
    whole = predictor.answer(texts)
    parts = [predictor.answer([text])[0] for text in texts]
    for one, other in zip(whole, parts, strict=True):
        assert type(one) is type(other)
        if isinstance(one, Refused):
            assert one == other
        else:
            assert one.smiles == other.smiles
            assert one.probability.tolist() == other.probability.tolist()
    reasons = [one.reason.partition(":")[0] for one in whole if isinstance(one, Refused)]
    assert reasons == ["unparsable", "empty", "too long", "empty", "unparsable"]
    assert [one.unknown for one in whole if isinstance(one, Predicted)] == [0, 0, 0, 1]
    assert predictor.answer([]) == []
