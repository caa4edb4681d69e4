"""Org -> Markdown with extensions, line by line. Pure; takes linear time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_BEGIN = re.compile(r"\s*#\+begin_(\w+)[ \t]*([\w+#.-]*)", re.IGNORECASE | re.ASCII)
_END = re.compile(r"\s*#\+end_\w+\s*\Z", re.IGNORECASE | re.ASCII)
_CODE = frozenset({"src", "example"})
_DROPPED = frozenset({"comment", "export"})
_WHOLE = _CODE | _DROPPED | {"quote", "verse"}
"""Blocks with no others in them."""
_KEYWORD = re.compile(r"\s*#\+(\w+)(?:\[[^]]*\])?:[ \t]*(.*)", re.ASCII)
_HIDDEN = re.compile(r"\s*(?:#(?: .*)?|:[A-Za-z][\w@+-]*:(?:\s.*)?|CLOCK: .*)\Z", re.ASCII)
"""Comments, and the lines of drawers."""
_HEADING = re.compile(r"(\*+)[ \t]+(.*?)(?:[ \t]+:([\w@#%:]+):)?[ \t]*\Z")
_ITEM = re.compile(r"(\s*(?:[-+]|\d+[.)])[ \t]+)(?:(\[[ X-]\])[ \t]+)?(?:(.{1,200}?)[ \t]+::(?:[ \t]+|\Z))?(.*)")
_SEPARATOR = re.compile(r"\s*\|-[-+|]*\s*\Z")
_FOOTNOTE = re.compile(r"\[fn:([\w-]+)\]", re.ASCII)
_INLINE_FOOTNOTE = re.compile(r"\[fn:[\w-]*:([^\[\]]*)\]", re.ASCII)
_LINK = re.compile(r"\[\[([^\[\]]+)\](?:\[([^\[\]]+)\])?\]")
_FILE = re.compile(r"\A(?:file|id|attachment):(.*?)(?:::.*)?\Z")  # after "::" is where in the file
_IMAGE = re.compile(r"\.(?:png|jpe?g|gif|svg|webp|avif|bmp)\Z", re.IGNORECASE)
_WEB = ("https://", "http://", "mailto:")
_MARKED = re.compile(r"(?<![^\s\-({\['\"])([*/+=~])(?=\S)([^\n]{1,300}?)(?<=\S)\1(?![^\s\-.,;:!?'\")}\[\]])")
_SIGNS = {"*": "**", "/": "*", "+": "~~", "=": "`", "~": "`"}


def org_to_markdown(source: str) -> str:
    """Return an Org text as Markdown."""
    return "\n".join(_lines(source.split("\n")))


def _lines(lines: Sequence[str]) -> Iterator[str]:
    at = 0
    while at < len(lines):
        found = _BEGIN.match(lines[at])
        if found and found[1].lower() in _WHOLE:
            end = next((end for end in range(at, len(lines)) if _END.match(lines[end])), len(lines))
            yield from _block(found[1].lower(), found[2], lines[at + 1 : end])
            end += 1
        elif found or _END.match(lines[at]):
            end = at + 1
            yield from ("", f":::{found[1].lower()}" if found else ":::", "")
        elif lines[at].lstrip().startswith("|"):
            end = _run_end(lines, at, "|")
            rows = [_inline(row.strip()) for row in lines[at:end] if not _SEPARATOR.match(row)]
            # Markdown wants a separator after the first row, and no other.
            yield from ("", *rows[:1], "|" + " --- |" * max(1, lines[at].count("|") - 1), *rows[1:], "")
        elif lines[at].lstrip().startswith(": "):
            end = _run_end(lines, at, ":")
            yield from ("", "```", *(line.lstrip()[2:] for line in lines[at:end]), "```", "")
        else:
            end = at + 1
            yield from _line(lines[at])
        at = end


def _run_end(lines: Sequence[str], first: int, sign: str) -> int:
    """Return the index after the lines from ``first`` on that begin with a sign."""
    return next((at for at in range(first, len(lines)) if not lines[at].lstrip().startswith(sign)), len(lines))


def _block(kind: str, language: str, lines: Sequence[str]) -> Iterator[str]:
    """Yield what is between two lines ``#+begin`` and ``#+end``."""
    if kind in _CODE:
        yield from ("", f"```{language}", *lines, "```", "")
    elif kind not in _DROPPED:
        yield from ("", *(f"> {_inline(line)}{'  ' if kind == 'verse' else ''}" for line in lines), "")


def _line(line: str) -> Iterator[str]:
    if found := _HEADING.match(line):
        tags = "".join(f" #{tag}" for tag in (found[3] or "").split(":") if tag)
        yield f"{'#' * min(6, len(found[1]))} {_inline(found[2])}{tags}"
    elif found := _KEYWORD.match(line):
        if found[1].lower() == "caption" and found[2]:
            yield from ("", f"*{_inline(found[2])}*", "")
    elif _HIDDEN.match(line):
        pass
    elif found := _ITEM.match(line):
        box = {"": "", "[-]": "[/] "}.get(found[2] or "", f"{found[2]} ")
        term = f"**{_inline(found[3])}** " if found[3] else ""
        yield f"{found[1]}{box}{term}{_inline(found[4])}"
    elif found := _FOOTNOTE.match(line):
        yield f"[^{found[1]}]: {_inline(line[found.end() :].strip())}"
    else:
        yield _inline(line)


def _inline(text: str) -> str:
    text = _MARKED.sub(lambda found: f"{_SIGNS[found[1]]}{found[2]}{_SIGNS[found[1]]}", text)
    if "[" in text:
        text = _INLINE_FOOTNOTE.sub(r"^[\1]", _FOOTNOTE.sub(r"[^\1]", text))
        text = _LINK.sub(_link, text)
    return text


def _link(found: re.Match[str]) -> str:
    target, label = found[1].strip(), found[2]
    if target.startswith(_WEB):
        is_image = not label and _IMAGE.search(target)
        return f"{'!' if is_image else ''}[{'' if is_image else label or target}](<{target}>)"
    name = _FILE.sub(r"\1", target)
    if not label and _IMAGE.search(name):
        return f"![[{name}]]"
    text = label or name.lstrip("*#")
    return text if "|" in text else f"[[{text}]]"  # where "|" would begin a label
