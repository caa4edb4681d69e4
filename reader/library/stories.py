"""Stories of one library: what belongs together, how articles are linked, and how hot that is."""

from __future__ import annotations

from collections.abc import Callable

from reader.core.text import format_count
from reader.library.articles import LibraryArticles
from reader.storage.sqlite.index import bitmap
from reader.storage.sqlite.index.folder_index import Index
from reader.storage.sqlite.stories import edges, reading, statistics
from reader.stories.digest import Excerpt, digest
from reader.stories.heat import explain
from reader.stories.model import Digest, Edge, EdgeKind, HeatStatistics, Period, Similar, Story
from reader.stories.terms import free_words, words_by_term

_KINDS: tuple[EdgeKind, ...] = ("duplicate", "related", "cited by", "story", "shared")
"""The kinds of links, the strongest first."""
_SHARED_SCORE = 0.3
"""The score of one shared item; each more adds half of the rest."""


class LibraryStories:
    """The stories of one folder. Methods may be called in any thread, may wait for the disk, and raise ReaderError."""

    def __init__(self, index: Callable[[], Index], articles: LibraryArticles) -> None:
        """``index`` returns the current index."""
        self._index = index
        self._articles = articles

    def are_known(self) -> bool:
        """Return whether every article has been grouped; otherwise some stories are still to be found."""
        from reader.storage.sqlite.stories.upkeep import is_unfinished  # lazy: asked where no story was found

        with self._index().database.read() as db:
            return not is_unfinished(db)

    def of(self, rowid: int) -> Story | None:
        """Return the story of an article, if it has others."""
        with self._index().database.read() as db:
            number = reading.story_number(db, rowid)
            return None if number is None else next(reading.stories(db, [number]), None)

    def hottest(self, rows: int | None = None, limit: int | None = None, *, single: bool = False) -> list[Story]:
        """Return the stories that have an article in a set of rows, or all, the hottest first.

        With ``single``, an article without a story counts as one.
        """
        with self._index().database.read() as db:
            mask = None if rows is None else bitmap.to_mask(rows, rows.bit_length())
            found = [*reading.stories(db, reading.hottest_first(db, mask)[:limit])]
            alone = reading.without_story(db, mask) if single else []
        if not single:
            return found
        found += [
            Story(row.id, row.title, (row.rowid,), row.published_at, row.published_at, 1, row.heat, row.heat_estimate)
            for row in self._articles.rows(alone[:limit])
        ]
        return sorted(found, key=_hottest_first)[:limit]

    def nearest(self, rowid: int, count: int = 20) -> list[Similar]:
        """Return the articles whose text is most like that of an article, the most similar first."""
        with self._index().database.read() as db:
            found = reading.nearest(db, rowid, count)
        words: dict[int, str] = {}
        for row in self._articles.rows([rowid]):
            words = words_by_term(row.title, row.excerpt)
        free_words()
        return [
            Similar(each.rowid, each.score, tuple(words[term] for term in each.terms if term in words))
            for each in found
        ]

    def has_links(self, rowid: int) -> bool:
        """Return whether an article has a story with others, or is linked with any."""
        return self.of(rowid) is not None or bool(self.edges(rowid, with_story=False))

    def explain_heat(self, rowid: int) -> str:
        """Return the estimate of a heat with its reason, as in “~62: 7 sources in 2 days”; empty without estimate."""
        with self._index().database.read() as db:
            estimate, coverage = reading.coverage(db, rowid) or (None, None)
        return "" if estimate is None or coverage is None else explain(estimate, coverage)

    def statistics(self, rows: int | None = None, period: Period | None = None) -> HeatStatistics:
        """Return how many articles of a set of rows, or of all, there are by time, and how hot by topic and source."""
        with self._index().database.read() as db:
            return statistics.of_rows(db, None if rows is None else bitmap.to_rows(rows), period)

    def digest(self, story: Story) -> Digest:
        """Return the excerpts of a story by source: what is common, and what only one source says."""
        rows = self._articles.rows(story.rowids)
        excerpts = [Excerpt(row.rowid, row.source, row.published_at, row.title, row.excerpt) for row in rows]
        found = digest(story, excerpts)
        free_words()
        return found

    def edges(self, rowid: int, *, with_story: bool = True) -> list[Edge]:
        """Return every link of an article with another, or all but those of its story, the strongest kind first."""
        with self._index().database.read() as db:
            listed = {other for _, other in edges.listed(db, [rowid])}
            listing = {other for _, other in edges.listing(db, [rowid])}
            members, collections = edges.members_of(db, rowid), edges.collections_with(db, rowid)
            shared = edges.sharing(db, rowid)
            copies = edges.copies_of(db, rowid)
        story = self.of(rowid) if with_story else None
        alike = {each.rowid: each for each in self.nearest(rowid, 200)} if story else {}
        found = [
            *(Edge("duplicate", other, 1, "a copy of it") for other in copies),
            *(Edge("related", other, 1, "among its related items") for other in listed),
            *(Edge("related", other, 1, "a member of this collection") for other in members),
            *(Edge("cited by", other, 1, "lists it among its related items") for other in listing),
            *(Edge("cited by", other, 1, "a collection with it") for other in collections),
            *(_same_story(other, alike.get(other)) for other in (story.rowids if story else ()) if other != rowid),
            *(_sharing(other, number) for other, number in shared.items()),
        ]
        return sorted(dict.fromkeys(found), key=lambda edge: (_KINDS.index(edge.kind), -edge.score, edge.rowid))


def _hottest_first(story: Story) -> tuple[float, bool, float]:
    heat = story.heat_estimate if story.heat is None else story.heat
    return -(heat or 0), story.last is None, -story.last.timestamp() if story.last else 0


def _same_story(rowid: int, similar: Similar | None) -> Edge:
    if similar is None:
        return Edge("story", rowid, 0.0, "the same story")
    words = ", ".join(similar.words[:5])
    return Edge("story", rowid, round(similar.score, 3), f"the same story: {words}" if words else "the same story")


def _sharing(rowid: int, number: int) -> Edge:
    score = 1 - (1 - _SHARED_SCORE) * 0.5 ** (number - 1)
    return Edge("shared", rowid, round(score, 3), f"both list {format_count(number, 'item')} from elsewhere")
