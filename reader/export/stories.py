"""Stories, links between articles, digests and statistics as JSON records. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reader.core.model import Row
from reader.core.times import iso_or_none
from reader.export.records import Record
from reader.stories.model import Bar, Digest, Edge, HeatStatistics, Story


def story_record(story: Story, ids: Mapping[int, str]) -> Record:
    """Return an item of ``stories --json``; ``ids`` has the article ids by row id."""
    return {
        "id": story.id,
        "title": story.title,
        "first": iso_or_none(story.first),
        "last": iso_or_none(story.last),
        "sources": story.sources,
        "heat": story.heat,
        "heatEstimate": story.heat_estimate,
        "articles": [ids[rowid] for rowid in story.rowids if rowid in ids],
    }


def edge_record(edge: Edge, row: Row) -> Record:
    """Return an item of ``related --json``; ``row`` is the other article."""
    return {
        "kind": edge.kind,
        "id": row.id,
        "path": row.path,
        "title": row.title,
        "score": round(edge.score, 3),
        "reason": edge.reason,
    }


def digest_record(digest: Digest, ids: Mapping[int, str]) -> Record:
    """Return an item of ``digest --json``."""
    return {
        **story_record(digest.story, ids),
        "common": list(digest.common),
        "parts": [
            {
                "id": ids.get(part.rowid),
                "source": part.source or None,
                "publishedDateTime": iso_or_none(part.published_at),
                "title": part.title,
                "sentences": [{"text": text, "kind": kind or None} for text, kind in part.sentences],
            }
            for part in digest.parts
        ],
    }


def statistics_record(found: HeatStatistics) -> Record:
    """Return the output of ``stats --json``."""
    return {
        "articles": found.articles,
        "period": found.period,
        "byTime": _bars(found.by_time),
        "byTopic": _bars(found.by_topic),
        "bySource": _bars(found.by_source),
    }


def _bars(bars: Sequence[Bar]) -> list[Record]:
    return [
        {
            "label": bar.label,
            "query": bar.query,
            "articles": bar.articles,
            "heat": bar.heat,
            "heatIsEstimate": bar.is_estimate,
        }
        for bar in bars
    ]
