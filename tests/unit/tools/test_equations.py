"""Equations of docstrings and docs become MathML, and code stays code."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from equations import as_mathml, is_equation, with_equations


def plain(mathml):
    """Return an equation's elements as nested names and texts, without rows and attributes."""

    def shown(element):
        inside = element.text or "".join(map(shown, element))
        return inside if element.tag in ("mi", "mo", "mn", "mrow") else f"{element.tag}({inside})"

    return "".join(map(shown, ElementTree.fromstring(mathml)))


@pytest.mark.parametrize(
    ("equation", "shown"),
    [
        ("û_t = λ û", "msub(ût)=λmspace()û"),
        ("(I − T + 1π)⁻¹", "(I−T+1πmsup()−1)"),
        ("√(l (l + 1))", "msqrt(l(l+1))"),
        ("u − u³", "u−msup(u3)"),
        ("z₋₁", "msub(z−1)"),
        ("F/Fᵀ", "F/msup(FT)"),
        ("Σ_{j<n} T^j u", "msub(∑j<n)mspace()msup(Tj)mspace()u"),
        ("(|k|² + τ²)^(−α/2)", "(|kmsup(|2)+msup(τ2)msup()−α/2)"),
        ("σ(W_zi x_i)", "σ(msub(Wzi)mspace()msub(xi))"),
        ("û_{t+1} û_t*", "msub(ût+1)mspace()msup(msub(ût)∗)"),
        ("T(z′|z)", "T(z′|z)"),
    ],
)
def test_an_equation_is_read(equation, shown):
    assert is_equation(equation)
    assert plain(as_mathml(equation)) == shown


@pytest.mark.parametrize(
    "equation",
    [
        "A(z|x) = softmax_z(W x + b)",
        "g_ti = exp(s_ti − max_j s_tj) ∈ (0, 1],   share_ti = g_ti / Σ_j g_tj",
        "e_ti = w_t·H_i",
        "s = e + c_t",
        "log w_z + log B(x|z)",
        "mean_f d*_f + √((K − 1) / χ²) · Σ_f g_f (d_f − mean_f d_f) / √(K (K − 1))",
    ],
)
def test_the_papers_own_equations_are_told_from_code(equation):
    page = with_equations(f"<p><code>{equation}</code></p>")
    assert "<code>" not in page
    ElementTree.fromstring(page)


def test_a_word_is_upright_and_indices_are_not():
    words = ElementTree.fromstring(as_mathml("log W_zi + E_data"))
    assert [element.text for element in words.iter("mi")] == ["log", "W", "z", "i", "E", "data"]


@pytest.mark.parametrize(
    "code",
    ["learning_rate", "(batch, n − 2 × pairs, *grid)", "a → b", "results/<scale>", "N", "…_low"],
)
def test_code_is_no_equation(code):
    assert not is_equation(code)


def test_blocks_and_names_stay_as_they_are():
    block = "<pre><span></span><code>λ = 1</code></pre><pre><code>λ</code></pre>"
    page = f"{block}<code>a &lt; b</code>"
    assert with_equations(page) == page


def test_what_tables_have_to_escape_is_shown_without():
    page = with_equations(r"<td><code>\|∇u\|²</code></td><td><code>a \| b</code></td>")
    assert "\\" not in page
    assert "<code>a | b</code>" in page
