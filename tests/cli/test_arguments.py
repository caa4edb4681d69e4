"""Queries on the command line: list, count and mark."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from reader.cli.main import cli
from reader.core.errors import ReaderError
from reader.core.ordering import Sort
from reader.core.paths import Paths
from reader.library.library import Library
from tests.conftest import MakeFolder
from tests.tui.helpers import document


@pytest.fixture
def news(make_folder: MakeFolder) -> Path:
    return make_folder(
        {
            "1.md": document("A court in June", "quality: 50", "topics: [Law]"),
            "2.md": document("A storm in June", "quality: 40", "topics: [Weather, Law]"),
            "3.md": document("Budget", "quality: 30", "topics: [Money]"),
        }
    )


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments], catch_exceptions=False)


def marked(folder: Path) -> list[tuple[str, bool, bool, tuple[str, ...]]]:
    library = Library.open(folder, Paths.from_environment())
    try:
        rows = library.articles.rows(library.articles.order(Sort()).rowids)
        return [(row.title[:8], row.read, row.starred, row.tags) for row in rows]
    finally:
        library.close()


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ([], 3),
        (["june"], 2),
        (["june", "-storm"], 1),
        (["-topic:law"], 1),
        (["-topic:weather", "OR", "topic:money"], 2),
        (["-has:body"], 3),
        (["--", "-topic:law"], 1),
        (["(court OR budget) quality>=40"], 1),
        (["zebra"], 0),
    ],
)
def test_count_accepts_minus_signs_in_a_query(news: Path, query: list[str], count: int) -> None:
    result = run("count", news, *query)
    assert (result.exit_code, result.stdout) == (0, f"{count}\n")


def test_a_list_follows_the_query_and_its_order(news: Path) -> None:
    rows = json.loads(run("list", news, "topic:law", "sort:-quality", "--json").stdout)
    assert [row["title"] for row in rows] == ["A storm in June", "A court in June"]
    assert "No article in" in run("list", news, "zebra").stderr


def test_mark_changes_all_matches_in_one_undo_step(news: Path) -> None:
    result = run("mark", news, "june", "--read", "--star", "--tag", "Summer")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "2 articles" in result.stderr
    summer = (True, True, ("Summer",))
    assert marked(news) == [("A court ", *summer), ("A storm ", *summer), ("Budget", False, False, ())]
    assert "nothing to change" in run("mark", news, "june", "--read").stderr
    run("mark", news, "court", "--unread", "--unstar", "--untag", "summer")
    assert marked(news)[0] == ("A court ", False, False, ())
    library = Library.open(news, Paths.from_environment())
    library.marks.undo()
    library.close()
    assert marked(news)[0] == ("A court ", True, True, ("Summer",))


def test_a_limit_makes_an_empty_query_valid_for_mark(news: Path) -> None:
    run("mark", news, "sort:quality limit:1", "--read")
    assert [read for _, read, _, _ in marked(news)] == [True, False, False]


@pytest.mark.parametrize("query", ["", "🎉", "court OR &", "-🎉", "sort:date"])
def test_a_query_that_matches_everything_by_accident_marks_nothing(news: Path, query: str) -> None:
    with pytest.raises(ReaderError, match="matches every article"):
        run("mark", news, query, "--read")
    assert not any(read for _, read, _, _ in marked(news))


def test_the_value_of_an_option_may_start_with_a_minus_sign(news: Path) -> None:
    run("mark", news, "court", "-storm", "--tag", "-Summer")
    assert marked(news)[0] == ("A court ", False, False, ("-Summer",))


def test_mark_needs_an_option(news: Path) -> None:
    with pytest.raises(ReaderError, match="No mark was given"):
        run("mark", news, "june")


def test_a_query_error_shows_an_excerpt_of_the_query(news: Path) -> None:
    with pytest.raises(ReaderError, match=r"quality>= needs a number \(character 6 of “june quality>=”\)\."):
        run("count", news, "june quality>=")
    with pytest.raises(ReaderError) as error:
        run("count", news, "x" * 100_000)
    assert len(str(error.value)) < 400


def test_mark_fails_if_marks_cannot_be_saved(news: Path) -> None:
    run("mark", news, "june", "--read")
    with closing(sqlite3.connect(Paths.from_environment().state_file)) as db:
        db.execute("PRAGMA user_version = 99")
        db.commit()
    with pytest.raises(ReaderError, match="Nothing was marked"):
        run("mark", news, "june", "--star")


@pytest.mark.parametrize("both", [("--read", "--unread"), ("--star", "--unstar")])
def test_contradicting_options_are_refused(news: Path, both: tuple[str, str]) -> None:
    with pytest.raises(ReaderError, match=f"{both[0]} and {both[1]} contradict each other"):
        run("mark", news, "june", *both)
    assert not any(read or starred for _, read, starred, _ in marked(news))
