"""Makes the index record of a document from its bytes, quickly.

:func:`reader.documents.parse.parse_document` defines what is correct. Valid documents whose header has only common
kinds of lines (:mod:`reader.documents.fast_patterns`) are read with regular expressions, in a tenth of the time. All
others are parsed in full, so problems and line numbers always come from there. Tests compare the two paths.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple, TypeAlias

from reader.core.errors import ReaderError
from reader.core.model import Article, Number
from reader.core.text import clean, clean_block, show_path
from reader.core.times import to_micros
from reader.core.tokenize import spaced_body_words, spaced_words
from reader.core.urls import article_id, safe_url, url_key
from reader.documents import fast_patterns
from reader.documents.files import MAX_BYTES
from reader.documents.frontmatter import MAX_HEADER
from reader.documents.parse import LIST_LIMIT, decode_entities, parse_document, title_from_path
from reader.documents.scalars import to_bool, to_number, to_time

PUBLISHED, RELATED, IMAGES, BODY = 1, 2, 4, 8
"""The flags that :attr:`IndexRecord.flags` combines."""
TOPIC_SEPARATOR = " \N{MIDDLE DOT} "
"""Separates the words of two topics. It is not a word, so a phrase cannot match across it."""

RecordProblem: TypeAlias = tuple[int, str, str]
"""A problem: line (from 1), field as a path, message."""


class IndexRecord(NamedTuple):
    """The values the index stores for a document. Plain values, so that marshal can send ``tuple(record)``."""

    id: int
    """The article id as a signed 64-bit number; see :func:`reader.core.urls.article_id`."""
    title: str
    excerpt: str
    published_at: int | None
    """Microseconds since 1970 in UTC."""
    original_url: str
    web_url: str
    amp_url: str
    cdn_amp_url: str
    type: str
    quality: Number | None
    heat: Number | None
    provider_name: str
    provider_domain: str
    topics: str
    """Joined by line breaks."""
    url_keys: tuple[int, ...]
    """The distinct :func:`reader.core.urls.url_key` of all addresses, sorted."""
    category: str
    lang: str
    """The field ``lang``, else ``language``."""
    flags: int
    words: tuple[str, str, str, str, str]
    """The words (:mod:`reader.core.tokenize`) of title, excerpt, source, topics and body."""


def index_record(path: bytes, data: bytes) -> tuple[IndexRecord | None, tuple[RecordProblem, ...]]:
    """Return the record of the document ``data`` at ``path`` in its folder, and its problems.

    Never raises, whatever the bytes. The record is None if the document cannot be read at all.
    """
    found = fast_record(path, data)
    return full_record(path, data) if found is None else (found, ())


def full_record(path: bytes, data: bytes) -> tuple[IndexRecord | None, tuple[RecordProblem, ...]]:
    """Return what :func:`index_record` returns, always by parsing the whole document."""
    parsed = parse_document(path, data)
    problems = tuple((problem.line, problem.field, problem.message) for problem in parsed.problems)
    return (None if parsed.article is None else record_of_article(parsed.article, path)), problems


def record_of_article(article: Article, path: bytes) -> IndexRecord:
    """Return the record of a parsed article at ``path`` in its folder."""
    links = article.links
    when = article.published_at
    keys = {key for key in map(url_key, links.every()) if key is not None}
    return IndexRecord(
        id=article_number(links.best, path),
        title=article.title,
        excerpt=article.excerpt,
        published_at=None if when is None else to_micros(when),
        original_url=links.original,
        web_url=links.web,
        amp_url=links.amp,
        cdn_amp_url=links.cdn_amp,
        type=article.type,
        quality=article.quality,
        heat=article.heat,
        provider_name=article.provider.name,
        provider_domain=article.provider.domain,
        topics="\n".join(article.topics),
        url_keys=tuple(sorted(keys)),
        category=article.category,
        lang=language_of(article),
        flags=(
            (PUBLISHED if article.published else 0)
            | (RELATED if article.related else 0)
            | (IMAGES if article.images else 0)
            | (BODY if article.body.strip() else 0)
        ),
        words=_words(article.title, article.excerpt, article.source, article.topics, article.body),
    )


def language_of(article: Article) -> str:
    """Return the field ``lang``, else ``language``, else ""."""
    told = (article.extra.get(key) for key in _LANGS)
    return next((found for each in told if isinstance(each, str) and (found := clean(each))), "")


def _words(title: str, excerpt: str, source: str, topics: Iterable[str], body: str) -> tuple[str, str, str, str, str]:
    return (
        spaced_words(title),
        spaced_words(excerpt),
        spaced_words(source),
        TOPIC_SEPARATOR.join(map(spaced_words, topics)),
        spaced_body_words(body) if body else "",
    )


def article_number(url: str, path: bytes) -> int:
    """Return :func:`reader.core.urls.article_id` as a signed 64-bit number."""
    return int.from_bytes(bytes.fromhex(article_id(url, path)), "big", signed=True)


# --- the fast path --------------------------------------------------------------------------

_OPEN, _CLOSE, _END = b"---\n", b"\n---\n", b"\n---"
_OPEN_CRLF, _CLOSE_CRLF = b"---\r\n", b"\r\n---\r\n"
_ALLOWED_BYTES = bytes(range(0x20, 0x7F)) + b"\n" + bytes(range(0x80, 0x100))
"""Every byte except control characters; tab is one of them."""
_YAML_SPECIAL = tuple(char.encode() for char in "\u2028\u2029\ufeff\ufffe\uffff")
"""Characters that PyYAML rejects, drops or takes for a line break; C1 controls are checked separately."""
_C1 = re.compile(b"\xc2[\x80-\x9f]")
_ESCAPE = re.compile(r"\\(.)")
_ESCAPED = {"n": "\n", "t": "\t"}
_COMMON_IMAGE_STARTS = ("  - url: http", '  - url: "http', "  - url: /")
_LANGS = ("lang", "language")
_NULLS = frozenset({"null", "Null", "NULL"})
_LINKS = ("originalUrl", "webUrl", "ampWebUrl", "cdnAmpWebUrl")
_SINGLE = frozenset(
    {"title", "excerpt", "category", "type", "publishedDateTime", "published", "quality", "heat", "secured", *_LINKS}
)
"""Fields with a single value; lines below one are a problem."""
_LISTS = frozenset({"images", "related", "topics"})
_OWN_LINES = frozenset({"images", "related", "provider"})


class _NeedsParserError(Exception):
    """The document needs the full parser."""


def fast_record(path: bytes, data: bytes) -> IndexRecord | None:
    """Return the record of a valid, common document; None if it needs the full parser."""
    try:
        header, start = _header(data)
        return _FastHeader(header).record(path, _body(data[start:]))
    except (_NeedsParserError, UnicodeDecodeError, ReaderError):
        return None


def _header(data: bytes) -> tuple[str, int]:
    """Return the text between the ``---`` lines, with its last line break, and the offset of the body."""
    if len(data) > MAX_BYTES:
        raise _NeedsParserError
    if data.startswith(_OPEN):
        end = data.find(_CLOSE, len(_OPEN) - 1, MAX_HEADER)
        start = end + len(_CLOSE)
        if end < 0 and len(data) < MAX_HEADER and data.endswith(_END):
            end, start = len(data) - len(_END), len(data)
        header = data[len(_OPEN) : end + 1]
    else:
        end = data.find(_CLOSE_CRLF, len(_OPEN_CRLF) - 2, MAX_HEADER)
        start = end + len(_CLOSE_CRLF)
        header = data[len(_OPEN_CRLF) : end + 2].replace(b"\r\n", b"\n")
    if end < 0 or not data.startswith((_OPEN, _OPEN_CRLF)):
        raise _NeedsParserError
    if header.translate(None, _ALLOWED_BYTES) or header.count(b"\n") > LIST_LIMIT:
        raise _NeedsParserError
    if data.isascii():
        return header.decode("ascii"), start
    if any(char in header for char in _YAML_SPECIAL) or _C1.search(header):
        raise _NeedsParserError
    return header.decode("utf-8"), start


def _body(data: bytes) -> str:
    """Return the body as in an article. Raises UnicodeDecodeError, the only problem that a body can have."""
    text = data.decode("utf-8")
    if not data.isascii() or data.translate(None, _ALLOWED_BYTES):
        text = clean_block(text.replace("\r\n", "\n"))
    return text.strip("\n")


class _FastHeader:
    """The fields of a header: reads those that the index stores, and checks the others for problems."""

    def __init__(self, header: str) -> None:
        self._values: dict[str, str | None] = {}  # unquoted; None is null
        self._blocks: dict[str, str] = {}  # the lines below a field
        for key, value, below, odd in fast_patterns.split_fields().findall(header):
            block = below.strip("\n")
            if odd or key in self._values or key in self._blocks or (value and block):
                raise _NeedsParserError
            if block.startswith("-"):  # a list without indent: the same in YAML
                block = "  " + block.replace("\n", "\n  ")
            if value.startswith("[") and (words := fast_patterns.flow_list().fullmatch(value)):
                block = "\n".join(f"  - {word.strip(' ')}" for word in words[1].split(","))
            if block:
                self._blocks[key] = block + "\n"
            elif value in {"[]", "{}"}:
                self._check_empty(key, value)
                self._values[key] = None
            else:
                self._values[key] = _unquoted(value) if value else None

    def record(self, path: bytes, body: str) -> IndexRecord:
        """Return the record. Raises _NeedsParserError if there is any problem."""
        for key in self._blocks.keys() - _OWN_LINES:
            self._check_lines(key)
        name, domain = self._provider()
        self._check_lines_of("images")
        self._check_lines_of("related")
        self._check_secured()
        if self._values.get("related") is not None:  # neither a list nor a mapping
            raise _NeedsParserError
        if (published := self._values.get("published")) is not None and to_bool(published) is None:
            raise _NeedsParserError
        quality, heat = self._number("quality"), self._number("heat")
        if heat is not None and heat < 0:
            if heat != -1:
                raise _NeedsParserError
            heat = None
        links = [self._url(key) for key in _LINKS]
        keys = {url: url_key(url) for url in links if url}
        best = next(iter(keys.values()), None)
        title = self._line("title") or self._line("name") or title_from_path(show_path(path))
        excerpt = clean_block(decode_entities(self._values.get("excerpt") or "")).strip()
        topics = self._topics()
        flags = (
            (PUBLISHED if published is not None and to_bool(published) else 0)
            | (RELATED if "related" in self._blocks else 0)
            | (IMAGES if self._has_images() else 0)
            | (BODY if body and not body.isspace() else 0)
        )
        return IndexRecord(
            id=article_number("", path) if best is None else best,
            title=title,
            excerpt=excerpt,
            published_at=self._time(),
            original_url=links[0],
            web_url=links[1],
            amp_url=links[2],
            cdn_amp_url=links[3],
            type=self._line("type"),
            quality=quality,
            heat=heat,
            provider_name=name,
            provider_domain=domain,
            topics="\n".join(topics),
            url_keys=tuple(sorted({key for key in keys.values() if key is not None})),
            category=self._line("category"),
            lang=self._lang(),
            flags=flags,
            words=_words(title, excerpt, name or domain, topics, body),
        )

    # Fields that the index stores.

    def _line(self, key: str) -> str:
        return _one_line(self._values.get(key))

    def _number(self, key: str) -> Number | None:
        text = self._values.get(key)
        if text is None:
            return None
        value = int(text) if len(text) < 10 and text.isascii() and text.isdigit() else to_number(text)
        if value is None:
            raise _NeedsParserError
        return value

    def _time(self) -> int | None:
        text = self._values.get("publishedDateTime")
        if text is None:
            return None
        if fast_patterns.timestamp().fullmatch(text):
            return int(datetime.fromisoformat(text).timestamp()) * 1_000_000
        moment = to_time(text)
        if moment is None:
            raise _NeedsParserError
        return to_micros(moment)

    def _url(self, key: str) -> str:
        text = self._values.get(key)
        return safe_url(text) if text and not text.isspace() else ""

    def _provider(self) -> tuple[str, str]:
        block = self._blocks.get("provider")
        if block is None:
            return self._line("provider"), ""
        if found := fast_patterns.ordered_lines("provider").fullmatch(block):
            name, domain = found.groups()
            return _one_line(name and _unquoted(name)), _one_line(domain and _unquoted(domain))
        if not fast_patterns.unordered_lines("provider").fullmatch(block):
            raise _NeedsParserError
        inner = _check_each(block)
        return _one_line(inner.get("name")), _one_line(inner.get("domain"))

    def _topics(self) -> list[str]:
        block = self._blocks.get("topics")
        if block is None:
            return [topic] if (topic := self._line("topics")) else []
        topics = [_one_line(_unquoted(line[4:])) for line in block.splitlines()]
        return list(dict.fromkeys(topic for topic in topics if topic))

    def _lang(self) -> str:
        for key in _LANGS:
            if text := self._values.get(key):
                if to_number(text) is not None or text.lower() in {"true", "false"}:
                    raise _NeedsParserError  # text only if it is quoted
                if found := clean(clean_block(text).strip()):
                    return found
        return ""

    def _has_images(self) -> bool:
        """Whether any image has an address."""
        block = self._blocks.get("images")
        if block is None:
            return bool(self._line("images"))
        if block.startswith(_COMMON_IMAGE_STARTS):
            return True
        return any(_one_line(_unquoted(written)) for written in fast_patterns.image_urls().findall(block))

    # Fields that only need a check.

    def _check_empty(self, key: str, value: str) -> None:
        if key in _SINGLE or (value == "{}" and key in _LISTS) or (value == "[]" and key == "provider"):
            raise _NeedsParserError

    def _check_lines_of(self, key: str) -> None:
        block = self._blocks.get(key)
        if block is not None and not fast_patterns.ordered_lines(key).fullmatch(block):
            if not fast_patterns.unordered_lines(key).fullmatch(block):
                raise _NeedsParserError
            _check_each(block)

    def _check_lines(self, key: str) -> None:
        block = self._blocks[key]
        if key in _SINGLE:
            raise _NeedsParserError
        if fast_patterns.scalar_list().fullmatch(block):
            return
        if key == "topics" or not fast_patterns.unordered_lines(key).fullmatch(block):
            raise _NeedsParserError
        _check_each(block)

    def _check_secured(self) -> None:
        if text := self._values.get("secured"):
            found = fast_patterns.secured().fullmatch(text)
            if not found or len(found[1]) % 4:
                raise _NeedsParserError


def _unquoted(value: str) -> str | None:
    """Return a value without its quotes; None for null."""
    if value[0] == '"' and "\\" not in value and value.find('"', 1) == len(value) - 1:
        return value[1:-1]
    found = fast_patterns.scalar().fullmatch(value)
    if found is None:
        raise _NeedsParserError
    double, plain, single = found.groups()
    if double is not None:
        return _ESCAPE.sub(lambda escape: _ESCAPED.get(escape[1], escape[1]), double)
    if plain is not None:
        return None if plain in _NULLS else plain
    return single


def _one_line(text: str | None) -> str:
    return clean(decode_entities(text)) if text else ""


def _check_each(block: str) -> dict[str, str | None]:
    """Check for duplicate fields and invalid values; return the values of the outermost mapping."""
    open_fields: dict[int, dict[str, str | None]] = {}
    for indent, dash, key, written in fast_patterns.split_lines().findall(block):
        column = len(indent) + len(dash)
        if not key:
            continue
        for deeper in [at for at in open_fields if at > column or (dash and at == column)]:
            del open_fields[deeper]
        fields = open_fields.setdefault(column, {})
        if key in fields:
            raise _NeedsParserError
        value = _unquoted(written) if written else None
        if value is not None:
            _check_value(key, value)
        fields[key] = value
    return open_fields.get(2, {})


def _check_value(key: str, value: str) -> None:
    """Raise if a field of this name might not accept the value."""
    if key in _LINKS:
        if value and not value.isspace():
            safe_url(value)
    elif key in {"quality", "heat", "width", "height"}:
        number = to_number(value)
        if number is None or (key == "heat" and number < 0 and number != -1):
            raise _NeedsParserError
    elif (key == "isCached" and to_bool(value) is None) or (key == "publishedDateTime" and to_time(value) is None):
        raise _NeedsParserError
