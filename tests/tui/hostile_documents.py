"""Hostile texts for everything that draws."""

from __future__ import annotations

from datetime import UTC
from itertools import pairwise

from hypothesis import strategies as st

from reader.content.blocks import Heading, Paragraph, Span
from reader.core.model import Article, Image, Links, Provider, Related, Secured
from reader.core.text import clean
from reader.tui.widgets.article_pane.content import ArticleContent, ItemSection, RelatedItem

HOSTILE = (
    "\x1b]52;c;aGVsbG8=\x07 copied",
    "\x9b31m red \x9d0;title\x9c",
    "[/nope]",
    "[@click=app.quit]x[/]",
    "[bold red]loud[/]",
    "pay\u202eexe.pdf\u2066 \u200fhidden\u2069",
    "one\nline\ttwo\r\u2028three\x85four\x7f\x00",
)
SEQUENCES = (
    *HOSTILE,
    "\x1b[31;5mblink",
    "\x1b[38;2;66;6;6mthe color of nothing here",
    "\x1b[66;6H\x1b[2J\x1b[6n moved",
    "\x1b[?1049l\x1b[?25h\x1b[?2026l\x1b[?1000l modes",
    "\x1b]0;title\x07 \x1b]2;title\x1b\\ \x1b]22;wait\x07",
    "\x1b]8;;https://evil.example/\x1b\\click\x1b]8;;\x1b\\",
    "\x1bP+q544e\x1b\\ \x1bPq#0;2;0;0;0#0~~\x1b\\",
    "\x1b_Ga=T,f=24,s=1,v=1;AAAA\x1b\\ \x1b^pm\x1b\\ \x1bXsos\x1b\\",
    "\x1bc\x1b#8\x1b(0\x1b7 reset",
    "\x1b[c\x1b[>c\x1b[=c\x05\x1b[>q answers",
    "\x0e\x0f\x08\x08\x0b\x0c\x1a\x18 shifts",
    "\x84\x85\x8d\x8e\x90\x98\x9a\x9b\x9c\x9d\x9e\x9f C1",
    "half a sequence \x1b[",
    "half an OSC \x1b]52;c;",
    "half an escape \x1b",
)
"""What terminals act on: every kind of sequence, also in the forms that the app itself sends."""
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


def quoted(text: str) -> str:
    """Return ``text`` in double quotes, with escapes for what YAML does not allow."""
    return '"' + "".join(c if " " <= c <= "~" and c not in '"\\' else f"\\U{ord(c):08x}" for c in text) + '"'


def everywhere(text: str) -> str:
    """Return a document that contains ``text`` in every field."""
    field = quoted(text)
    return f"""---
title: {field}
excerpt: {field}
category: {field}
type: {field}
quality: {field}
heat: 7
publishedDateTime: {field}
originalUrl: {quoted("https://a.org/" + text)}
provider: {{name: {field}, domain: {field}, authors: [{{name: {field}}}]}}
topics: [{field}]
images: [{{url: {quoted("https://a.org/" + text)}, title: {field}, attribution: {field}, width: {field}}}]
related:
  - {{title: {field}, excerpt: {field}, webUrl: {field}, provider: {{name: {field}}}, quality: {field}}}
  - {{title: {field}, excerpt: {field}, webUrl: "https://b.org/", type: {field}, {field}: {field}}}
secured: {field}
{field}: {field}
actions: [{{url: {field}, title: {field}}}]
featuredContent: {quoted("<iframe src='https://a.org/" + text + "'></iframe>" + text)}
---
# {clean(text)}

{text}

* [{text}](https://a.org/{text})

| a | {text} |
|---|---|
| `{text}` | **{text}** |

![{text}](https://a.org/{text} "{text}")

```
{text}
```
"""


_PIECES = st.sampled_from((*HOSTILE, *WIDE)) | st.text(max_size=30)
texts: st.SearchStrategy[str] = st.lists(_PIECES, max_size=3).map(" ".join)
"""Text as it may be in a file."""
cleaned: st.SearchStrategy[str] = texts.map(clean)
"""Text as it is in an article, after the text gate."""
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
_related = st.builds(
    Related,
    title=cleaned,
    excerpt=cleaned,
    published_at=_moments,
    links=_links,
    provider=st.builds(Provider, name=cleaned),
    quality=scores,
    heat=scores,
)
items = st.builds(RelatedItem, _related, st.none() | st.integers(1, 9), cleaned, st.booleans())
_articles = st.builds(
    Article,
    path=cleaned,
    title=cleaned,
    excerpt=cleaned,
    category=cleaned,
    type=cleaned,
    published_at=_moments,
    links=_links,
    quality=scores,
    heat=scores,
    provider=st.builds(Provider, name=cleaned, authors=st.lists(cleaned, max_size=2).map(tuple)),
    topics=st.lists(cleaned, max_size=3).map(tuple),
    images=_images,
    secured=st.none() | st.builds(Secured, cleaned, st.integers(0, 9999)),
    extra=st.dictionaries(cleaned, _json, max_size=3),
)


@st.composite
def subjects(draw: st.DrawFn) -> ArticleContent:
    """Return any content that the pane may have to show."""
    found = tuple(draw(st.lists(items, max_size=4)))
    text = draw(cleaned)
    ends = sorted(draw(st.lists(st.integers(0, len(found)), max_size=3)))
    kinds = draw(st.permutations(["story", "related", "cited by", "members"]))
    counts = [stop - start for start, stop in pairwise((0, *ends, len(found)))]
    divided = tuple(
        ItemSection(kind, count, draw(st.integers(0, 9))) for kind, count in zip(kinds, counts, strict=False) if count
    )
    return ArticleContent(
        draw(_articles),
        blocks=(Heading(1, (Span(text),)), Paragraph((Span(text),))) if draw(st.booleans()) else (),
        items=found,
        sections=divided,
        place_in_story=draw(st.integers(0, 4)),
        described_by=draw(st.just("") | cleaned),
    )
