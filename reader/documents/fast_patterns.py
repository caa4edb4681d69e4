"""Regular expressions for header lines that need no YAML parser.

Nearly all documents are written by programs that use few kinds of lines: a field and a value, or a list or mapping
indented by two. These patterns are an allow list of lines whose meaning in YAML is obvious. Everything else (comments,
tags, anchors, nested brackets, block scalars, multi-line values, tabs, other indents) goes to the full parser.

Every repetition is possessive, and every alternative of a repetition ends with its line, so matching takes linear time
for any text.
"""

from __future__ import annotations

import re
from functools import cache

KEY = "[A-Za-z][A-Za-z0-9_]{0,63}+"

# A plain scalar: starts like a word, a number or a path, contains neither ": " nor " #", and does not end in a space
# or a colon (YAML 1.2, 7.3.3). Other first characters that YAML allows are rare and left out.
_PLAIN = r"[\w/(+.][^:#\n]*+(?:(?::(?=\S)|(?<=\S)#)[^:#\n]*+)*+(?<! )"
_NEGATIVE = r"-[0-9]++(?:\.[0-9]++)?+"
# Only the escapes that all parsers agree on (7.3.1). None of these patterns contains line breaks.
_DOUBLE = r'"[^"\\\n]*+(?:\\["\\nt][^"\\\n]*+)*+"'
_SINGLE = r"'[^'\n]*+'"
# Inside brackets, plain scalars are more restricted, and commas would break splitting.
_FLOW_ITEM = r"""(?:[A-Za-z0-9][A-Za-z0-9./_-]*+(?: ++[A-Za-z0-9./_-]++)*+|"[^"\\\n,]*+")"""
SCALAR = rf"(?:{_DOUBLE}|{_PLAIN}|{_SINGLE}|{_NEGATIVE})"

# Valid values of fields. Times: every day except 29 February, which depends on the year.
_DAY = r"(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
_MOMENT = rf"[12][0-9]{{3}}-{_DAY}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:Z|[+-](?:0[0-9]|1[0-4]):[0-5][0-9])"
# Five labels of 40 characters are below the limit of a host name, and 2,000 characters below the limit of an address
# even if all of them had to be percent-encoded.
_ADDRESS = (
    r"https?://[a-z0-9-]{1,40}+(?:\.[a-z0-9-]{1,40}+){1,4}+"
    r"(?:/[A-Za-z0-9\-._~:/?@!&()*+,;=%\[\]#$]{0,2000}+)?+(?<!:)"
)
_SAFE = rf'(?:"{_ADDRESS}"|{_ADDRESS})'
_NUMBER = r"[0-9]{1,9}+(?:\.[0-9]{1,9}+)?+"
_SCORE = rf"(?:{_NUMBER}|-1)"
_BOOLEAN = "(?:true|false)"


@cache
def split_fields() -> re.Pattern[str]:
    """For findall: field, value on its line, lines below it; or, as group 4, the unexpected rest."""
    return re.compile(rf"({KEY}):(?: ([^\n]++))?+\n((?:(?: |- )[^\n]*+\n|\n)*+)|((?s:.+))", re.ASCII)


@cache
def scalar() -> re.Pattern[str]:
    """A value: group 1 in double quotes, 2 without quotes, 3 in single quotes."""
    return re.compile(
        r'"([^"\\\n]*+(?:\\["\\nt][^"\\\n]*+)*+)"' + rf"|({_PLAIN}|{_NEGATIVE})|'([^'\n]*+)'",
    )


@cache
def flow_list() -> re.Pattern[str]:
    """A list of words in brackets; group 1 is the text between the brackets."""
    return re.compile(rf"\[ ?+({_FLOW_ITEM}(?: ?+, ?+{_FLOW_ITEM})*+) ?+\]")


@cache
def timestamp() -> re.Pattern[str]:
    """A time that datetime.fromisoformat and our own parser read alike."""
    return re.compile(_MOMENT)


@cache
def secured() -> re.Pattern[str]:
    """A valid secured field; the length of group 1 must also be a multiple of 4."""
    return re.compile("([A-Za-z0-9+/]*+={0,2}+);[A-Za-z0-9+/]{22}==")


@cache
def ordered_lines(field: str) -> re.Pattern[str]:
    """The lines below provider, images or related as programs write them: valid, and in order, so without duplicates.

    Groups 1 and 2 for provider are its name and domain as written.
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
def unordered_lines(field: str) -> re.Pattern[str]:
    """The lines below ``field`` in any order; their values need a check.

    ``provider``, ``images`` and ``related`` have their own patterns; all other names share one.
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
def split_lines() -> re.Pattern[str]:
    """For findall in lines that match :func:`unordered_lines`: indent, dash, field, value."""
    return re.compile(rf"( *+)(- )?+(?:({KEY}):(?: |(?=\n)))?+([^\n]*+)\n")


@cache
def image_urls() -> re.Pattern[str]:
    """Each outermost address, as written, in the lines below ``images``."""
    return re.compile(r"^  (?:- |  )url: ([^\n]++)", re.MULTILINE)


@cache
def scalar_list() -> re.Pattern[str]:
    """A list of single values."""
    return re.compile(rf"(?:  - {SCALAR}\n)++")


def _usual_images(column: int) -> str:
    dash, pad = " " * column + "  - ", " " * (column + 4)
    lines = [
        f"url: {SCALAR}\n",
        f"width: {_NUMBER}\n",
        f"height: {_NUMBER}\n",
        f"title: {SCALAR}\n",
        f"attribution: {SCALAR}\n",
        f"isCached: {_BOOLEAN}\n",
    ]
    return _items(dash, _in_order(dash, pad, lines))


def _list_of_fields(column: int, line: str) -> str:
    dash, pad = " " * column + "  - ", " " * (column + 4)
    return _items(dash, f"(?:(?:(?<={dash})|{pad})(?:{line}))++")


def _in_order(dash: str, pad: str, lines: list[str]) -> str:
    # The first line of an item follows the dash, whichever field it is.
    return "".join(f"(?:(?:(?<={dash})|{pad}){line})?+" for line in lines)


def _items(dash: str, inner: str) -> str:
    return f"(?:{dash}(?=[A-Za-z]){inner})*+"
