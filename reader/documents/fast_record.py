"""Makes the index record of a document from its bytes, quickly.

:func:`reader.documents.parse.parse_document` defines what is correct. Valid documents whose header has only common
kinds of lines (:mod:`reader.documents.fast_patterns`) are read with regular expressions, in a tenth of the time. All
others are parsed in full, so problems and line numbers always come from there. Tests compare the two paths.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from datetime import datetime

from reader.core.dates.date_parser import parse_date
from reader.core.dates.partial import PartialDate
from reader.core.errors import ReaderError
from reader.core.model import PRECISIONS, BodyFormat, Json, Number
from reader.core.text import clean, clean_block, is_clean_block, show_path
from reader.core.times import to_micros
from reader.core.urls import article_key, safe_url, safe_url_and_key
from reader.documents import fast_patterns
from reader.documents.body_start import body_format_of, first_paragraph, split_heading
from reader.documents.file_names import date_from_path, title_from_path
from reader.documents.files import MAX_BYTES
from reader.documents.header.nodes import LIST_LIMIT, MAX_HEADER
from reader.documents.index_record import (
    BODY,
    IMAGES,
    LANGUAGE_FIELDS,
    PUBLISHED,
    RELATED,
    IndexRecord,
    RecordProblem,
    cache_short,
    full_record,
    index_words,
    link_keys,
    member_stems,
    texts_in,
)
from reader.documents.resolve import DEFAULTS, HUB_FIELDS, LINK_FIELDS, ReadingOptions
from reader.documents.scalars import (
    author_name,
    decode_entities,
    scalar_to_json,
    split_topics,
    to_bool,
    to_number,
    undecorated,
)

_ALLOWED_BYTES = bytes(range(0x20, 0x7F)) + b"\n" + bytes(range(0x80, 0x100))
"""Every byte except control characters; tab is one of them."""
_COMMON_BYTES = bytes(range(0x20, 0x7F)) + b"\n"
"""Bytes that are characters of their own, which stay in a body."""
_YAML_SPECIAL = re.compile(
    b"[\xc2\xe2\xef](?:(?<=\xc2)[\x80-\x9f]|(?<=\xe2)\x80[\xa8\xa9]|(?<=\xef)(?:\xbb\xbf|\xbf[\xbe\xbf]))"
)
"""Characters that PyYAML rejects, drops or takes for a line break: C1 controls, U+2028 and 2029, U+FEFF, FFFE, FFFF."""
_ESCAPE = re.compile(r"\\(.)")
_ESCAPED = {"n": "\n", "t": "\t"}
_COMMON_IMAGE_STARTS = ("  - url: http", '  - url: "http', "  - url: /")
_NULLS = frozenset({"null", "Null", "NULL"})
_SINGLE = {"title", "excerpt", "category", "type", "publishedDateTime", "published", "quality", "heat", "secured"}
_SINGLE.update(LINK_FIELDS)
"""Fields with a single value; lines below one are a problem."""
_LISTS = frozenset({"images", "related", "topics"})
_READ_HERE = frozenset({*_SINGLE, *_LISTS, "provider"})
"""Fields that have no other meaning here than in a whole parse."""


_INNER = {
    "provider": (2, frozenset({"name", "domain", "images", "authors"})),
    "images": (4, frozenset({"url", "width", "height", "title", "attribution", "isCached"})),
}
"""The fields below a field that leave nothing for "More", and the column in which they begin."""


class _NeedsParserError(Exception):
    """The document needs the full parser."""


def index_record(
    path: bytes, data: bytes, options: ReadingOptions = DEFAULTS
) -> tuple[IndexRecord, tuple[RecordProblem, ...]]:
    """Return the record of the document ``data`` at ``path`` in its folder, and its problems.

    Never raises, whatever the bytes.
    """
    found = fast_record(path, data, options)
    return full_record(path, data, options) if found is None else (found, ())


def fast_record(path: bytes, data: bytes, options: ReadingOptions = DEFAULTS) -> IndexRecord | None:
    """Return the record of a valid, common document; None if it needs the full parser."""
    try:
        header, start = _header(data)
        return _FastHeader(header, options).record(path, _body(data[start:]))
    except (_NeedsParserError, UnicodeDecodeError, ReaderError):
        return None


def _header(data: bytes) -> tuple[str, int]:
    """Return the text between the ``---`` lines, with its last line break, and the offset of the body."""
    if len(data) > MAX_BYTES:
        raise _NeedsParserError
    newline, opening, closing = (b"\n", b"---\n", b"\n---\n")
    if data.startswith(b"---\r"):
        newline, opening, closing = (b"\r\n", b"---\r\n", b"\r\n---\r\n")
    end = data.find(closing, len(opening) - len(newline), MAX_HEADER)
    start = end + len(closing)
    if end < 0 and len(data) < MAX_HEADER and data.endswith(newline + b"---"):
        end, start = len(data) - len(newline) - 3, len(data)
    if end < 0 or not data.startswith(opening):
        raise _NeedsParserError
    header = data[len(opening) : end + len(newline)]
    if newline != b"\n":
        header = header.replace(newline, b"\n")
    if header.translate(None, _ALLOWED_BYTES) or header.count(b"\n") > LIST_LIMIT:
        raise _NeedsParserError
    if data.isascii():
        return header.decode("ascii"), start
    # Single bytes are found much faster than the expression.
    if (b"\xc2" in header or b"\xe2" in header or b"\xef" in header) and _YAML_SPECIAL.search(header):
        raise _NeedsParserError
    return header.decode("utf-8"), start


def _body(data: bytes) -> str:
    """Return the body as in an article. Raises UnicodeDecodeError, the only problem that a body can have."""
    text = data.decode("utf-8")
    if (rest := data.translate(None, _COMMON_BYTES)) and not is_clean_block(rest.decode("utf-8")):
        text = clean_block(text.replace("\r\n", "\n"))
    return text.strip("\n")


def _indented(items: str) -> str:
    """Return a list without indent as one with it, which is the same in YAML."""
    return "  " + items.replace("\n", "\n  ") + "\n"


class _FastHeader:
    """The fields of a header: reads those that the index stores, and checks the others for problems."""

    def __init__(self, header: str, options: ReadingOptions) -> None:
        self._options = options
        self._values: dict[str, str | None] = {}  # unquoted; None is null
        self._others: list[str] = []  # fields of another kind
        self._written: dict[str, str] = {}  # the values as written of those on one line
        self._blocks: dict[str, str] = {}  # the lines below a field
        values, blocks = self._values, self._blocks
        for key, value, below, odd in fast_patterns.split_fields().findall(header):
            block = below and below.strip("\n")
            if odd or key in values or key in blocks or (value and block):
                raise _NeedsParserError
            if key not in _READ_HERE:
                self._others.append(key)
                self._written[key] = value
            if block:
                blocks[key] = _indented(block) if block[0] == "-" else f"{block}\n"
            elif not value:
                values[key] = None
            elif value[0] == "[" and (words := fast_patterns.flow_list().fullmatch(value)):
                blocks[key] = "".join(f"  - {word.strip(' ')}\n" for word in words[1].split(","))
            elif value in {"[]", "{}"}:
                if key in _SINGLE or (value == "{}" and key in _LISTS) or (value == "[]" and key == "provider"):
                    raise _NeedsParserError
                values[key] = None
            else:
                values[key] = _unquoted(value)

    def record(self, path: bytes, body: str) -> IndexRecord:
        """Return the record. Raises _NeedsParserError if there is any problem."""
        self._check_names()
        for key, block in self._blocks.items():
            if key not in {"provider", "topics"}:
                _check_block(key, block)
        provider = self._blocks.get("provider")
        name, domain, authors = _provider(provider) if provider else (self._line("provider"), "", ())
        if text := self._values.get("secured"):
            secured = fast_patterns.secured().fullmatch(text)
            if not secured or len(secured[1]) % 4:
                raise _NeedsParserError
        if self._values.get("related") is not None:  # neither a list nor a mapping
            raise _NeedsParserError
        if (published := self._values.get("published")) is not None and to_bool(published) is None:
            raise _NeedsParserError
        quality, heat = self._number("quality"), self._number("heat")
        if heat is not None and heat < 0:
            if heat != -1:
                raise _NeedsParserError
            heat = None
        links, keys = self._links()
        best = next(iter(keys.values()), None)
        title = self._line("title") or self._line("name")
        if not title:
            if body:
                title, body = split_heading(body, _format(path, body))
            title = title or title_from_path(show_path(path), self._options.order)
        excerpt = clean_block(_decoded(self._values.get("excerpt") or "")).strip()
        if not excerpt and body:
            excerpt = first_paragraph(body, _format(path, body))
        published_at, precision = self._time(path)
        topics = self._topics()
        flags = (
            (PUBLISHED if published is not None and to_bool(published) else 0)
            | (RELATED if "related" in self._blocks else 0)
            | (IMAGES if self._has_images() else 0)
            | (BODY if body and not body.isspace() else 0)
        )
        return IndexRecord(
            id=article_key("", self._options.place(path)) if best is None else best,
            title=title,
            excerpt=excerpt,
            published_at=published_at,
            precision=precision,
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
            authors="\n".join(authors),
            flags=flags,
            words=index_words(
                title,
                excerpt,
                source=name or domain,
                topics=topics,
                body=body,
                more=[*authors, *self._other_texts()],
            ),
            link_keys=link_keys(self._related_urls(), own=keys.values()),
            members=member_stems(self._members(), path),
        )

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

    def _check_names(self) -> None:
        """Raise if a field may have another name here."""
        names = self._options.names
        if self._others and (names.may_give(self._others) or any(map(_may_be_language, self._others))):
            raise _NeedsParserError
        if "name" in self._blocks:  # a list in brackets may be the title
            raise _NeedsParserError
        if names.redefined and names.redefined & (self._values.keys() | self._blocks.keys()):
            raise _NeedsParserError
        is_topic = self._values.get("category") and self._is_empty("topics")  # but in documents of a hub
        if is_topic and not HUB_FIELDS & (self._values.keys() | self._blocks.keys()):
            raise _NeedsParserError

    def _time(self, path: bytes) -> tuple[int | None, int]:
        """Return the date in microseconds, and the index of its precision."""
        text = self._values.get("publishedDateTime")
        date: PartialDate | None
        if text is None:
            date = date_from_path(show_path(path), self._options.order)
        elif fast_patterns.timestamp().fullmatch(text):
            return int(datetime.fromisoformat(text).timestamp()) * 1_000_000, 0
        else:
            try:
                date = parse_date(text, self._options.order)
            except ValueError:
                raise _NeedsParserError from None
        return (to_micros(date.moment), PRECISIONS.index(date.precision)) if date else (None, 0)

    def _links(self) -> tuple[list[str], dict[str, int | None]]:
        """Return the URLs of :data:`LINK_FIELDS`, and the key of each."""
        links: list[str] = []
        keys: dict[str, int | None] = {}
        for field in LINK_FIELDS:
            url = self._values.get(field) or ""
            if url.isspace():
                url = ""
            elif url and url not in keys:
                url, key = safe_url_and_key(url)
                keys[url] = key
            links.append(url)
        return links, keys

    def _topics(self) -> list[str]:
        block = self._blocks.get("topics")
        if block is None:
            topics = split_topics(self._line("topics"))
        else:
            return [*dict.fromkeys(filter(None, map(_topic, block.splitlines())))]
        return [*dict.fromkeys(filter(None, map(undecorated, topics)))]

    def _other_texts(self) -> Iterator[str]:
        """Yield the texts that "More" shows of fields of another kind."""
        for key in self._others:
            if text := self._values.get(key):
                yield from _texts_of(text, self._written[key])
            elif block := self._blocks.get(key):
                for *_, written in fast_patterns.split_lines().findall(block):
                    if written and (text := _unquoted(written)) is not None:
                        yield from _texts_of(text, written)

    def _related_urls(self) -> set[str]:
        """Return every URL of a related item."""
        block = self._blocks.get("related")
        if block is None:
            return set()
        found = fast_patterns.related_urls().findall(f"\n{block}")
        if "\\" in block and any("\\" in each for each in found):  # an escape, which no URL needs
            raise _NeedsParserError
        return {each[1:-1] if each[0] == "'" else each for each in found}

    def _members(self) -> Json:
        """Return the field ``items``."""
        block = self._blocks.get("items")
        if block is None:
            return None
        found = fast_patterns.split_lines().findall(block)
        written = [text for indent, dash, key, text in found if (indent, dash, key) == ("  ", "- ", "")]
        texts = ((text[0], _unquoted(text)) for text in written)
        return [scalar_to_json(text, plain=first not in "\"'") for first, text in texts if text is not None]

    def _is_empty(self, key: str) -> bool:
        return key not in self._blocks and not (self._values.get(key) or "").strip()

    def _lang(self) -> str:
        for key in LANGUAGE_FIELDS:
            if text := self._values.get(key):
                if to_number(text) is not None or text.lower() in {"true", "false"}:
                    raise _NeedsParserError  # text only if it is quoted
                if found := clean(clean_block(text).strip()):
                    return found
        return ""

    def _has_images(self) -> bool:
        """Whether any image has a URL."""
        block = self._blocks.get("images")
        if block is None:
            return bool(self._line("images"))
        if block.startswith(_COMMON_IMAGE_STARTS):
            return True
        return any(_one_line(_unquoted(written)) for written in fast_patterns.image_urls().findall(block))


def _format(path: bytes, body: str) -> BodyFormat:
    return body_format_of(os.path.splitext(path)[1].lower(), body)


@cache_short
def _may_be_language(key: str) -> bool:
    """Return whether ``key`` is another spelling of a field for the language."""
    return key not in LANGUAGE_FIELDS and key.lower() in LANGUAGE_FIELDS


def _unquoted(value: str) -> str | None:
    """Return a value without its quotes; None for null."""
    if value.isalnum():  # the most common plain values
        return None if value in _NULLS else value
    if value[0] == '"' and "\\" not in value and value.find('"', 1) == len(value) - 1:
        return value[1:-1]
    found = fast_patterns.scalar().fullmatch(value)
    if found is None:
        raise _NeedsParserError
    double, plain, single = found.groups()
    if double is not None:
        if "\\\\" not in double:  # then these are the escapes
            return double.replace('\\"', '"').replace("\\n", "\n").replace("\\t", "\t")
        return _ESCAPE.sub(lambda escape: _ESCAPED.get(escape[1], escape[1]), double)
    if plain is not None:
        return None if plain in _NULLS else plain
    return single


def _texts_of(text: str, written: str) -> Iterator[str]:
    return texts_in(scalar_to_json(text, plain=written[0] not in "\"'"))


def _one_line(text: str | None) -> str:
    return clean(_decoded(text)) if text else ""


def _decoded(text: str) -> str:
    return decode_entities(text) if "&" in text else text


@cache_short
def _topic(line: str) -> str:
    """Return the topic in a line below ``topics``."""
    if not line.startswith("  - ") or len(line) == len("  - "):
        raise _NeedsParserError
    return undecorated(_one_line(_unquoted(line[4:])))


@cache_short
def _provider(block: str) -> tuple[str, str, tuple[str, ...]]:
    """Return the name, the domain and the authors of the lines below ``provider``."""
    fields = _check_block("provider", block)
    return _one_line(fields.get("name")), _one_line(fields.get("domain")), tuple(_authors(block))


def _authors(provider: str) -> Iterable[str]:
    if "  authors:" not in provider:
        return ()
    found = fast_patterns.author_lines().search(provider)
    if found is None:  # a single name on that line
        raise _NeedsParserError
    names = []
    for line in found[1].splitlines():
        name = fast_patterns.author_line().fullmatch(line)
        if name is None:
            raise _NeedsParserError
        names.append(author_name(_one_line(_unquoted(name[1]))))
    return dict.fromkeys(filter(None, names))


def _check_block(key: str, block: str) -> dict[str, str | None]:
    """Check the lines below a field; return the values of the outermost mapping as far as the index stores them."""
    if key in _SINGLE:
        raise _NeedsParserError
    if "\\" not in block and (found := fast_patterns.ordered_lines(key).fullmatch(block)):
        name, domain = found.groups() if key == "provider" else (None, None)
        return {"name": name and _unquoted(name), "domain": domain and _unquoted(domain)}
    if not fast_patterns.unordered_lines(key).fullmatch(block):
        raise _NeedsParserError
    return _check_each(block, *_INNER.get(key, (0, None)))


def _check_each(block: str, known_column: int, known: frozenset[str] | None) -> dict[str, str | None]:
    """Check for duplicate fields and invalid values; return the values of the outermost mapping."""
    open_fields: dict[int, dict[str, str | None]] = {}
    for indent, dash, key, written in fast_patterns.split_lines().findall(block):
        column = len(indent) + len(dash)
        if not key:
            continue
        for deeper in [at for at in open_fields if at > column or (dash and at == column)]:
            del open_fields[deeper]
        fields = open_fields.setdefault(column, {})
        if key in fields or (known and (column != known_column or key not in known)):
            raise _NeedsParserError
        value = _unquoted(written) if written else None
        if value is not None:
            _check_value(key, value)
        fields[key] = value
    return open_fields.get(2, {})


def _check_value(key: str, value: str) -> None:
    """Raise if a field of this name might not accept the value."""
    if key in LINK_FIELDS:
        if '"' in value:  # where the expression for URLs of related items ends
            raise _NeedsParserError
        if value and not value.isspace():
            safe_url(value)
    elif key in {"quality", "heat", "width", "height"}:
        number = to_number(value)
        if number is None or (key == "heat" and number < 0 and number != -1):
            raise _NeedsParserError
    elif (key == "isCached" and to_bool(value) is None) or (key == "publishedDateTime" and not _is_date(value)):
        raise _NeedsParserError


def _is_date(text: str) -> bool:
    try:
        parse_date(text, any_language=False)
    except ValueError:
        return not text.strip()
    return True
