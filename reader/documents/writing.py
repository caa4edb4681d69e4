"""Parts of new documents: fields of front matter, bodies, and names of files. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from json.encoder import encode_basestring
from typing import TypeAlias

from reader.documents.body_start import body_format_of
from reader.documents.scalars import decode_entities

ENDING = ".md"
_NAME_BYTES = 120
"""Longest name of a file or folder; every file system takes 143."""
_SLUG_BYTES = _NAME_BYTES - len("YYYY-MM-DD-") - len("-0123abcd99999") - len(ENDING)
FieldPairs: TypeAlias = Iterable[tuple[str, str | int | None]]


def escaped(text: str) -> str:
    """Return a text so that the reader, which decodes entities twice, gets it back."""
    return text if decode_entities(text) == text else text.replace("&", "&amp;amp;")


def quoted(text: str) -> str:
    """Return a string of YAML, which one of JSON is."""
    return encode_basestring(text)


def fields_of(pairs: FieldPairs) -> list[str]:
    """Return those fields that are not empty as lines of YAML."""
    return [f"{key}: {quoted(value) if isinstance(value, str) else value}" for key, value in pairs if value]


def item_of(pairs: FieldPairs) -> list[str]:
    """Return the lines of a list's item of fields, of which at least one is not empty."""
    first, *others = fields_of(pairs)
    return [f"- {first}", *(f"  {line}" for line in others)]


def indented(lines: Iterable[str]) -> list[str]:
    """Return lines as those below a field."""
    return [f"  {line}" for line in lines]


def as_markdown_body(body: str) -> str:
    """Return Markdown as the body of a document; one that begins with a tag would be taken for HTML."""
    return f"&#32;{body}" if body and body_format_of(ENDING.encode(), body) == "html" else body


def slug(text: str) -> str:
    """Return a text as part of a file name: letters and digits in lower case, with hyphens."""
    words = re.findall(r"[^\W_]+", unicodedata.normalize("NFKC", text).lower().replace("’", "").replace("'", ""))
    whole = unicodedata.normalize("NFC", "-".join(words))
    cut = cut_bytes(whole, _SLUG_BYTES)
    return cut if cut == whole or len(cut.rpartition("-")[0]) < len(cut) // 2 else cut.rpartition("-")[0]


def cut_bytes(text: str, size: int) -> str:
    """Return the start of a text that has at most ``size`` bytes."""
    return text.encode()[:size].decode("utf-8", "ignore").rstrip("-")
