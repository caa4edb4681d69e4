"""The bytes of one document -> what the index holds of it, quickly.

What is right is defined by :func:`reader.documents.parse.parse_document`. Documents whose header
has only lines of the usual shapes (:mod:`reader.documents.fast_patterns`), and nothing that
parse would find fault with, are read by regular expressions, in a tenth of the time.
Whatever is unusual in any way goes through parse, so faults and line numbers always
come from there. Tests hold both ways to the same answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, TypeAlias

from reader.core.errors import ReaderError
from reader.core.model import Article, Number
from reader.core.text import clean, clean_block, show_path
from reader.core.tokenize import spaced_body_words, spaced_words
from reader.core.urls import article_id, safe_url, url_key
from reader.documents import fast_patterns
from reader.documents.files import MAX_BYTES
from reader.documents.frontmatter import MAX_HEADER
from reader.documents.parse import LIST_LIMIT, decode_entities, parse_document, title_from_path
from reader.documents.scalars import to_bool, to_number, to_time

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

PUBLISHED, RELATED, IMAGES, BODY = 1, 2, 4, 8
"""What :attr:`Brief.flags` is the sum of."""
TOPIC_SEPARATOR = " \N{MIDDLE DOT} "
"""Stands between the words of two topics: no word, so that no row of words reaches from one into the next."""

RecordProblem: TypeAlias = tuple[int, str, str]
"""What is wrong: line (1 for the first of the file), field as a path, message."""


class IndexRecord(NamedTuple):
    """What the index holds of one document, in plain values: marshal carries ``tuple(brief)`` between processes."""

    id: int
    """The article's identity as the signed 64-bit number that tables hold; see :func:`reader.core.urls.article_id`."""
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
    """Joined by line breaks: a topic is one line."""
    url_keys: tuple[int, ...]
    """The distinct :func:`reader.core.urls.url_key` of every address, in order of size."""
    category: str
    lang: str
    """The language as the front matter tells it, in ``lang`` or ``language``."""
    flags: int
    words: tuple[str, str, str, str, str]
    """The words (:mod:`reader.core.tokenize`) of title, excerpt, source, topics and body."""


def index_record(path: bytes, data: bytes) -> tuple[IndexRecord | None, tuple[RecordProblem, ...]]:
    """Return what the index holds of the document ``data`` at ``path`` in its folder, and what is wrong with it.

    Never raises for any bytes. None stands for a document that cannot be read at all.
    """
    found = fast_record(path, data)
    return full_record(path, data) if found is None else (found, ())


def full_record(path: bytes, data: bytes) -> tuple[IndexRecord | None, tuple[RecordProblem, ...]]:
    """Return what :func:`index_record` returns, always by parsing the whole document."""
    parsed = parse_document(path, data)
    problems = tuple((problem.line, problem.field, problem.message) for problem in parsed.problems)
    return (None if parsed.article is None else record_of_article(parsed.article, path)), problems


def record_of_article(article: Article, path: bytes) -> IndexRecord:
    """Return what the index holds of ``article``, found at ``path`` in its folder."""
    links = article.links
    when = article.published_at
    keys = {key for key in map(url_key, links.every()) if key is not None}
    return IndexRecord(
        id=article_number(links.best, path),
        title=article.title,
        excerpt=article.excerpt,
        published_at=None if when is None else (when - _EPOCH) // _MICROSECOND,
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
    """Return the language that a document tells in a field of its own, ``lang`` or else ``language``; may be empty."""
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
    """Return :func:`reader.core.urls.article_id` as the signed 64-bit number that tables hold."""
    return int.from_bytes(bytes.fromhex(article_id(url, path)), "big", signed=True)


# --- the quick way --------------------------------------------------------------------------

_OPEN, _CLOSE, _END = b"---\n", b"\n---\n", b"\n---"
_OPEN_CRLF, _CLOSE_CRLF = b"---\r\n", b"\r\n---\r\n"
_USUAL = bytes(range(0x20, 0x7F)) + b"\n" + bytes(range(0x80, 0x100))
"""Every byte but control characters, tab among them."""
_BROKEN = tuple(char.encode() for char in "\u2028\u2029\ufeff\ufffe\uffff")
"""What the reader of YAML refuses, drops or takes as a line break; C1 besides."""
_C1 = re.compile(b"\xc2[\x80-\x9f]")
_ESCAPE = re.compile(r"\\(.)")
_ESCAPED = {"n": "\n", "t": "\t"}
_USUAL_IMAGE = ("  - url: http", '  - url: "http', "  - url: /")
_LANGS = ("lang", "language")
_NULLS = frozenset({"null", "Null", "NULL"})
_LINKS = ("originalUrl", "webUrl", "ampWebUrl", "cdnAmpWebUrl")
_SINGLE = frozenset(
    {"title", "excerpt", "category", "type", "publishedDateTime", "published", "quality", "heat", "secured", *_LINKS}
)
"""Fields that hold one value; lines below one are a fault."""
_LISTS = frozenset({"images", "related", "topics"})
_OWN_LINES = frozenset({"images", "related", "provider"})


class _UnusualError(Exception):
    """Something that parse has to judge."""


def fast_record(path: bytes, data: bytes) -> IndexRecord | None:
    """Return what the index holds of a document without a fault; None where only parse can say whether it is one."""
    try:
        header, start = _header(data)
        return _Header(header).record(path, _body(data[start:]))
    except (_UnusualError, UnicodeDecodeError, ReaderError):
        return None


def _header(data: bytes) -> tuple[str, int]:
    """Return the text between the marks, with its last line break, and where the body begins."""
    if len(data) > MAX_BYTES:
        raise _UnusualError
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
        raise _UnusualError
    if header.translate(None, _USUAL) or header.count(b"\n") > LIST_LIMIT:
        raise _UnusualError
    if data.isascii():
        return header.decode("ascii"), start
    if any(char in header for char in _BROKEN) or _C1.search(header):
        raise _UnusualError
    return header.decode("utf-8"), start


def _body(data: bytes) -> str:
    """Return the body as an article has it. Bytes that are not UTF-8 are a fault in it too; nothing else is."""
    text = data.decode("utf-8")
    if not data.isascii() or data.translate(None, _USUAL):
        text = clean_block(text.replace("\r\n", "\n"))
    return text.strip("\n")


class _Header:
    """The fields of a header, read as far as the index asks and looked at for faults beyond that."""

    def __init__(self, header: str) -> None:
        self._values: dict[str, str | None] = {}  # without quotes; None is null
        self._blocks: dict[str, str] = {}  # the lines below
        for key, value, below, odd in fast_patterns.entries().findall(header):
            block = below.strip("\n")
            if odd or key in self._values or key in self._blocks or (value and block):
                raise _UnusualError
            if block.startswith("-"):  # a list that is not indented: to YAML the same
                block = "  " + block.replace("\n", "\n  ")
            if value.startswith("[") and (words := fast_patterns.flow().fullmatch(value)):
                block = "\n".join(f"  - {word.strip(' ')}" for word in words[1].split(","))
            if block:
                self._blocks[key] = block + "\n"
            elif value in {"[]", "{}"}:
                self._check_empty(key, value)
                self._values[key] = None
            else:
                self._values[key] = _bare(value) if value else None

    def record(self, path: bytes, body: str) -> IndexRecord:
        """Return what the index holds, when nothing at all is amiss."""
        for key in self._blocks.keys() - _OWN_LINES:
            self._check_lines(key)
        name, domain = self._provider()
        self._check_usual("images")
        self._check_usual("related")
        self._check_secured()
        if self._values.get("related") is not None:  # one that is not in a list and no fields either
            raise _UnusualError
        if (published := self._values.get("published")) is not None and to_bool(published) is None:
            raise _UnusualError
        quality, heat = self._number("quality"), self._number("heat")
        if heat is not None and heat < 0:
            if heat != -1:
                raise _UnusualError
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

    # The fields that the index holds.

    def _line(self, key: str) -> str:
        return _one_line(self._values.get(key))

    def _number(self, key: str) -> Number | None:
        text = self._values.get(key)
        if text is None:
            return None
        value = int(text) if len(text) < 10 and text.isascii() and text.isdigit() else to_number(text)
        if value is None:
            raise _UnusualError
        return value

    def _time(self) -> int | None:
        text = self._values.get("publishedDateTime")
        if text is None:
            return None
        if fast_patterns.moment().fullmatch(text):
            return int(datetime.fromisoformat(text).timestamp()) * 1_000_000
        moment = to_time(text)
        if moment is None:
            raise _UnusualError
        return (moment - _EPOCH) // _MICROSECOND

    def _url(self, key: str) -> str:
        text = self._values.get(key)
        return safe_url(text) if text and not text.isspace() else ""

    def _provider(self) -> tuple[str, str]:
        block = self._blocks.get("provider")
        if block is None:
            return self._line("provider"), ""
        if found := fast_patterns.usual("provider").fullmatch(block):
            name, domain = found.groups()
            return _one_line(name and _bare(name)), _one_line(domain and _bare(domain))
        if not fast_patterns.other("provider").fullmatch(block):
            raise _UnusualError
        inner = _check_each(block)
        return _one_line(inner.get("name")), _one_line(inner.get("domain"))

    def _topics(self) -> list[str]:
        block = self._blocks.get("topics")
        if block is None:
            return [topic] if (topic := self._line("topics")) else []
        topics = [_one_line(_bare(line[4:])) for line in block.splitlines()]
        return list(dict.fromkeys(topic for topic in topics if topic))

    def _lang(self) -> str:
        for key in _LANGS:
            if text := self._values.get(key):
                if to_number(text) is not None or text.lower() in {"true", "false"}:
                    raise _UnusualError  # only with quotes it is a text
                if found := clean(clean_block(text).strip()):
                    return found
        return ""

    def _has_images(self) -> bool:
        """Whether any picture has an address."""
        block = self._blocks.get("images")
        if block is None:
            return bool(self._line("images"))
        if block.startswith(_USUAL_IMAGE):
            return True
        return any(_one_line(_bare(written)) for written in fast_patterns.image_urls().findall(block))

    # What only has to be free of faults.

    def _check_empty(self, key: str, value: str) -> None:
        if key in _SINGLE or (value == "{}" and key in _LISTS) or (value == "[]" and key == "provider"):
            raise _UnusualError

    def _check_usual(self, key: str) -> None:
        block = self._blocks.get(key)
        if block is not None and not fast_patterns.usual(key).fullmatch(block):
            if not fast_patterns.other(key).fullmatch(block):
                raise _UnusualError
            _check_each(block)

    def _check_lines(self, key: str) -> None:
        block = self._blocks[key]
        if key in _SINGLE:
            raise _UnusualError
        if fast_patterns.texts().fullmatch(block):
            return
        if key == "topics" or not fast_patterns.other(key).fullmatch(block):
            raise _UnusualError
        _check_each(block)

    def _check_secured(self) -> None:
        if text := self._values.get("secured"):
            found = fast_patterns.secured().fullmatch(text)
            if not found or len(found[1]) % 4:
                raise _UnusualError


def _bare(value: str) -> str | None:
    """Return what a value on one line says, None where it says null."""
    if value[0] == '"' and "\\" not in value and value.find('"', 1) == len(value) - 1:
        return value[1:-1]
    found = fast_patterns.scalar().fullmatch(value)
    if found is None:
        raise _UnusualError
    double, plain, single = found.groups()
    if double is not None:
        return _ESCAPE.sub(lambda escape: _ESCAPED.get(escape[1], escape[1]), double)
    if plain is not None:
        return None if plain in _NULLS else plain
    return single


def _one_line(text: str | None) -> str:
    return clean(decode_entities(text)) if text else ""


def _check_each(block: str) -> dict[str, str | None]:
    """Look for repeated fields and for values with a fault; return the single values of the outermost mapping."""
    open_fields: dict[int, dict[str, str | None]] = {}
    for indent, dash, key, written in fast_patterns.lines().findall(block):
        column = len(indent) + len(dash)
        if not key:
            continue
        for deeper in [at for at in open_fields if at > column or (dash and at == column)]:
            del open_fields[deeper]
        fields = open_fields.setdefault(column, {})
        if key in fields:
            raise _UnusualError
        value = _bare(written) if written else None
        if value is not None:
            _check_value(key, value)
        fields[key] = value
    return open_fields.get(2, {})


def _check_value(key: str, value: str) -> None:
    """Raise where some field of this name might not take the value."""
    if key in _LINKS:
        if value and not value.isspace():
            safe_url(value)
    elif key in {"quality", "heat", "width", "height"}:
        number = to_number(value)
        if number is None or (key == "heat" and number < 0 and number != -1):
            raise _UnusualError
    elif (key == "isCached" and to_bool(value) is None) or (key == "publishedDateTime" and to_time(value) is None):
        raise _UnusualError
