"""docs/queries.md describes what the parser does: every query in it parses, every error reads as it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from reader.query.ast import FIELDS, MAX_CHARS, MAX_CONDITIONS, MAX_DEPTH, STATES, THINGS, QueryError
from reader.query.dates import WORDS
from reader.query.parser import format_query, parse_query

PAGE = (Path(__file__).parents[2] / "docs" / "queries.md").read_text("utf-8")
QUERIES = [line for block in re.findall(r"```query\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]
MISTAKES = re.findall(r"^\| `(.+?)` \| (.+?) \|$", PAGE.split("## Mistakes")[1].split("## Grammar")[0], re.MULTILINE)


def _cells(heading: str) -> list[str]:
    """Return every piece of code in the first column of the tables below a heading."""
    section = PAGE.split(f"# {heading}\n")[1].split("\n#")[0]
    columns = re.findall(r"^\| (`.+?) \|", section, re.MULTILINE)
    return [code for column in columns for code in re.findall(r"`(.+?)`", column)]


@pytest.mark.parametrize("query", QUERIES)
def test_every_query_of_the_page_parses_and_formats(query: str) -> None:
    tree = parse_query(query)
    assert tree.where is not None or tree.sort is not None
    assert parse_query(format_query(tree)) == tree


@pytest.mark.parametrize(("query", "message"), MISTAKES)
def test_every_error_of_the_page_reads_as_documented(query: str, message: str) -> None:
    with pytest.raises(QueryError) as raised:
        parse_query(query)
    assert raised.value.message == message
    assert 0 <= raised.value.start <= raised.value.end <= len(query)


def test_the_page_has_queries_and_errors() -> None:
    assert len(QUERIES) > 40
    assert len(MISTAKES) > 8


def test_the_page_has_every_field_and_an_example_of_each() -> None:
    assert [cell.rstrip(":") for cell in _cells("Fields")] == list(FIELDS)
    for field in FIELDS:
        assert any(re.search(rf"(?<!\w){field}[:<>=]", query) for query in QUERIES), field


def test_the_page_has_every_fixed_value() -> None:
    for field, values in {"is": STATES, "has": THINGS}.items():
        row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{field}:` |"))
        assert re.findall(r"`(\w+)`", row) == list(values)
    for word in WORDS:
        assert word in _cells("Dates")


@pytest.mark.parametrize("written", [cell for cell in _cells("Dates") if re.match(r"date|after|before", cell)])
def test_every_date_of_the_page_parses(written: str) -> None:
    assert parse_query(written).where is not None


def test_the_page_states_the_limits() -> None:
    bounds = f"{MAX_CHARS:,} characters, {MAX_DEPTH} levels of parentheses and `NOT`, and {MAX_CONDITIONS} conditions"
    assert f"A query has at most {bounds}." in PAGE
