"""Enclosures: the files that a document names, such as an episode of a podcast."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from reader.core.events import format_duration
from reader.core.hashing import hash_bytes
from reader.core.model import Json
from reader.core.text import clean, format_size
from reader.core.urls import display_host, openable_url

FIELD = "enclosures"
"""The field of documents that lists them."""
_MOST = 100
"""How many of a document count, as in feeds."""
_YOUTUBE = "application/x-shockwave-flash"
"""What YouTube's feeds still call videos."""
_KINDS = {
    _YOUTUBE: "video",
    **dict.fromkeys(("audio/mpeg", "audio/mp3"), "MP3 audio"),
    **dict.fromkeys(("audio/mp4", "audio/x-m4a"), "M4A audio"),
    "video/mp4": "MP4 video",
    "video/quicktime": "MOV video",
    "application/pdf": "PDF",
    "application/epub+zip": "EPUB",
}
"""What people call the most frequent types."""
_PLAYLIST = re.compile(r"mpegurl|scpls|xspf|smil|x-ms-(?:asx|wax|wvx)|realaudio|edl")
"""In the types of lists of files to be played."""
_PLAYLIST_ENDINGS = (".asx", ".cue", ".edl", ".m3u", ".m3u8", ".pls", ".ram", ".smi", ".smil", ".strm", ".wpl", ".xspf")
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_ENDING = re.compile(r"\.[a-z0-9]{1,5}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A file that a document or an entry of a feed names."""

    url: str
    type: str = ""
    """Its media type, in lower case; empty if unknown."""
    length: int | None = None
    """Its bytes, as the document or feed says; None if unknown."""
    duration_seconds: int | None = None
    """How long it plays; None if unknown."""
    title: str = ""

    @property
    def likely_type(self) -> str:
        """Its media type, else that which its URL suggests; empty if unknown."""
        return self.type or mimetypes.guess_type(urlsplit(self.url).path)[0] or ""

    @property
    def is_playlist(self) -> bool:
        """Whether it is a list of what to play, which may name any file of the user and any address."""
        is_named_so = urlsplit(self.url).path.lower().endswith(_PLAYLIST_ENDINGS)
        return is_named_so or bool(_PLAYLIST.search(self.likely_type))

    @property
    def is_playable(self) -> bool:
        """Whether a player is the program for it; one of unknown type is most likely an episode."""
        if self.is_playlist:
            return False
        return self.likely_type.partition("/")[0] in {"audio", "video", ""} or self.likely_type == _YOUTUBE

    @property
    def is_page(self) -> bool:
        """Whether it is a web page."""
        return "html" in self.type

    @property
    def name(self) -> str:
        """Its title, else the last part of its URL, else the host."""
        return self.title or clean(unquote(urlsplit(self.url).path.rpartition("/")[2])) or display_host(self.url)

    @property
    def facts(self) -> tuple[str, ...]:
        """Its name, its type, how long it plays and its size; says what is not known."""
        kind = "playlist" if self.is_playlist else _KINDS.get(self.likely_type, self.likely_type) or "type unknown"
        lasts = format_duration(self.duration_seconds) if self.duration_seconds else "length unknown"
        size = format_size(self.length) if self.length else "size unknown"
        return (self.name, kind, lasts, size) if self.is_playable else (self.name, kind, size)

    def file_name(self, stem: str) -> str:
        """Return a name for it, safe on every file system, that no other URL has; ``stem`` is what it begins with."""
        ending = PurePosixPath(urlsplit(self.url).path).suffix.lower()
        ending = ending if _ENDING.fullmatch(ending) else mimetypes.guess_extension(self.type) or ""
        return f"{stem or 'file'}-{hash_bytes(self.url.encode(), 4).hex()}{ending}"


def is_text(start: bytes) -> bool:
    """Return whether a file that begins so is a text, as playlists are, whatever they are called; no recording is."""
    return start.startswith((b"\xff\xfe", b"\xfe\xff")) or not _CONTROLS.search(start)


def enclosures_of(extra: Mapping[str, Json]) -> tuple[Enclosure, ...]:
    """Return the enclosures among the other fields of a document, each URL once; what is not valid is left out."""
    listed = extra.get(FIELD)
    found: dict[str, Enclosure] = {}
    for each in (listed if isinstance(listed, list) else [listed])[:_MOST]:
        fields = each if isinstance(each, dict) else {"url": each}
        url = openable_url(given) if isinstance(given := fields.get("url"), str) else ""
        if url and url not in found:
            found[url] = Enclosure(
                url, _text(fields.get("type")).lower(), _number(fields.get("length")),
                _number(fields.get("durationSeconds")), _text(fields.get("title")),
            )  # fmt: skip
    return tuple(found.values())


def _text(value: Json) -> str:
    return clean(value) if isinstance(value, str) else ""


def _number(value: Json) -> int | None:
    """Return a number of bytes or seconds; none is less than one."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return round(value) if 1 <= value < 1e15 else None
