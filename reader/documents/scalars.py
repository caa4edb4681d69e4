"""Reads single values as they are written in front matter: numbers, booleans, names and topics. Pure."""

from __future__ import annotations

import math
import re

from reader.core.model import Json, Number
from reader.core.text import clean_block, lazy_pattern, unescape

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_MAX_NUMBER = 10**12
"""Larger scores are errors, and would not fit a 64-bit column."""
_BOOLEANS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


def to_number(text: str) -> Number | None:
    """Return a decimal number, whole numbers as int; None if ``text`` is not a number."""
    text = text.strip()
    if len(text) > 40 or not _NUMBER.fullmatch(text):
        return None
    value = float(text)
    if not math.isfinite(value) or abs(value) > _MAX_NUMBER:
        return None
    return int(value) if value.is_integer() else value


def to_bool(text: str) -> bool | None:
    """Return a boolean in any of YAML's spellings; None if ``text`` is not one."""
    return _BOOLEANS.get(text.strip().lower())


def scalar_to_json(text: str, *, plain: bool) -> Json:
    """Return a number or a boolean if ``text`` is one and had no quotes, else a safe text."""
    if plain:
        number = to_number(text)
        if number is not None:
            return number
        if text.lower() in {"true", "false"}:
            return text.lower() == "true"
    return clean_block(text).strip()


def decode_entities(text: str) -> str:
    """Decode HTML entities, twice because many feeds encode them twice."""
    return unescape(unescape(text))


_HASHTAG = r"#(?:\[\[[^\[\]]*+\]\]|(?!\[\[)[^\s,]++)"
_hashtags = lazy_pattern(rf"\s*{_HASHTAG}(?:[\s,]++{_HASHTAG})*+[\s,]*")


def split_topics(text: str) -> list[str]:
    """Return the topics of a single text: separated by commas, else by semicolons, or hashtags by blanks too."""
    if _hashtags().fullmatch(text):
        return re.findall(_HASHTAG, text)
    return text.split("," if "," in text else ";")


_wiki_link = lazy_pattern(r"\[\[(?:[^\[\]|]*\|)?([^\[\]|]*)\]\]")


def undecorated(text: str) -> str:
    """Return ``text`` without the signs of Obsidian: ``[[link|name]]`` and ``#tag``."""
    if "[[" in text:
        text = _wiki_link().sub(r"\1", text)
    return text.strip().removeprefix("#").strip()


def is_wiki_link(text: str) -> bool:
    """Return whether ``text`` is a link of Obsidian."""
    return _wiki_link().fullmatch(text.strip()) is not None


def split_authors(text: str, *, commas: bool) -> list[str]:
    """Return the authors of a single text: separated by semicolons, or by ``commas`` if each has more than one name."""
    several = [each.strip() for each in text.split(";" if ";" in text else ",")]
    return several if ";" in text or (commas and all(" " in each for each in several)) else [text]


_mail = lazy_pattern(r"(?<=\S)\s*<[^<>\s]+@[^<>\s]+>$")


def author_name(text: str) -> str:
    """Return the name of an author without an e-mail address and the signs of Obsidian."""
    return undecorated(_mail().sub("", text) if text.endswith(">") else text)
