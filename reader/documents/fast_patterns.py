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

from reader.core.text import lazy_pattern

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
# Without escapes, at the end of a line: ten times as fast on long texts, because it repeats no set of characters.
_DOUBLE_WITHOUT_ESCAPES = r'"(?=[^\n]++(?<="))[^"]*+"'
_USUAL_SCALAR = rf"(?:{_DOUBLE_WITHOUT_ESCAPES}|{_PLAIN}|{_SINGLE}|{_NEGATIVE})"

# Valid values of fields. Times: every day but 29 February, which depends on the year.
_DAY = r"(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
_MOMENT = rf"[12][0-9]{{3}}-{_DAY}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:Z|[+-](?:0[0-9]|1[0-4]):[0-5][0-9])"
# Five labels of 40 characters are below the limit of a host name, and 2,000 characters below the limit of a URL
# even if all of them had to be percent-encoded.
_URL = (
    r"https?://[a-z0-9-]{1,40}+(?:\.[a-z0-9-]{1,40}+){1,4}+"
    r"(?:/[A-Za-z0-9\-._~:/?@!&()*+,;=%\[\]#$]{0,2000}+)?+(?<!:)"
)
_SAFE = rf'(?:"{_URL}"|{_URL})'
_NUMBER = r"[0-9]{1,9}+(?:\.[0-9]{1,9}+)?+"
_SCORE = rf"(?:{_NUMBER}|-1)"


split_fields = lazy_pattern(rf"({KEY}):(?: ([^\n]++))?+\n((?:(?: |- )[^\n]*+\n|\n)*+)|((?s:.+))", re.ASCII)
"""For findall: field, value on its line, lines below it; or, as group 4, the unexpected rest."""
scalar = lazy_pattern(r'"([^"\\\n]*+(?:\\["\\nt][^"\\\n]*+)*+)"' + rf"|({_PLAIN}|{_NEGATIVE})|'([^'\n]*+)'")
"""A value: group 1 in double quotes, 2 without quotes, 3 in single quotes."""
flow_list = lazy_pattern(rf"\[ ?+({_FLOW_ITEM}(?: ?+, ?+{_FLOW_ITEM})*+) ?+\]")
"""A list of words in brackets; group 1 is the text between the brackets."""
timestamp = lazy_pattern(_MOMENT)
"""A time that datetime.fromisoformat and :func:`reader.core.dates.date_parser.parse_date` read alike."""
secured = lazy_pattern("([A-Za-z0-9+/]*+={0,2}+);[A-Za-z0-9+/]{22}==")
"""A valid secured field; the length of group 1 must also be a multiple of 4."""


@cache
def ordered_lines(field: str) -> re.Pattern[str]:
    """The lines below ``field`` as programs write them: valid, and in order, so without duplicates.

    The lines must contain no backslash. For ``provider``, groups 1 and 2 are its name and domain as written. ``images``
    and ``related`` have their own patterns; all other names share a list of single values.
    """
    if field == "provider":
        return re.compile(
            rf"(?:  name: ({_USUAL_SCALAR})\n)?+(?:  domain: ({_USUAL_SCALAR})\n)?+"
            rf"(?:  images:\n{_usual_images(2)})?+(?:  authors:\n(?:    - name: {_USUAL_SCALAR}\n)*+)?+"
        )
    if field == "images":
        return re.compile(_usual_images(0))
    if field != "related":
        return re.compile(rf"(?:  - {_USUAL_SCALAR}\n)++")
    lines = [
        *(f"{key}: {_USUAL_SCALAR}\n" for key in ("title", "excerpt")),
        f"publishedDateTime: {_MOMENT}\n",
        *(f"{key}: {_SAFE}\n" for key in ("originalUrl", "webUrl", "ampWebUrl", "cdnAmpWebUrl")),
        f"type: {_USUAL_SCALAR}\n",
        f"provider:\n(?:      name: {_USUAL_SCALAR}\n)?+(?:      domain: {_USUAL_SCALAR}\n)?+",
        *(f"{key}: {_SCORE}\n" for key in ("quality", "heat")),
        f"images:\n{_usual_images(4)}",
    ]
    return re.compile(_ordered_items(0, lines))


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


split_lines = lazy_pattern(rf"( *+)(- )?+(?:({KEY}):(?: |(?=\n)))?+([^\n]*+)\n")
"""For findall in lines that match :func:`unordered_lines`: indent, dash, field, value."""
author_lines = lazy_pattern(r"^  authors:\n((?:    [^\n]*+\n)*+)", re.MULTILINE)
"""Group 1 has the authors in the lines below ``provider``."""
author_line = lazy_pattern(rf"    - (?:name: )?({SCALAR})")
related_urls = lazy_pattern(r'\n(?:    |  - )(?:web|original|ampWeb|cdnAmpWeb)Url: "?+([^"\n]++)')
"""Each URL of a related item, without double quotes, in the lines below ``related`` after a line break."""
image_urls = lazy_pattern(r"^  (?:- |  )url: ([^\n]++)", re.MULTILINE)
"""Each outermost URL, as written, in the lines below ``images``."""


def _usual_images(column: int) -> str:
    lines = [
        f"url: {_USUAL_SCALAR}\n",
        *(f"{key}: {_NUMBER}\n" for key in ("width", "height")),
        *(f"{key}: {_USUAL_SCALAR}\n" for key in ("title", "attribution")),
        "isCached: (?:true|false)\n",
    ]
    return _ordered_items(column, lines)


def _ordered_items(column: int, lines: list[str]) -> str:
    dash, pad = " " * column + "  - ", " " * (column + 4)
    # The first line of an item follows the dash, whichever field it is.
    inner = "".join(f"(?:(?:(?<={dash})|{pad}){line})?+" for line in lines)
    return f"(?:{dash}(?=[A-Za-z]){inner})*+"


def _list_of_fields(column: int, line: str) -> str:
    dash, pad = " " * column + "  - ", " " * (column + 4)
    return f"(?:{dash}(?=[A-Za-z])(?:(?:(?<={dash})|{pad})(?:{line}))++)*+"
