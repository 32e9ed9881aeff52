"""Equations as docstrings and docs have them, such as ``∇π = π (∇T) (I − T + 1π)⁻¹``, as MathML.

They are written in the characters of mathematics, so that they can be read in the source too. A
span of code with one of those that code never holds is an equation. MathML needs no script.
"""

from __future__ import annotations

import html
import re

RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺ᵀ*", "0123456789−+T∗")
LOWERED = str.maketrans("₀₁₂₃₄₅₆₇₈₉₋₊", "0123456789−+")
TELLING = re.compile(
    "[α-ωΓ-Ω∂∇∏∑∫√∝‖⟨⟩½²³⁴⁻ᵀ₀-₉₋ℓ∈û′·\u0300-\u036f]|[_^][{(]"
    r"|\w\(\w\|\w\)|\b[A-Za-z]_[a-z]{1,2}\b"
)
CODE = re.compile(r"(?<!<pre>)(?<!</span>)<code>([^<]+)</code>")
"""A span of code; a block has something before it."""

TOKEN = re.compile(
    r"(?P<space>\s+)"
    r"|(?P<number>\d+(?:\.\d+)?(?:e-?\d+)?|½)"
    r"|(?P<raised>[⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺ᵀ]+|(?<=\w)\*(?![\w(]))"
    r"|(?P<lowered>[₀₁₂₃₄₅₆₇₈₉₋₊]+)"
    r"|(?P<script>[_^])"
    r"|(?P<root>√)"
    r"|(?P<name>[A-Za-z]+|[^\W\d_Σ])[\u0300-\u036f]?"
    r"|(?P<sign><=|.)"
)
SIGNS = {"<=": "≤", "*": "∗", "-": "−", "Σ": "∑"}
CLOSING = {"(": ")", "{": "}"}
LONG = 30
"""Characters that may be too many for the line of a narrow screen."""


def is_equation(span: str) -> bool:
    """Say whether a span of code is an equation."""
    return TELLING.search(span) is not None


def as_mathml(equation: str) -> str:
    """Return an equation as MathML.

    A word of letters is a name, upright if it is longer than one; ``_`` and ``^`` take the word,
    the number or the group that follows. A group's own brackets are not shown.
    """
    length = ' class="long"' if len(equation) > LONG else ""
    return f"<math{length}>{_Reader(equation).row()}</math>"


def with_equations(page: str) -> str:
    """Return a page's HTML with the spans of code that are equations as MathML."""

    def shown(match: re.Match[str]) -> str:
        span = html.unescape(match[1]).replace(r"\|", "|")  # as tables have to write it
        return as_mathml(span) if is_equation(span) else f"<code>{html.escape(span)}</code>"

    return CODE.sub(shown, page)


class _Reader:
    """Reads an equation token by token, from left to right."""

    def __init__(self, equation: str) -> None:
        tokens = [(m.lastgroup or "", m[0]) for m in TOKEN.finditer(equation)]
        self.tokens = list(reversed(tokens))

    def row(self, end: str = "") -> str:
        """Read up to a closing bracket, which is read too, or to the end."""
        items: list[str] = []
        while self.tokens:
            kind, text = self.tokens.pop()
            if text == end:
                break
            if kind == "space":
                items.append(self._space(items))
            elif kind == "raised":
                items.append(_scripted("sup", items.pop(), _leaf(text.translate(RAISED))))
            elif kind == "lowered":
                items.append(_scripted("sub", items.pop(), _leaf(text.translate(LOWERED))))
            elif kind == "script":
                where = {"_": "sub", "^": "sup"}[text]
                items.append(_scripted(where, items.pop(), self._argument()))
            elif kind == "root":
                items.append(f"<msqrt>{self._argument()}</msqrt>")
            elif kind == "sign":
                items.append(_sign(text, first=not items or items[-1].startswith("<mo")))
            else:
                items.append(_leaf(text))
        return "".join(items)

    def _argument(self) -> str:
        """Read one word, number or group."""
        kind, text = self.tokens.pop()
        if text in CLOSING:
            return f"<mrow>{self.row(CLOSING[text])}</mrow>"
        if kind == "sign":
            return _sign(text, first=True)
        if kind == "name" and len(text) == 2:  # two indices
            return f"<mrow>{_leaf(text[0])}{_leaf(text[1])}</mrow>"
        return _leaf(text)

    def _space(self, items: list[str]) -> str:
        """Return a space between two names; signs bring their own."""
        between = items and self.tokens and self.tokens[-1][0] != "sign"
        return '<mspace width="0.17em"/>' if between and not items[-1].startswith("<mo") else ""


def _leaf(text: str) -> str:
    kind = "mn" if text[0].isdigit() or text == "½" else "mi"
    if text in "ΔΩ∇∂":
        return f'<mi mathvariant="normal">{text}</mi>'
    return f"<{kind}>{html.escape(text)}</{kind}>"


def _scripted(where: str, base: str, script: str) -> str:
    return f"<m{where}>{base}{script}</m{where}>"


def _sign(text: str, first: bool) -> str:
    """Return an operator or a bracket; what has nothing before it, like a sign, brings no space."""
    shown = html.escape(SIGNS.get(text, text))
    spaces = ' lspace="0" rspace="0"' if text in "|′" or (first and text in "−-·") else ""
    return f'<mo stretchy="false"{spaces}>{shown}</mo>'
