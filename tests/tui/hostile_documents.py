"""Texts as strangers write them, for everything that draws."""

from __future__ import annotations

from datetime import UTC

from hypothesis import strategies as st

from reader.content.blocks import Heading, Paragraph, Span
from reader.core.model import Image, Links, Related
from reader.core.text import clean
from reader.tui.widgets.article_pane.content import ArticleContent, RelatedItem

HOSTILE = (
    "\x1b]52;c;aGVsbG8=\x07 copied",
    "\x9b31m red \x9d0;title\x9c",
    "[/nope]",
    "[@click=app.quit]x[/]",
    "[bold red]loud[/]",
    "pay\u202eexe.pdf\u2066 \u200fhidden\u2069",
    "one\nline\ttwo\r\u2028three\x85four\x7f\x00",
)
WIDE = (
    "最高人民法院发布人脸识别司法解释，自八月一日起施行",
    "المحكمة العليا تحدد قواعد التعرف على الوجوه",
    "Верховный суд установил правила распознавания лиц",
    "👩‍👩‍👧‍👦 family 👍🏽 ❤️ 1️⃣ 🏳️‍🌈",
    "🇩🇪🇫🇷🇨🇳 flags",
    "क्षि नमस्ते ทดสอบ",
    "e\u0301\u0302\u0303\u0304\u0305\u0306 stacked",
    "long " * 80,
    "w" * 400,
    "字" * 400,
)

_PIECES = st.sampled_from((*HOSTILE, *WIDE)) | st.text(max_size=30)
texts: st.SearchStrategy[str] = st.lists(_PIECES, max_size=3).map(" ".join)
"""As it may stand in a file."""
cleaned: st.SearchStrategy[str] = texts.map(clean)
"""As it stands in an article: it has passed the gate."""
scores = st.none() | st.integers(-10, 10**9) | st.floats(0, 1e9)
_moments = st.none() | st.datetimes(timezones=st.just(UTC))
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | cleaned,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(cleaned, inner, max_size=3),
    max_leaves=5,
)
_links = st.sampled_from(
    (Links(), Links("https://a.org/" + "x" * 90), Links(amp="https://b.org/", web="https://c.org/"))
)
_images = st.lists(
    st.builds(
        Image,
        url=cleaned,
        width=st.none() | st.integers(0, 99999),
        height=st.integers(0, 9),
        title=cleaned,
        attribution=cleaned,
        is_cached=st.none(),
    ),
    max_size=2,
).map(tuple)
items = st.builds(
    RelatedItem,
    title=cleaned,
    source=cleaned,
    published_at=_moments,
    quality=scores,
    heat=scores,
    excerpt=cleaned,
    links=_links,
    rowid=st.none() | st.integers(1, 9),
    related=st.none() | st.builds(Related, title=cleaned),
)


@st.composite
def subjects(draw: st.DrawFn) -> ArticleContent:
    """Return anything the pane may have to show."""
    found = tuple(draw(st.lists(items, max_size=4)))
    text = draw(cleaned)
    return ArticleContent(
        title=draw(cleaned),
        source=draw(cleaned),
        authors=tuple(draw(st.lists(cleaned, max_size=2))),
        published_at=draw(_moments),
        type=draw(cleaned),
        category=draw(cleaned),
        quality=draw(scores),
        heat=draw(scores),
        topics=tuple(draw(st.lists(cleaned, max_size=3))),
        excerpt=draw(cleaned),
        blocks=(Heading(1, (Span(text),)), Paragraph((Span(text),))) if draw(st.booleans()) else (),
        images=draw(_images),
        links=draw(_links),
        items=found,
        members=draw(st.integers(0, len(found))),
        secured_bytes=draw(st.none() | st.integers(0, 9999)),
        extra=draw(st.dictionaries(cleaned, _json, max_size=3)),
        path=draw(cleaned),
        described_by=draw(st.just("") | cleaned),
    )
