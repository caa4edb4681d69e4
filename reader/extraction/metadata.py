"""The metadata of an article: title, byline, date, site, image. Pure; all strings are clean."""

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
"""Characters; a longer title or byline is some other text."""

_LOOK_AHEAD = 15
"""Elements behind the heading that are searched for a date."""
_TITLES = ("og:title", "twitter:title", "dc.title", "dcterms.title", "parsely-title", "sailthru.title")
_AUTHORS = (
    "author", "article:author", "dc.creator", "dcterms.creator", "parsely-author", "sailthru.author", "byl",
    "citation_author",
)  # fmt: skip
_DATES = (
    "article:published_time", "og:article:published_time", "datepublished", "date", "pubdate", "publishdate",
    "publish-date", "dc.date", "dc.date.issued", "dcterms.created", "dcterms.date", "dcterms.issued",
    "parsely-pub-date", "sailthru.date", "article.published", "published_at", "cxenseparse:recs:publishtime",
    "citation_publication_date", "release_date",
)  # fmt: skip
_SITES = ("og:site_name", "application-name", "al:ios:app_name", "dc.publisher")
_IMAGES = ("og:image:secure_url", "og:image", "og:image:url", "twitter:image", "twitter:image:src")
_SEPARATOR = re.compile(r"\s+(?:[|–—·•»«:]|::|-|/{1,2}|>)\s+|\s*[|｜]\s*|\s*[_]\s*(?=[^\W\d]+$)")
_LETTERS = re.compile(r"[\W_]+")
_BYLINE_CLASS = re.compile(
    r"(?:^|[\s_-])(?:byline|author(?:-?name)?|post-author|entry-author)(?:$|[\s_-])", re.IGNORECASE
)
_AFTER_NAME = re.compile(r"\s*[|·•]\s*|\s+[-–—]\s+|\s+(?:기자|記者|记者)(?:\s|$)|\s*,?\s*\d{1,4}[./-]\d{1,2}[./-]")
_YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2}))?)?", re.ASCII)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ENGLISH = re.compile(
    r"(?:(\d{1,2})(?:st|nd|rd|th)?\s+)?([A-Z][a-z]{2,8})\.?\s+(?:(\d{1,2})(?:st|nd|rd|th)?,?\s+)?(\d{4})", re.ASCII
)
_RFC_2822 = re.compile(r"(?:[A-Z][a-z]{2},\s*)?\d{1,2} [A-Z][a-z]{2} \d{4} \d{1,2}:\d{2}", re.ASCII)
_DAY_FIRST = re.compile(r"\b(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})\b", re.ASCII)
_CHINESE = re.compile(r"(\d{4})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日")


@dataclass(frozen=True, slots=True)
class Metadata:
    """The metadata of an article, as its page gives them."""

    title: str = ""
    byline: str = ""
    published_at: datetime | None = None
    """An aware time in UTC; a date without a time is taken as midnight."""
    site: str = ""
    image: Image | None = None
    titles: tuple[str, ...] = ()
    """All forms of the title in the page, to recognize it in the text."""


def read_metadata(tree: HtmlElement, data: StructuredData, base_url: str) -> Metadata:
    """Return the metadata of an article. ``tree`` is the whole page with its head."""
    named = _named(tree)
    site = _short(_first(named, _SITES) or data.publisher)
    if not site and base_url:
        site = host_of(resolve_link(base_url, "", WEB)) if resolve_link(base_url, "", WEB) else ""
    headings = [name for element in list(tree.iter("h1"))[:5] if (name := _short(text_of(element).strip("¶# ")))]
    page_title = next((text_of(element) for element in tree.iter("title") if element.getparent() is not None), "")
    meta_titles = [_short(data.headline), *(_short(named.get(name, "")) for name in _TITLES)]
    titles = [*meta_titles, *headings, _short(page_title)]
    forms = [*meta_titles, _short(page_title)]
    forms += _title_headings(forms, headings)
    return Metadata(
        title=_title(titles, headings, site),
        byline=_byline(tree, named, data),
        published_at=_published(tree, named, data),
        site=site,
        image=_image(named, data, base_url),
        titles=tuple(dict.fromkeys(filter(None, (*forms, *(_without_site(title, site) for title in forms))))),
    )


def base_url_of(tree: HtmlElement, url: str) -> str:
    """Return the base of relative addresses: the page's ``base`` element, else its own address."""
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
    """Return the page's ``meta`` elements by lower-case name; the first of a name wins."""
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


def _title_headings(titles: list[str], headings: list[str]) -> list[str]:
    """Return the headings that give the title: the first, and those that contain or are part of a known title.

    Some pages have an ``h1`` before each of their sections.
    """
    keys = list(filter(None, map(_key, titles)))
    return [
        heading
        for index, heading in enumerate(headings)
        if index == 0 or any(_key(heading) in key or key in _key(heading) for key in keys)
    ]


# --- title --------------------------------------------------------------------------------------


def _title(titles: list[str], headings: list[str], site: str) -> str:
    """Return the title without the name of the site."""
    first = next(filter(None, titles), "")
    if not first:
        return ""
    best = _without_site(first, site)
    wanted = _key(best)
    for heading in headings:
        key = _key(heading)
        # The heading is the author's title if it is most of the title in the metadata; a heading that is a small part
        # of it is the name of the site.
        if key and key != _key(site) and (wanted in key or (key in wanted and 2 * len(key) > len(wanted))):
            return heading
    return best


def _without_site(title: str, site: str) -> str:
    """Return a title without its last or first part, if that is the name of the site or as short as one."""
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


def _byline(tree: HtmlElement, named: dict[str, str], data: StructuredData) -> str:
    for text in (data.author, *(named.get(name, "") for name in _AUTHORS)):
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
    name = _AFTER_NAME.split(without_by(text).strip(" ,|·•-–—"))[0].strip(" ,")
    is_name = 1 < len(name) <= 120 and not name.startswith(("http:", "https:", "@")) and any(map(str.isalpha, name))
    return name if is_name else ""


# --- date ---------------------------------------------------------------------------------------


def _published(tree: HtmlElement, named: dict[str, str], data: StructuredData) -> datetime | None:
    for text in (data.published, *(named.get(name, "") for name in _DATES)):
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
    """Return the short lines with dates below the page's heading."""
    heading = next(tree.iter("h1"), None)
    if heading is None:
        return []
    behind = islice((inner for inner in heading.xpath("following::*") if isinstance(inner.tag, str)), _LOOK_AHEAD)
    return [text for inner in behind if 6 <= len(text := text_of(inner)) < 100 and has_date(text)]


def parse_date(text: str) -> datetime | None:
    """Return a time as pages write it, in UTC, or None if it cannot be read.

    Reads ISO 8601 and similar formats, RFC 2822, and dates like ``3 May 2024`` and ``2024年5月3日``. A time without a
    zone is taken as UTC.
    """
    text = clean(text[:200])
    if not text:
        return None
    for read in (datetime.fromisoformat, _rfc_2822, _anywhere):
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


def _rfc_2822(text: str) -> datetime | None:
    """Return a date in the format of mail and HTTP (RFC 2822, 3.3), or None; the library accepts far more."""
    return parsedate_to_datetime(text) if _RFC_2822.match(text) else None


def _anywhere(text: str) -> datetime | None:
    """Return a date anywhere in a text, or None. Raises ValueError for impossible dates."""
    found = _YEAR_FIRST.search(text) if not re.search(r"[+-]\d\d:?\d\d$|\b[A-Z]{3,4}$", text) else None
    if found:
        year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    found = _YEAR_FIRST.match(text) or _CHINESE.search(text)
    if found:
        return datetime(int(found[1]), int(found[2]), int(found[3]), tzinfo=UTC)
    found = _DAY_FIRST.search(text)
    if found:  # in dates with periods the day comes first
        return datetime(int(found[3]), int(found[2]), int(found[1]), tzinfo=UTC)
    found = _ENGLISH.search(text)
    if found and found[2][:3].lower() in _MONTHS and (found[1] or found[3]):
        return datetime(int(found[4]), _MONTHS.index(found[2][:3].lower()) + 1, int(found[1] or found[3]), tzinfo=UTC)
    return None


# --- image --------------------------------------------------------------------------------------


def _image(named: dict[str, str], data: StructuredData, base_url: str) -> Image | None:
    for address in (*(named.get(name, "") for name in _IMAGES), data.image):
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
