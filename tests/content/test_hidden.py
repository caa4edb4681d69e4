"""Images that a page hides, in bodies of documents and in whole pages."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.content.blocks import Block, Figure, ListBlock, Quote
from reader.content.html.builder import parse_html
from reader.content.html.hidden import HiddenElements
from reader.extraction.extract import extract
from tests.content.tag_soup import is_linear

WORDS = "The harbor council met on Tuesday evening to settle the question of the new breakwater. " * 4

HIDDEN = [
    '<img src="/p.gif" style="display:none">',
    '<img src="/p.gif" style="DISPLAY : None !important">',
    '<img src="/p.gif" style="color:red;visibility:hidden">',
    '<img src="/p.gif" hidden>',
    '<img src="/p.gif" width="1" height="1">',
    '<img src="/p.gif" width="1px">',
    '<img src="/p.gif" height="0" alt="A sea view">',
    '<img src="/p.gif" style="width:1px;height:1px" alt="">',
    '<img src="/p.gif" style="max-height:0" width="600">',
    '<img data-src="/p.gif" src="/p.gif" width="1" height="1">',
    '<div style="display:none"><p><img src="/p.gif"></p></div>',
    '<div hidden><div>x</div><p>y</p><img src="/p.gif" width="600"></div>',
    '<span style="visibility:hidden"><a href="/"><img src="/p.gif"></a></span>',
    '<figure style="display:none"><img src="/p.gif"><figcaption>z</figcaption></figure>',
    '<style>.px{display:none}</style><img class="a px" src="/p.gif">',
    "<style><!-- .px{display:none} --></style><img class=px src='/p.gif'>",
    "<style>/* x */ p > img { } a, #count , b {\n display: none }</style><img id=count src='/p.gif'>",
    "<style>img.px.count{width:1px;height:1px}</style><img class='count px' src='/p.gif'>",
    "<style>.off{visibility:hidden}</style><div class=off><p><img src='/p.gif'></div>",
    "<style>.b{color:red}</style><style>.off{display:none}</style><div class=off><img src='/p.gif'></div>",
]
SHOWN = [
    '<img src="/p.gif">',
    '<img src="/p.gif" style="display:block;--display:none" width="600" height="100">',
    '<img src="/p.gif" style="display:none;display:block">',
    '<img src="/p.gif" style="border-width:1px;height:10px;width:600px">',
    '<img src="/p.gif" style="display:none" data-src="/p.gif">',  # a script shows it
    '<div style="display:none">x</div><img src="/p.gif">',
    '<div hidden><div>x</div></div><p><img src="/p.gif"></p>',
    '<div hidden><br><br></div><p><img src="/p.gif"></p>',
    '<input hidden><p><img src="/p.gif"></p>',
    "<style>.px{display:none} .px{display:inline}</style><img class=px src='/p.gif'>",
    "<style><!-- @media print{.px{display:none}} --></style><img class=px src='/p.gif'>",
    "<style>@media print{.px{display:none} img{display:none}}</style><img class=px src='/p.gif'>",
    "<style>.menu img{display:none} div.px, img:hover{display:none}</style><img class=px src='/p.gif'>",
    "<style>body, main{visibility:hidden}</style><img class=px src='/p.gif'>",
]


def images(blocks: Iterable[Block]) -> list[str]:
    found = []
    for block in blocks:
        if isinstance(block, Figure):
            found.append(block.url)
        elif isinstance(block, Quote):
            found += images(block.blocks)
        elif isinstance(block, ListBlock):
            found += [url for item in block.items for url in images(item.blocks)]
    return found


def of_page(piece: str) -> list[str]:
    html = (
        f"<html><body><main><article><h1>A title</h1><p>{WORDS}</p>{piece}<p>{WORDS}</p></article></main></body></html>"
    )
    article = extract(html, "https://a.example/")
    assert article is not None
    return images(article.blocks)


@pytest.mark.parametrize("piece", HIDDEN)
def test_a_hidden_image_is_no_image(piece: str) -> None:
    assert images(parse_html(piece, "https://a.example/")) == []
    assert of_page(piece) == []


@pytest.mark.parametrize("piece", SHOWN)
def test_other_images_stay(piece: str) -> None:
    assert images(parse_html(piece, "https://a.example/")) == ["https://a.example/p.gif"]
    assert of_page(piece) == ["https://a.example/p.gif"]


def test_the_sentence_around_a_hidden_image_stays_whole() -> None:
    (paragraph,) = parse_html('<p>Text <img src="https://a.example/p.gif" hidden>and more.</p>')
    assert "".join(span.text for span in paragraph.spans) == "Text and more."  # type: ignore[union-attr]


_CSS = st.lists(st.sampled_from([".a", "#b", "img", "{", "}", ";", ":", "display:none", "@media x", "/*", "*/", ","]))


@given(st.text() | _CSS.map("".join), st.dictionaries(st.sampled_from(["class", "id", "style", "width"]), st.text()))
def test_any_style_sheet_can_be_read(css: str, attributes: dict[str, str]) -> None:
    rules = HiddenElements()
    rules.add_style_sheet(css)
    assert rules.hides_image(attributes | {"hidden": ""})
    assert rules.hides("div", {"style": "display:none"})


@pytest.mark.parametrize("unit", ["@media{", "@media x{a{b}", "a{", "/*", ",", "@"])
def test_hostile_style_sheets_take_linear_time(unit: str) -> None:
    assert is_linear(lambda css: HiddenElements().add_style_sheet(css), lambda size: unit * (size // len(unit)), 50_000)
