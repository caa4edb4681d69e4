"""Parses the bytes of a document into an Article and a list of problems.

Nothing raises: an invalid value is reported with its line and field and costs that value, not the document.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import TypeVar

from reader.core.errors import ReaderError
from reader.core.model import Article, BodyFormat, Image, Json, Links, Number, Problem, Provider, Related, Secured
from reader.core.text import clean, clean_block, show_path, unescape
from reader.core.urls import safe_url
from reader.documents.files import MAX_BYTES
from reader.documents.frontmatter import (
    FrontMatterError,
    HeaderNode,
    HeaderProblem,
    MappingNode,
    ScalarNode,
    SequenceNode,
    SplitDocument,
    split_front_matter,
)
from reader.documents.scalars import to_bool, to_number, to_time

_T = TypeVar("_T")
LIST_LIMIT = 1000
"""How many items of a list are read. The size limit of a header leaves room for more only in attacks."""


MAX_PROBLEMS = 100
"""How many problems of one document are reported individually."""


@dataclass(frozen=True, slots=True)
class ParsedDocument:
    """The article of a document, None if it could not be read at all, and its problems."""

    article: Article | None
    problems: tuple[Problem, ...]


def parse_document(path: bytes, data: bytes) -> ParsedDocument:
    """Parse the document ``data``, stored at ``path`` in its folder. Never raises, whatever the bytes."""
    shown = show_path(path)
    ending = os.path.splitext(path)[1].lower()
    problems: list[HeaderProblem] = []
    if len(data) > MAX_BYTES:
        problems.append(HeaderProblem(1, "", f"the file is larger than {MAX_BYTES >> 20} MiB; the rest is not read"))
        data = data[:MAX_BYTES]
    try:
        parts = split_front_matter(data, whole_is_yaml=ending in {b".yaml", b".yml"})
    except FrontMatterError as error:
        return ParsedDocument(None, _problems(shown, [*problems, error.problem]))
    reader = _Fields(parts.header)
    article = _article(shown, ending, parts, reader)
    return ParsedDocument(article, _problems(shown, [*problems, *parts.problems, *reader.problems]))


def _problems(path: str, found: Iterable[HeaderProblem]) -> tuple[Problem, ...]:
    problems = [Problem(path, each.line, each.field, each.message) for each in sorted(found, key=lambda p: p.line)]
    if len(problems) > MAX_PROBLEMS:
        rest = len(problems) - MAX_PROBLEMS
        problems[MAX_PROBLEMS:] = [Problem(path, problems[MAX_PROBLEMS].line, "", f"and {rest:,} more problems")]
    return tuple(problems)


def _article(path: str, ending: bytes, parts: SplitDocument, fields: _Fields) -> Article:
    body = clean_block(parts.body).strip("\n")
    title = fields.text("title")
    name = fields.peek_text("name")  # also stays in ``extra``: documents about people show it
    return Article(
        path=path,
        title=title or name or title_from_path(path),
        excerpt=fields.block("excerpt"),
        category=fields.text("category"),
        type=fields.text("type"),
        published_at=fields.time("publishedDateTime"),
        published=fields.boolean("published"),
        links=_links(fields),
        quality=fields.number("quality"),
        heat=fields.heat("heat"),
        provider=_provider(fields),
        topics=fields.texts("topics"),
        images=_images(fields),
        related=tuple(_related(inner) for inner in fields.mappings("related")),
        secured=_secured(fields),
        body=body,
        body_format=_body_format(ending, body),
        extra=fields.rest(),
    )


def _links(fields: _Fields) -> Links:
    return Links(
        original=fields.url("originalUrl"),
        web=fields.url("webUrl"),
        amp=fields.url("ampWebUrl"),
        cdn_amp=fields.url("cdnAmpWebUrl"),
    )


def _provider(fields: _Fields) -> Provider:
    inner = fields.mapping("provider", plain="name")
    if inner is None:
        return Provider()
    authors = []
    for author in inner.mappings("authors", plain="name"):
        authors.append(author.text("name"))
        inner.adopt(author)
    provider = Provider(
        name=inner.text("name"),
        domain=inner.text("domain"),
        images=_images(inner),
        authors=tuple(author for author in authors if author),
    )
    fields.adopt(inner)
    return provider


def _images(fields: _Fields) -> tuple[Image, ...]:
    images = []
    for inner in fields.mappings("images", plain="url"):
        image = Image(
            # Not always a web address: publishers name images of their own as /assets/...
            url=inner.text("url"),
            width=inner.pixels("width"),
            height=inner.pixels("height"),
            title=inner.text("title"),
            attribution=inner.text("attribution"),
            is_cached=inner.boolean("isCached"),
        )
        fields.adopt(inner)
        if image.url:
            images.append(image)
    return tuple(images)


def _related(fields: _Fields) -> Related:
    links = _links(fields)
    return Related(
        title=fields.text("title") or fields.peek_text("name") or links.best or "(no title)",
        excerpt=fields.block("excerpt"),
        published_at=fields.time("publishedDateTime"),
        links=links,
        type=fields.text("type"),
        provider=_provider(fields),
        quality=fields.number("quality"),
        heat=fields.heat("heat"),
        images=_images(fields),
        extra=fields.rest(),
    )


def _secured(fields: _Fields) -> Secured | None:
    text, line = fields.raw("secured")
    text = clean(text)
    if not text:
        return None
    parts = text.split(";")
    try:
        sizes = [len(base64.b64decode(part, validate=True)) for part in parts]
    except (binascii.Error, ValueError):
        sizes = []
    if len(sizes) != 2 or sizes[1] != 16:
        fields.add_problem(line, "secured", "expected base64 ciphertext, a semicolon and a base64 vector of 16 bytes")
    return Secured(text, sizes[0] if sizes else len(text))


_HTML_START = re.compile(r"(?:\s|&nbsp;)*<(?:!doctype\b|!--|[a-z][a-z0-9]*[\s/>])", re.IGNORECASE)


def _body_format(ending: bytes, body: str) -> BodyFormat:
    return "html" if ending in {b".html", b".htm"} or _HTML_START.match(body) else "markdown"


_DATE_AHEAD = re.compile(r"\d{4}-\d{2}-\d{2}-(?=.)")


def title_from_path(path: str) -> str:
    """Return a title made of a file name, without extension, date and dashes."""
    stem = os.path.splitext(path.rsplit("/", 1)[-1])[0]
    words = re.sub(r"[-_]+", " ", _DATE_AHEAD.sub("", stem)).strip()
    return clean(words[:1].upper() + words[1:]) or "(no title)"


def decode_entities(text: str) -> str:
    """Decode HTML entities, twice because many feeds encode them twice."""
    return unescape(unescape(text))


def _kind(node: HeaderNode) -> str:
    if isinstance(node, ScalarNode):
        return f"“{clean(node.text[:40])}”"
    return "a list" if isinstance(node, SequenceNode) else "fields"


def _to_json(node: HeaderNode) -> Json:
    if isinstance(node, MappingNode):
        return {key: _to_json(inner) for key, inner in node.entries.items()}
    if isinstance(node, SequenceNode):
        return [_to_json(item) for item in node.items[:LIST_LIMIT]]
    if node.is_null:
        return None
    if node.plain:
        number = to_number(node.text)
        if number is not None:
            return number
        if node.text.lower() in {"true", "false"}:
            return node.text.lower() == "true"
    return clean_block(node.text).strip()


class _Fields:
    """Reads the fields of a mapping by name and type, and collects problems and unread fields."""

    def __init__(self, mapping: MappingNode, name: str = "", problems: list[HeaderProblem] | None = None) -> None:
        self._left = dict(mapping.entries)
        self._name = name
        self._adopted: dict[str, Json] = {}
        self.problems: list[HeaderProblem] = problems if problems is not None else []

    # Each of these methods removes the field it reads, so that rest() returns the others.

    def text(self, key: str) -> str:
        """Return one line of text, or ""."""
        return clean(decode_entities(self.raw(key)[0]))

    def block(self, key: str) -> str:
        """Return text of one or more lines, or ""."""
        return clean_block(decode_entities(self.raw(key)[0])).strip()

    def peek_text(self, key: str) -> str:
        """Return one line of text, or "", without removing the field."""
        node = self._left.get(key)
        return clean(decode_entities(node.text)) if isinstance(node, ScalarNode) and not node.is_null else ""

    def number(self, key: str) -> Number | None:
        """Return a number, or None."""
        return self._scalar(key, to_number, "a number")

    def heat(self, key: str) -> Number | None:
        """Return a number from 0 up, or None, which documents also write as -1."""
        line = self._line(key)
        value = self.number(key)
        if value is not None and value < 0:
            if value != -1:
                self.add_problem(line, key, f"expected 0 or more, or -1 for unknown, found {value}")
            return None
        return value

    def pixels(self, key: str) -> int | None:
        """Return a positive whole number, or None."""
        value = self.number(key)
        return int(value) if value is not None and value >= 1 else None

    def boolean(self, key: str) -> bool | None:
        """Return a boolean, or None."""
        return self._scalar(key, to_bool, "true or false")

    def time(self, key: str) -> datetime | None:
        """Return a time in UTC, or None."""
        return self._scalar(key, to_time, "a date such as 2021-07-28T12:38:00Z")

    def url(self, key: str) -> str:
        """Return a web address in its safe form, or ""."""
        text, line = self.raw(key)
        if not text.strip():
            return ""
        try:
            return safe_url(text)
        except ReaderError as error:
            self.add_problem(line, key, error.message)
            return ""

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts without duplicates; a single text counts as a list of one."""
        node = self._left.pop(key, None)
        found: list[str] = []
        for at, item in enumerate(self._items(key, node)):
            if isinstance(item, ScalarNode):
                found.append("" if item.is_null else clean(decode_entities(item.text)))
            else:
                self.add_problem(item.line, f"{key}[{at}]", f"expected text, found {_kind(item)}")
        return tuple(dict.fromkeys(text for text in found if text))

    def mapping(self, key: str, plain: str) -> _Fields | None:
        """Return the fields inside a field; a single text stands for the inner field ``plain``."""
        node = self._left.pop(key, None)
        return None if node is None else self._inner(node, key, plain)

    def mappings(self, key: str, plain: str = "") -> list[_Fields]:
        """Return a list of mappings; a single mapping counts as a list of one."""
        node = self._left.pop(key, None)
        items = [(at, self._inner(item, f"{key}[{at}]", plain)) for at, item in enumerate(self._items(key, node))]
        return [inner for _, inner in items if inner is not None]

    def raw(self, key: str) -> tuple[str, int]:
        """Return a text as written, or "", and its line."""
        line = self._line(key)
        return self._scalar(key, lambda text: text, "text") or "", line

    def rest(self) -> MappingProxyType[str, Json]:
        """Return all unread fields by name, and those of adopted mappings by path."""
        left = {key: _to_json(node) for key, node in self._left.items()}
        return MappingProxyType({**left, **self._adopted})

    def adopt(self, inner: _Fields) -> None:
        """Add the unread fields of an inner mapping, whose own type has no place for them."""
        relative = inner._name.removeprefix(f"{self._name}.") if self._name else inner._name
        self._adopted.update({f"{relative}.{key}": value for key, value in inner.rest().items()})

    def add_problem(self, line: int, key: str, message: str) -> None:
        """Report that the value of ``key`` is invalid."""
        self.problems.append(HeaderProblem(line, f"{self._name}.{key}" if self._name else key, message))

    def _line(self, key: str) -> int:
        node = self._left.get(key)
        return node.line if node is not None else 1

    def _scalar(self, key: str, convert: Callable[[str], _T | None], wanted: str) -> _T | None:
        node = self._left.pop(key, None)
        if node is None or (isinstance(node, ScalarNode) and node.is_null):
            return None
        value = convert(node.text) if isinstance(node, ScalarNode) else None
        if value is None:
            self.add_problem(node.line, key, f"expected {wanted}, found {_kind(node)}")
        return value

    def _items(self, key: str, node: HeaderNode | None) -> tuple[HeaderNode, ...]:
        if node is None or (isinstance(node, ScalarNode) and node.is_null):
            return ()
        if not isinstance(node, SequenceNode):
            return (node,)
        if len(node.items) > LIST_LIMIT:
            self.add_problem(node.line, key, f"this list has more than {LIST_LIMIT} entries; the rest is not read")
        return node.items[:LIST_LIMIT]

    def _inner(self, node: HeaderNode, name: str, plain: str) -> _Fields | None:
        path = f"{self._name}.{name}" if self._name else name
        if isinstance(node, MappingNode):
            return _Fields(node, path, self.problems)
        if isinstance(node, ScalarNode):
            if node.is_null:
                return None
            if plain:
                return _Fields(MappingNode({plain: node}, node.line), path, self.problems)
        self.add_problem(node.line, name, f"expected fields, found {_kind(node)}")
        return None
