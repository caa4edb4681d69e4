"""Enclosures: the files that a document names, such as an episode of a podcast."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from reader.core.errors import ReaderError
from reader.core.events import format_duration
from reader.core.hashing import hash_bytes
from reader.core.model import Json
from reader.core.text import clean, format_size
from reader.core.urls import display_host, safe_url

FIELD = "enclosures"
"""The field of documents that lists them."""
_MOST = 100
"""How many of a document count, as in feeds."""
_FORMATS = {
    "audio/mpeg": "MP3", "audio/mp3": "MP3", "audio/mp4": "M4A", "audio/x-m4a": "M4A", "video/mp4": "MP4",
    "video/quicktime": "MOV", "application/pdf": "PDF", "application/epub+zip": "EPUB",
}  # fmt: skip
"""What people call the most frequent types."""
_ENDING = re.compile(r"\.[a-z0-9]{1,5}")


class Enclosure(NamedTuple):
    """A file that a document names."""

    url: str
    type: str = ""
    """Its media type; empty if unknown."""
    title: str = ""
    seconds: float | None = None
    """How long it plays; None if unknown."""
    size: int | None = None
    """Its bytes, as the document says; None if unknown."""

    @property
    def kind(self) -> str:
        """“audio”, “video”, “image”, or another first part of its media type; empty if unknown."""
        return (self.type or mimetypes.guess_type(urlsplit(self.url).path)[0] or "").partition("/")[0]

    @property
    def is_playable(self) -> bool:
        """Whether a player is the program for it; one of unknown type is most likely an episode."""
        return self.kind in {"audio", "video", ""}

    @property
    def facts(self) -> tuple[str, ...]:
        """Its title or host, its type, how long it plays and its size; says what is not known."""
        form = _FORMATS.get(self.type)
        words = (f"{form} {self.kind}" if self.kind in {"audio", "video"} else form) if form else self.type
        lasts = ((format_duration(self.seconds) if self.seconds else "length unknown"),) if self.is_playable else ()
        size = format_size(self.size) if self.size else "size unknown"
        return (self.title or display_host(self.url), words or "type unknown", *lasts, size)

    def file_name(self, stem: str) -> str:
        """Return a name for it, safe on every file system, that no other URL has; ``stem`` is what it begins with."""
        ending = _ENDING.fullmatch("." + urlsplit(self.url).path.rpartition("/")[2].rpartition(".")[2].lower())
        guessed = ending[0] if ending else mimetypes.guess_extension(self.type) or ""
        return f"{stem or 'file'}-{hash_bytes(self.url.encode(), 4).hex()}{guessed}"


def enclosures_of(extra: Mapping[str, Json]) -> tuple[Enclosure, ...]:
    """Return the enclosures among the other fields of a document, each URL once; what is not valid is left out."""
    listed = extra.get(FIELD)
    found: dict[str, Enclosure] = {}
    for each in (listed if isinstance(listed, list) else [listed])[:_MOST]:
        fields = each if isinstance(each, dict) else {"url": each}
        url = _url(fields.get("url"))
        if url and url not in found:
            found[url] = Enclosure(
                url, _text(fields.get("type")).lower(), _text(fields.get("title")),
                _number(fields.get("durationSeconds")), int(_number(fields.get("length")) or 0) or None,
            )  # fmt: skip
    return tuple(found.values())


def _url(value: Json) -> str:
    try:
        return safe_url(value) if isinstance(value, str) and value.startswith(("http://", "https://")) else ""
    except ReaderError:
        return ""


def _text(value: Json) -> str:
    return clean(value) if isinstance(value, str) else ""


def _number(value: Json) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1e15
    return value if is_number else None  # type: ignore[return-value]
