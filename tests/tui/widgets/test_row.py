"""How a row of the list is drawn."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import cast

from hypothesis import given
from hypothesis import strategies as st
from rich.style import Style

from reader.core.model import LIST_FIELDS, Links, ListField, Row
from reader.core.text import cell_width
from reader.tui.widgets.article_list.columns import columns
from reader.tui.widgets.article_list.row import RowRenderer
from reader.tui.widgets.article_list.rows import ListRow
from reader.tui.widgets.text.highlight import Term, parse_term
from reader.tui.widgets.text.scroll_view import LineList

TEXTS = st.text(st.sampled_from("ab 人é̂👩‍⚖️…"), max_size=80)
EARLIEST, LATEST = datetime(1, 1, 3), datetime(9999, 12, 29)  # noqa: DTZ001 - as hypothesis wants them
NUMBERS = st.none() | st.integers(-(10**12), 10**12)


class Styles:
    """Stands for a list: a style for each name."""

    def style(self, *name: object) -> Style:
        return Style(meta={"name": name})

    cursor_style = style


@given(
    st.builds(
        Row, st.just(1), st.just(""), st.just(""), TEXTS, st.just(""),
        st.none() | st.datetimes(EARLIEST, LATEST, timezones=st.just(UTC)),
        st.just(Links()), st.sampled_from(["", "video"]), NUMBERS, NUMBERS, TEXTS, st.just(""),
        st.lists(TEXTS, max_size=3).map(tuple), original=st.sampled_from(["", "saved", "failed"]),
    ),
    st.integers(1, 200),
    st.booleans(),
    st.tuples(st.sampled_from(["", "ab", "人"]), st.sampled_from(["", "Today", "November 2025"])),
    st.sets(st.sampled_from(LIST_FIELDS)).map(frozenset),
)  # fmt: skip
def test_every_line_is_as_wide_as_the_list(
    row: Row, width: int, comfortable: bool, word_and_period: tuple[str, str], fields: frozenset[ListField]
) -> None:
    word, period = word_and_period
    renderer = RowRenderer(cast("LineList", Styles()))
    renderer.terms = cast("tuple[Term, ...]", tuple(filter(None, [parse_term(word, prefix=True)])))
    layout = columns(width, fields, comfortable=comfortable)
    for line in layout.lines:
        strip = renderer.render(ListRow(row, period=period), line, width, layout.bar, "selected")
        assert strip.cell_length == cell_width(strip.text) == width
