"""reStructuredText -> Markdown with extensions, line by line. Pure; takes linear time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_ADORNMENT = re.compile(r"([!-/:-@\[-`{-~])\1{2,}\s*\Z")
_DIRECTIVE = re.compile(r"\.\.[ \t]+(?:\|[^|]*\|[ \t]+)?([A-Za-z][\w:-]*)::[ \t]*(.*)\Z", re.ASCII)
_OPTION = re.compile(r"\s+:([\w-]+):[ \t]*(.*)\Z", re.ASCII)
_TARGET = re.compile(r"\.\.[ \t]+_([^:\n]+):[ \t]*(https?://\S+)\Z")
_FOOTNOTE = re.compile(r"\.\.[ \t]+\[#?([\w-]+)\][ \t]*(.*)\Z", re.ASCII)
_CODE = frozenset({"code", "code-block", "sourcecode", "parsed-literal", "prompt", "doctest", "math", "productionlist"})
_HIDDEN = frozenset(
    {"contents", "toctree", "index", "meta", "highlight", "raw", "include", "role", "default-role", "module", "sectnum"}
    | {"sectionauthor", "codeauthor", "moduleauthor"}
)
_NOTES = frozenset(
    {"admonition", "attention", "caution", "danger", "error", "hint", "important", "note", "seealso", "tip", "warning"}
)
_TABLE = re.compile(r"\s*(?:\+[-=+]{3,}|={2,}(?:[ \t]+={2,})+)\s*\Z")
_MAX_DEPTH = 8
_LINK = re.compile(r"`([^`<>\n]*?)\s*<([^`<>\s]+)>`__?")
_REFERENCE = re.compile(r"`([^`<>\n]+)`__?")
_MARK = re.compile(r"\[#?([\w-]+)\]_", re.ASCII)
_ROLE = re.compile(r":([a-z][\w:+-]*):`([^`\n]+)`", re.ASCII)
_TITLE = re.compile(r"\A[!~]?(.*?)\s*(?:<[^<>]*>)?\Z")
_EMPHASIZED = frozenset({"ref", "doc", "term", "title", "emphasis"})


def rst_to_markdown(source: str) -> str:
    """Return a reStructuredText as Markdown."""
    return "\n".join(_lines(source.split("\n"), {}, 0))


def _lines(lines: Sequence[str], levels: dict[str, int], depth: int) -> Iterator[str]:
    at = 0
    while at < len(lines):
        line = lines[at]
        over = bool(_ADORNMENT.match(line)) and at + 2 < len(lines) and bool(_ADORNMENT.match(lines[at + 2]))
        title = lines[at + over].strip()
        under = lines[at + 1 + over] if at + 1 + over < len(lines) else ""
        if title and not line.startswith("..") and _ADORNMENT.match(under) and (over or not line.startswith(" ")):
            level = levels.setdefault(under[0] + "o" * over, len(levels) + 1)
            yield from ("", f"{'#' * min(6, level)} {_inline(title)}", "")
            at += 2 + over
        elif _TABLE.match(line):
            end = next((end for end in range(at, len(lines)) if not lines[end].strip()), len(lines))
            yield from ("", "```", *lines[at:end], "```", "")
            at = end
        elif line.startswith("..") and line[2:3] in {"", " ", "\t"}:
            end = _block_end(lines, at)
            yield from _explicit(lines[at:end], levels, depth)
            at = end
        elif line.rstrip().endswith("::"):
            end = _block_end(lines, at, least=len(line) - len(line.lstrip()) + 1)
            text = line.rstrip()[:-2].rstrip()
            yield _inline(f"{text}:") if text else ""
            if any(each.strip() for each in lines[at + 1 : end]):
                yield from ("", "```", *_dedented(lines[at + 1 : end]), "```", "")
            at = end
        else:
            yield f"{_inline(line.lstrip()[2:])}  " if line.lstrip().startswith("| ") else _inline(line)
            at += 1


def _block_end(lines: Sequence[str], first: int, least: int = 1) -> int:
    """Return the index after the indented lines below ``first``."""
    end = last = first + 1
    while end < len(lines) and (not lines[end].strip() or len(lines[end]) - len(lines[end].lstrip()) >= least):
        end += 1
        last = end if lines[end - 1].strip() else last
    return last


def _dedented(lines: Sequence[str]) -> list[str]:
    """Return lines without their common indentation, and without empty ones around them."""
    margin = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    text = "\n".join(line[margin:].rstrip() for line in lines).strip("\n")
    return text.split("\n") if text else []


def _explicit(lines: Sequence[str], levels: dict[str, int], depth: int) -> Iterator[str]:
    """Yield what follows two dots: a directive, a target, a footnote; nothing for a comment."""
    first = lines[0].rstrip()
    if found := _TARGET.match(first):
        yield from ("", f"[{found[1].strip('`')}]: <{found[2]}>", "")
    elif found := _FOOTNOTE.match(first):
        yield from (
            "",
            f"[^{found[1]}]: {_inline(found[2])}",
            *(f"    {_inline(line)}" for line in _dedented(lines[1:])),
            "",
        )
    elif found := _DIRECTIVE.match(first):
        name, argument = found[1].lower().rpartition(":")[2], found[2].strip()
        options: dict[str, str] = {}
        rest = list(lines[1:])
        while rest and (option := _OPTION.match(rest[0])):
            options[option[1]] = option[2].strip()
            del rest[0]
        content = _dedented(rest)
        if name in _NOTES and name != "admonition" and argument:
            content, argument = [argument, *content], ""
        yield ""
        if name in _CODE:
            yield from (f"```{argument if name not in {'math', 'parsed-literal'} else ''}", *content, "```")
        elif name not in _HIDDEN:
            inner = list(_lines(content, levels, depth + 1)) if depth < _MAX_DEPTH else content
            yield from _directive(name, argument, options, inner)
        yield ""


def _directive(name: str, argument: str, options: dict[str, str], content: Sequence[str]) -> Iterator[str]:
    """Yield what a directive shows, given its content as Markdown."""
    if name in {"image", "figure"}:
        yield from (f"![{options.get('alt', '')}](<{argument}>)", "", *content)
    elif name == "youtube":
        yield f"{{{{< youtube {argument} >}}}}"
    elif name in _NOTES:
        title = f"note[{_inline(argument)}]" if argument else name
        yield from (f":::{title}", "", *content, "", ":::")
    else:
        yield from (f"**{_inline(argument)}**" if argument else "", "", *content)


def _inline(text: str) -> str:
    if "`" in text:
        text = _LINK.sub(lambda found: f"[{found[1] or found[2]}](<{found[2]}>)", text)
        text = _ROLE.sub(_role, text)
        text = _REFERENCE.sub(r"[\1]", text) if "`_" in text else text
    else:
        text = text.replace("[[", r"\[[")  # which would begin a link to a note
    return _MARK.sub(r"[^\1]", text) if "]_" in text else text


def _role(found: re.Match[str]) -> str:
    title = _TITLE.match(found[2])
    label = title[1] if title and title[1] else found[2]
    name = found[1].rpartition(":")[2]
    return f"${found[2]}$" if name == "math" else f"*{label}*" if name in _EMPHASIZED else f"`{label}`"
