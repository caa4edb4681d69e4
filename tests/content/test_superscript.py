from __future__ import annotations

import pytest

from reader.content.blocks import plain_text
from reader.content.html.builder import parse_html
from reader.content.html.inline import to_superscript
from reader.extraction.extract import extract


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("2", "sup", "²"),
        ("-10", "sup", "⁻¹⁰"),
        (" 6 ", "sup", "⁶"),
        ("2", "sub", "₂"),
        ("th", "sup", "th"),
        ("[1]", "sup", "[1]"),
        ("", "sup", ""),
        ("n", "sup", "ⁿ"),
        ("n", "sub", "n"),
    ],
)
def test_digits_become_superscripts_where_they_exist(text: str, name: str, expected: str) -> None:
    assert to_superscript(text, name) == expected


def test_a_power_does_not_become_a_longer_number() -> None:
    source = "<p>10<sup>6</sup> m<sup>2</sup> of H<sub>2</sub>O, the 2<sup>nd</sup> time 3</p>"
    assert plain_text(parse_html(source)) == "10⁶ m² of H₂O, the 2nd time 3"


def test_a_power_in_a_fetched_page_does_not_become_a_longer_number() -> None:
    text = "<p>There are 10<sup>6</sup> litres of H<sub>2</sub>O in the basin, which the town has built.</p>"
    found = extract(f"<html><body><article><h1>Water</h1>{text * 6}</article></body></html>")
    assert found is not None
    assert "10⁶ litres of H₂O in the basin" in found.markdown
