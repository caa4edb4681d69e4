"""Which file of an image is shown: pages name several, and load them by scripts. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping

_LAZY = ("data-src", "data-original", "data-lazy-src", "data-lazy", "data-img-src", "data-hi-res-src", "data-url")
"""Where pages that load images by scripts have the URL; ``src`` has a placeholder then."""
_LAZY_SETS = ("data-srcset", "data-lazy-srcset")
# A comma ends a candidate if it is behind a descriptor, or a blank is behind it: URLs have commas, too.
_CANDIDATE = re.compile(r"\s*+([^\s,]\S*?)(?:\s++([\d.]++)[wx]\s*+(?:,|$)|,\s|,?$)")
_COMMAS = re.compile(r",[\s,]+")
_MAX_SET = 20_000
_EMOJI_CLASS = re.compile(r"emoji|emoticon|smiley", re.IGNORECASE)
_EMOJI_NAME = re.compile(r":[\w+-]{1,64}:")
_MAX_EMOJI = 12


def image_sources(attributes: Mapping[str, str]) -> Iterator[str]:
    """Yield the URLs that an ``img`` or ``source`` element names, the best first."""
    yield from (attributes.get(name, "") for name in _LAZY)
    yield from (_largest(attributes.get(name, "")) for name in _LAZY_SETS)
    yield attributes.get("src", "")
    yield _largest(attributes.get("srcset", ""))


def _largest(srcset: str) -> str:
    """Return the largest image of a ``srcset`` (HTML, 4.8.4.2.1)."""
    best, size = "", -1.0
    for candidate in _CANDIDATE.finditer(_COMMAS.sub(", ", srcset[:_MAX_SET])):
        try:
            weight = float(candidate[2] or 1)
        except ValueError:
            weight = 0.0
        if weight > size:
            best, size = candidate[1], weight
    return best


def is_emoji(alt: str, names: str) -> bool:
    """Return whether an image stands for a character, its alternative text."""
    if not alt or _EMOJI_CLASS.search(names) or _EMOJI_NAME.fullmatch(alt):
        return bool(alt)
    return len(alt) <= _MAX_EMOJI and all(unicodedata.category(char) in ("So", "Sk", "Mn", "Cf") for char in alt)
