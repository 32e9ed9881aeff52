"""A figure's caption: what the script that draws it says it draws."""

from __future__ import annotations

import ast
import tokenize
from collections.abc import Mapping
from pathlib import Path

from triptych.figures.names import number, order


def caption(script: Path) -> str:
    """Return what a script's docstring says before it names its inputs.

    Raises
    ------
    ValueError
        If the script has no docstring.
    """
    with tokenize.open(script) as file:
        # No further than the docstring: to parse all figures' scripts takes every start of a
        # workflow 0.05 s.
        before = (tokenize.COMMENT, tokenize.NL)
        first = next(t for t in tokenize.generate_tokens(file.readline) if t.type not in before)
    text = ast.literal_eval(first.string) if first.type == tokenize.STRING else ""
    if not text.strip():
        raise ValueError(f"{script} does not say what it draws: it needs a docstring")
    return " ".join(text.partition("\nInputs:")[0].split())


def first_sentence(text: str) -> str:
    """Return the first sentence of a caption, which says what the figure is."""
    sentence, end, _ = text.partition(". ")
    return sentence + end.rstrip()


def captions(project: Path, paper: str) -> dict[str, str]:
    """Return what each figure of a paper shows, by names such as ``ssno_fig3``, in their order.

    Raises as :func:`caption`.
    """
    scripts = (project / "scripts" / paper).glob("plot_fig*.py")
    shown = {f"{paper}_{script.stem.removeprefix('plot_')}": caption(script) for script in scripts}
    return {name: shown[name] for name in sorted(shown, key=order)}


def show(figures: Mapping[str, str], name: str) -> None:
    """Display a figure, such as ``ssno_fig3``, in a notebook; nothing if it was not drawn.

    The figures are captions by the path of the PNG.
    """
    from IPython.display import Image, Markdown, display

    for path, text in figures.items():
        if Path(path).stem == name:
            display(Image(filename=path, width=800, alt=first_sentence(text)))
            display(Markdown(f"**Figure {number(name)}.** {text}"))
