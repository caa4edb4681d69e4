"""Where images are among the lines of a text."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from reader.content.markdown.parser import parse_markdown
from reader.core.model import Image
from reader.core.text import cell_width
from reader.images.model import ImageLine, RenderedImage
from reader.tui.widgets.reader.lines import ReaderLayout, ReaderText, images_in, lay_out_text, lead_image_of
from reader.tui.widgets.text.image_lines import MAX_IMAGES, image_segments

NOW = datetime(2026, 1, 1, tzinfo=UTC)
URL = "https://a.example/{}.png"


def rendered(cells: int, lines: int) -> RenderedImage:
    return RenderedImage(
        cells, lines, bytes(range(256)) * ((6 * cells * lines) // 256) + bytes((6 * cells * lines) % 256)
    )


def text(markdown: str, lead: str = "") -> ReaderText:
    images = (Image(lead, title="A title", attribution="Ann"),) if lead else ()
    return ReaderText("1", "A title", "page", parse_markdown(markdown, "https://a.example/"), images=images)


def shown(laid: ReaderLayout) -> list[str]:
    return ["".join("#" if run.image else run.text for run in line) for line in laid.lines]


MARKDOWN = f"""Words before.

![One]({URL.format(1)})

> Quoted.
>
> ![Two]({URL.format(2)})

- ![Three]({URL.format(3)})
- An item.

[Picture of a link]({URL.format(4)}) in a line.
"""


def test_an_image_stands_above_its_caption_with_its_indent() -> None:
    rendered_images = {URL.format(n): rendered(8, 2) for n in range(1, 5)}
    lines = shown(lay_out_text(text(MARKDOWN), 60, NOW, (), rendered_images))
    assert [line for line in lines if "#" in line] == ["#", "#", "▎ #", "▎ #", "  #", "  #"]
    at = [n for n, line in enumerate(lines) if "#" in line]
    assert [lines[n + 1] for n in at[1::2]] == ["Image · One¹", "▎ Image · Two²", "• Image · Three³"]


def test_the_reason_for_a_missing_image_stands_below_its_caption() -> None:
    lines = shown(lay_out_text(text(MARKDOWN), 60, NOW, (), {URL.format(2): "404 Not Found at a.example."}))
    at = lines.index("▎ Image · Two²")
    assert lines[at + 1] == "▎ The image cannot be shown: 404 Not Found at a.example."


def test_the_lead_image_stands_below_the_title_unless_in_the_text() -> None:
    lead = URL.format(9)
    lines = shown(lay_out_text(text(MARKDOWN, lead), 60, NOW, (), {lead: rendered(8, 2)}))
    assert lines[lines.index("#") + 2] == "A title · Ann"
    assert lines.index("#") < lines.index("Words before.")
    assert lead_image_of(text(MARKDOWN, URL.format(1))) is None
    assert list(images_in(text(MARKDOWN, lead))) == [lead, *(URL.format(n) for n in (1, 2, 3))]


def test_an_image_without_room_is_its_caption() -> None:
    lines = shown(lay_out_text(text(MARKDOWN), 60, NOW, (), {URL.format(2): rendered(59, 2)}))
    assert "#" not in "".join(lines)
    assert "▎ Image · Two²" in lines


def test_only_the_first_of_many_images_are_requested() -> None:
    many = text("\n\n".join(f"![]({URL.format(n)})" for n in range(100)))
    assert len(images_in(many)) == MAX_IMAGES


def test_only_web_addresses_are_requested() -> None:
    odd = "\n\n".join(f"![x]({url})" for url in ("data:image/png;base64,AAAA", "file:///etc/passwd", "javascript:x"))
    assert images_in(text(odd, "file:///etc/passwd")) == {}


BLOCKS = st.lists(
    st.sampled_from(
        ["Some words that go on for a while, so that they are wrapped where the lines are short.", "## Heading",
         *(f"![Alt {n}]({URL.format(n)})" for n in range(4)), *(f"> ![Alt {n}]({URL.format(n)})" for n in range(4))]
    ),
    max_size=12,
)  # fmt: skip
ANSWERS = st.dictionaries(
    st.integers(0, 9).map(URL.format),
    st.one_of(st.just("why"), st.builds(rendered, st.integers(1, 90), st.integers(1, 9))),
)


@given(BLOCKS, ANSWERS, st.integers(20, 80))
def test_text_and_positions_do_not_depend_on_images(
    blocks: list[str], answers: dict[str, RenderedImage | str], cells: int
) -> None:
    whole = text("\n\n".join(blocks), URL.format(9))
    without, with_ = lay_out_text(whole, cells, NOW), lay_out_text(whole, cells, NOW, (), answers)
    text_lines = [line for line in with_.lines if all(run.counts for run in line)]
    assert text_lines == list(without.lines)
    assert all(sum(cell_width(run.text) for run in line) <= cells for line in with_.lines)
    for at, line in enumerate(without.lines):
        if any(run.text.strip() for run in line):
            assert with_.lines[with_.line_at(without.offset_of(at))] == line
    assert [with_.lines[at] for at in with_.headings] == [without.lines[at] for at in without.headings]


@given(st.integers(1, 30), st.integers(1, 5))
def test_an_image_line_has_the_width_of_the_image(cells: int, lines: int) -> None:
    one = rendered(cells, lines)
    for line in range(lines):
        assert sum(each.cell_length for each in image_segments(ImageLine(one, line))) == cells
