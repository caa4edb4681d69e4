"""YAML front matter.

The tree is built in one pass from the events of PyYAML's C safe loader instead of its objects, for three reasons:

* Attacks fail early. Aliases, with which a few hundred bytes can expand to gigabytes, are rejected; depth is limited
  before anything recurses (25,000 open brackets crash the normal loader).
* Every value has a line number for problem reports.
* A scalar stays text until a number or a date is needed. In a title, YAML 1.1 would turn ``no`` into false,
  ``12:30:45`` into 45045 and ``1.10`` into 1.1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from reader.core.text import clean
from reader.documents.field_names import may_be_list
from reader.documents.header.nodes import (
    MAX_DEPTH,
    TOO_DEEP,
    DocumentProblem,
    Header,
    HeaderError,
    HeaderNode,
    MappingNode,
    ScalarNode,
    SequenceNode,
    UnclosedQuoteError,
)

if TYPE_CHECKING:
    import yaml

# YAML parsers reject control characters anywhere, even in comments. One of them should cost
# that character and not the document. Tab and line feed stay.
_YAML_REFUSES = re.compile("[\x00-\x08\x0b-\x1f\x7f\x80-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
# Line breaks in YAML 1.1, which PyYAML implements: one in a title would end the value and shift all line numbers
# after it. In YAML 1.2 (5.4), and to the author of the file, they are ordinary characters.
_YAML_11_BREAKS = re.compile("[\x85\u2028\u2029]")
_HASHTAGS = re.compile(r"[^:]+:\s+(#[^\s#,]+(?:[\s,]+#[^\s#,]+)*)\s*")
_CORE_TAG = "tag:yaml.org,2002:"
_TEXT_TAGS = {"!", _CORE_TAG + "str", _CORE_TAG + "binary"}
_TAGS = _TEXT_TAGS | {_CORE_TAG + name for name in ("null", "bool", "int", "float", "timestamp", "map", "seq")}


def read_yaml(lines: Sequence[str], first_line: int) -> Header:
    """Return the fields in ``lines``, of which the first has the number ``first_line``. Raises HeaderError."""
    import yaml

    # A closing line inside a quoted value: a space before it does not change the value (YAML folds it away), and the
    # parser no longer takes it for the end.
    inner = [" " + line if line.rstrip() in {"---", "..."} else line for line in lines]
    source = _YAML_REFUSES.sub("", _YAML_11_BREAKS.sub(" ", "\n".join(inner))) + "\n"
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    builder = _TreeBuilder(yaml.parse(source, Loader=loader), first_line, source.split("\n"))
    try:
        return Header(builder.document(), tuple(builder.problems))
    except yaml.MarkedYAMLError as error:
        raise _yaml_error(error, first_line, first_line + max(len(lines) - 1, 0)) from None
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError) as error:  # raised by the pure Python loader
        raise HeaderError(first_line, f"the front matter is not valid YAML ({clean(str(error))})") from None


def _yaml_error(error: yaml.MarkedYAMLError, first_line: int, last_line: int) -> HeaderError:
    what = clean(error.problem or "no reason given")
    where = clean(error.context or "")
    unclosed = "quoted scalar" in where and "end of stream" in what
    # The start of the quote helps more than the end of the header inside it.
    mark = error.context_mark if unclosed else error.problem_mark or error.context_mark
    line = min(first_line + (mark.line if mark else 0), last_line)
    if unclosed:
        return UnclosedQuoteError(line, "the quote that starts here is not closed")
    return HeaderError(line, f"the front matter is not valid YAML ({what}{', ' * bool(where)}{where})")


class _TreeBuilder:
    """Builds a tree from YAML events, with line numbers; rejects aliases and deep nesting."""

    def __init__(self, events: Iterator[Any], first_line: int, lines: Sequence[str]) -> None:
        self._events = events
        self._first_line = first_line
        self._lines = lines
        self._end: Any = None  # of the list or mapping that was read last
        self.problems: list[DocumentProblem] = []

    def document(self) -> MappingNode:
        import yaml

        root: HeaderNode | None = None
        for event in self._events:
            line = self._first_line + event.start_mark.line
            if isinstance(event, yaml.DocumentStartEvent):
                if root is not None:
                    raise HeaderError(line, "the front matter holds more than one YAML document")
                root = self._node(next(self._events), 0)
        if isinstance(root, MappingNode):
            return MappingNode(dict(map(self._with_hashtags, root.entries.items())), root.line, root.source)
        if root is None or (isinstance(root, ScalarNode) and root.is_null):
            return MappingNode({}, self._first_line)
        raise HeaderError(root.line, "the front matter is not a list of fields (name: value)")

    def _with_hashtags(self, entry: tuple[str, HeaderNode]) -> tuple[str, HeaderNode]:
        """Return a field; if it is empty but for ``#a #b``, which YAML takes for a comment, with these words."""
        name, node = entry
        if isinstance(node, ScalarNode) and node.is_null and may_be_list(name):
            found = _HASHTAGS.fullmatch(self._lines[node.line - self._first_line])
            node = ScalarNode(found[1], node.line, plain=False) if found else node
        return name, node

    def _plain_with_tag(self, event: Any) -> str:
        """Return a value without quotes on one line, with its local tag (``!important note``) as written."""
        start, end = event.start_mark, event.end_mark
        is_plain = not event.style and event.tag.startswith("!") and start.line == end.line
        return self._lines[start.line][start.column : end.column].strip() if is_plain else ""

    def _node(self, event: Any, depth: int) -> HeaderNode:
        """Return the node that begins with ``event``, inside ``depth`` lists and mappings."""
        import yaml

        line = self._first_line + event.start_mark.line
        if isinstance(event, yaml.AliasEvent):
            raise HeaderError(line, "the front matter uses an alias (*name), which is not allowed here")
        is_scalar = isinstance(event, yaml.ScalarEvent)
        if depth >= MAX_DEPTH and not is_scalar:
            raise HeaderError(line, TOO_DEEP)
        if event.tag and event.tag not in _TAGS:
            written = self._plain_with_tag(event) if is_scalar else ""
            read_as = "is read as text" if written else "is ignored"
            self._add_problem(line, "", f"the tag {clean(event.tag)} has no meaning here and {read_as}")
            if written:
                return ScalarNode(written, line, plain=False)
        if is_scalar:
            # Without quotes, or with a tag of another type, as in `!!int "3"`.
            plain = bool(event.implicit[0]) or (event.tag or "!") not in _TEXT_TAGS
            return ScalarNode(event.value, line, plain)
        inner = self._inner_nodes(depth + 1)
        if isinstance(event, yaml.SequenceStartEvent):
            return SequenceNode(tuple(inner), line, self._source(event))
        entries: dict[str, HeaderNode] = {}
        for key in inner:
            if not isinstance(key, ScalarNode):
                self._add_problem(key.line, "", "a list or mapping cannot be a field name; it is ignored")
                next(inner)
                continue
            name = clean(key.text)
            if name in entries:
                self._add_problem(key.line, name, "this field appears twice; the last value is used")
            entries[name] = next(inner)
        return MappingNode(entries, line, self._source(event))

    def _source(self, start: Any) -> str:
        """Return the list or mapping read last as written, if it is in brackets on one line, and not empty."""
        first, last = start.start_mark, self._end.end_mark
        if not start.flow_style or first.line != last.line:
            return ""
        written = self._lines[first.line][first.column : last.column]
        return written if written[1:-1].strip() else ""

    def _inner_nodes(self, depth: int) -> Iterator[HeaderNode]:
        """Yield the nodes up to the end of a list or mapping: items, or keys and values in turn."""
        import yaml

        for event in self._events:
            if isinstance(event, yaml.CollectionEndEvent):
                self._end = event
                return
            yield self._node(event, depth)

    def _add_problem(self, line: int, field: str, message: str) -> None:
        self.problems.append(DocumentProblem(line, field, message))
