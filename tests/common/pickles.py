"""A pickle that shows whether it was run."""

from __future__ import annotations

from pathlib import Path


class Executed:
    """Unpickled without care, it makes an empty file."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (self.file,))
