"""HTML of any quality -> blocks.

Tags are handled one by one: most of them end a paragraph or change the style, and a few open a container
(:mod:`reader.content.html.containers`). End tags without a start tag are ignored and missing ones are supplied, so no
input is an error. Nothing here recurses.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import Literal, TypeVar

from reader.content.blocks import Block, Embed, Figure, Heading, Paragraph, Rule, Span, TextStyle
from reader.content.html.containers import CodeFrame, FigureFrame, Frame, ListFrame, QuoteFrame, Style, TableFrame
from reader.content.html.formulas import formula_text
from reader.content.html.hidden import HiddenElements
from reader.content.html.images import image_sources, is_emoji
from reader.content.html.inline import BREAK, SHIFTING_ELEMENTS, SOURCE_SPACE, paragraphs, to_superscript
from reader.content.html.links import LINK, WEB, host_of, resolve_link
from reader.content.html.tokenizer import Token, tokens
from reader.core.text import clean

MAX_CHARACTERS = 1_000_000
"""Characters of the source; the rest is cut off, and a final paragraph says so."""
MAX_NESTING = 32
"""Nested containers (lists, quotes, tables); deeper ones are flattened."""
MAX_BLOCKS = 20_000
"""Blocks, list items, cells and line breaks; the rest is cut off, and a final paragraph says so."""
MAX_URL_CHARS = 2_000_000
"""Characters of all URLs, counted once for each piece of linked text; later links are dropped."""

_MARKS = {
    **dict.fromkeys(("b", "strong", "dt", "summary"), TextStyle.BOLD),
    **dict.fromkeys(("i", "em", "cite", "dfn", "var"), TextStyle.ITALIC),
    **dict.fromkeys(("code", "kbd", "samp", "tt"), TextStyle.CODE),
    **dict.fromkeys(("s", "del", "strike"), TextStyle.STRIKE),
}
_SEPARATING = {
    *("address", "article", "aside", "body", "caption", "center", "dd", "details", "dialog", "div", "dt", "fieldset"),
    *("footer", "form", "header", "hgroup", "html", "legend", "main", "nav", "option", "p", "section", "summary"),
    *("tbody", "tfoot", "thead"),
}
"""Elements that only separate paragraphs."""
_CONTAINERS: dict[str, type[Frame]] = {
    "blockquote": QuoteFrame,
    "figure": FigureFrame,
    "pre": CodeFrame,
    "table": TableFrame,
    **dict.fromkeys(("ul", "ol", "menu", "dir", "dl"), ListFrame),
}
_F = TypeVar("_F", bound=Frame)
_VOID = frozenset(["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"])
_HEADINGS = frozenset(["h1", "h2", "h3", "h4", "h5", "h6"])
_VIDEO_HOSTS = ("youtube.com", "youtube-nocookie.com", "youtu.be", "vimeo.com", "dailymotion.com", "twitch.tv")
_PIXELS = re.compile(r"\s*(\d{1,5})(?:\.\d+)?(?:px)?\s*", re.ASCII)
_BLOCK = re.compile(r"display\s*:\s*block", re.IGNORECASE)
_LANGUAGE = re.compile(r"(?:^|\s)lang(?:uage)?-([\w+#.-]{1,32})", re.ASCII)


def parse_html(source: str, base_url: str = "") -> tuple[Block, ...]:
    """Return ``source`` as blocks; relative URLs are resolved against ``base_url``.

    Accepts any text, never raises, and takes linear time. Bounded by :data:`MAX_CHARACTERS`, :data:`MAX_NESTING`,
    :data:`MAX_BLOCKS` and :data:`MAX_URL_CHARS`.
    """
    blocks = build(source[:MAX_CHARACTERS], base_url)
    if len(source) > MAX_CHARACTERS:
        return (*blocks, cut_notice())
    return blocks


def cut_notice() -> Paragraph:
    """Return the paragraph that says that the rest of a text was cut off."""
    return Paragraph((Span("The rest of this text is not shown because it is too long.", TextStyle.MUTED),))


def build(source: str, base_url: str) -> tuple[Block, ...]:
    """Return ``source`` of any length as blocks; for Markdown, whose HTML is longer than its source."""
    builder = _Builder(base_url)
    for token in tokens(source):
        if builder.made >= MAX_BLOCKS:
            return (*builder.close_all(), cut_notice())
        builder.take(token)
    return builder.close_all()


class _Builder:
    """The state of parsing: open containers, style and running text."""

    def __init__(self, base_url: str) -> None:
        self.made = 0
        """Blocks, items, cells and line breaks so far."""
        self._base_url = base_url
        self._url_chars_left = MAX_URL_CHARS
        self._frames = [Frame()]
        self._refused: Counter[type[Frame]] = Counter()
        """Expected end tags of containers that were nested too deep to be opened."""
        self._style = Style()
        self._mark = TextStyle.NONE
        self._pieces: list[Span] = []
        self._shift = ""
        """The open ``sup`` or ``sub`` element, if any."""
        self._alt = ""
        """The alternative text of the preceding image."""
        self._sources: list[str] = []
        """The URLs in the ``source`` elements of a picture."""
        self._in_reading = False
        """Whether the text is the reading of a word (``rt``)."""
        self._hidden_elements = HiddenElements()
        self._hidden: tuple[str, int] = ("", 0)
        """The name of the open element that hides what is in it, and how many of that name are open in it."""

    def take(self, token: Token) -> None:
        """Handle the next token."""
        if token.kind == "text":
            self._text(token.text)
        elif token.kind == "start":
            self._start(token)
        else:
            self._end(token.text)

    def close_all(self) -> tuple[Block, ...]:
        """Close all open containers and return the blocks."""
        self._close_down_to(0)
        self._flush()
        return tuple(self._frames[0].finish())

    # --- tags ------------------------------------------------------------------------------

    def _text(self, text: str) -> None:
        frame = self._frames[-1]
        if isinstance(frame, CodeFrame):
            frame.parts.append(text)
        else:
            said = to_superscript(text, self._shift) if self._shift else text
            self._pieces.append(Span(SOURCE_SPACE.sub(" ", said), self._mark, self._afford(self._style.href)))

    def _start(self, token: Token) -> None:
        name = token.text
        self._note_hidden(token)
        if name in _SEPARATING:
            self._flush()
        start = _STARTS.get(name)
        if start:
            start(self, token)
        elif name == "span" and _BLOCK.search(token.attributes.get("style", "")):
            frame = self._frames[-1]
            if isinstance(frame, CodeFrame):
                frame.end_line()
            elif self._pieces:
                self._pieces.append(BREAK)
        if name in SHIFTING_ELEMENTS:
            self._shift = name
        if name in _MARKS:
            self._count(name, +1)
            self._note_language(token)

    def _note_hidden(self, token: Token) -> None:
        name, count = self._hidden
        if count:
            self._hidden = (name, count + (token.text == name))
        elif token.text not in _VOID and self._hidden_elements.hides(token.text, token.attributes):
            self._hidden = (token.text, 1)

    def _end(self, name: str) -> None:
        self._shift = ""
        if name == self._hidden[0] and self._hidden[1]:
            self._hidden = (name, self._hidden[1] - 1)
        if name in _SEPARATING:
            self._flush()
        if name in _MARKS:
            if self._style.marks.get(name):
                self._count(name, -1)
        elif name in _ENDS:
            _ENDS[name](self)
        elif name in _HEADINGS:
            self._flush()
            self._style.heading = 0
        elif name in ("li", "td", "th", "tr"):
            self._flush()
            if not self._is_code_line():
                self._close_to(ListFrame if name == "li" else TableFrame)
        elif name in _CONTAINERS:
            self._end_container(_CONTAINERS[name])

    def _end_container(self, kind: type[Frame]) -> None:
        if self._refused[kind]:
            self._refused[kind] -= 1
            self._flush()
        elif self._close_to(kind):
            self._close()

    def _count(self, name: str, change: int) -> None:
        marks = self._style.marks
        marks[name] = marks.get(name, 0) + change
        self._restyle()

    def _restyle(self) -> None:
        self._mark = TextStyle.NONE
        for name, count in self._style.marks.items():
            if count:
                self._mark |= _MARKS[name]

    # --- containers ------------------------------------------------------------------------

    def _open(self, frame: Frame) -> None:
        self._flush()
        if len(self._frames) > MAX_NESTING:
            self._refused[type(frame)] += 1
            return
        frame.style = self._style
        self._style = self._style.inner()
        self._frames.append(frame)

    def _close(self) -> None:
        self._flush()
        frame = self._frames.pop()
        self._style = frame.style
        self._restyle()
        for block in frame.finish():
            self._frames[-1].add(block)

    def _close_down_to(self, depth: int) -> None:
        while len(self._frames) > depth + 1:
            self._close()

    def _close_to(self, kind: type[_F]) -> _F | None:
        """Close the containers inside the innermost one of a kind, and return that; None if none is open.

        A tag inside a table closes nothing outside it.
        """
        for depth in range(len(self._frames) - 1, 0, -1):
            frame = self._frames[depth]
            if isinstance(frame, kind):
                self._close_down_to(depth)
                return frame
            if isinstance(frame, TableFrame):
                break
        return None

    def _flush(self) -> None:
        """End the running text."""
        frame = self._frames[-1]
        if isinstance(frame, CodeFrame):
            frame.end_line()
        if not self._pieces:
            return
        pieces, self._pieces = self._pieces, []
        level = self._style.heading
        for spans in paragraphs(pieces):
            if level:
                self._add(Heading(level, tuple(Span(" ") if span is BREAK else span for span in spans)))
            elif spans == (Span(self._alt),):
                self._alt = ""  # a caption that repeats the alternative text of the image before it
            else:
                self._add(Paragraph(spans))

    def _add(self, block: Block) -> None:
        self._flush()
        self._frames[-1].add(block)
        self._alt = block.alt if isinstance(block, Figure) else ""
        self.made += 1

    def _target(self, address: str, schemes: frozenset[str]) -> str:
        """Return the absolute URL, or an empty string if it is not allowed or the limit is reached."""
        return self._afford(resolve_link(address, self._base_url, schemes)) if self._url_chars_left > 0 else ""

    def _afford(self, url: str) -> str:
        # A link that is never closed, or relative ones with a long base, add up to far more than the source.
        if len(url) > self._url_chars_left:
            return ""
        self._url_chars_left -= len(url)
        return url

    # --- what each start tag does ----------------------------------------------------------

    def _start_link(self, token: Token) -> None:
        self._style.href = self._target(token.attributes.get("href", ""), LINK)

    def _end_link(self) -> None:
        # In the outer containers as well; otherwise a link that ends inside one would continue to the end of the text.
        self._style.href = ""
        for frame in self._frames:
            frame.style.href = ""

    def _break(self, _: Token) -> None:
        frame = self._frames[-1]
        if isinstance(frame, CodeFrame):
            frame.parts.append("\n")
        else:
            self._pieces.append(BREAK)
            self.made += 1

    def _start_heading(self, token: Token) -> None:
        self._flush()
        self._style.heading = int(token.text[1])

    def _start_container(self, token: Token) -> None:
        if _CONTAINERS[token.text] is ListFrame:
            if isinstance(self._frames[-1], CodeFrame):  # a code listing whose lines are list items
                self._refused[ListFrame] += 1
                return
            attributes = token.attributes
            is_reversed = "reversed" in attributes
            self._open(ListFrame(token.text == "ol", attributes.get("start", ""), is_reversed=is_reversed))
        else:
            self._open(_CONTAINERS[token.text]())
        self._note_language(token)

    def _note_language(self, token: Token) -> None:
        frame = self._frames[-1]
        found = _LANGUAGE.search(token.attributes.get("class", ""))
        if isinstance(frame, CodeFrame) and found:
            frame.language = found[1]

    def _start_item(self, token: Token) -> None:
        self._flush()
        if self._is_code_line():
            return
        if not self._close_to(ListFrame):
            self._open(ListFrame(ordered=False))
        frame = self._frames[-1]
        if isinstance(frame, ListFrame):
            frame.begin_item(token.attributes.get("value", ""))
            self._begin_part(frame)

    def _is_code_line(self) -> bool:
        """Return whether a list item or a cell is a line of a code listing."""
        return isinstance(self._frames[-1], CodeFrame) and (self._refused[ListFrame] > 0 or len(self._frames) == 2)

    def _start_description(self, _: Token) -> None:
        if frame := self._close_to(ListFrame):
            self._begin_part(frame)

    def _start_row(self, _: Token) -> None:
        self._flush()
        if frame := self._close_to(TableFrame):
            frame.begin_row()

    def _start_cell(self, token: Token) -> None:
        self._flush()
        if frame := self._close_to(TableFrame):
            span = token.attributes.get("colspan", "").strip()
            self.made += frame.begin_cell(head=token.text == "th", span=span) - 1
            self._begin_part(frame)

    def _begin_part(self, frame: Frame) -> None:
        """Start an item or a cell without the styles that the one before it left open."""
        self._style = frame.style.inner()
        self._restyle()
        self.made += 1

    def _set_caption(self, *, inside: bool) -> None:
        self._flush()
        if frame := self._close_to(FigureFrame):
            frame.in_caption = inside

    def _image(self, token: Token) -> None:
        attributes = token.attributes
        alt = clean(attributes.get("alt") or attributes.get("title") or "")
        if is_emoji(alt, attributes.get("class", "")):
            self._text(alt)
            return
        sources, self._sources = self._sources, []
        if self._hidden[1] or self._hidden_elements.hides_image(attributes):
            return
        addresses = (self._target(address, WEB) for address in (*image_sources(attributes), *sources))
        url = next(filter(None, addresses), "")
        if url:
            self._add(Figure(url, alt, (), pixels(attributes.get("width")), pixels(attributes.get("height"))))

    def _source(self, token: Token) -> None:
        # The first source is the best for browsers, but few programs read the newest formats.
        is_new = any(name in token.attributes.get("type", "") for name in ("avif", "jxl"))
        place = len(self._sources) if is_new else 0
        self._sources[place:place] = image_sources(token.attributes)

    def _formula(self, token: Token) -> None:
        self._text(formula_text(token.inner, token.attributes))

    def _set_reading(self, *, inside: bool) -> None:
        """Put the reading of a word in parentheses behind it."""
        if inside != self._in_reading:
            self._in_reading = inside
            self._text("(" if inside else ")")

    def _embed(self, token: Token) -> None:
        inside = (inner.attributes.get("src", "") for inner in tokens(token.inner) if inner.text == "source")
        addresses = (token.attributes.get("src", ""), token.attributes.get("data-src", ""), *inside)
        url = next(filter(None, (self._target(address, WEB) for address in addresses)), "")
        if url:
            title = clean(token.attributes.get("title") or token.attributes.get("aria-label") or "")
            self._add(Embed(url, _embed_kind(token.text, host_of(url)), title))


def _embed_kind(tag: str, host: str) -> Literal["video", "audio", "embed"]:
    if tag == "audio":
        return "audio"
    is_video = tag == "video" or any(host == name or host.endswith(f".{name}") for name in _VIDEO_HOSTS)
    return "video" if is_video else "embed"


def pixels(value: str | None) -> int | None:
    """Return the number in a ``width`` or ``height`` attribute, without a fraction; None without one."""
    found = _PIXELS.fullmatch(value or "")
    return int(found[1]) if found else None


_STARTS: dict[str, Callable[[_Builder, Token], None]] = {
    "a": _Builder._start_link,
    "br": _Builder._break,
    "dd": _Builder._start_description,
    "dt": _Builder._start_item,
    "figcaption": lambda builder, _: builder._set_caption(inside=True),
    "hr": lambda builder, _: builder._add(Rule()),
    "img": _Builder._image,
    "li": _Builder._start_item,
    "style": lambda builder, token: builder._hidden_elements.add_style_sheet(token.inner),
    "td": _Builder._start_cell,
    "th": _Builder._start_cell,
    "tr": _Builder._start_row,
    "math": _Builder._formula,
    "q": lambda builder, _: builder._text("“"),
    "picture": lambda builder, _: builder._sources.clear(),
    "rt": lambda builder, _: builder._set_reading(inside=True),
    "source": _Builder._source,
    **dict.fromkeys(("audio", "embed", "iframe", "video"), _Builder._embed),
    **dict.fromkeys(_HEADINGS, _Builder._start_heading),
    **dict.fromkeys(_CONTAINERS, _Builder._start_container),
}
"""What the start tags of these elements do."""
_ENDS: dict[str, Callable[[_Builder], None]] = {
    "a": _Builder._end_link,
    "figcaption": lambda builder: builder._set_caption(inside=False),
    "q": lambda builder: builder._text("”"),
    **dict.fromkeys(("rt", "ruby"), lambda builder: builder._set_reading(inside=False)),
}
"""What the end tags of these elements do."""
