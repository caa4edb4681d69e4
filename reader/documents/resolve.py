"""Which key of a header gives which field: own names first, then the table of :mod:`reader.documents.field_names`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import NamedTuple

from reader.core.dates.date_parser import parse_date
from reader.core.dates.partial import DateOrder
from reader.core.urls import openable_url
from reader.documents.field_names import FieldNames, image_texts
from reader.documents.header.nodes import HeaderNode, MappingNode, ScalarNode, SequenceNode, text_of
from reader.documents.scalars import decode_entities, split_topics, to_bool

LINK_FIELDS = ("originalUrl", "webUrl", "ampWebUrl", "cdnAmpWebUrl")
"""The fields of :class:`reader.core.model.Links`, in order."""
HUB_FIELDS = frozenset({*LINK_FIELDS, "publishedDateTime", "quality", "heat", "provider", "secured", "related"})
"""Fields that only documents of the reader's own kind have: their ``category`` is no topic."""


class ReadingOptions(NamedTuple):
    """What the user's settings say about reading documents."""

    names: FieldNames = FieldNames()
    order: DateOrder = ""
    """How ambiguous dates are read."""
    roots: tuple[tuple[bytes, bytes], ...] = ()
    """Start of a path in the folder -> what replaces it in the identity of an article, the longest start first."""

    def place(self, path: bytes) -> bytes:
        """Return what identifies the document at ``path`` in the folder, if it has no URL."""
        return next((base + path[len(start) :] for start, base in self.roots if path.startswith(start)), path)

    def to_json(self) -> str:
        """Return the options as text, for another process."""
        roots = [(start.decode("latin-1"), base.decode("latin-1")) for start, base in self.roots]
        return json.dumps([self.names.added, self.order, roots], sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> ReadingOptions:
        """Return the options that :meth:`to_json` made ``text`` of."""
        added, order, roots = json.loads(text)
        return cls(
            FieldNames(added), order, tuple((start.encode("latin-1"), base.encode("latin-1")) for start, base in roots)
        )


DEFAULTS = ReadingOptions()
_MAX_DATES = 8
"""How many keys are tried for a date: one in another language takes 20 ms."""


class ResolvedHeader(NamedTuple):
    """A header in which every field that was found has the reader's own name."""

    fields: MappingNode
    keys: dict[str, tuple[str, ...]]
    """For each field with another name in the document: the keys it came from."""


def resolve(header: MappingNode, options: ReadingOptions) -> ResolvedHeader:
    """Return ``header`` with own names. Keys that give nothing stay as they are."""
    entries = header.entries
    found = options.names.candidates(
        {key: node.entries if isinstance(node, MappingNode) else () for key, node in entries.items()}
    )
    given = {field: cands for field, cands in found.items() if not _has(entries.get(field))}
    if not given:
        return ResolvedHeader(header, {})
    left, keys = dict(entries), dict[str, tuple[str, ...]]()
    if any(map(_has, map(entries.get, LINK_FIELDS))):
        given.pop("originalUrl", None)
    if HUB_FIELDS & entries.keys():
        given["topics"] = [each for each in given.get("topics", ()) if each.key.lower() != "category"]
    for field, candidates in given.items():
        named = [(each.key, node) for each in candidates if _has(node := _node(entries, each.key)) and node]
        first = _first_usable(field, named, options.order)
        if chosen := named if field == "topics" else [first] if first else []:
            keys[field] = tuple(key for key, _ in chosen)
            for key, node in chosen:
                _remove(left, key)
                whole = _node(entries, key)
                others = [item for item in _items(whole) if item is not node] if whole else []
                if field == "originalUrl" and others:
                    left[key] = SequenceNode(tuple(others), node.line)
            if field == "images" and isinstance(node := chosen[0][1], ScalarNode):
                texts = [each for each in image_texts(chosen[0][0], left) if text_of(left[each[0]]) is not None]
                keys[field] += tuple(key for key, _ in texts)
                described = {inner: left.pop(key) for key, inner in texts}
                chosen = [(chosen[0][0], MappingNode({"url": node, **described}, node.line))]
            left[field] = _flat(chosen[0][1]) if len(chosen) == 1 else _joined([node for _, node in chosen])
    return ResolvedHeader(MappingNode(left, header.line), keys)


def _has(node: HeaderNode | None) -> bool:
    if isinstance(node, ScalarNode):
        return not node.is_null and bool(node.text.strip())
    return node is not None and bool(node.items if isinstance(node, SequenceNode) else node.entries)


def _node(entries: dict[str, HeaderNode], key: str) -> HeaderNode | None:
    if key in entries:
        return entries[key]
    outer, _, inner = key.partition(".")
    node = entries.get(outer)
    return node.entries.get(inner) if isinstance(node, MappingNode) else None


def _remove(left: dict[str, HeaderNode], key: str) -> None:
    if left.pop(key, None) is None:
        outer, _, inner = key.partition(".")
        node = left.get(outer)
        if isinstance(node, MappingNode):
            rest = {name: each for name, each in node.entries.items() if name != inner}
            left.pop(outer)
            if rest:
                left[outer] = MappingNode(rest, node.line)


def _first_usable(field: str, named: list[tuple[str, HeaderNode]], order: DateOrder) -> tuple[str, HeaderNode] | None:
    """Return the first of the candidates ``named`` whose value the field can have."""
    chosen: tuple[str, HeaderNode] | None
    if field in {"publishedDateTime", "updatedDateTime"}:
        dates = [each for each in named if (text := text_of(each[1])) is not None and to_bool(text) is None]
        dates = dates[:_MAX_DATES]
        # If none can be read, the first text is a problem; "published" has other values too.
        texts = (each for each in dates if isinstance(each[1], ScalarNode))
        bad = next((each for each in texts if each[0].lower() != "published"), None)
        chosen = next((each for each in dates if is_date(each[1], order)), bad)
    elif field == "originalUrl":
        each_one = ((key, item) for key, node in named for item in _items(node))
        chosen = next((each for each in each_one if _is_url(each[1])), None)
    elif field in {"authors", "images", "site"}:
        chosen = named[0] if named else None
    else:
        chosen = next((each for each in named if text_of(each[1]) is not None), None)
    return chosen


def _items(node: HeaderNode) -> tuple[HeaderNode, ...]:
    """Return the items of a list, or the only value."""
    return node.items if isinstance(node, SequenceNode) else (node,)


def is_date(node: HeaderNode | None, order: DateOrder) -> bool:
    """Return whether a value is a date."""
    try:
        parse_date(text_of(node) or "", order)
    except ValueError:
        return False
    return True


def _is_url(node: HeaderNode) -> bool:
    return isinstance(node, ScalarNode) and bool(openable_url(node.text))


def _flat(node: HeaderNode) -> HeaderNode:
    """Return a list without lists inside: paths of categories (Hexo), links without quotes (Obsidian)."""
    if not isinstance(node, SequenceNode):
        return node
    return SequenceNode(tuple(inner for item in node.items for inner in _items(item)), node.line, node.source)


def _joined(nodes: Iterable[HeaderNode]) -> SequenceNode:
    """Return a list of all topics in ``nodes``."""
    items: list[HeaderNode] = []
    for node in nodes:
        if isinstance(node, SequenceNode):
            items += _items(_flat(node))
        elif isinstance(node, ScalarNode):
            items += [ScalarNode(topic, node.line, node.plain) for topic in split_topics(decode_entities(node.text))]
        else:
            items.append(node)
    return SequenceNode(tuple(items), items[0].line)
