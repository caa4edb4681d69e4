"""The shapes of header lines that can be read without a reader of YAML, as regular expressions.

Nearly every document of a hub was written by a program, in lines of few shapes: a
field and a value on one line, or a list or mapping indented by two. Text of these
shapes, and of no other, means to YAML what it seems to mean. They are a whitelist:
what is not here (comments, tags, anchors, nested brackets, block scalars, values of
several lines, tabs, other indents) goes to the full reader.

Every repetition is possessive, and every alternative of one ends with its line: the
time is linear in the text, whatever the text.
"""

from __future__ import annotations

import re
from functools import cache

KEY = "[A-Za-z][A-Za-z0-9_]{0,63}+"

# Without quotes: it begins like a word, a number or a path, holds neither ": " nor " #", and does not end in a blank
# or a colon (YAML 1.2, 7.3.3). Most of what may also begin one is left out; nobody misses it.
_PLAIN = r"[\w/(+.][^:#\n]*+(?:(?::(?=\S)|(?<=\S)#)[^:#\n]*+)*+(?<! )"
_NEGATIVE = r"-[0-9]++(?:\.[0-9]++)?+"
# The escapes whose meaning nobody disputes (7.3.1); line breaks cannot stand in any of these.
_DOUBLE = r'"[^"\\\n]*+(?:\\["\\nt][^"\\\n]*+)*+"'
_SINGLE = r"'[^'\n]*+'"
# Within brackets far less may stand without quotes, or between them for one who splits at commas.
_FLOW_ITEM = r"""(?:[A-Za-z0-9][A-Za-z0-9./_-]*+(?: ++[A-Za-z0-9./_-]++)*+|"[^"\\\n,]*+")"""
SCALAR = rf"(?:{_DOUBLE}|{_PLAIN}|{_SINGLE}|{_NEGATIVE})"

# Values that a field takes without a fault. Moments: every day but 29 February, which needs a look at the year.
_DAY = r"(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
_MOMENT = rf"[12][0-9]{{3}}-{_DAY}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:Z|[+-](?:0[0-9]|1[0-4]):[0-5][0-9])"
# Five labels of 40 characters stay below the bounds of a host, 2,000 characters below those of an address even when
# each had to be encoded.
_ADDRESS = (
    r"https?://[a-z0-9-]{1,40}+(?:\.[a-z0-9-]{1,40}+){1,4}+"
    r"(?:/[A-Za-z0-9\-._~:/?@!&()*+,;=%\[\]#$]{0,2000}+)?+(?<!:)"
)
_SAFE = rf'(?:"{_ADDRESS}"|{_ADDRESS})'
_NUMBER = r"[0-9]{1,9}+(?:\.[0-9]{1,9}+)?+"
_SCORE = rf"(?:{_NUMBER}|-1)"
_TRUTH = "(?:true|false)"


@cache
def entries() -> re.Pattern[str]:
    """Return what takes a header apart, for findall: field, value on its line, lines below, or else what is odd."""
    return re.compile(rf"({KEY}):(?: ([^\n]++))?+\n((?:(?: |- )[^\n]*+\n|\n)*+)|((?s:.+))", re.ASCII)


@cache
def scalar() -> re.Pattern[str]:
    """Return what a value looks like: group 1 between double quotes, 2 without any, 3 between single ones."""
    return re.compile(
        r'"([^"\\\n]*+(?:\\["\\nt][^"\\\n]*+)*+)"' + rf"|({_PLAIN}|{_NEGATIVE})|'([^'\n]*+)'",
    )


@cache
def flow() -> re.Pattern[str]:
    """Return a list of words within brackets; group 1 is what is between those."""
    return re.compile(rf"\[ ?+({_FLOW_ITEM}(?: ?+, ?+{_FLOW_ITEM})*+) ?+\]")


@cache
def moment() -> re.Pattern[str]:
    """Return what a moment looks like that datetime.fromisoformat takes as our own reader of dates does."""
    return re.compile(_MOMENT)


@cache
def secured() -> re.Pattern[str]:
    """Return what a sound secured field looks like but for the length of its group 1, a multiple of 4."""
    return re.compile("([A-Za-z0-9+/]*+={0,2}+);[A-Za-z0-9+/]{22}==")


@cache
def usual(field: str) -> re.Pattern[str]:
    """Return the lines below ``field`` as programs write them: in order, so without repeats, and free of faults.

    For provider, images and related; group 1 and 2 of provider are its name and domain as written.
    """
    if field == "provider":
        return re.compile(
            rf"(?:  name: ({SCALAR})\n)?+(?:  domain: ({SCALAR})\n)?+(?:  images:\n{_usual_images(2)})?+"
            rf"(?:  authors:\n(?:    - name: {SCALAR}\n)*+)?+"
        )
    if field == "images":
        return re.compile(_usual_images(0))
    dash, pad = "  - ", " " * 4
    texts = ("title", "excerpt")
    links = ("originalUrl", "webUrl", "ampWebUrl", "cdnAmpWebUrl")
    lines = [
        *(f"{key}: {SCALAR}\n" for key in texts),
        f"publishedDateTime: {_MOMENT}\n",
        *(f"{key}: {_SAFE}\n" for key in links),
        f"type: {SCALAR}\n",
        f"provider:\n(?:{pad}  name: {SCALAR}\n)?+(?:{pad}  domain: {SCALAR}\n)?+",
        f"quality: {_SCORE}\n",
        f"heat: {_SCORE}\n",
        f"images:\n{_usual_images(4)}",
    ]
    return re.compile(_items(dash, _in_order(dash, pad, lines)))


@cache
def other(field: str) -> re.Pattern[str]:
    """Return the lines below ``field`` in any order, for values that are still to be looked at.

    ``provider``, ``images`` and ``related`` have their own; every further name has the same.
    """
    flat = rf"{KEY}: {SCALAR}\n"
    if field == "provider":
        lists = rf"(?:images|authors):\n(?:(?:    - {SCALAR}\n)++|{_list_of_fields(2, flat)})"
        return re.compile(rf"(?:  (?:{lists}|{flat}))++")
    if field == "images":
        return re.compile(_list_of_fields(0, flat))
    if field == "related":
        provider = rf"provider:\n(?:      {flat})++"
        return re.compile(_list_of_fields(0, rf"{provider}|images:\n{_list_of_fields(4, flat)}|{flat}"))
    return re.compile(rf"(?:  - {SCALAR}\n)++|{_list_of_fields(0, flat)}|(?:  {flat})++")


@cache
def lines() -> re.Pattern[str]:
    """Return what takes the lines of :func:`other` apart, for findall: indent, dash, field, value."""
    return re.compile(rf"( *+)(- )?+(?:({KEY}):(?: |(?=\n)))?+([^\n]*+)\n")


@cache
def image_urls() -> re.Pattern[str]:
    """Return what finds, in the lines of ``images`` at the outermost, each address as it is written."""
    return re.compile(r"^  (?:- |  )url: ([^\n]++)", re.MULTILINE)


@cache
def texts() -> re.Pattern[str]:
    """Return a list of single values."""
    return re.compile(rf"(?:  - {SCALAR}\n)++")


def _usual_images(column: int) -> str:
    dash, pad = " " * column + "  - ", " " * (column + 4)
    lines = [
        f"url: {SCALAR}\n",
        f"width: {_NUMBER}\n",
        f"height: {_NUMBER}\n",
        f"title: {SCALAR}\n",
        f"attribution: {SCALAR}\n",
        f"isCached: {_TRUTH}\n",
    ]
    return _items(dash, _in_order(dash, pad, lines))


def _list_of_fields(column: int, line: str) -> str:
    dash, pad = " " * column + "  - ", " " * (column + 4)
    return _items(dash, f"(?:(?:(?<={dash})|{pad})(?:{line}))++")


def _in_order(dash: str, pad: str, lines: list[str]) -> str:
    # The first line of an item stands behind the dash, wherever in the order it comes.
    return "".join(f"(?:(?:(?<={dash})|{pad}){line})?+" for line in lines)


def _items(dash: str, inner: str) -> str:
    return f"(?:{dash}(?=[A-Za-z]){inner})*+"
