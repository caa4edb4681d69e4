"""What a page says of its article: title, byline, date, site, picture. Pure; every string clean."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import islice
from typing import TYPE_CHECKING

from reader.content.html.links import WEB, host_of, resolve_link
from reader.core.model import Image
from reader.core.text import clean
from reader.extraction.boilerplate import has_date, without_by
from reader.extraction.json_ld import StructuredData
from reader.extraction.tree import text_of

if TYPE_CHECKING:
    from lxml.html import HtmlElement

MAX_TITLE = 500
"""Characters of a title or byline; longer ones are a page's whole text gone astray."""

_LOOK_AHEAD = 15
"""Elements behind the heading."""
_TITLES = ("og:title", "twitter:title", "dc.title", "dcterms.title", "parsely-title", "sailthru.title")
_AUTHORS = (
    "author",
    "article:author",
    "dc.creator",
    "dcterms.creator",
    "parsely-author",
    "sailthru.author",
    "byl",
    "citation_author",
)
_DATES = (
    *(
        "article:published_time",
        "og:article:published_time",
        "datepublished",
        "date",
        "pubdate",
        "publishdate",
        "publish-date",
    ),
    *(
        "dc.date",
        "dc.date.issued",
        "dcterms.created",
        "dcterms.date",
        "dcterms.issued",
        "parsely-pub-date",
        "sailthru.date",
    ),
    *("article.published", "published_at", "cxenseparse:recs:publishtime", "citation_publication_date", "release_date"),
)
_SITES = ("og:site_name", "application-name", "al:ios:app_name", "dc.publisher")
_IMAGES = ("og:image:secure_url", "og:image", "og:image:url", "twitter:image", "twitter:image:src")
_SEPARATOR = re.compile(r"\s+(?:[|–—·•»«:]|::|-|/{1,2}|>)\s+|\s*[|｜]\s*|\s*[_]\s*(?=[^\W\d]+$)")
_LETTERS = re.compile(r"[\W_]+")
_BYLINE_CLASS = re.compile(
    r"(?:^|[\s_-])(?:byline|author(?:-?name)?|post-author|entry-author)(?:$|[\s_-])", re.IGNORECASE
)
_BESIDE_NAME = re.compile(r"\s*[|·•]\s*|\s+[-–—]\s+|\s+(?:기자|記者|记者)(?:\s|$)|\s*,?\s*\d{1,4}[./-]\d{1,2}[./-]")
_YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2}))?)?", re.ASCII)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ENGLISH = re.compile(
    r"(?:(\d{1,2})(?:st|nd|rd|th)?\s+)?([A-Z][a-z]{2,8})\.?\s+(?:(\d{1,2})(?:st|nd|rd|th)?,?\s+)?(\d{4})", re.ASCII
)
_MAILED = re.compile(r"(?:[A-Z][a-z]{2},\s*)?\d{1,2} [A-Z][a-z]{2} \d{4} \d{1,2}:\d{2}", re.ASCII)
_DAY_FIRST = re.compile(r"\b(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})\b", re.ASCII)
_CHINESE = re.compile(r"(\d{4})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日")


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a page says of its article."""

    title: str = ""
    byline: str = ""
    published_at: datetime | None = None
    """An aware time in UTC; a date alone is taken as its midnight."""
    site: str = ""
    image: Image | None = None
    titles: tuple[str, ...] = ()
    """Every form in which the page says its title; for finding it again in the text."""


def read_metadata(tree: HtmlElement, said: StructuredData, base_url: str) -> Metadata:
    """Return what a page says of its article. ``tree`` is the whole page, head and all."""
    named = _named(tree)
    site = _short(_first(named, _SITES) or said.publisher)
    if not site and base_url:
        site = host_of(resolve_link(base_url, "", WEB)) if resolve_link(base_url, "", WEB) else ""
    headings = [name for element in list(tree.iter("h1"))[:5] if (name := _short(text_of(element).strip("¶# ")))]
    page_title = next((text_of(element) for element in tree.iter("title") if element.getparent() is not None), "")
    told = [_short(said.headline), *(_short(named.get(name, "")) for name in _TITLES)]
    titles = [*told, *headings, _short(page_title)]
    naming = [*told, _short(page_title), *_naming([*told, _short(page_title)], headings)]
    return Metadata(
        title=_title(titles, headings, site),
        byline=_byline(tree, named, said),
        published_at=_published(tree, named, said),
        site=site,
        image=_image(named, said, base_url),
        titles=tuple(dict.fromkeys(filter(None, (*naming, *(_without_site(title, site) for title in naming))))),
    )


def base_url_of(tree: HtmlElement, url: str) -> str:
    """Return what relative addresses of a page are resolved against: its ``base`` element, else its own address."""
    for element in tree.iter("base"):
        found = resolve_link(element.get("href") or "", url, WEB)
        if found:
            return found
    if url:
        return url
    for element in tree.iter("link"):
        if "canonical" in (element.get("rel") or "").lower():
            return resolve_link(element.get("href") or "", "", WEB)
    return resolve_link(_named(tree).get("og:url", ""), "", WEB)


def _named(tree: HtmlElement) -> dict[str, str]:
    """Return the page's ``meta`` elements by lower-case name; the first of a name holds."""
    named: dict[str, str] = {}
    for element in tree.iter("meta"):
        content = element.get("content") or ""
        for attribute in ("property", "name", "itemprop"):
            name = (element.get(attribute) or "").strip().lower()
            if name and content.strip():
                named.setdefault(name, content)
    return named


def _first(named: dict[str, str], names: tuple[str, ...]) -> str:
    return next((named[name] for name in names if named.get(name, "").strip()), "")


def _short(text: str) -> str:
    text = clean(text)
    return text if len(text) <= MAX_TITLE else ""


def _naming(told: list[str], headings: list[str]) -> list[str]:
    """Return the headings that are the article's title: the first, and what a title is a part of, or has in it.

    Some pages have a heading of the same kind before each of their sections.
    """
    keys = list(filter(None, map(_key, told)))
    return [
        heading
        for at, heading in enumerate(headings)
        if at == 0 or any(_key(heading) in key or key in _key(heading) for key in keys)
    ]


# --- title --------------------------------------------------------------------------------------


def _title(titles: list[str], headings: list[str], site: str) -> str:
    """Return the title without the site's name behind it."""
    told = [title for title in titles if title]
    if not told:
        return ""
    best = _without_site(told[0], site)
    wanted = _key(best)
    for heading in headings:
        key = _key(heading)
        # The heading is what the writer wrote, where it is the longer part of what programs are told; a heading that
        # is a small part of it is the site's name.
        if key and key != _key(site) and (wanted in key or (key in wanted and 2 * len(key) > len(wanted))):
            return heading
    return best


def _without_site(title: str, site: str) -> str:
    """Return a title without its last (or first) part, where that is the site's name, or short like one."""
    parts = _SEPARATOR.split(title)
    if len(parts) < 2:
        return title
    wanted = _key(site)
    cut = [found.start() for found in _SEPARATOR.finditer(title)]
    last, begin = _key(parts[-1]), _key(parts[0])
    if wanted and (last in (wanted, f"the{wanted}") or wanted.startswith(last) or last.startswith(wanted)):
        return title[: cut[-1]].strip() or title
    if wanted and begin == wanted:
        return title[next(_SEPARATOR.finditer(title)).end() :].strip() or title
    rest = title[: cut[-1]].strip()
    is_name = len(parts[-1].split()) <= 3 and len(rest.split()) >= 4 and parts[-1][:1].isupper()
    return rest if not site and is_name else title


def _key(text: str) -> str:
    return _LETTERS.sub("", text.casefold())


# --- byline -------------------------------------------------------------------------------------


def _byline(tree: HtmlElement, named: dict[str, str], said: StructuredData) -> str:
    for text in (said.author, *(named.get(name, "") for name in _AUTHORS)):
        name = _person(text)
        if name:
            return name
    for element in tree.iter("a", "span", "p", "div", "address", "cite"):
        if element.get("itemprop") == "author" or "author" in (element.get("rel") or "").split():
            name = _person(_name_inside(element))
            if name:
                return name
    for element in tree.iter("a", "span", "p", "div", "address"):
        if _BYLINE_CLASS.search(element.get("class") or "") and not _is_in_comments(element):
            name = _person(text_of(element))
            if name:
                return name
    return ""


def _is_in_comments(element: HtmlElement) -> bool:
    boxes = (element, *element.iterancestors())
    return any("comment" in f"{box.get('class') or ''} {box.get('id') or ''}".lower() for box in boxes)


def _name_inside(element: HtmlElement) -> str:
    for inner in element.iter():
        if inner.get("itemprop") == "name":
            return inner.get("content") or text_of(inner)
    return text_of(element)


def _person(text: str) -> str:
    name = _BESIDE_NAME.split(without_by(text).strip(" ,|·•-–—"))[0].strip(" ,")
    is_name = 1 < len(name) <= 120 and not name.startswith(("http:", "https:", "@")) and any(map(str.isalpha, name))
    return name if is_name else ""


# --- date ---------------------------------------------------------------------------------------


def _published(tree: HtmlElement, named: dict[str, str], said: StructuredData) -> datetime | None:
    for text in (said.published, *(named.get(name, "") for name in _DATES)):
        found = parse_date(text)
        if found:
            return found
    marked: list[str] = []
    for element in tree.iter("time", "span", "abbr", "p", "div"):
        is_marked = element.get("itemprop") == "datePublished" or element.get("pubdate") is not None
        text = (
            element.get("datetime")
            or element.get("content")
            or (element.get("title") if element.tag == "abbr" else "")
            or ""
        )
        if is_marked:
            marked.insert(0, text or text_of(element))
        elif element.tag == "time":
            marked += [text, text_of(element)[:80]]
    marked += _near_heading(tree)
    return next(filter(None, map(parse_date, marked[:20])), None)


def _near_heading(tree: HtmlElement) -> list[str]:
    """Return the short lines under the page's heading, among which its date may be."""
    heading = next(tree.iter("h1"), None)
    if heading is None:
        return []
    behind = islice((inner for inner in heading.xpath("following::*") if isinstance(inner.tag, str)), _LOOK_AHEAD)
    return [text for inner in behind if 6 <= len(text := text_of(inner)) < 100 and has_date(text)]


def parse_date(text: str) -> datetime | None:
    """Return a time as pages write it, in UTC, or None when it is none.

    Takes ISO 8601 and its kin, RFC 2822, and dates such as ``3 May 2024`` and
    ``2024年5月3日``. A time without a zone is taken as UTC.
    """
    text = clean(text[:200])
    if not text:
        return None
    for read in (datetime.fromisoformat, _mailed, _loose):
        try:
            found = read(text)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
        if found is None:
            continue
        try:
            found = (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
        except (OverflowError, ValueError):
            continue
        if 1970 <= found.year <= 2200:
            return found
    return None


def _mailed(text: str) -> datetime | None:
    """Return a date as mail and HTTP have it (RFC 2822, 3.3), or None; the library's own reader takes far more."""
    return parsedate_to_datetime(text) if _MAILED.match(text) else None


def _loose(text: str) -> datetime | None:
    """Return a date that stands anywhere in a text, or raise ValueError."""
    found = _YEAR_FIRST.search(text) if not re.search(r"[+-]\d\d:?\d\d$|\b[A-Z]{3,4}$", text) else None
    if found:
        year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    found = _YEAR_FIRST.match(text) or _CHINESE.search(text)
    if found:
        return datetime(int(found[1]), int(found[2]), int(found[3]), tzinfo=UTC)
    found = _DAY_FIRST.search(text)
    if found:  # with points, the day comes first wherever they are written so
        return datetime(int(found[3]), int(found[2]), int(found[1]), tzinfo=UTC)
    found = _ENGLISH.search(text)
    if found and found[2][:3].lower() in _MONTHS and (found[1] or found[3]):
        return datetime(int(found[4]), _MONTHS.index(found[2][:3].lower()) + 1, int(found[1] or found[3]), tzinfo=UTC)
    return None


# --- picture ------------------------------------------------------------------------------------


def _image(named: dict[str, str], said: StructuredData, base_url: str) -> Image | None:
    for address in (*(named.get(name, "") for name in _IMAGES), said.image):
        url = resolve_link(address.strip(), base_url, WEB)
        if url:
            return Image(
                url,
                _pixels(named.get("og:image:width", "")),
                _pixels(named.get("og:image:height", "")),
                clean(named.get("og:image:alt", "")),
            )
    return None


def _pixels(text: str) -> int | None:
    text = text.strip().removesuffix("px")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else None
