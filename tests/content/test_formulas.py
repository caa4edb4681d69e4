from __future__ import annotations

import pytest
from hypothesis import given

from reader.content.blocks import plain_text
from reader.content.html.builder import parse_html
from reader.content.html.formulas import formula_text
from tests.content.tag_soup import soup


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("<mi>A</mi><mo>=</mo><mi>π</mi><msup><mi>r</mi><mn>2</mn></msup>", "A=πr²"),
        ("<mfrac><mrow><mi>a</mi><mo>+</mo><mn>1</mn></mrow><mn>2</mn></mfrac>", "(a+1)/2"),
        ("<msup><mi>e</mi><mrow><mi>x</mi><mo>+</mo><mi>y</mi></mrow></msup>", "e^(x+y)"),
        ("<msubsup><mo>∫</mo><mn>0</mn><mn>1</mn></msubsup><mi>x</mi>", "∫₀¹x"),
        ("<msqrt><mn>2</mn><mi>g</mi></msqrt><mspace/><mroot><mi>x</mi><mn>3</mn></mroot>", "√2g³√x"),
        ("<mtable><mtr><mtd>1</mtd><mtd>0</mtd></mtr><mtr><mtd>0</mtd><mtd>1</mtd></mtr></mtable>", "1 0; 0 1"),
        ('<semantics><mi>x</mi><annotation encoding="application/x-tex">x_1</annotation></semantics>', "x_1"),
        ("<mfenced><mi>a</mi><mi>b</mi></mfenced>", "(a, b)"),
        ("<mi>a", "a"),
        ("</mi></math>", ""),
        ("", ""),
    ],
)
def test_formulas_are_written_in_a_line(source: str, text: str) -> None:
    assert formula_text(source, {}) == text


def test_tex_is_preferred() -> None:
    assert formula_text("<mi>E</mi>", {"alttext": r"{\displaystyle E=mc^{2}}"}) == "E=mc^{2}"
    assert plain_text(parse_html("<p>so <math><mi>x</mi></math> is</p>")) == "so x is"


@given(soup)
def test_any_markup_in_a_formula_is_text(source: str) -> None:
    assert isinstance(formula_text(source, {}), str)
