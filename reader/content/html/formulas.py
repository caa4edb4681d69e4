"""Formulas in MathML -> text: their TeX if the page has it, else their signs in a line. Pure; takes linear time."""

from __future__ import annotations

import re
from collections.abc import Mapping

from reader.content.html.inline import to_superscript
from reader.content.html.tokenizer import tokens

_DISPLAY_STYLE = re.compile(r"^\{\\(?:display|text)style\s*(.*)\}$", re.DOTALL)
_SIMPLE = re.compile(r"[\w.]*|[(\[|√].*[)\]|]", re.DOTALL)
_EMPTY = frozenset({"mspace", "mprescripts", "none", "maligngroup", "malignmark"})
_ROWS = {"mtr": " ", "mtable": "; ", "mlabeledtr": " "}
_MAX_DEPTH = 64


def formula_text(source: str, attributes: Mapping[str, str]) -> str:
    """Return a formula as text; ``source`` and ``attributes`` are those of its ``math`` element."""
    open_elements: list[tuple[str, list[str]]] = [("math", [])]
    tex = attributes.get("alttext", "")
    for token in tokens(source):
        if token.kind == "text":
            open_elements[-1][1].append(token.text.strip())
        elif token.kind == "start":
            if token.text in _EMPTY or len(open_elements) >= _MAX_DEPTH:
                continue
            name = "tex" if "tex" in token.attributes.get("encoding", "") else token.text
            open_elements.append((name, []))
        elif any(name in (token.text, "tex") for name, _ in open_elements[1:]) and token.text not in _EMPTY:
            name, parts = open_elements.pop()
            if name == "tex":
                tex = tex or "".join(parts)
            else:
                open_elements[-1][1].append(_combined(name, [part for part in parts if part]))
    while len(open_elements) > 1:
        name, parts = open_elements.pop()
        open_elements[-1][1].append(_combined(name, parts))
    if found := _DISPLAY_STYLE.match(tex.strip()):
        tex = found[1]
    return " ".join((tex or "".join(open_elements[0][1])).split())


def _combined(name: str, parts: list[str]) -> str:
    """Return the text of an element with the texts of its parts."""
    match name, parts:
        case (("msup" | "mover"), [base, above]):
            return base + _raised(above, "sup", "^")
        case (("msub" | "munder"), [base, below]):
            return base + _raised(below, "sub", "_")
        case (("msubsup" | "munderover"), [base, below, above]):
            return base + _raised(below, "sub", "_") + _raised(above, "sup", "^")
        case "mfrac", [above, below]:
            return f"{_grouped(above)}/{_grouped(below)}"
        case "msqrt", _:
            return f"√{_grouped(''.join(parts))}"
        case "mroot", [base, degree]:
            return f"{_raised(degree, 'sup', '')}√{_grouped(base)}"
        case "mfenced", _:
            return f"({', '.join(parts)})"
        case (("annotation" | "annotation-xml" | "mphantom"), _):
            return ""
    return _ROWS.get(name, "").join(parts)


def _raised(text: str, element: str, sign: str) -> str:
    shifted = to_superscript(text, element)
    return shifted if shifted != text else f"{sign}{_grouped(text)}"


def _grouped(text: str) -> str:
    """Return a text in parentheses, unless it is one number or word."""
    return text if _SIMPLE.fullmatch(text) else f"({text})"
