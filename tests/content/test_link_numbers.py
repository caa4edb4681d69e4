from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reader.content.blocks import Embed, Figure, ListBlock, Paragraph, Quote, Span, Table, TextStyle, links, plain_text
from reader.content.html.builder import parse_html
from reader.content.link_numbers import LinkNumbering

A, B = "https://a.example/", "https://b.example/"


def test_numbers_follow_links_in_reading_order() -> None:
    numbering = LinkNumbering()
    blocks = numbering.blocks(
        (
            Paragraph((Span("See "), Span("this", href=A), Span(" and "), Span("that", TextStyle.BOLD, B), Span("."))),
            Quote((Paragraph((Span("again", href=A),)),)),
        )
    )
    assert plain_text(blocks) == "See this¹ and that².\n\nagain¹"
    assert numbering.links == (("this", A), ("that", B))


def test_a_link_of_several_pieces_has_one_number() -> None:
    numbering = LinkNumbering()
    (block,) = numbering.blocks((Paragraph((Span("very ", href=A), Span("bold", TextStyle.BOLD, A))),))
    assert plain_text((block,)) == "very bold¹"
    assert numbering.links == (("very bold", A),)


def test_lists_and_tables_are_numbered_inside() -> None:
    numbering = LinkNumbering()
    blocks = numbering.blocks(
        (
            ListBlock(((Paragraph((Span("x", href=A),)),), (Paragraph((Span("y", href=B),)),))),
            Table(((Span("head", href=A),),), (((Span("cell", href=B),),),)),
        )
    )
    assert plain_text(blocks) == "x¹\ny²\n\nhead¹\ncell²"


def test_images_and_embeds_become_links() -> None:
    numbering = LinkNumbering()
    blocks = numbering.blocks((Figure(A, "A cat", (Span("Our cat"),)), Figure(B), Embed("https://v.example/", "video")))
    assert plain_text(blocks).split("\n\n") == ["Image · Our cat¹", "Image²", "Video · v.example³"]
    assert [href for _, href in numbering.links] == [A, B, "https://v.example/"]


@given(st.lists(st.tuples(st.sampled_from("abc "), st.sampled_from(["", A, B])), max_size=20))
def test_only_numbers_are_added_and_every_link_has_one(pieces: list[tuple[str, str]]) -> None:
    before = (Paragraph(tuple(Span(text, href=href) for text, href in pieces)),)
    numbering = LinkNumbering()
    after = numbering.blocks(before)
    remaining = "".join(char for char in plain_text(after) if char not in "⁰¹²³⁴⁵⁶⁷⁸⁹")
    assert remaining == plain_text(before)
    assert [href for _, href in numbering.links] == [href for _, href in links(before)]


@given(st.text(alphabet="<>a b/\"='pimgurlhef:.", max_size=200))
def test_any_markup_can_be_numbered(source: str) -> None:
    LinkNumbering().blocks(parse_html(source, A))
