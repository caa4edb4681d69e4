"""JSON in the scripts of pages, and the articles that schema.org's types (JSON-LD) describe there. Pure."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterator

MAX_JSON = 3_000_000
"""Characters of one script; a longer one is not parsed."""
MAX_THINGS = 50_000
"""Objects and lists of one script that are visited."""

_ARTICLE = re.compile(r"(?:Article|BlogPosting|Report|Review|SocialMediaPosting|DiscussionForumPosting)$")
_COMMENTS = re.compile(
    r"^\s*(?:<!--|//\s*<!\[CDATA\[|/\*\s*<!\[CDATA\[\s*\*/|<!\[CDATA\[)"
    r"|(?:-->|//\s*\]\]>|/\*\s*\]\]>\s*\*/|\]\]>)\s*;?\s*$"
)
_OF_READERS = frozenset({"comment", "review"})
"""Properties whose articles are not that of the page."""


def objects(script: str) -> Iterator[dict[str, object]]:
    """Yield the objects in JSON, outer ones first, without recursion; none if it is broken."""
    queue = deque([_parsed(script)])
    for _ in range(MAX_THINGS):
        if not queue:
            return
        thing = queue.popleft()
        if isinstance(thing, dict):
            yield thing
            thing = [value for name, value in thing.items() if name not in _OF_READERS]
        if isinstance(thing, list):
            queue.extend(value for value in thing if isinstance(value, dict | list))


def linked_objects(script: str) -> list[dict[str, object]]:
    """Return the objects in JSON-LD; one that only names another by its ``@id`` has what that one says."""
    found = list(objects(script))
    named = {str(thing["@id"]): thing for thing in reversed(found) if len(thing) > 1 and "@id" in thing}

    def linked(value: object) -> object:
        return named.get(str(value.get("@id")), {}) | value if isinstance(value, dict) else value

    for thing in found:
        for name, value in thing.items():
            thing[name] = [linked(each) for each in value] if isinstance(value, list) else linked(value)
    return found


def is_article(thing: dict[str, object]) -> bool:
    """Return whether an object of JSON-LD describes an article."""
    kinds = listed(thing.get("@type"))
    return any(isinstance(kind, str) and _ARTICLE.search(kind) for kind in kinds)


def listed(value: object) -> list[object]:
    """Return a value as a list: what JSON-LD may have once or several times."""
    return value if isinstance(value, list) else [value]


def _parsed(script: str) -> object:
    if len(script) > MAX_JSON:
        return None
    try:
        # Not strict: line breaks inside strings are the most common error.
        return json.loads(_COMMENTS.sub("", script).strip(), strict=False)
    except (ValueError, RecursionError):
        return None
