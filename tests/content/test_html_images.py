from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.content.blocks import Figure, Span
from reader.content.html.builder import parse_html
from reader.content.html.images import image_sources, is_emoji

URL = "https://www.example.org/"


@pytest.mark.parametrize(
    ("markup", "name"),
    [
        ("<img src=a.jpg srcset='b.jpg 2x'>", "a.jpg"),
        ("<img src=placeholder.svg data-lazy-src=b.jpg>", "b.jpg"),
        ("<img src=data:image/gif;base64,x data-src=c.jpg>", "c.jpg"),
        ("<img srcset='s.jpg 100w, l.jpg 900w, x.jpg nonsense'>", "l.jpg"),
        ("<img data-srcset='s.jpg 100w,l.jpg 900w'>", "l.jpg"),
        ("<img srcset='a,b.jpg 1x, c,d.jpg 2x'>", "c,d.jpg"),
        (
            "<picture><source type=image/avif srcset=a.avif><source srcset='s.webp 1x,l.webp 2x'><img></picture>",
            "l.webp",
        ),
        ("<picture><source srcset=a.avif type=image/avif><img></picture>", "a.avif"),
        ("<picture><source srcset=a.webp><img src=b.jpg></picture>", "b.jpg"),
    ],
)
def test_the_best_file_of_an_image_is_shown(markup: str, name: str) -> None:
    assert parse_html(markup, URL) == (Figure(URL + name),)


def test_the_sources_of_a_picture_are_its_own() -> None:
    assert parse_html("<picture><source srcset=a.webp></picture><p>x</p><picture><img alt=y></picture>", URL)[1:] == ()


@pytest.mark.parametrize(
    ("alt", "names", "expected"),
    [("😀", "", True), (":smile:", "", True), ("ok", "wp-smiley", True), ("", "emoji", False), ("A", "", False)],
)
def test_images_of_characters(alt: str, names: str, expected: bool) -> None:
    assert is_emoji(alt, names) == expected


def test_galleries_are_images_with_their_captions() -> None:
    item = "<li><figure><img src={0}.jpg><figcaption>{0}</figcaption></figure></li>"
    assert parse_html(f"<ul>{item.format('a')}{item.format('b')}</ul>", URL) == (
        Figure(f"{URL}a.jpg", caption=(Span("a"),)),
        Figure(f"{URL}b.jpg", caption=(Span("b"),)),
    )


@given(st.text(alphabet="a,. 1wx\t\n", max_size=60))
def test_any_set_names_images_that_it_contains(srcset: str) -> None:
    for address in image_sources({"srcset": srcset}):
        assert address.strip(",") in srcset
