"""TOML and JSON front matter."""

from __future__ import annotations

import json
import re
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from datetime import date, time

from reader.core.text import clean
from reader.documents.header.nodes import (
    MAX_DEPTH,
    MAX_HEADER,
    TOO_DEEP,
    TOO_LONG,
    Header,
    HeaderError,
    HeaderNode,
    MappingNode,
    ScalarNode,
    SequenceNode,
    UnclosedQuoteError,
)

_TOML_PLACE = re.compile(r"\s*\(at (?:line (\d+), column \d+|end of document)\)")
_TOML_KEY = re.compile(r"\s*\[*\s*[\"']?([\w-]+)[\"']?\s*[\]=.]")
_JSON_KEY = re.compile(r'"([^"\\\n]{1,100}+)"\s*:')
_TOML_PART = r"""(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')"""
# tomllib needs quadratic time for dotted keys: 20 seconds for one that fills a header.
_TOML_DEEP = re.compile(rf"(?<![\w-]){_TOML_PART}(?:[ \t]*+\.[ \t]*+{_TOML_PART}){{{MAX_DEPTH}}}")


def read_toml(lines: Sequence[str], first_line: int) -> Header:
    """Return the fields in ``lines``, of which the first has the number ``first_line``. Raises HeaderError."""
    import tomllib

    source = "\n".join(lines)
    if deep := _TOML_DEEP.search(source):
        raise HeaderError(first_line + source.count("\n", 0, deep.start()), TOO_DEEP)
    # tomllib reports no lines, so keys are found by name, in order.
    places: dict[str, deque[int]] = defaultdict(deque)
    for number, line_text in enumerate(lines, first_line):
        if key := _TOML_KEY.match(line_text):
            places[key[1]].append(number)
    try:
        # The tree is built inside the try: str() rejects a number of 60,000 hexadecimal digits.
        tree = _from_python(tomllib.loads(source), places, first_line, 0)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        words = str(error)
        found = _TOML_PLACE.search(words)
        line = first_line + (int(found[1]) - 1 if found and found[1] else len(lines) - 1)
        words = f"the front matter is not valid TOML ({clean(_TOML_PLACE.sub('', words))})"
        # Unlike PyYAML, tomllib does not report that it is inside a quoted value; a +++ line can only be inside one
        # if the number of triple quotes is odd.
        if source.count('"""') % 2 or source.count("'''") % 2:
            raise UnclosedQuoteError(line, words) from None
        raise HeaderError(line, words) from None
    return Header(tree if isinstance(tree, MappingNode) else MappingNode({}, first_line))


def read_json(source: str, first_line: int) -> tuple[Header, int]:
    """Return the fields of the JSON object at the start of ``source``, and where it ends. Raises HeaderError."""
    start = len(source) - len(source.lstrip())
    try:
        value, end = json.JSONDecoder().raw_decode(source, start)
    except json.JSONDecodeError as error:
        raise HeaderError(first_line + error.lineno - 1, f"the front matter is not valid JSON ({error.msg})") from None
    except (RecursionError, ValueError):  # nested too deep, or a number of thousands of digits
        raise HeaderError(first_line, TOO_DEEP) from None
    if end > MAX_HEADER:
        raise HeaderError(first_line, TOO_LONG)
    places: dict[str, deque[int]] = defaultdict(deque)
    for number, line in enumerate(source[:end].split("\n"), first_line):
        for key in _JSON_KEY.findall(line):
            places[key].append(number)
    tree = _from_python(value, places, first_line, 0)
    if not isinstance(tree, MappingNode):
        raise HeaderError(first_line, "the front matter is not a list of fields (name: value)")
    return Header(tree), end


def _from_python(value: object, places: Mapping[str, deque[int]], line: int, depth: int) -> HeaderNode:
    """Return a tree for a value of tomllib or json. ``places`` are the lines left of each key; the last one stays."""
    if depth >= MAX_DEPTH and isinstance(value, (dict, list)):
        raise HeaderError(line, TOO_DEEP)
    if isinstance(value, dict):
        entries = {}
        for key, inner in value.items():
            left = places.get(key)
            at = line if not left else left.popleft() if len(left) > 1 else left[0]
            entries[clean(key)] = _from_python(inner, places, at, depth + 1)
        return MappingNode(entries, line)
    if isinstance(value, list):
        return SequenceNode(tuple(_from_python(item, places, line, depth + 1) for item in value), line)
    if value is None:
        return ScalarNode("", line)
    if isinstance(value, bool):
        return ScalarNode("true" if value else "false", line)
    if isinstance(value, str):
        return ScalarNode(value, line, plain=False)
    return ScalarNode(value.isoformat() if isinstance(value, (date, time)) else str(value), line)
