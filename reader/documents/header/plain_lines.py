"""Headers without fences: ``Title: …`` lines (MultiMarkdown, Pelican, Hexo), Org keywords, reStructuredText fields."""

from __future__ import annotations

import re
from collections.abc import Sequence

from reader.documents.field_names import is_known
from reader.documents.header.nodes import Header, HeaderNode, MappingNode, ScalarNode, SequenceNode

_KEY = re.compile(r"([A-Za-z][\w -]{0,40}):(?:[ \t]+(\S.*)|[ \t]*$)", re.ASCII)
_ORG = re.compile(r"#\+([A-Za-z][\w-]{0,40})(\[\])?:[ \t]*(.*)", re.ASCII)
_RST = re.compile(r"(?:\.\. |:)([A-Za-z][\w -]{0,40}):(?!:)[ \t]*(.*)", re.ASCII)
_HIDDEN = re.compile(
    r"\.\. (?:post::[ \t]*(.*)|(?:meta|index|highlight|contents|module|currentmodule|role)::.*|_[^:]+:.*|(?!.*::).*)"
)
"""Directives, targets and comments that show nothing; group 1 is the date of a post of ABlog."""
_KEYWORD = re.compile(r"\$[A-Z]\w+:[ \t]*(.*?)[ \t]*\$")
"""A keyword that RCS filled in."""
_LOGSEQ = re.compile(r"([A-Za-z][\w-]{0,40})::(?:[ \t]+(.*)|$)", re.ASCII)
_WHOLE_LINK = re.compile(r"^\[\[([^\[\]]*)\]\]\s*$")
_ORG_LISTS = frozenset({"tags", "filetags", "hugo_tags", "hugo_categories", "roam_tags"})
_ADORNMENT = re.compile(r"([!-/:-@\[-`{-~])\1{2,}\s*")
_CLOSERS = ("---", "...")


def key_lines_end(lines: Sequence[str], first: int, key: re.Pattern[str] = _KEY) -> int:
    """Return the index after the fields that begin at ``first``: an empty or closing line, or the first other line.

    ``key`` matches the first line of a field.
    """
    at = first
    while at < len(lines) and lines[at].strip() and lines[at].rstrip() not in _CLOSERS:
        if not key.match(lines[at]) and (at == first or lines[at][0] not in " \t-#"):
            break
        at += 1
    return at


def has_key_lines(lines: Sequence[str], first: int) -> bool:
    """Return whether a header without an opening line begins at ``first``.

    Prose may begin with "Note: …" as well. So the first name must be one that documents use, and an empty line, a line
    of dashes or the end of the file has to follow the fields.
    """
    start = _KEY.match(lines[first]) if first < len(lines) else None
    if not start or not is_known(start[1]):
        return False
    end = key_lines_end(lines, first)
    return end == len(lines) or not lines[end].strip() or lines[end].rstrip() in _CLOSERS


def read_org(lines: Sequence[str]) -> tuple[Header, int]:
    """Return the keywords at the start of an Org file, and the index of the first line after them."""
    entries: dict[str, HeaderNode] = {}
    at = drawer = 0
    while at < len(lines):
        line = lines[at].strip()
        if found := _ORG.fullmatch(line):
            name = found[1].lower()
            tags = [tag.strip() for tag in re.split(r":|," if re.search("[:,]", found[3]) else r"\s", found[3])]
            is_list = name in _ORG_LISTS or found[2]  # Hugo writes #+tags[]:
            entries.setdefault(name, _texts([*filter(None, tags)], at + 1) if is_list else _scalar(found[3], at + 1))
        elif line == ":PROPERTIES:":
            drawer = 1
        elif line == ":END:":
            drawer = 0
        elif line and not drawer and not line.startswith("# "):
            break
        at += 1
    return Header(MappingNode(entries, 1)), at


def read_rst(lines: Sequence[str], first: int) -> tuple[Header, int]:
    """Return the title and the fields at the start of a reStructuredText file, and the index of the line after them."""
    if any(has_key_lines(lines, at) for at in (first, first + 1) if _KEY.match(lines[first])):
        fields, after = _read_fields(lines, first, len(lines), _KEY)  # as in PEPs
        return Header(MappingNode(fields, 1)), after
    before, at = _read_hidden(lines, first)
    fields, after = _read_fields(lines, at, len(lines), _RST)
    before |= fields
    at = next((line for line in range(after, len(lines)) if lines[line].strip()), after)
    title = at + (at < len(lines) and bool(_ADORNMENT.fullmatch(lines[at])))
    if title + 1 < len(lines) and lines[title].strip() and _ADORNMENT.fullmatch(lines[title + 1]):
        before["title"] = _scalar(lines[title].strip(), title + 1)
        fields, after = _read_fields(lines, title + 2, len(lines), _RST)
    return Header(MappingNode({**fields, **before}, 1)), after


def _read_hidden(lines: Sequence[str], first: int) -> tuple[dict[str, HeaderNode], int]:
    """Return the fields in directives such as ``post`` at ``first``, and the line after these, targets and comments."""
    entries: dict[str, HeaderNode] = {}
    at = first
    while (
        at < len(lines) and (found := _HIDDEN.fullmatch(lines[at].rstrip())) and not _RST.fullmatch(lines[at].rstrip())
    ):
        if found[1]:
            entries.setdefault("date", _scalar(found[1], at + 1))
        at += 1
        while at < len(lines) and (not lines[at].strip() or lines[at][0] in " \t"):
            if option := _RST.fullmatch(lines[at].strip()):
                entries.setdefault(option[1].lower(), _scalar(option[2], at + 1))
            at += 1
    return entries, at


def _read_fields(
    lines: Sequence[str], first: int, end: int, field: re.Pattern[str]
) -> tuple[dict[str, HeaderNode], int]:
    """Return the fields before line ``end``, and the index of the line after them; a value may go on in more lines."""
    fields: list[tuple[str, int, list[str]]] = []
    after = first
    for at in range(first, end):
        line = lines[at].rstrip()
        if found := field.fullmatch(line):
            fields.append((found[1].lower(), at + 1, [_KEYWORD.sub(r"\1", found[2] or "")]))
        elif fields and line[:1] in {" ", "\t"} and after == at:
            fields[-1][2].append(line.strip())
        elif line:
            break
        else:
            continue
        after = at + 1
    entries: dict[str, HeaderNode] = {}
    for name, number, parts in fields:
        if text := " ".join(parts).strip():
            entries.setdefault(name, _scalar(text, number))
    return entries, after


def read_nikola(lines: Sequence[str], first: int) -> tuple[Header, int] | None:
    """Return the fields in a comment at the start of a Markdown file, and the index of the line after it, if any."""
    if lines[first].strip() != "<!--" or first + 1 == len(lines) or not _RST.fullmatch(lines[first + 1].rstrip()):
        return None
    closing = next((at for at in range(first + 1, len(lines)) if lines[at].strip() == "-->"), None)
    if closing is None:
        return None
    entries, _ = _read_fields(lines, first + 1, closing, _RST)
    return Header(MappingNode(entries, first + 1)), closing + 1


def read_logseq(lines: Sequence[str], first: int) -> tuple[Header, int] | None:
    """Return the properties (``name:: value``) of a page of Logseq, and the index of the line after them, if any."""
    entries: dict[str, HeaderNode] = {}
    at = first
    while at < len(lines) and (found := _LOGSEQ.fullmatch(lines[at].rstrip())):
        entries.setdefault(found[1].lower(), _scalar(_WHOLE_LINK.sub(r"\1", found[2] or ""), at + 1))
        at += 1
    return (Header(MappingNode(entries, first + 1)), at) if any(map(is_known, entries)) else None


def _scalar(text: str, line: int) -> ScalarNode:
    return ScalarNode(text, line)


def _texts(texts: Sequence[str], line: int) -> SequenceNode:
    return SequenceNode(tuple(ScalarNode(text, line) for text in texts), line)
