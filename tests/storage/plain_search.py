"""What a query means, written down slowly and plainly: the search of the library is held to this."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import eq, ge, gt, le, lt

from reader.core.errors import ReaderError
from reader.core.marks import normalize_tag, tag_key
from reader.core.model import Article
from reader.core.tokenize import caseless, spaced_body, words
from reader.query.ast import And, Between, Date, Has, Is, Node, Not, Number, Or, Part, Unknown, Value, Words
from reader.query.dates import period

_RELATIONS = {"=": eq, "<": lt, "<=": le, ">": gt, ">=": ge}


@dataclass
class Entry:
    """An article with what a person says of it."""

    article: Article
    read: bool = False
    starred: bool = False
    tags: list[str] = field(default_factory=list)
    has_problems: bool = False
    is_duplicate: bool = False


def matches(entry: Entry, node: Node | None, now: datetime) -> bool:
    article = entry.article
    match node:
        case None:
            return True
        case And(parts):
            return all(matches(entry, part, now) for part in parts)
        case Or(parts):
            return any(matches(entry, part, now) for part in parts)
        case Not(part):
            return not matches(entry, part, now)
        case Words(name, text, prefix):
            texts = {
                "title": [article.title],
                "excerpt": [article.excerpt],
                "body": [spaced_body(article.body)],
                "text": [spaced_body(article.body)],
                "any": [
                    article.title,
                    article.excerpt,
                    article.source,
                    *article.topics,
                    spaced_body(article.body),
                    *entry.tags,
                ],
            }[name]
            return not words(text) or any(_in_a_row(words(text), words(each), prefix) for each in texts)
        case Value("tag", value):
            try:
                return tag_key(normalize_tag(value)) in {tag_key(each) for each in entry.tags}
            except ReaderError:
                return False
        case Value("folder", value):
            folder, wanted = caseless(article.path.rpartition("/")[0]), caseless(value).strip("/")
            return not wanted or folder == wanted or folder.startswith(f"{wanted}/")
        case Value(name, value):
            lang = article.extra.get("lang")
            has = {
                "source": [article.source],
                "domain": [article.provider.domain],
                "topic": article.topics,
                "type": [article.type],
                "category": [article.category],
                "lang": [lang] if isinstance(lang, str) else [],
            }[name]
            return caseless(value) in {caseless(each) for each in has if each}
        case Part("path", part):
            return caseless(part) in caseless(article.path)
        case Part(_, part):
            return any(caseless(part) in caseless(url) for url in article.links.every())
        case Number(name, relation, number):
            value = getattr(article, name)
            return value is not None and _RELATIONS[relation](value, number)
        case Between(name, low, high):
            value = getattr(article, name)
            return value is not None and low <= value <= high
        case Unknown(name):
            return getattr(article, "published_at" if name == "date" else name) is None
        case Date():
            begin, end = period(node, now)
            at = article.published_at
            return at is not None and (begin is None or begin <= at) and (end is None or at < end)
        case Is("unread"):
            return not entry.read
        case Is(state):
            return {
                "read": entry.read,
                "starred": entry.starred,
                "published": article.published is True,
                "duplicate": entry.is_duplicate,
            }[state]
        case Has(thing):
            return {
                "related": bool(article.related),
                "images": bool(article.images),
                "body": bool(article.body.strip()),
                "page": False,
                "tags": bool(entry.tags),
                "problems": entry.has_problems,
            }[thing]
    raise AssertionError(node)


def _in_a_row(wanted: Sequence[str], there: Sequence[str], prefix: bool) -> bool:
    for start in range(len(there) - len(wanted) + 1):
        row = there[start : start + len(wanted)]
        if row[:-1] == wanted[:-1] and (row[-1].startswith(wanted[-1]) if prefix else row[-1] == wanted[-1]):
            return True
    return False
