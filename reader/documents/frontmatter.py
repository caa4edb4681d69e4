"""The bytes of a file -> its header as a tree with line numbers, and its body.

The header is read from PyYAML's events (C safe loader) rather than from its objects,
in one pass that builds a tree of our own. Three things come of that:

* Bombs stay unbuilt. Aliases, which a few hundred bytes of merge keys turn into
  gigabytes, are refused where they stand; depth is bounded before anything recurses
  (25,000 open brackets end the process of the ordinary loader); the header is bounded.
* Every value knows its line, so that a Problem can point at it.
* A scalar stays the text that was written until somebody asks for a number or a
  date. YAML 1.1 would make ``no`` false, ``12:30:45`` 45045 and ``1.10`` 1.1 in a title.
"""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time
from typing import TYPE_CHECKING, Any, Literal

from reader.core.text import clean

if TYPE_CHECKING:
    import yaml

MAX_HEADER = 64 * 1024
"""Bytes of a header; a longer one is a problem."""
MAX_DEPTH = 32
"""How deep lists and mappings may lie in one another."""
_TOO_DEEP = f"the front matter is nested deeper than {MAX_DEPTH} levels"
_MAX_TRIES = 8
"""How many lines that look like the end of a header are tried, when the earlier ones end it inside a quotation."""


@dataclass(frozen=True, slots=True)
class ScalarNode:
    """A single value as it was written."""

    text: str
    line: int
    plain: bool = True
    """Written without quotes, so that it may stand for a number, a truth value or null."""

    @property
    def is_null(self) -> bool:
        """Whether this says that there is no value (YAML 1.2, 10.3.2)."""
        return self.plain and self.text in {"", "~", "null", "Null", "NULL"}


@dataclass(frozen=True, slots=True)
class SequenceNode:
    """A list."""

    items: tuple[HeaderNode, ...]
    line: int


@dataclass(frozen=True, slots=True)
class MappingNode:
    """Keys and values; of a key that is given twice, the last value."""

    entries: dict[str, HeaderNode]
    line: int


HeaderNode = ScalarNode | SequenceNode | MappingNode


@dataclass(frozen=True, slots=True)
class HeaderProblem:
    """Something wrong with the header: where, and in words."""

    line: int
    field: str
    message: str


class FrontMatterError(Exception):
    """The header cannot be read at all; ``fault`` says why."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.fault = HeaderProblem(line, "", message)


@dataclass(frozen=True, slots=True)
class SplitDocument:
    """A document taken apart."""

    header: MappingNode
    body: str
    faults: tuple[HeaderProblem, ...] = ()


def split_front_matter(data: bytes, *, whole_is_yaml: bool = False) -> SplitDocument:
    """Return the header and the body of a document.

    The header stands between ``---`` lines (the closing one may be ``...``) as YAML, or
    between ``+++`` lines as TOML; blank lines may come before it. With ``whole_is_yaml``
    (files named .yaml or .yml) the ``---`` lines may be missing. Only a line that holds
    nothing but the mark, from its first column, ends a header, and not where it stands
    inside a quoted value.

    Raises FrontMatterError when there is no header or it cannot be read.
    """
    text, faults = _decode(data)
    lines = text.split("\n")
    passed_over = ("#", "%") if whole_is_yaml else ()
    first = next((at for at, line in enumerate(lines) if line.strip() and not line.startswith(passed_over)), len(lines))
    mark = lines[first].rstrip() if first < len(lines) else ""
    if mark not in {"---", "+++"}:
        if not whole_is_yaml or first == len(lines):
            raise FrontMatterError(1, "there is no front matter: the file should start with a line of three dashes")
        first, mark = -1, "---"
    read = _read_toml if mark == "+++" else _read_yaml
    closers = {"+++"} if mark == "+++" else {"---", "..."}
    ends = [at for at in range(first + 1, len(lines)) if lines[at].rstrip() in closers]
    if not ends:
        if not whole_is_yaml:
            raise FrontMatterError(first + 1, f"the front matter is not closed: a line of {mark} is missing")
        ends = [len(lines)]
    unclosed: _UnclosedQuoteError | None = None
    for end in ends[:_MAX_TRIES]:
        header = lines[first + 1 : end]
        try:
            _check_size(header, first + 2)
            tree, header_faults = read(header, first + 2)
        except _UnclosedQuoteError as error:
            unclosed = unclosed or error
        except FrontMatterError as error:
            raise (unclosed or error) from None
        else:
            return SplitDocument(tree, "\n".join(lines[end + 1 :]), (*faults, *header_faults))
    assert unclosed is not None, "an attempt returns, raises or leaves a quotation open"
    raise unclosed


class _UnclosedQuoteError(FrontMatterError):
    """The header ends inside a quotation: the line that seemed to close it may belong to the value."""


def _decode(data: bytes) -> tuple[str, tuple[HeaderProblem, ...]]:
    """Return the text with ``\\n`` line ends, and a fault at the first byte that is not UTF-8."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace").replace("\r\n", "\n").replace("\r", "\n"), ()
    data = data.removeprefix(b"\xef\xbb\xbf")
    faults: tuple[HeaderProblem, ...] = ()
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        faults = (HeaderProblem(line, "", "this is not UTF-8; what could not be read is shown as �"),)
        text = data.decode("utf-8", "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n"), faults


def _check_size(lines: list[str], first_line: int) -> None:
    size = 0
    for number, line in enumerate(lines, first_line):
        size += len(line.encode("utf-8", "replace")) + 1
        if size > MAX_HEADER:
            raise FrontMatterError(number, f"the front matter is longer than {MAX_HEADER // 1024} KiB")


# --- YAML ----------------------------------------------------------------------------------

# A reader of YAML refuses control characters anywhere, even in a comment. One in a header
# should cost that character and not the document. Tab and line feed stay.
_YAML_REFUSES = re.compile("[\x00-\x08\x0b-\x1f\x7f\x80-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
# Line breaks to the reader, which keeps to YAML 1.1: one in a title would end the value and shift every line
# number after it. To YAML 1.2 (5.4) and to whoever wrote the file, they are characters like others.
_YAML_11_BREAKS = re.compile("[\x85\u2028\u2029]")
_CORE_TAG = "tag:yaml.org,2002:"
_TEXT_TAGS = {"!", _CORE_TAG + "str", _CORE_TAG + "binary"}
_TAGS = _TEXT_TAGS | {_CORE_TAG + name for name in ("null", "bool", "int", "float", "timestamp", "map", "seq")}


def _read_yaml(lines: list[str], first_line: int) -> tuple[MappingNode, list[HeaderProblem]]:
    import yaml

    # An end mark inside a quoted value: one blank before it changes nothing in the value
    # (YAML folds it away) and lets the reader pass it.
    inner = [" " + line if line.rstrip() in {"---", "..."} else line for line in lines]
    source = _YAML_REFUSES.sub("", _YAML_11_BREAKS.sub(" ", "\n".join(inner))) + "\n"
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    builder = _TreeBuilder(first_line)
    try:
        builder.feed(yaml.parse(source, Loader=loader))
    except yaml.MarkedYAMLError as error:
        raise _yaml_error(error, first_line, first_line + max(len(lines) - 1, 0)) from None
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError) as error:  # of the loader in Python
        raise FrontMatterError(first_line, f"the front matter cannot be read: {clean(str(error))}") from None
    return builder.result(), builder.faults


def _yaml_error(error: yaml.MarkedYAMLError, first_line: int, last_line: int) -> FrontMatterError:
    what = clean(error.problem or "it is not YAML")
    where = clean(error.context or "")
    unclosed = "quoted scalar" in where and "end of stream" in what
    # Where a quotation begins tells more than that the header ends within it.
    mark = error.context_mark if unclosed else error.problem_mark or error.context_mark
    line = min(first_line + (mark.line if mark else 0), last_line)
    if unclosed:
        return _UnclosedQuoteError(line, "the front matter cannot be read: the quote that starts here is not closed")
    return FrontMatterError(line, f"the front matter cannot be read: {what}" + (f" ({where})" if where else ""))


class _TreeBuilder:
    """Turns YAML events into a tree, keeping lines and refusing what grows or recurses."""

    def __init__(self, first_line: int) -> None:
        self.first_line = first_line
        self.faults: list[HeaderProblem] = []
        self.root: HeaderNode | None = None
        self._open: list[_Growing] = []

    def feed(self, events: Iterator[Any]) -> None:
        import yaml

        documents = 0
        for event in events:
            line = self.first_line + event.start_mark.line
            if isinstance(event, yaml.ScalarEvent):
                self._add(self._scalar(event, line))
            elif isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
                if len(self._open) >= MAX_DEPTH:
                    raise FrontMatterError(line, _TOO_DEEP)
                self._check_tag(event.tag, line)
                kind: Literal["mapping", "sequence"] = (
                    "mapping" if isinstance(event, yaml.MappingStartEvent) else "sequence"
                )
                self._open.append(_Growing(kind, line))
            elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
                self._add(self._open.pop().finish())
            elif isinstance(event, yaml.AliasEvent):
                raise FrontMatterError(line, "the front matter uses an alias (*name), which is not allowed here")
            elif isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise FrontMatterError(line, "the front matter holds more than one YAML document")

    def result(self) -> MappingNode:
        root = self.root
        if root is None or (isinstance(root, ScalarNode) and root.is_null):
            return MappingNode({}, self.first_line)
        if not isinstance(root, MappingNode):
            raise FrontMatterError(root.line, "the front matter is not a list of fields (name: value)")
        return root

    def _scalar(self, event: Any, line: int) -> ScalarNode:
        self._check_tag(event.tag, line)
        # Without quotes, or with a tag that says it is no text, as in `!!int "3"`.
        plain = bool(event.implicit[0]) or (event.tag or "!") not in _TEXT_TAGS
        return ScalarNode(event.value, line, plain)

    def _check_tag(self, tag: str | None, line: int) -> None:
        if tag and tag not in _TAGS:
            self.faults.append(HeaderProblem(line, "", f"the tag {clean(tag)} has no meaning here and is ignored"))

    def _add(self, node: HeaderNode) -> None:
        if not self._open:
            self.root = node
            return
        top = self._open[-1]
        if top.kind == "sequence" or top.key_waiting:
            top.put(node)
        elif isinstance(node, ScalarNode):
            key = clean(node.text)
            if key in top.entries:
                self.faults.append(HeaderProblem(node.line, key, "this field appears twice; the last value is used"))
            top.expect(key)
        else:
            self.faults.append(HeaderProblem(node.line, "", "a list or mapping cannot be a field name; it is ignored"))
            top.expect(None)


class _Growing:
    """A list or mapping that is not closed yet."""

    def __init__(self, kind: Literal["mapping", "sequence"], line: int) -> None:
        self.kind = kind
        self.line = line
        self.items: list[HeaderNode] = []
        self.entries: dict[str, HeaderNode] = {}
        self.key_waiting = False
        self._key: str | None = None

    def expect(self, key: str | None) -> None:
        self._key, self.key_waiting = key, True

    def put(self, node: HeaderNode) -> None:
        if self.kind == "sequence":
            self.items.append(node)
            return
        if self._key is not None:
            self.entries[self._key] = node
        self.key_waiting = False

    def finish(self) -> HeaderNode:
        return (
            SequenceNode(tuple(self.items), self.line)
            if self.kind == "sequence"
            else MappingNode(self.entries, self.line)
        )


# --- TOML ----------------------------------------------------------------------------------

_TOML_PLACE = re.compile(r"\(at line (\d+), column \d+\)")
_TOML_KEY = re.compile(r"\s*\[*\s*[\"']?([\w-]+)[\"']?\s*[\]=.]")


_TOML_PART = r"""(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')"""
# The TOML reader takes the square of a dotted key's length: 20 seconds for one that fills a header.
_TOML_DEEP = re.compile(rf"(?<![\w-]){_TOML_PART}(?:[ \t]*+\.[ \t]*+{_TOML_PART}){{{MAX_DEPTH}}}")


def _read_toml(lines: list[str], first_line: int) -> tuple[MappingNode, list[HeaderProblem]]:
    import tomllib

    source = "\n".join(lines)
    if deep := _TOML_DEEP.search(source):
        raise FrontMatterError(first_line + source.count("\n", 0, deep.start()), _TOO_DEEP)
    try:
        # The tree is built in here too: a number of 60,000 hexadecimal digits is refused when it is written out.
        tree = _from_python(tomllib.loads(source), _TomlLines(lines, first_line), first_line, 0)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        words = str(error)
        found = _TOML_PLACE.search(words)
        line = first_line + (int(found[1]) - 1 if found else len(lines) - 1)
        words = f"the front matter cannot be read: {clean(_TOML_PLACE.sub('', words))}"
        # Unlike YAML's, this reader does not say that it is inside a quotation; only an
        # odd number of triple quotes can carry a line of +++ along.
        if source.count('"""') % 2 or source.count("'''") % 2:
            raise _UnclosedQuoteError(line, words) from None
        raise FrontMatterError(line, words) from None
    return (tree if isinstance(tree, MappingNode) else MappingNode({}, first_line)), []


class _TomlLines:
    """Where each key stands, which the TOML reader does not tell: looked up by name, in order."""

    def __init__(self, lines: list[str], first_line: int) -> None:
        self._places: dict[str, deque[int]] = defaultdict(deque)
        for number, line in enumerate(lines, first_line):
            found = _TOML_KEY.match(line)
            if found:
                self._places[found[1]].append(number)

    def next(self, key: str, otherwise: int) -> int:
        """Return the line of the next mention of ``key``; its last mention serves for all that follow."""
        places = self._places.get(key)
        if not places:
            return otherwise
        return places.popleft() if len(places) > 1 else places[0]


def _from_python(value: object, places: _TomlLines, line: int, depth: int) -> HeaderNode:
    """Return a tree for what the TOML reader gave."""
    if depth >= MAX_DEPTH and isinstance(value, (dict, list)):
        raise FrontMatterError(line, _TOO_DEEP)
    if isinstance(value, dict):
        return MappingNode(
            {
                clean(key): _from_python(inner, places, places.next(key, line), depth + 1)
                for key, inner in value.items()
            },
            line,
        )
    if isinstance(value, list):
        return SequenceNode(tuple(_from_python(item, places, line, depth + 1) for item in value), line)
    if isinstance(value, bool):
        return ScalarNode("true" if value else "false", line)
    if isinstance(value, str):
        return ScalarNode(value, line, plain=False)
    return ScalarNode(value.isoformat() if isinstance(value, (date, time)) else str(value), line)
