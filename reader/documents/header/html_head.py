"""What the head of an HTML page says about its article, as a header."""

from __future__ import annotations

from collections.abc import Iterator

from reader.content.html.page_head import PageHead
from reader.content.html.tokenizer import Token, tokens
from reader.documents.field_names import FieldNames
from reader.documents.header.nodes import Header, HeaderNode, MappingNode, ScalarNode, SequenceNode

_MAX_SOURCE = 256 * 1024
"""Characters at the start of a page that are looked at."""
_FIELD_NAMES = FieldNames()


def read_html_head(source: str) -> Header:
    """Return the fields that the head of the page ``source`` has, named as in front matter. Never raises."""
    head = PageHead()
    for token in _start_tags(source[:_MAX_SOURCE]):
        head.add(token.text, token.attributes, token.inner)
    entries = {field: _node(texts) for field in head.fields for texts in [next(head.values(field), [])] if texts}
    for name, texts in head.others():
        if _FIELD_NAMES.field_of(name):  # as in front matter, for Pelican
            entries.setdefault(name, _node(texts))
    return Header(MappingNode(entries, 1))


def _start_tags(source: str) -> Iterator[Token]:
    for token in tokens(source):
        if token.kind == "start":
            yield token
            if token.text == "head":  # the tokenizer skips what is inside
                yield from (inner for inner in tokens(token.inner) if inner.kind == "start")


def _node(texts: list[str]) -> HeaderNode:
    items = tuple(ScalarNode(text, 1, plain=False) for text in texts)
    return items[0] if len(items) == 1 else SequenceNode(items, 1)
