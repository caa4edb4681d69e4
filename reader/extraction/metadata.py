"""The metadata of an article: title, byline, date, site, image. Pure; all strings are clean."""

from __future__ import annotations

import contextlib
import re
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from typing import TYPE_CHECKING

from reader.content.html.builder import pixels
from reader.content.html.links import WEB, host_of, resolve_link
from reader.content.html.page_head import PageHead
from reader.core.dates.date_parser import parse_date
from reader.core.dates.partial import DateOrder
from reader.core.model import Image
from reader.core.text import clean
from reader.extraction.boilerplate import find_date, is_line, letters, without_by
from reader.extraction.page_tree import INLINE, is_in_page_header, text_of

if TYPE_CHECKING:
    from lxml.html import HtmlElement

MAX_TITLE = 500
"""Characters; a longer title or byline is some other text."""

_LOOK_AHEAD = 15
"""Elements behind the heading that are searched for a date."""
_SEPARATOR = re.compile(r"\s+(?:[|–—·•»«:]|::|-|/{1,2}|>)\s+|\s*[|｜]\s*|\s*[_]\s*(?=[^\W\d]+$)")
_BYLINE_CLASS = re.compile(
    r"(?:^|[\s_-])(?:byline|author(?:-?name)?|post-author|entry-author)(?:$|[\s_-])", re.IGNORECASE
)
_AFTER_NAME = re.compile(r"\s*[|·•»]\s*|\s+[-–—]\s+|\s+(?:기자|記者|记者)(?:\s|$)|\s*,?\s*\d{1,4}[./-]\d{1,2}[./-]")
_NAME_WORD = re.compile(
    r"[^\W\d_a-z][\w.'’-]*,?|&|and|und|et|y|e|de|la|le|du|van|von|der|den|del|della|di|da|dos|bin|ibn|al|el|ten|ter|zu"
)


@dataclass(frozen=True, slots=True)
class Metadata:
    """The metadata of an article, as the page gives it."""

    title: str = ""
    byline: str = ""
    published_at: datetime | None = None
    """An aware time in UTC; a date without a time is taken as midnight."""
    site: str = ""
    image: Image | None = None
    titles: tuple[str, ...] = ()
    """All forms of the title in the page, to recognize it in the text."""


def read_metadata(tree: HtmlElement, head: PageHead, base_url: str) -> Metadata:
    """Return the metadata of an article. ``tree`` is the whole page with its head."""
    site = _short(head.first("site")) or host_of(resolve_link(base_url, "", WEB))
    elements = list(tree.iter("h1"))
    elements = [element for element in elements if not is_in_page_header(element)] or elements
    headings = [name for element in elements[:5] if (name := _short(text_of(element).strip("¶# ")))]
    given = [_short(title) for title, *_ in head.values("title")]
    last = len(given) - ("<title>" in head.texts)  # browsers show it, and it often has more than the title
    forms = [*given, *headings[:1]]
    return Metadata(
        title=_title([*given[:last], *headings, *given[last:]], headings, site),
        byline=_byline(tree, head),
        published_at=_published(tree, head),
        site=site,
        image=_image(head, base_url),
        titles=tuple(dict.fromkeys(filter(None, (*forms, *(_without_site(title, site) for title in forms))))),
    )


def base_url_of(tree: HtmlElement, head: PageHead, url: str) -> str:
    """Return the base of relative URLs: the page's ``base`` element, else its own URL."""
    based = (resolve_link(element.get("href") or "", url, WEB) for element in tree.iter("base"))
    return next(filter(None, based), url) or resolve_link(head.first("url"), "", WEB)


def _short(text: str) -> str:
    text = clean(text)
    return text if len(text) <= MAX_TITLE else ""


# --- title --------------------------------------------------------------------------------------


def _title(titles: list[str], headings: list[str], site: str) -> str:
    """Return the title without the name of the site."""
    best = _without_site(next(filter(None, titles), ""), site)
    wanted = letters(best)
    for heading in headings:
        key = letters(heading)
        # The heading is the author's title if it is most of the title in the metadata; a heading that is a small part
        # of it is the name of the site.
        if key and key != letters(site) and (wanted in key or (key in wanted and 2 * len(key) > len(wanted))):
            return heading
    return best


def _without_site(title: str, site: str) -> str:
    """Return a title without its last or first part, if that is the name of the site."""
    cuts = list(_SEPARATOR.finditer(title))
    if not cuts:
        return title
    wanted, begin = letters(site), letters(title[: cuts[0].start()])
    rest, end = title[: cuts[-1].start()].strip(), letters(title[cuts[-1].end() :])
    if wanted and (end in (wanted, f"the{wanted}") or wanted.startswith(end) or end.startswith(wanted)):
        return rest or title
    if wanted and begin == wanted:
        return title[cuts[0].end() :].strip() or title
    return title


# --- byline -------------------------------------------------------------------------------------


def _byline(tree: HtmlElement, head: PageHead) -> str:
    """Return the authors: as the page's data names them, else as it marks them, else as a line says."""
    for given in head.values("author"):
        if names := dict.fromkeys(filter(None, map(_person, given))):
            return ", ".join(names)
    boxes = tree.iter("a", "span", "p", "div", "address", "cite")
    elements = [box for box in boxes if box.get("class") or box.get("rel") or box.get("itemprop")]
    marked = [box for box in elements if "author" in (box.get("itemprop"), *(box.get("rel") or "").split())]
    near = {around for box in marked[:1] for around in list(box.iterancestors())[:2]}
    authors = (box for box in marked if not near.isdisjoint(list(box.iterancestors())[:2]))
    if names := dict.fromkeys(filter(None, (_person(_name_inside(box)) for box in authors))):
        return ", ".join(names)
    lines = (box for box in elements if _BYLINE_CLASS.search(box.get("class") or "") and not _is_in_comments(box))
    return next(filter(None, (_names_at_start(_person(_first_line(box))) for box in lines)), "")


def _is_in_comments(element: HtmlElement) -> bool:
    boxes = (element, *element.iterancestors())
    return any("comment" in f"{box.get('class')} {box.get('id')}".lower() for box in boxes)


def _name_inside(element: HtmlElement) -> str:
    inner = next((inner for inner in element.iter("*") if inner.get("itemprop") == "name"), element)
    return inner.get("content") or text_of(inner)


def _first_line(element: HtmlElement) -> str:
    """Return the first line with text in an element; what is not inside a line, a button or a date ends one."""
    copy = deepcopy(element)
    for inner in copy.iterdescendants("*"):
        if inner.tag not in INLINE - {"br", "button", "time"}:
            inner.text, inner.tail = f"\n{inner.text or ''}", f"\n{inner.tail or ''}"
    return next(filter(None, map(str.strip, copy.text_content().split("\n"))), "")


def _person(text: str) -> str:
    name = _AFTER_NAME.split(without_by(text).strip(" ,|·•-–—"))[0].strip(" ,")
    is_name = 1 < len(name) <= 120 and not name.startswith(("http:", "https:", "@")) and any(map(str.isalpha, name))
    return name if is_name else ""


def _names_at_start(line: str) -> str:
    """Return the names with which a line begins, without a date, a place, a role or what else is behind them."""
    words = list(takewhile(lambda word: _NAME_WORD.fullmatch(word) and not is_line(word, "no name"), line.split()))
    while words and words[-1].islower():
        words.pop()
    first, *others = " ".join(words).split(",")
    return (
        ",".join([first, *(other for other in others if len(other.split()) > 1)]).strip(" ,") or line.partition(" ")[0]
    )


# --- date ---------------------------------------------------------------------------------------


def _published(tree: HtmlElement, head: PageHead) -> datetime | None:
    if found := next(filter(None, (date_in(date) for date, *_ in head.values("date"))), None):
        return found
    elements = [*tree.xpath("//*[@itemprop='datePublished' or @pubdate]"), *tree.iter("time")]
    names = ("datetime", "content", "title")
    texts = [text for each in elements for text in (*map(each.get, names), text_of(each)[:80]) if text]
    heading = next(tree.iter("h1"), None)
    below = () if heading is None else heading.xpath("following::*")[:_LOOK_AHEAD]
    lines = [line for each in below if len(line := text_of(each)) < 100 and find_date(line)]
    return next(filter(None, map(date_in, [*texts[:20], *lines])), None)


def date_in(line: str) -> datetime | None:
    """Return a date in a line, in UTC, or None. A time without a zone is taken as UTC, a day as its midnight there."""
    line = clean(line[:200])
    found = find_date(line)
    parts = (line, line[found.start() :], found[0]) if found else (line,)
    for part in parts:
        with contextlib.suppress(ValueError):
            order: DateOrder = "dmy" if "." in part[:3] else ""  # with periods the day comes first
            date = parse_date(part, order, any_language=part is parts[-1])
            if date.precision in ("time", "day") and 1970 <= date.utc.year <= 2200:
                return date.utc
    return None


# --- image --------------------------------------------------------------------------------------


def _image(head: PageHead, base_url: str) -> Image | None:
    url = next(filter(None, (resolve_link(address, base_url, WEB) for address, *_ in head.values("image"))), "")
    width, height, text = (head.texts.get(f"og:image:{name}", [""])[0] for name in ("width", "height", "alt"))
    return Image(url, pixels(width), pixels(height), clean(text)) if url else None
