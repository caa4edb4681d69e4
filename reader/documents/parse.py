"""Parses the bytes of a document into an Article and a list of problems.

Nothing raises: an invalid value is reported with its line and field, and only that value is lost, not the document.
"""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeVar

from reader.core.dates.date_parser import parse_date
from reader.core.dates.partial import DateOrder, PartialDate
from reader.core.errors import ReaderError
from reader.core.model import Article, Image, Json, Links, Number, Provider, Related, Secured
from reader.core.text import clean, clean_block, show_path
from reader.core.urls import safe_url
from reader.documents.body_start import body_format_of, first_paragraph, split_heading
from reader.documents.file_names import date_from_path, title_from_path
from reader.documents.files import MAX_BYTES
from reader.documents.header.nodes import (
    LIST_LIMIT,
    DocumentProblem,
    HeaderNode,
    MappingNode,
    ScalarNode,
    SequenceNode,
    text_of,
)
from reader.documents.header.split import SplitDocument, split_document
from reader.documents.resolve import DEFAULTS, LINK_FIELDS, ReadingOptions, is_date, resolve
from reader.documents.scalars import (
    author_name,
    decode_entities,
    is_wiki_link,
    scalar_to_json,
    split_authors,
    split_topics,
    to_bool,
    to_number,
    undecorated,
)

_T = TypeVar("_T")
MAX_PROBLEMS = 100
"""How many problems of one document are reported individually."""


@dataclass(frozen=True, slots=True)
class ParsedDocument:
    """The article of a document, and its problems."""

    article: Article
    problems: tuple[DocumentProblem, ...]
    origins: Mapping[str, str] = field(default_factory=dict)
    """Where each field comes from that does not come from the key of its name."""


def parse_document(path: bytes, data: bytes, options: ReadingOptions = DEFAULTS) -> ParsedDocument:
    """Parse the document ``data``, stored at ``path`` in its folder. Never raises, whatever the bytes."""
    shown = show_path(path)
    ending = os.path.splitext(path)[1].lower()
    problems: list[DocumentProblem] = []
    if len(data) > MAX_BYTES:
        problems.append(DocumentProblem(1, "", f"the file is larger than {MAX_BYTES >> 20} MiB; the rest is not read"))
        data = data[:MAX_BYTES]
    parts = split_document(data, ending)
    header, keys = resolve(parts.header, options)
    origins = {field: " and ".join(names) for field, names in keys.items()}
    if parts.is_page:
        origins = dict.fromkeys(header.entries, "the head of the page")
    reader = _Fields(header, order=options.order, keys=keys)
    article = _article(shown, ending, parts, reader, origins)
    return ParsedDocument(article, _limited([*problems, *parts.problems, *reader.problems]), origins)


def _limited(found: Iterable[DocumentProblem]) -> tuple[DocumentProblem, ...]:
    problems = sorted(found, key=lambda problem: problem.line)
    if len(problems) > MAX_PROBLEMS:
        rest = len(problems) - MAX_PROBLEMS
        problems[MAX_PROBLEMS:] = [DocumentProblem(problems[MAX_PROBLEMS].line, "", f"and {rest:,} more problems")]
    return tuple(problems)


def _article(path: str, ending: bytes, parts: SplitDocument, fields: _Fields, origins: dict[str, str]) -> Article:
    """Return the article; notes in ``origins`` where fields come from."""
    body = clean_block(parts.body).strip("\n")
    body_format = body_format_of(ending, body)
    if fields.peek("provider"):
        origins.update((each, "provider") for each in ("site", "authors") if not fields.peek(each))
    # A name also stays in ``extra``: documents about people show it.
    title = fields.text("title")
    if not title and (title := fields.peek_text("name")):
        origins["title"] = "name"
    if not title:
        title, body = split_heading(body, body_format)
        origins["title"] = "the heading of the body" if title else "the name of the file"
    excerpt = fields.block("excerpt")
    updated = fields.time("updatedDateTime")
    date = fields.time("publishedDateTime")
    if not date and (date := date_from_path(path, fields.order)):
        origins["publishedDateTime"] = "the name of the file or its folder"
    elif not date and (date := updated):
        origins["publishedDateTime"] = origins.get("updatedDateTime", "updatedDateTime")
    if not excerpt and body:
        origins["excerpt"] = "the first paragraph of the body"
    return Article(
        path=path,
        title=title or title_from_path(path, fields.order),
        excerpt=excerpt or first_paragraph(body, body_format),
        excerpt_is_from_body=not excerpt and bool(body),
        category=fields.text("category"),
        type=fields.text("type"),
        published_at=date and date.moment,
        precision=date.precision if date else "time",
        updated_at=updated and updated.moment,
        updated_precision=updated.precision if updated else "time",
        published=_published(fields),
        links=_links(fields),
        quality=fields.number("quality"),
        heat=fields.heat("heat"),
        provider=_provider(fields),
        topics=_topics(fields),
        images=_images(fields),
        related=tuple(_related(inner) for inner in _related_items(fields)),
        secured=_secured(fields),
        body=body,
        body_format=body_format,
        extra=fields.rest(),
    )


def _published(fields: _Fields) -> bool | None:
    """Return whether the document is published. The field may have a date too, which stays if there is another one."""
    text, node = fields.peek_text("published"), fields.peek("published")
    return None if text and to_bool(text) is None and is_date(node, fields.order) else fields.boolean("published")


def _links(fields: _Fields) -> Links:
    return Links(*map(fields.url, LINK_FIELDS))


def _provider(fields: _Fields) -> Provider:
    inner = fields.mapping("provider", plain="name")
    site = fields.mapping("site", plain="name")
    several = inner.mappings("authors", plain="name") if inner else []
    names = [*(author.text("name") for author in several), *_authors(fields)]
    return Provider(
        name=(inner.text("name") if inner else "") or (site.text("name") if site else ""),
        domain=inner.text("domain") if inner else "",
        images=_images(inner) if inner else (),
        authors=tuple(dict.fromkeys(name for each in names if (name := author_name(each)))),
    )


def _authors(fields: _Fields) -> list[str]:
    if isinstance(fields.peek("authors"), ScalarNode):
        return split_authors(fields.text("authors"), commas=fields.key_of("authors").lower() == "authors")
    return [author.text("name") for author in fields.mappings("authors", plain="name")]


def _topics(fields: _Fields) -> tuple[str, ...]:
    node = fields.peek("topics")
    found = fields.texts("topics")
    if isinstance(node, ScalarNode):
        found = tuple(split_topics(found[0])) if found else ()
    return tuple(dict.fromkeys(topic for text in found if (topic := undecorated(text))))


def _images(fields: _Fields) -> tuple[Image, ...]:
    images = [
        Image(
            # Not always a URL: publishers name their own images like /assets/...
            url=inner.text("url") or inner.text("src") or inner.text("path") or inner.text("image"),
            width=inner.pixels("width"),
            height=inner.pixels("height"),
            title=inner.text("title") or inner.text("caption") or inner.text("alt"),
            attribution=inner.text("attribution"),
            is_cached=inner.boolean("isCached"),
        )
        for inner in fields.mappings("images", plain="url")
    ]
    return tuple(image for image in images if image.url)


def _related_items(fields: _Fields) -> list[_Fields]:
    """Return the related items; a field that only names notes of Obsidian stays among the unread ones."""
    node = fields.peek("related")
    nodes = node.items if isinstance(node, SequenceNode) and not is_wiki_link(text_of(node) or "") else (node,)
    is_obsidian = node is not None and all(is_wiki_link(text_of(each) or "") for each in nodes)
    return [] if is_obsidian and nodes else fields.mappings("related")


def _related(fields: _Fields) -> Related:
    links = _links(fields)
    date = fields.time("publishedDateTime")
    return Related(
        title=fields.text("title") or fields.peek_text("name") or links.best or "(no title)",
        excerpt=fields.block("excerpt"),
        published_at=date and date.moment,
        precision=date.precision if date else "time",
        links=links,
        type=fields.text("type"),
        provider=_provider(fields),
        quality=fields.number("quality"),
        heat=fields.heat("heat"),
        images=_images(fields),
        extra=fields.rest(),
    )


def _secured(fields: _Fields) -> Secured | None:
    text = clean(fields.raw("secured"))
    if not text:
        return None
    parts = text.split(";")
    try:
        sizes = [len(base64.b64decode(part, validate=True)) for part in parts]
    except (binascii.Error, ValueError):
        sizes = []
    if len(sizes) != 2 or sizes[1] != 16:
        fields.add_problem("secured", "expected base64 ciphertext, a semicolon and a base64 vector of 16 bytes")
    return Secured(text, sizes[0] if sizes else len(text))


def _kind(node: HeaderNode) -> str:
    if isinstance(node, ScalarNode):
        return f"“{clean(node.text[:40])}”"
    return "a list" if isinstance(node, SequenceNode) else "fields"


def _to_json(node: HeaderNode) -> Json:
    if isinstance(node, MappingNode):
        return {key: _to_json(inner) for key, inner in node.entries.items()}
    if isinstance(node, SequenceNode):
        return [_to_json(item) for item in node.items[:LIST_LIMIT]]
    return None if node.is_null else scalar_to_json(node.text, plain=node.plain)


class _Fields:
    """Reads the fields of a mapping by name and type, and collects problems and unread fields."""

    def __init__(
        self,
        mapping: MappingNode,
        name: str = "",
        problems: list[DocumentProblem] | None = None,
        *,
        order: DateOrder = "",
        keys: Mapping[str, tuple[str, ...]] = MappingProxyType({}),
    ) -> None:
        self.order = order
        self._keys = keys
        self._entries = mapping.entries
        self._left = dict(mapping.entries)  # each method that reads a field removes it, so that rest() has the others
        self._prefix = f"{name}." if name else ""
        self._children: list[_Fields] = []  # inner fields whose type has no place for unread fields
        self.problems: list[DocumentProblem] = problems if problems is not None else []

    def text(self, key: str) -> str:
        """Return one line of text, or ""."""
        return clean(decode_entities(self.raw(key)))

    def block(self, key: str) -> str:
        """Return text of one or more lines, or ""."""
        return clean_block(decode_entities(self.raw(key))).strip()

    def peek_text(self, key: str) -> str:
        """Return one line of text, or "", without removing the field."""
        return clean(decode_entities(text_of(self._left.get(key)) or ""))

    def number(self, key: str) -> Number | None:
        """Return a number, or None."""
        return self._scalar(key, to_number, "a number")

    def heat(self, key: str) -> Number | None:
        """Return a number of at least 0, or None, which documents also write as -1."""
        value = self.number(key)
        if value is None or value >= 0:
            return value
        if value != -1:
            self.add_problem(key, f"expected 0 or more, or -1 for unknown, found {value}")
        return None

    def pixels(self, key: str) -> int | None:
        """Return a positive whole number, or None."""
        value = self.number(key)
        return int(value) if value is not None and value >= 1 else None

    def boolean(self, key: str) -> bool | None:
        """Return a boolean, or None."""
        return self._scalar(key, to_bool, "true or false")

    def time(self, key: str) -> PartialDate | None:
        """Return a date, or None."""
        text = self.raw(key, "a date")
        try:
            # There may be many dates below a field, in documents of the reader's own kind only.
            return parse_date(text, self.order, any_language=not self._prefix) if text.strip() else None
        except ValueError as error:
            self.add_problem(key, f"“{clean(text[:40])}” {error}")
            return None

    def peek(self, key: str) -> HeaderNode | None:
        """Return the value of a field that was not read yet, without removing it."""
        return self._left.get(key)

    def key_of(self, key: str) -> str:
        """Return the name that a field has in the document."""
        return self._keys.get(key, (key,))[0]

    def url(self, key: str) -> str:
        """Return a URL in its safe form, or ""."""
        text = self.raw(key)
        try:
            return safe_url(text) if text.strip() else ""
        except ReaderError as error:
            self.add_problem(key, error.message)
            return ""

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts without duplicates; a single text counts as a list of one."""
        found: list[str] = []
        for at, item in enumerate(self._items(key)):
            # Tags of Docusaurus and Ghost are mappings.
            node = item.entries.get("name", item.entries.get("label")) if isinstance(item, MappingNode) else item
            if isinstance(node, ScalarNode):
                found.append("" if node.is_null else clean(decode_entities(node.text)))
            else:
                self.add_problem(f"{key}[{at}]", f"expected text, found {_kind(item)}", item.line)
        return tuple(dict.fromkeys(text for text in found if text))

    def mapping(self, key: str, plain: str) -> _Fields | None:
        """Return the fields inside a field; a single text stands for the inner field ``plain``."""
        node = self._left.pop(key, None)
        if isinstance(node, SequenceNode) and node.source:
            node = MappingNode({plain: node}, node.line)
        return None if node is None else self._inner(node, key, plain)

    def mappings(self, key: str, plain: str = "") -> list[_Fields]:
        """Return a list of mappings; a single mapping counts as a list of one."""
        inner = [self._inner(item, f"{key}[{at}]", plain) for at, item in enumerate(self._items(key))]
        return [fields for fields in inner if fields is not None]

    def raw(self, key: str, wanted: str = "text") -> str:
        """Return a text as written, or ""."""
        return self._scalar(key, str, wanted) or ""

    def rest(self) -> dict[str, Json]:
        """Return all unread fields by name, and those inside fields that may be a single text by path."""
        left = {key: _to_json(node) for key, node in self._left.items()}
        for inner in self._children:
            path = inner._prefix.removeprefix(self._prefix)
            left.update({f"{path}{key}": value for key, value in inner.rest().items()})
        return left

    def add_problem(self, key: str, message: str, line: int | None = None) -> None:
        """Report that the value of ``key`` is invalid; ``line`` is needed for one item of a list."""
        shown = self.key_of(key)
        self.problems.append(DocumentProblem(line or self._entries[key].line, self._prefix + shown, message))

    def _scalar(self, key: str, convert: Callable[[str], _T | None], wanted: str) -> _T | None:
        node = self._left.pop(key, None)
        if node is None or (isinstance(node, ScalarNode) and node.is_null):
            return None
        text = text_of(node)
        value = None if text is None else convert(text)
        if value is None:
            self.add_problem(key, f"expected {wanted}, found {_kind(node)}")
        return value

    def _items(self, key: str) -> tuple[HeaderNode, ...]:
        node = self._left.pop(key, None)
        if node is None or (isinstance(node, ScalarNode) and node.is_null):
            return ()
        if not isinstance(node, SequenceNode):
            return (node,)
        if len(node.items) > LIST_LIMIT:
            self.add_problem(key, f"this list has more than {LIST_LIMIT} entries; the rest is not read")
        return node.items[:LIST_LIMIT]

    def _inner(self, node: HeaderNode, name: str, plain: str) -> _Fields | None:
        if isinstance(node, ScalarNode):
            if node.is_null:
                return None
            if plain:
                node = MappingNode({plain: node}, node.line)
        if isinstance(node, MappingNode):
            inner = _Fields(node, self._prefix + name, self.problems, order=self.order)
            if plain:
                self._children.append(inner)
            return inner
        self.add_problem(name, f"expected fields, found {_kind(node)}", node.line)
        return None
