"""What the notebooks show alike."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def show(figures: Mapping[str, str], name: str) -> None:
    """Display a figure with its caption; nothing if it was not drawn.

    Parameters
    ----------
    figures
        Captions by the path of the PNG.
    name
        Such as ``ssno_fig3``.
    """
    from IPython.display import Image, Markdown, display

    for path, caption in figures.items():
        if Path(path).stem == name:
            number = name.rpartition("fig")[2]
            display(Image(filename=path, width=800, alt=caption))
            display(Markdown(f"**Figure {number}.** {caption}"))
