"""Which files a configuration of paper 2 asks for."""

import pytest

from triptych.cycles.design import raw_input


def test_digits_are_read_from_the_raw_input_of_their_name_or_from_none():
    assert raw_input("mnist_5k") == "mnist_5k"
    assert raw_input("digits") is None


def test_a_dataset_that_is_not_registered_is_refused_with_those_that_are():
    message = r"cycles\.data\.dataset: no dataset 'mnist'; there are digits, mnist_5k, mnist_full"
    with pytest.raises(ValueError, match=message):
        raw_input("mnist")
