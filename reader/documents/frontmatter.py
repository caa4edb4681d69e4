"""Splits a document into its header, a tree with line numbers, and its body.

The tree is built in one pass from the events of PyYAML's C safe loader instead of its objects, for three reasons:

* Attacks fail early. Aliases, with which a few hundred bytes can expand to gigabytes, are rejected; depth is limited
  before anything recurses (25,000 open brackets crash the normal loader); the size of the header is limited.
* Every value has a line number for problem reports.
* A scalar stays text until a number or a date is needed. In a title, YAML 1.1 would turn ``no`` into false,
  ``12:30:45`` into 45045 and ``1.10`` into 1.1.
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
"""Size limit of a header in bytes."""
MAX_DEPTH = 32
"""How deep lists and mappings may be nested."""
_TOO_DEEP = f"the front matter is nested deeper than {MAX_DEPTH} levels"
_MAX_CLOSING_LINES = 8
"""How many closing lines to try if the earlier ones are inside a quoted value."""


@dataclass(frozen=True, slots=True)
class ScalarNode:
    """A single value as written."""

    text: str
    line: int
    plain: bool = True
    """Whether it has no quotes, so that it may mean a number, a boolean or null."""

    @property
    def is_null(self) -> bool:
        """Whether this means null (YAML 1.2, 10.3.2)."""
        return self.plain and self.text in {"", "~", "null", "Null", "NULL"}


@dataclass(frozen=True, slots=True)
class SequenceNode:
    """A list."""

    items: tuple[HeaderNode, ...]
    line: int


@dataclass(frozen=True, slots=True)
class MappingNode:
    """Keys and values; if a key appears twice, the last value."""

    entries: dict[str, HeaderNode]
    line: int


HeaderNode = ScalarNode | SequenceNode | MappingNode


@dataclass(frozen=True, slots=True)
class HeaderProblem:
    """A problem in the header, with its line and field."""

    line: int
    field: str
    message: str


class FrontMatterError(Exception):
    """The header cannot be read at all; ``problem`` is the reason."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.problem = HeaderProblem(line, "", message)


@dataclass(frozen=True, slots=True)
class SplitDocument:
    """The header and the body of a document."""

    header: MappingNode
    body: str
    problems: tuple[HeaderProblem, ...] = ()


def split_front_matter(data: bytes, *, whole_is_yaml: bool = False) -> SplitDocument:
    """Split a document into header and body.

    The header is YAML between ``---`` lines (the closing one may be ``...``) or TOML between ``+++`` lines; blank
    lines may precede it. With ``whole_is_yaml`` (.yaml and .yml files) the ``---`` lines are optional. A closing line
    contains nothing else, starts in the first column and is not inside a quoted value.

    Raises FrontMatterError if there is no header or it cannot be read.
    """
    text, problems = _decode(data)
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
    for end in ends[:_MAX_CLOSING_LINES]:
        header = lines[first + 1 : end]
        try:
            _check_size(header, first + 2)
            tree, header_problems = read(header, first + 2)
        except _UnclosedQuoteError as error:
            unclosed = unclosed or error
        except FrontMatterError as error:
            raise (unclosed or error) from None
        else:
            return SplitDocument(tree, "\n".join(lines[end + 1 :]), (*problems, *header_problems))
    assert unclosed is not None, "every attempt returns, raises or sets unclosed"
    raise unclosed


class _UnclosedQuoteError(FrontMatterError):
    """The header ends inside a quoted value, so its closing line may belong to that value."""


def _decode(data: bytes) -> tuple[str, tuple[HeaderProblem, ...]]:
    """Return the text with ``\\n`` line ends, and a problem at the first byte that is not UTF-8."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace").replace("\r\n", "\n").replace("\r", "\n"), ()
    data = data.removeprefix(b"\xef\xbb\xbf")
    problems: tuple[HeaderProblem, ...] = ()
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        problems = (HeaderProblem(line, "", "this is not UTF-8; invalid bytes are shown as �"),)
        text = data.decode("utf-8", "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n"), problems


def _check_size(lines: list[str], first_line: int) -> None:
    size = 0
    for number, line in enumerate(lines, first_line):
        size += len(line.encode("utf-8", "replace")) + 1
        if size > MAX_HEADER:
            raise FrontMatterError(number, f"the front matter is longer than {MAX_HEADER // 1024} KiB")


# --- YAML ----------------------------------------------------------------------------------

# YAML parsers reject control characters anywhere, even in comments. One of them should cost
# that character and not the document. Tab and line feed stay.
_YAML_REFUSES = re.compile("[\x00-\x08\x0b-\x1f\x7f\x80-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
# Line breaks in YAML 1.1, which PyYAML implements: one in a title would end the value and shift all line numbers
# after it. In YAML 1.2 (5.4), and to the author of the file, they are ordinary characters.
_YAML_11_BREAKS = re.compile("[\x85\u2028\u2029]")
_CORE_TAG = "tag:yaml.org,2002:"
_TEXT_TAGS = {"!", _CORE_TAG + "str", _CORE_TAG + "binary"}
_TAGS = _TEXT_TAGS | {_CORE_TAG + name for name in ("null", "bool", "int", "float", "timestamp", "map", "seq")}


def _read_yaml(lines: list[str], first_line: int) -> tuple[MappingNode, list[HeaderProblem]]:
    import yaml

    # A closing line inside a quoted value: a space before it does not change the value (YAML folds it away), and the
    # parser no longer takes it for the end.
    inner = [" " + line if line.rstrip() in {"---", "..."} else line for line in lines]
    source = _YAML_REFUSES.sub("", _YAML_11_BREAKS.sub(" ", "\n".join(inner))) + "\n"
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    builder = _TreeBuilder(first_line)
    try:
        builder.feed(yaml.parse(source, Loader=loader))
    except yaml.MarkedYAMLError as error:
        raise _yaml_error(error, first_line, first_line + max(len(lines) - 1, 0)) from None
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError) as error:  # raised by the pure Python loader
        raise FrontMatterError(first_line, f"the front matter cannot be read: {clean(str(error))}") from None
    return builder.result(), builder.problems


def _yaml_error(error: yaml.MarkedYAMLError, first_line: int, last_line: int) -> FrontMatterError:
    what = clean(error.problem or "it is not YAML")
    where = clean(error.context or "")
    unclosed = "quoted scalar" in where and "end of stream" in what
    # The start of the quote helps more than the end of the header inside it.
    mark = error.context_mark if unclosed else error.problem_mark or error.context_mark
    line = min(first_line + (mark.line if mark else 0), last_line)
    if unclosed:
        return _UnclosedQuoteError(line, "the front matter cannot be read: the quote that starts here is not closed")
    return FrontMatterError(line, f"the front matter cannot be read: {what}" + (f" ({where})" if where else ""))


class _TreeBuilder:
    """Builds a tree from YAML events, with line numbers; rejects aliases and deep nesting."""

    def __init__(self, first_line: int) -> None:
        self.first_line = first_line
        self.problems: list[HeaderProblem] = []
        self.root: HeaderNode | None = None
        self._open: list[_OpenCollection] = []

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
                self._open.append(_OpenCollection(kind, line))
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
        # Without quotes, or with a tag of another type, as in `!!int "3"`.
        plain = bool(event.implicit[0]) or (event.tag or "!") not in _TEXT_TAGS
        return ScalarNode(event.value, line, plain)

    def _check_tag(self, tag: str | None, line: int) -> None:
        if tag and tag not in _TAGS:
            self.problems.append(HeaderProblem(line, "", f"the tag {clean(tag)} has no meaning here and is ignored"))

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
                self.problems.append(HeaderProblem(node.line, key, "this field appears twice; the last value is used"))
            top.expect(key)
        else:
            self.problems.append(
                HeaderProblem(node.line, "", "a list or mapping cannot be a field name; it is ignored")
            )
            top.expect(None)


class _OpenCollection:
    """A list or mapping that is still open."""

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
# tomllib needs quadratic time for dotted keys: 20 seconds for one that fills a header.
_TOML_DEEP = re.compile(rf"(?<![\w-]){_TOML_PART}(?:[ \t]*+\.[ \t]*+{_TOML_PART}){{{MAX_DEPTH}}}")


def _read_toml(lines: list[str], first_line: int) -> tuple[MappingNode, list[HeaderProblem]]:
    import tomllib

    source = "\n".join(lines)
    if deep := _TOML_DEEP.search(source):
        raise FrontMatterError(first_line + source.count("\n", 0, deep.start()), _TOO_DEEP)
    try:
        # The tree is built inside the try: str() rejects a number of 60,000 hexadecimal digits.
        tree = _from_python(tomllib.loads(source), _TomlLines(lines, first_line), first_line, 0)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        words = str(error)
        found = _TOML_PLACE.search(words)
        line = first_line + (int(found[1]) - 1 if found else len(lines) - 1)
        words = f"the front matter cannot be read: {clean(_TOML_PLACE.sub('', words))}"
        # Unlike PyYAML, tomllib does not report that it is inside a quoted value; a +++ line can only be inside one
        # if the number of triple quotes is odd.
        if source.count('"""') % 2 or source.count("'''") % 2:
            raise _UnclosedQuoteError(line, words) from None
        raise FrontMatterError(line, words) from None
    return (tree if isinstance(tree, MappingNode) else MappingNode({}, first_line)), []


class _TomlLines:
    """Line numbers of keys, which tomllib does not report: found by name, in order."""

    def __init__(self, lines: list[str], first_line: int) -> None:
        self._places: dict[str, deque[int]] = defaultdict(deque)
        for number, line in enumerate(lines, first_line):
            found = _TOML_KEY.match(line)
            if found:
                self._places[found[1]].append(number)

    def next(self, key: str, otherwise: int) -> int:
        """Return the line of the next occurrence of ``key``; the last one is returned again and again."""
        places = self._places.get(key)
        if not places:
            return otherwise
        return places.popleft() if len(places) > 1 else places[0]


def _from_python(value: object, places: _TomlLines, line: int, depth: int) -> HeaderNode:
    """Return a tree for a value of tomllib."""
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
