"""Substrings of paths and URLs: scans find the same articles as comparing them one by one."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reader.core.model import Article, Links
from reader.core.tokenize import fold_case
from reader.storage.sqlite.index import bitmap, columns
from reader.storage.sqlite.index.folder_index import Index
from reader.storage.sqlite.search import substrings
from reader.storage.sqlite.search.evaluate import Searcher
from tests.storage.parsed_file_helpers import parsed_file, write

_FOLDERS = (
    b"",
    b"a",
    b"a/B",
    b"a b",
    b"a  b",
    b" a",
    b"a ",
    b"\xc3\xa4",
    b"a\xff",
    b"a/\xe2\x80\xaea",
    b"ab/c_d",
    b"\xc4\xb0",
)
_NAMES = (
    b"a.md",
    b"B-1.md",
    b"b  c.md",
    b" a.md",
    b"\xc3\x84.md",
    b"\xff.md",
    b"b\x1b[1m.md",
    b"_%.md",
    b"\xe2\x84\xaa.md",
)
_PARTS = (
    "a",
    "B",
    "/",
    "a/",
    "/b",
    "A/b",
    "a/b/a",
    " ",
    "  ",
    "ä",
    "ä/a",
    "\ufffd",
    "_",
    "%",
    "*",
    "[",
    "k",
    "d/_%",
    ".MD",
    "i",
)
_URLS = ("", "https://x.example/Police", "https://y.example/%E4%BA%BA?a=b_c", "http://Z.example/a/b")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    files=st.sets(st.tuples(st.sampled_from(_FOLDERS), st.sampled_from(_NAMES)), min_size=1, max_size=30),
    urls=st.lists(st.tuples(*[st.sampled_from(_URLS)] * 4), min_size=1),
)
def test_scan_and_single_comparisons_find_the_same_rows(
    files: set[tuple[bytes, bytes]], urls: list[tuple[str, str, str, str]]
) -> None:
    index, _ = Index.open(None)
    try:
        with index.writer() as writer:
            for number, (folder, name) in enumerate(sorted(files)):
                article = Article("x.md", "x", links=Links(*urls[number % len(urls)]))
                path = folder + b"/" + name if folder else name
                write(writer, [(path, parsed_file(article, path))])
            writer.publish(complete=True)
        with Searcher(index.database).snapshot() as (db, snapshot):
            size, everything = snapshot.size, snapshot.everything
            rowids, column = bitmap.to_rows(everything), columns.load(db, "folder")
            special = substrings.special_names(db, size)
            for text in (*_PARTS, "police", "z.EXAMPLE", "b_c", "e4%ba", "example/a/"):
                part = fold_case(text)
                by_path = bitmap.from_rows(substrings.rows_containing(db, "path", part, rowids), size)
                assert substrings.rows_with_path(db, part, size, column, special) & everything == by_path, text
                by_url = bitmap.from_rows(substrings.rows_containing(db, "url", part, rowids), size)
                assert substrings.rows_with_url(db, part, size) & everything == by_url, text
    finally:
        index.close()


def test_paths_are_scanned_if_there_are_many_candidates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from reader.core.ordering import Sort
    from reader.core.paths import Paths
    from reader.library.library import Library
    from reader.query.parser import parse_query
    from reader.storage.sqlite.search import evaluate

    monkeypatch.setattr(evaluate, "_MAX_CHECKED", 0)
    (tmp_path / "news").mkdir()
    library = Library.open(tmp_path / "news", Paths(tmp_path / "c", tmp_path / "d", tmp_path / "f"))
    try:
        with library.index.writer() as writer:
            for path in (b"Police/1.md", b"ab/2.md", b"\xc3\xa4/1.md"):
                write(
                    writer,
                    [(path, parsed_file(Article("x.md", path.decode(), links=Links("https://x.example/1")), path))],
                )
            writer.publish()

        def found(query: str) -> list[str]:
            rowids = library.search.run(parse_query(query), Sort()).order().rowids
            return sorted(row.path for row in library.articles.rows(rowids))

        assert found("path:/1") == ["Police/1.md", "ä/1.md"]
        assert found("path:POL") == ["Police/1.md"]
        assert found("path:Ä") == ["ä/1.md"]
        assert len(found("url:X.EXAMPLE/1")) == 3
        assert found("-path:/1") == ["ab/2.md"]
    finally:
        library.close()
