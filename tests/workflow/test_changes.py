from __future__ import annotations

import pytest

from triptych.inspect.changes import ABSENT, Change, changed_files, changed_params


def changes(old, new):
    return [(change.name, change.old, change.new) for change in changed_params(old, new)]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({}, {}, []),
        ({"a": 1, "b": {"c": [1, 2]}}, {"b": {"c": [1, 2]}, "a": 1}, []),
        ({"a": 1}, {"a": 2}, [("a", 1, 2)]),
        ({"a": {"b": {"c": 1, "d": 2}}}, {"a": {"b": {"c": 3, "d": 2}}}, [("a.b.c", 1, 3)]),
        ({"a": 1, "b": 2}, {"c": 2, "a": 1}, [("b", 2, ABSENT), ("c", ABSENT, 2)]),
        ({"a": None}, {}, [("a", None, ABSENT)]),
        ({}, {"a": {"b": 1}}, [("a", ABSENT, {"b": 1})]),
        ({"a": {"b": 1}}, {"a": [1]}, [("a", {"b": 1}, [1])]),
        ({"a": 1}, {"a": 1.0}, [("a", 1, 1.0)]),
        ({"a": 1}, {"a": True}, [("a", 1, True)]),
        ({"a": [1, 2, 3]}, {"a": [1, 5, 3]}, [("a.1", 2, 5)]),
        ({"a": [{"b": 1}, {"b": 2}]}, {"a": [{"b": 1}, {"b": 3}]}, [("a.1.b", 2, 3)]),
        ({"a": [1, 2, 3]}, {"a": [1, 9, 2, 3]}, [("a.1", ABSENT, 9)]),
        ({"a": [1, 2, 3]}, {"a": [2, 3]}, [("a.0", 1, ABSENT)]),
        ({"a": [1, 1]}, {"a": [1]}, [("a.1", 1, ABSENT)]),
        ({"a": [1, 2, 3]}, {"a": [4, 3]}, [("a.0", 1, 4), ("a.1", 2, ABSENT)]),
        ({"a": []}, {"a": [1]}, [("a.0", ABSENT, 1)]),
        ({"a": [1, 2, 3, 4]}, {"a": [1, 5, 3, 6]}, [("a.1", 2, 5), ("a.3", 4, 6)]),
    ],
)
def test_parameters_differ_by_their_deepest_names(old, new, expected):
    assert changes(old, new) == expected
    assert changes(new, old) == [(name, after, before) for name, before, after in expected]


def test_files_differ_where_both_digests_are_known_or_one_side_has_none():
    old = {"same": "1", "other": "1", "gone": "1", "unknown then": None, "unknown now": "1"}
    new = {"same": "1", "other": "2", "come": None, "unknown then": "1", "unknown now": None}
    assert list(changed_files("input", old, new)) == [
        Change("input", "come", ABSENT, None),
        Change("input", "gone", "1", ABSENT),
        Change("input", "other", "1", "2"),
    ]


def test_for_machines_an_absent_side_is_left_out_and_null_is_a_value():
    assert Change("param", "a.b", None, ABSENT).as_json() == {
        "kind": "param",
        "name": "a.b",
        "old": None,
    }
