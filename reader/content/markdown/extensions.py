"""Markdown as Obsidian, GitHub and static site generators extend it: rules for the parser.

Each rule gives tokens that exist already, so that nothing else needs to know of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reader.content.blocks import EMBED_NAMES
from reader.content.markdown.templates import COMPONENT, shown, without_templates

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_core import StateCore
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token
    from markdown_it.utils import EnvType

_MAX_NESTED = 8
"""Indented texts (notes, definitions) in each other."""
_INDENT = 4
_MAX_LINES = 50
"""Lines of a statement or a tag."""

_CALLOUT = re.compile(r"\[!([\w -]{1,40})(?:\|[^\]\n]*)?\][+-]?[ \t]*([^\n]*?)[ \t]*\\?(?:\n|\Z)")
_TASK = re.compile(r"\[([ xX/-])\](?:[ \t]+|(?=\n)|\Z)")
_SIGNS = {" ": "☐", "x": "☑", "X": "☑", "/": "◪", "-": "☒"}
_VERBATIM = re.compile(r"<(?:pre|code|script|style|textarea)\b", re.IGNORECASE)

_DIV = re.compile(
    r":{3,}[ \t]*(?:\{?\.?(?P<name>[A-Za-z][\w-]*)\}?)?(?P<title>[^{}]*)"
    r"(?P<attributes>\{[^{}]*?(?:title=[\"'](?P<attribute>[^\"'{}]*)[^{}]*)?\})?\Z"
)
_ADMONITIONS = frozenset({
    "abstract", "attention", "bug", "caution", "check", "danger", "details", "error", "example", "failure", "help",
    "hint", "important", "info", "note", "question", "quote", "seealso", "spoiler", "success", "summary", "tip",
    "todo", "warning",
})  # fmt: skip
_NOTE = re.compile(r"(?:!!!|\?\?\?\+?)[ \t]+([A-Za-z][\w-]*)(?:[ \t]+[a-z-]+){0,2}(?:[ \t]+\"(.*)\")?\Z")
_TAB = re.compile(r"===[+!]?[ \t]+\"(.+)\"\Z")
_FOOTNOTE = re.compile(r"\[\^([^\[\]\s]{1,100})\]:[ \t]*")
_DEFINITION = re.compile(r":[ \t]+(?=\S)")
_END_OF_LIST = "</dd></dl>"
_COMPONENT_START = re.compile(r"</?[A-Z][\w.]*(?:\s.*|/?>\Z|\Z)", re.ASCII)
_IMPORT = re.compile(r"import\s(?:(?:.*\sfrom)?\s*[\"'][^\"']+[\"'];?\Z|(?:\w+\s*,\s*)?\{[^}]*\Z)", re.ASCII)
_IMPORT_END = re.compile(r"[\"'];?\Z")
_EXPORT = re.compile(r"export\s+(?:(?:const|let|var|function|class|default|async)\s.*[={(]|\{.*\}|\*\s)", re.ASCII)
_COMMENT = re.compile(r"%%(?!.*%%)|\{%-?\s*comment\b(?!.*\{%)")
_COMMENT_END = re.compile(r"(?:%%|\{%-?\s*endcomment\s*-?%\})\Z")
_DISPLAY_MATH = re.compile(r"\$\$(?:(?!.*\$\$)|.*\$\$\Z).*")
_MATH_END = re.compile(r"\$\$\Z")
_CODE_TAG = r"(?:highlight|codeblock)\b"
_CODE_START = re.compile(rf"\{{[{{%][<%]?-?\s*{_CODE_TAG}\s*([\w+#.-]*)(?!.*(?:/|end){_CODE_TAG}).*\}}\Z", re.ASCII)
_CODE_END = re.compile(rf"\{{[{{%][<%]?-?\s*(?:/\s*|end){_CODE_TAG}.*\}}\Z", re.ASCII)

_TEMPLATE_START = re.compile(r"\{[{%](?!.*[%}]\})")
_TEMPLATE_END = re.compile(r"[%}]\}\Z")

_WIKI_LINK = re.compile(r"!?\[\[([^\[\]|\n]++)(?:\|([^\[\]|\n]++))?[^\[\]\n]*+\]\]")
"""A link to a note or, with !, a picture or a note to show in its place, perhaps with a label and a size."""
_IMAGE_FILE = re.compile(r"\.(?:png|jpe?g|gif|svg|webp|avif|bmp|heic)\Z", re.IGNORECASE)
_SIZE = re.compile(r"\d+(?:x\d+)?\Z", re.ASCII)
_HIGHLIGHT = re.compile(r"(?<![A-Za-z0-9=])==(?=[^\s=])((?:[^=\n]|=(?!=))+)(?<=[^\s=])==(?![A-Za-z0-9=])")
_FOOTNOTE_MARK = re.compile(r"\[\^([^\[\]\s]{1,100})\]")
_INLINE_FOOTNOTE = re.compile(r"\^\[((?:[^\[\]]++|\[[^\[\]]*+\])++)\]")
_MATH = re.compile(r"\$\$[^$`]{1,1000}\$\$|(?<![A-Za-z0-9$])\$(?=[^\s$])(?:[^$`\\\n]|\\[^\n]){1,500}(?<=\S)\$(?!\d)")
_MARKUP_IN_MATH = re.compile(r"[\\_^{*]")

_Rule = Callable[["StateBlock", int, int, "re.Match[str]"], "int | None"]
"""Reads the block at a line, given the match of its pattern, and returns the line after it; None if it is none."""


def add_extensions(parser: MarkdownIt) -> None:
    """Add the rules to a parser."""
    interrupted = ["paragraph", "reference", "blockquote", "list"]
    parser.block.ruler.before("table", "extension", _block, {"alt": interrupted})
    parser.core.ruler.after("block", "prepare", _prepare)
    parser.core.ruler.after("inline", "footnotes", _append_footnotes)
    for name, rule in (("math", _math), ("highlight", _highlight), ("footnote", _footnote_mark)):
        parser.inline.ruler.before("escape", name, rule)
    parser.inline.ruler.after("image", "wiki_link", _wiki_link)


# --- blocks --------------------------------------------------------------------------------


def _block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Read the block at line ``start`` if it is of a kind of ours."""
    position = state.bMarks[start] + state.tShift[start]
    rules = _RULES.get(state.src[position : position + 1])
    if not rules or state.env.get("depth", 0) >= _MAX_NESTED:
        return False
    line = state.src[position : state.eMarks[start]].rstrip()
    for pattern, rule in rules:
        found = pattern.match(line)
        # Components are indented as deep as authors like.
        if not found or (state.is_code_block(start) and not (rule is _component and state.env.get("components"))):
            continue
        if silent:
            return rule not in _UNINTERRUPTING
        before = len(state.tokens)
        after = rule(state, start, end, found)
        if after is not None:
            state.line = after
            return True
        del state.tokens[before:]
    return False


def _div(state: StateBlock, start: int, end: int, found: re.Match[str]) -> int:
    """Read a line of three colons, which begins or ends a note."""
    are_quotes = state.env.setdefault("divs", [])
    name, title = (found["name"] or "").removeprefix("callout-"), found["title"].strip() or found["attribute"] or ""
    if not name and not title and not found["attributes"]:
        if are_quotes and are_quotes.pop():
            _put_html(state, "</blockquote>")
        return start + 1
    is_known = name.lower() in _ADMONITIONS
    are_quotes.append(is_known or bool(title))
    if are_quotes[-1]:
        if not is_known and not title.startswith("["):
            title = f"{name} {title}"
        _put_html(state, "<blockquote>")
        _put_title(state, title.strip().removeprefix("[").removesuffix("]") or _title_of(name))
    return start + 1


def _note(state: StateBlock, start: int, end: int, found: re.Match[str]) -> int | None:
    """Read a note: a title, and indented lines below it."""
    _put_html(state, "<blockquote>")
    _put_title(state, _title_of(found[1]) if found[2] is None else found[2])
    after = _put_indented(state, start, end)
    _put_html(state, "</blockquote>")
    return after


def _tab(state: StateBlock, start: int, end: int, found: re.Match[str]) -> int | None:
    """Read what one of several tabs shows."""
    _put_title(state, found[1])
    return _put_indented(state, start, end)


def _footnote(state: StateBlock, start: int, end: int, found: re.Match[str]) -> int | None:
    notes, label = _footnotes(state.env), found[1].casefold()
    if label in notes.texts:  # the second of a name has no mark
        label = f"{label} {len(notes.texts)}"
    before = len(state.tokens)
    after = _put_hanging(state, start, end, found.end())
    notes.texts[label] = state.tokens[before:]
    del state.tokens[before:]
    return after


def _definition(state: StateBlock, start: int, end: int, found: re.Match[str]) -> int | None:
    """Read the definition of the term in the paragraph above."""
    last = state.tokens[-1] if state.tokens else None
    is_near = start > 0 and not (state.isEmpty(start - 1) and state.isEmpty(max(0, start - 2)))
    if last is None or not is_near:
        return None
    if last.content == _END_OF_LIST:
        last.content = "</dd>"
    elif last.type == "paragraph_close":
        state.tokens[-3], state.tokens[-1] = _html("<dl><dt>"), _html("</dt>")
    else:
        return None
    _put_html(state, "<dd>")
    after = _put_hanging(state, start, end, found.end())
    _put_html(state, _END_OF_LIST)
    return after


def _component(state: StateBlock, start: int, end: int, found: re.Match[str]) -> int | None:
    """Read the tag of a component of MDX that has its lines for itself."""
    tag, after = found[0], start + 1
    while not tag.endswith(">") and after < min(end, start + _MAX_LINES) and not state.isEmpty(after):
        tag += f"\n{_line(state, after)}"
        after += 1
    if not COMPONENT.fullmatch(tag):
        return None
    change = 0 if tag.endswith("/>") else -1 if tag.startswith("</") else 1
    state.env["components"] = max(0, state.env.get("components", 0) + change)
    _put_html(state, shown(tag, "p"))
    return after


def _import(state: StateBlock, start: int, end: int, found: re.Match[str]) -> int | None:
    """Read an import of MDX, which ends with the name of a module."""
    last = min(end, start + _MAX_LINES)
    return None if state.level else next((at + 1 for at in range(start, last) if _ends(state, at, _IMPORT_END)), None)


def _export(state: StateBlock, start: int, end: int, found: re.Match[str]) -> int | None:
    """Read an export of MDX, which ends with an empty line."""
    return None if state.level else next((at for at in range(start, end) if state.isEmpty(at)), end)


def _comment(state: StateBlock, start: int, end: int, found: re.Match[str]) -> int | None:
    """Read a comment of several lines."""
    return _after_closing(state, start, end, _COMMENT_END)


def _display_math(state: StateBlock, start: int, end: int, found: re.Match[str]) -> int | None:
    is_one_line = found.end() > len("$$$$") and found[0].endswith("$$")
    after = start + 1 if is_one_line else _after_closing(state, start, end, _MATH_END)
    if after is not None:
        _put_code(state, start, after)
    return after


def _template_code(state: StateBlock, start: int, end: int, found: re.Match[str]) -> int | None:
    """Read the code between two template tags."""
    after = _after_closing(state, start, end, _CODE_END)
    if after is not None:
        _put_code(state, start + 1, after - 1, found[1], _CODE_END.sub("", _line(state, after - 1)).rstrip())
    return after


def _template(state: StateBlock, start: int, end: int, found: re.Match[str]) -> int | None:
    """Read a template tag of several lines, some of which may look like blocks."""
    after = _after_closing(state, start, min(end, start + _MAX_LINES), _TEMPLATE_END)
    if after is not None:
        text = state.getLines(start, after, state.blkIndent, False)
        state.tokens += [_html("<p>"), _inline(text), _html("</p>")]
    return after


_RULES: dict[str, list[tuple[re.Pattern[str], _Rule]]] = {
    ":": [(_DIV, _div), (_DEFINITION, _definition)],
    "!": [(_NOTE, _note)],
    "?": [(_NOTE, _note)],
    "=": [(_TAB, _tab)],
    "[": [(_FOOTNOTE, _footnote)],
    "<": [(_COMPONENT_START, _component)],
    "i": [(_IMPORT, _import)],
    "e": [(_EXPORT, _export)],
    "%": [(_COMMENT, _comment)],
    "$": [(_DISPLAY_MATH, _display_math)],
    "{": [(_CODE_START, _template_code), (_COMMENT, _comment), (_TEMPLATE_START, _template)],
}
"""By the first character of a line."""
_UNINTERRUPTING: frozenset[_Rule] = frozenset([_import, _export])
"""What needs an empty line before it."""


def _line(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] : state.eMarks[line]].rstrip()


def _ends(state: StateBlock, line: int, ending: re.Pattern[str]) -> bool:
    return bool(ending.search(_line(state, line)))


def _after_closing(state: StateBlock, start: int, end: int, closing: re.Pattern[str]) -> int | None:
    """Return the line after the next one below ``start`` that ends like ``closing``."""
    unclosed = state.env.setdefault("unclosed", set())
    key = (closing, end, len(state.src))
    if key in unclosed:  # or each of many would search to the end
        return None
    after = next((at + 1 for at in range(start + 1, end) if _ends(state, at, closing)), None)
    if after is None:
        unclosed.add(key)
    return after


def _put_indented(state: StateBlock, start: int, end: int) -> int | None:
    """Read the indented lines below ``start`` as blocks; None if there are none."""
    after = last = start + 1
    while after < end and (state.isEmpty(after) or state.sCount[after] >= state.blkIndent + _INDENT):
        after += 1
        last = last if state.isEmpty(after - 1) else after
    if last == start + 1:
        return None
    _put_nested(state, state.getLines(start + 1, last, state.blkIndent + _INDENT, False))
    return last


def _put_hanging(state: StateBlock, start: int, end: int, offset: int) -> int:
    """Read the text from ``offset`` on, the rest of its paragraph and the indented paragraphs below it as blocks."""
    interrupting = state.md.block.ruler.getRules("paragraph")
    after = last = start + 1
    margin = state.blkIndent + _INDENT
    while after < end:
        indent = state.sCount[after]
        if not state.isEmpty(after):
            is_inside = indent >= state.blkIndent + 2
            if not is_inside and (last < after or any(rule(state, after, end, True) for rule in interrupting)):
                break
            margin = min(margin, indent) if is_inside else margin
            last = after + 1
        after += 1
    first = state.src[state.bMarks[start] + state.tShift[start] + offset : state.eMarks[start]]
    _put_nested(state, f"{first}\n{state.getLines(start + 1, last, margin, False)}")
    return last


def _put_nested(state: StateBlock, text: str) -> None:
    state.env["depth"] = state.env.get("depth", 0) + 1
    state.md.block.parse(text, state.md, state.env, state.tokens)
    state.env["depth"] -= 1


def _put_title(state: StateBlock, text: str) -> None:
    if text:
        state.tokens += _title(text)


def _put_code(state: StateBlock, start: int, end: int, language: str = "", last: str = "") -> None:
    """Put the lines, and the text ``last`` of the closing line, as code."""
    token = state.push("fence", "code", 0)
    token.content, token.info = state.getLines(start, end, state.blkIndent, True) + last, language


def _put_html(state: StateBlock, markup: str) -> None:
    state.tokens.append(_html(markup))


def _title(text: str) -> list[Token]:
    return [_html("<p><strong>"), _inline(text), _html("</strong></p>")]


def _title_of(name: str) -> str:
    """Return the title of a note that has but a kind, such as ``warning``."""
    return name.replace("-", " ").capitalize()


def _html(markup: str) -> Token:
    from markdown_it.token import Token

    return Token("html_block", "", 0, content=markup)


def _inline(text: str) -> Token:
    from markdown_it.token import Token

    return Token("inline", "", 0, content=text, children=[])


# --- after the blocks ----------------------------------------------------------------------


@dataclass(slots=True)
class _Footnotes:
    texts: dict[str, list[Token]] = field(default_factory=dict)
    """The blocks of each footnote by label."""
    numbers: dict[str, int] = field(default_factory=dict)
    labels: list[str] = field(default_factory=list)
    """In the order of the marks in the text."""

    def number(self, label: str) -> int:
        """Return the number of a footnote; each gets the next one with its first mark."""
        if label not in self.numbers:
            self.labels.append(label)
            self.numbers[label] = len(self.labels)
        return self.numbers[label]


def _footnotes(env: EnvType) -> _Footnotes:
    found: _Footnotes = env.setdefault("footnotes", _Footnotes())
    return found


def _append_footnotes(state: StateCore) -> None:
    """Append the footnotes in the order of their marks, and then those without one."""
    notes = _footnotes(state.env)
    made: list[Token] = []
    written = 0
    for unmarked in ("", *notes.texts):
        if unmarked:
            notes.number(unmarked)
        while written < len(notes.labels):  # which grows: a footnote may have the mark of another one
            made.append(_html(f"<li value={written + 1}>"))
            for token in _prepared(notes.texts[notes.labels[written]], state.env):
                if token.type == "inline":
                    token.children = []
                    state.md.inline.parse(token.content, state.md, state.env, token.children)
                made.append(token)
            made.append(_html("</li>"))
            written += 1
    if made:
        state.tokens += [_html("<hr><ol>"), *made, _html("</ol>")]


def _prepare(state: StateCore) -> None:
    state.tokens = list(_prepared(state.tokens, state.env))


def _prepared(tokens: list[Token], env: EnvType) -> Iterator[Token]:
    """Yield tokens with titles for callouts and signs for tasks, and without what is for programs."""
    before = outer = ""
    for index, token in enumerate(tokens):
        if token.type == "paragraph_open" and before == "blockquote_open":
            text = tokens[index + 1]
            if found := _CALLOUT.match(text.content):
                yield from _title(without_templates(found[2]) or _title_of(found[1]))
                text.content = text.content[found.end() :]
        elif token.type == "inline":
            found = _TASK.match(token.content) if outer == "list_item_open" else None
            if found and found[1].upper() not in env.get("references", ()):
                token.content = f"{_SIGNS[found[1]]} {token.content[found.end() :]}"
            token.content = without_templates(token.content)
        elif token.type == "html_block" and not _VERBATIM.search(token.content):
            token.content = without_templates(token.content)
        yield token
        outer, before = before, token.type


# --- inside a line -------------------------------------------------------------------------


def _math(state: StateInline, silent: bool) -> bool:
    """Read a formula as it is written, so that its signs are no markup."""
    found = _MATH.match(state.src, state.pos, state.posMax) if state.src[state.pos] == "$" else None
    if not found or not _MARKUP_IN_MATH.search(found[0]) or "](" in found[0]:
        return False
    if not silent:
        state.pending += found[0]
    state.pos = found.end()
    return True


def _highlight(state: StateInline, silent: bool) -> bool:
    found = _HIGHLIGHT.match(state.src, state.pos, state.posMax) if state.src[state.pos] == "=" else None
    if not found:
        return False
    if not silent:
        end, state.pos, state.posMax = state.posMax, found.start(1), found.end(1)
        state.push("strong_open", "strong", 1)
        state.md.inline.tokenize(state)
        state.push("strong_close", "strong", -1)
        state.posMax = end
    state.pos = found.end()
    return True


def _footnote_mark(state: StateInline, silent: bool) -> bool:
    """Read the mark of a footnote, or a footnote within the text; neither hinders a link around it."""
    char = state.src[state.pos]
    if silent or char not in "[^":
        return False
    notes = _footnotes(state.env)
    if char == "[":
        found = _FOOTNOTE_MARK.match(state.src, state.pos, state.posMax)
        label = found[1].casefold() if found else ""
    elif found := _INLINE_FOOTNOTE.match(state.src, state.pos, state.posMax):
        label = f" {len(notes.texts)}"  # no label has a blank
        notes.texts[label] = [_html("<p>"), _inline(found[1]), _html("</p>")]
    if not found or label not in notes.texts:
        return False
    state.pending += f"[{notes.number(label)}]"
    state.pos = found.end()
    return True


def _wiki_link(state: StateInline, silent: bool) -> bool:
    """Read a link such as ``[[note|text]]`` as its text; what is also a link of CommonMark stays one."""
    from markdown_it.common.utils import normalizeReference

    # Silent is the search for the end of a link around it, which two brackets each do not hinder.
    found = None if silent else _WIKI_LINK.match(state.src, state.pos, state.posMax)
    if not found or normalizeReference(found[1]) in state.env.get("references", ()):
        return False
    is_embedded = found[0][0] == "!"
    label = (found[2] or "").strip()
    if not label or (is_embedded and _SIZE.match(label)):
        note, _, part = found[1].strip().removesuffix("\\").partition("#")
        label = " › ".join(filter(None, (note, *("" if part.startswith("^") else part).split("#"))))
    if is_embedded:
        kind = "Image" if _IMAGE_FILE.search(found[1].strip()) else EMBED_NAMES["embed"]
        label = f"{kind} · {label}"
    tag = "div" if is_embedded else "em"
    state.push("html_inline", "", 0).content = f"<{tag}>"
    state.push("text", "", 0).content = label
    state.push("html_inline", "", 0).content = f"</{tag}>"
    state.pos = found.end()
    return True
