import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triptych.config.load import load_config
from triptych.runtime.canonical import canonical, digest, to_json

plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)


@given(st.dictionaries(st.text(), plain))
def test_order_of_keys_does_not_matter(values):
    backwards = dict(reversed(values.items()))
    assert repr(canonical(values)) == repr(canonical(backwards))
    assert digest(values) == digest(backwards)


@given(plain)
def test_canonical_is_idempotent(value):
    assert canonical(canonical(value)) == canonical(value)


def test_models_and_tuples_become_plain():
    assert canonical({"raw": load_config({}).raw})["raw"] == {"mirror": None}
    assert to_json({"b": (1, 2), "a": None}) == '{"a": null, "b": [1, 2]}'


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_not_finite_is_refused(value):
    with pytest.raises(ValueError, match=r"value\['rates'\]\[1\] is not finite: -?(nan|inf)"):
        canonical({"rates": [0.1, value]})


def test_a_value_without_plain_form_is_refused():
    with pytest.raises(TypeError, match=r"value\['values'\] has no plain form, as a set: {1, 2}"):
        canonical({"values": {1, 2}})
