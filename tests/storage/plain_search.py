"""The meaning of a query in slow, plain Python, against which the search of the library is checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import eq, ge, gt, le, lt

from reader.core.errors import ReaderError
from reader.core.marks import normalize_tag, tag_key
from reader.core.model import Article
from reader.core.tokenize import fold_case, spaced_body_words, words
from reader.query.ast import (
    And,
    DateCondition,
    HasCondition,
    IsCondition,
    Node,
    Not,
    NumberCondition,
    NumberRange,
    Or,
    SubstringCondition,
    UnknownCondition,
    ValueCondition,
    WordsCondition,
)
from reader.query.dates import date_range

_RELATIONS = {"=": eq, "<": lt, "<=": le, ">": gt, ">=": ge}


@dataclass
class Entry:
    """An article and the user's marks of it."""

    article: Article
    read: bool = False
    starred: bool = False
    tags: list[str] = field(default_factory=list)
    has_problems: bool = False
    is_duplicate: bool = False


def _with_signs(article: Article) -> list[str]:
    provider = article.provider
    return [article.title, article.excerpt, provider.name, *article.topics, *provider.authors]


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
        case WordsCondition(name, text, prefix):
            texts = {
                "title": [article.title],
                "excerpt": [article.excerpt],
                "body": [spaced_body_words(article.body)],
                "text": [spaced_body_words(article.body)],
                "any": [
                    article.title,
                    article.excerpt,
                    article.source,
                    *article.topics,
                    spaced_body_words(article.body),
                    *entry.tags,
                ],
            }[name]
            if not words(text):  # only signs
                signs = {"title": [article.title], "excerpt": [article.excerpt], "any": _with_signs(article)}
                return not text.strip() or any(text.strip() in each for each in signs.get(name, ()))
            return any(_in_a_row(words(text), words(each), prefix) for each in texts)
        case ValueCondition("tag", value):
            try:
                return tag_key(normalize_tag(value)) in {tag_key(each) for each in entry.tags}
            except ReaderError:
                return False
        case ValueCondition("folder", value):
            folder, wanted = fold_case(article.path.rpartition("/")[0]), fold_case(value).strip("/")
            return not wanted or folder == wanted or folder.startswith(f"{wanted}/")
        case ValueCondition(name, value):
            lang = article.extra.get("lang")
            has = {
                "source": [article.source],
                "domain": [article.provider.domain],
                "topic": article.topics,
                "type": [article.type],
                "category": [article.category],
                "lang": [lang] if isinstance(lang, str) else [],
            }[name]
            return fold_case(value) in {fold_case(each) for each in has if each}
        case SubstringCondition("path", part):
            return fold_case(part) in fold_case(article.path)
        case SubstringCondition(_, part):
            return any(fold_case(part) in fold_case(url) for url in article.links.all_urls())
        case NumberCondition(name, relation, number):
            value = getattr(article, name)
            return value is not None and _RELATIONS[relation](value, number)
        case NumberRange(name, low, high):
            value = getattr(article, name)
            return value is not None and low <= value <= high
        case UnknownCondition(name):
            return getattr(article, "published_at" if name == "date" else name) is None
        case DateCondition():
            begin, end = date_range(node, now)
            at = article.published_at
            return at is not None and (begin is None or begin <= at) and (end is None or at < end)
        case IsCondition("unread"):
            return not entry.read
        case IsCondition(state):
            return {
                "read": entry.read,
                "starred": entry.starred,
                "published": article.published is True,
                "duplicate": entry.is_duplicate,
            }[state]
        case HasCondition(thing):
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
