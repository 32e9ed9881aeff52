"""What differs between two sets of parameters, or between two sets of files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import Enum
from itertools import zip_longest
from typing import Any, Literal

from triptych.runtime.canonical import to_json


class Side(Enum):
    """What stands for a value where there is none; ``None`` is a value."""

    ABSENT = "absent"


ABSENT = Side.ABSENT

Kind = Literal["param", "input", "code"]


@dataclass(frozen=True)
class Change:
    """One thing that is no longer what it was: a parameter by its dotted name, or a file.

    ``old`` and ``new`` are a parameter's values or a file's digests; ``ABSENT`` where there is no
    such parameter or file, None where a file's digest is not known.
    """

    kind: Kind
    name: str
    old: Any
    new: Any

    def as_json(self) -> dict[str, Any]:
        """Return the change as plain values; a side that is absent is left out."""
        sides = {"old": self.old, "new": self.new}
        present = {key: value for key, value in sides.items() if value is not ABSENT}
        return {"kind": self.kind, "name": self.name, **present}


def changed_params(old: Any, new: Any, name: str = "") -> Iterator[Change]:
    """Yield the parameters that differ, each by the deepest name that tells them apart.

    Items of lists count from 0 and are aligned first, so that an item put in is one change. Values
    are the same if their written form is: 1 is not 1.0, and not true.
    """
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        items: Any = ((k, old.get(k, ABSENT), new.get(k, ABSENT)) for k in sorted({*old, *new}))
    elif isinstance(old, list) and isinstance(new, list):
        items = _unequal_items(old, new)
    else:
        if ABSENT in (old, new) or to_json(old) != to_json(new):
            yield Change("param", name, old, new)
        return
    for key, before, after in items:
        yield from changed_params(before, after, f"{name}.{key}" if name else str(key))


def changed_files(
    kind: Kind, old: Mapping[str, str | None], new: Mapping[str, str | None]
) -> Iterator[Change]:
    """Yield the files of two mappings path → digest that differ, came or went.

    Where one of two digests is None, not known, the files are taken for equal.
    """
    for path in sorted({*old, *new}):
        before, after = old.get(path, ABSENT), new.get(path, ABSENT)
        if (None not in (before, after) and before != after) or ABSENT in (before, after):
            yield Change(kind, path, before, after)


def _unequal_items(old: list[Any], new: list[Any]) -> Iterator[tuple[int, Any, Any]]:
    """Yield place, old and new item where two lists differ."""
    texts, others = [to_json(item) for item in old], [to_json(item) for item in new]
    matcher = SequenceMatcher(None, texts, others, autojunk=False)
    for tag, start, end, other_start, other_end in matcher.get_opcodes():
        if tag != "equal":
            pairs = zip_longest(old[start:end], new[other_start:other_end], fillvalue=ABSENT)
            for place, (before, after) in enumerate(pairs, start):
                yield place, before, after
