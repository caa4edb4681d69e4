"""Media types: from the Content-Type header, from the first bytes of a body, and in words (pure)."""

from __future__ import annotations

import re

PAGES = ("text/html", "application/xhtml+xml", "text/plain", "text/markdown")
MARKUP = ("text/html", "application/xhtml+xml")
PERHAPS_PAGES = ("text/xml", "application/xml", "application/octet-stream")
"""Types that servers give to pages, and to much else."""
IMAGES = ("image/png", "image/jpeg", "image/gif", "image/webp", "image/avif")

_TYPE = re.compile(r"\s*([a-z0-9!#$&^_.+-]{1,64}/[a-z0-9!#$&^_.+-]{1,64})\s*(?:;(.*))?", re.IGNORECASE | re.DOTALL)
_CHARSET = re.compile(r"charset\s*=\s*\"?'?\s*([^\s\"';,]{1,64})", re.IGNORECASE)
# The first bytes of bodies that are not pages (WHATWG MIME Sniffing, 6).
_SIGNATURES = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"PK\x03\x04", "application/zip"),
    (b"\x1f\x8b", "application/gzip"),
    (b"BZh", "application/x-bzip2"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"\x28\xb5\x2f\xfd", "application/zstd"),
    (b"\x1a\x45\xdf\xa3", "video/webm"),
    (b"OggS", "audio/ogg"),
    (b"ID3", "audio/mpeg"),
    (b"fLaC", "audio/flac"),
)
_MARKUP = re.compile(
    rb"\s*<(?:!doctype\s+html|html|head|body|title|script|style|meta|h1|div|table|article|p|a|br|!--|\?xml)[\s>/?-]",
    re.IGNORECASE,
)
_XHTML = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*|<!--.*?-->\s*|<!doctype\s+html[^>]*>\s*)*<html[\s>]", re.IGNORECASE | re.DOTALL
)
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")  # WHATWG MIME Sniffing, 5.2
SNIFFED_BYTES = 1445
"""The resource header of the standard."""

_ARCHIVES = ("zip", "gzip", "x-bzip2", "x-7z-compressed", "vnd.rar", "zstd")
_WORDS = {
    **dict.fromkeys(MARKUP, "a web page"),
    **dict.fromkeys(("text/plain", "text/markdown"), "a text"),
    **dict.fromkeys(("application/json", "application/ld+json"), "data (JSON)"),
    **dict.fromkeys(("application/xml", "text/xml"), "data (XML)"),
    **dict.fromkeys(("application/rss+xml", "application/atom+xml"), "a feed"),
    "application/pdf": "a PDF",
    "application/epub+zip": "a book (EPUB)",
    "application/octet-stream": "a file",
    **{f"application/{name}": "an archive" for name in _ARCHIVES},
}
_WORDS_BY_TYPE = {"image": "an image", "video": "a video", "audio": "a sound recording", "font": "a font"}


def media_type(header: str) -> tuple[str, str]:
    """Return the media type in lower case and the charset of a Content-Type; each may be empty."""
    match = _TYPE.fullmatch(header[:1024])
    if match is None:
        return "", ""
    label = _CHARSET.search(match[2] or "")
    return match[1].lower(), label[1] if label else ""


def signature(body: bytes) -> str:
    """Return the media type that the first bytes show, unless it is one of a page; else an empty string."""
    for prefix, name in _SIGNATURES:
        if body.startswith(prefix):
            # Signatures of letters alone may begin a text as well.
            return name if prefix == b"%PDF-" or _BINARY.search(body[:64]) else ""
    if body[:4] == b"RIFF" and _BINARY.search(body[:64]):
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav"}.get(body[8:12], "video/x-msvideo")
    if body[4:8] == b"ftyp" and _BINARY.search(body[:64]):
        return "image/avif" if body[8:12] in {b"avif", b"avis"} else "video/mp4"
    return ""


def sniff(body: bytes) -> str:
    """Return the media type of a body whose server does not name one: markup, text, or something else."""
    if name := signature(body):
        return name
    if is_markup(body):
        return "text/html"
    return "text/plain" if is_text(body, "") else "application/octet-stream"


def page_type(declared: str, body: bytes) -> str:
    """Return the media type of a page by its declared type and its first bytes; ``declared`` if it is no page."""
    if declared not in PERHAPS_PAGES:
        return declared or (sniff(body) if body else "")
    start = body[:SNIFFED_BYTES].removeprefix(b"\xef\xbb\xbf")
    is_page = _XHTML.match(start) or (
        declared == "application/octet-stream" and is_markup(start) and not start.lstrip().startswith(b"<?")
    )
    return "text/html" if is_page else declared


def is_markup(body: bytes) -> bool:
    """Whether ``body`` begins like a page."""
    return _MARKUP.match(body.removeprefix(b"\xef\xbb\xbf")) is not None


def is_text(body: bytes, charset: str) -> bool:
    """Whether ``body`` may be text in ``charset``, by its first bytes."""
    wide = charset.startswith("utf-16") or body.startswith((b"\xff\xfe", b"\xfe\xff"))
    return wide or not _BINARY.search(body[:SNIFFED_BYTES])


def describe(media: str) -> str:
    """Return a media type in words: ``a PDF``, ``a video``."""
    known = _WORDS.get(media) or _WORDS_BY_TYPE.get(media.partition("/")[0])
    return known or (f"a file of the type {media}" if media else "a file")
