from __future__ import annotations

import tomllib
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.core.errors import ReaderError
from reader.core.ordering import SORT_KEYS, Sort
from reader.core.text import clean
from reader.library.saved_views.toml_file import (
    LONGEST_NAME,
    LONGEST_QUERY,
    SavedView,
    custom_texts,
    edit_views,
    parse_views,
)

AI = SavedView("AI", "topic:ai", Sort("date"))
STAR = SavedView("Star", 'source:"The Star"')
MINE = '''\
# My views: the ones for work come first.

# about ai
[[view]]
name = "AI"   # short
query = "topic:ai"
sort = 'date'

# ---- at home ----

# local news
[["view"]]
  query = """source:"The Star\\""""
  "name"='Star'   # the one with "quotes" in it
# the end of it
'''


def test_a_file_written_by_hand_is_parsed() -> None:
    assert parse_views(MINE, "views.toml") == [AI, STAR]
    assert parse_views("", "views.toml") == []
    assert parse_views("view = [{name = 'AI', query = 'topic:ai', sort = 'date'}]", "f") == [AI]


def test_a_new_file_begins_with_an_explanation() -> None:
    text = edit_views("", [AI, STAR], "views.toml")
    assert text.startswith("# Saved views of newsreader")
    assert text.endswith(
        '\n\n[[view]]\nname = "AI"\nquery = "topic:ai"\nsort = "date"\n'
        '\n[[view]]\nname = "Star"\nquery = \'source:"The Star"\'\n'
    )


@pytest.mark.parametrize(
    ("wanted", "was", "becomes"),
    [
        pytest.param([SavedView("AI", "tag:ai", AI.sort), STAR], '"topic:ai"', '"tag:ai"', id="query"),
        pytest.param([SavedView("Robots", *(AI.query, AI.sort)), STAR], '"AI"', '"Robots"', id="renamed"),
        pytest.param([SavedView("AI", "topic:ai"), STAR], "sort = 'date'\n", "", id="no order"),
        pytest.param([SavedView("AI", "topic:ai", Sort("heat", reverse=True)), STAR], "'date'", '"-heat"', id="order"),
        pytest.param(
            [AI, SavedView("Star", STAR.query, Sort())],
            'quotes" in it\n',
            'quotes" in it\nsort = "quality"\n',
            id="an order more",
        ),
        pytest.param([AI], MINE[MINE.index("# local") : MINE.index("# the end")], "", id="the last deleted"),
        pytest.param([STAR], MINE[MINE.index("# about") : MINE.index("# ---")], "", id="the first deleted"),
    ],
)
def test_an_edit_changes_only_the_views_concerned(wanted: Sequence[SavedView], was: str, becomes: str) -> None:
    assert MINE.count(was) == 1
    assert edit_views(MINE, wanted, "f") == MINE.replace(was, becomes)


def test_unchanged_views_keep_their_text() -> None:
    assert edit_views(MINE, [AI, STAR], "f") == MINE


def test_comments_move_with_their_view_and_are_never_lost() -> None:
    text = edit_views(MINE, [STAR, AI], "f")
    assert parse_views(text, "f") == [STAR, AI]
    assert text.index("# My views") < text.index("# local news") < text.index('name"=') < text.index("# about ai")
    assert sorted(line for line in text.splitlines() if line) == sorted(line for line in MINE.splitlines() if line)
    assert "# ---- at home ----" in edit_views(MINE, [], "f")
    assert "# the end of it" in edit_views(MINE, [], "f")


def test_a_restored_view_has_its_previous_text() -> None:
    texts = custom_texts(MINE, [AI, STAR])
    assert texts["AI"].startswith("# about ai\n[[view]]\n")
    text = edit_views(edit_views(MINE, [STAR], "f"), [AI, STAR], "f", texts)
    assert '# about ai\n[[view]]\nname = "AI"   # short\n' in text
    later = SavedView("AI", "topic:ai heat>50")
    assert 'name = "AI"   # short\nquery = "topic:ai heat>50"\n\n' in edit_views("", [later, STAR], "f", texts)
    assert parse_views(edit_views("", [AI], "f", {"AI": "[[view]] nonsense"}), "f") == [AI]
    assert custom_texts(edit_views("", [AI, STAR], "f"), [AI, STAR]) == {}


def test_a_table_inside_a_string_is_not_a_view() -> None:
    text = (
        "[[view]]\nname = 'A'\nquery = '''\n# x\n[[view]]\nname = \"B\" '''\n# after\n\n[[view]]\nname='C'\nquery=''\n"
    )
    a, c = parse_views(text, "f")
    assert (a.query, c.name) == ('# x [[view]] name = "B"', "C")
    assert parse_views(edit_views(text, [c, a], "f"), "f") == [c, a]
    assert edit_views(text, [a], "f") == text[: text.index("\n[[view]]\nname='C'")]


def test_windows_line_endings_are_preserved() -> None:
    text = edit_views(MINE.replace("\n", "\r\n"), [AI, SavedView("New", "x"), STAR], "f")
    assert text.count("\n") == text.count("\r\n")
    assert [view.name for view in parse_views(text, "f")] == ["AI", "New", "Star"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name = ", "f, line 1, is not valid TOML: Invalid value, but the file ends here. Fix that line."),
        ("[[view]]\nname = 'A'\nname = 'B'\nquery = ''", "f, line 3, is not valid TOML: "),
        ("[views]\n", "f, line 1, has an unknown key “views”. Each view is a table: [[view]]."),
        ("[view]\nname = 'A'", "f, line 1: view must be a table in double brackets: [[view]]."),
        ("view = 3", "f, line 1: view must be a table"),
        ("[[view]]\nquery = 'x'", "f: view number 1 has no name."),
        ("[[view]]\nname = '\\u202e'\nquery = 'x'\n[[view]]\nname = ' '", "f: view number 2 has no name."),
        ("[[view]]\nname = 'A'", "f: the view “A” has no query."),
        ("[[view]]\nname = 'A'\nquery = 3", "f: the view “A”: query must be a string in quotes."),
        ("[[view]]\nname = 'A'\nquery = ''\nsrot = 'date'", "f: the view “A” has an unknown key “srot”. Use name"),
        (
            "[[view]]\nname = 'A'\nquery = ''\nsort = 'best'",
            "f: the view “A”: there is no order “best”. Use quality, heat, date; a minus",
        ),
        ("[[view]]\nname = 'A'\nquery = ''\n" * 2, "f: there are two views “A”. Rename one of them."),
        (f"[[view]]\nname = 'A'\nquery = '{'x' * (LONGEST_QUERY + 1)}'", "the query is longer than 4,000 characters"),
        (f"[[view]]\nname = '{'x' * (LONGEST_NAME + 1)}'\nquery = ''", "the name is longer than 200 characters"),
        ('[[view]]\nname = "\\u001b]52;c;x\\u0007"\nquery = 1', "the view “]52;c;x”: query must"),
    ],
)
def test_mistakes_are_reported_with_file_and_view(text: str, message: str) -> None:
    with pytest.raises(ReaderError) as caught:
        parse_views(text, "f")
    assert message in str(caught.value)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("text", ["view = [{name = 'AI', query = 'topic:ai', sort = 'date'}]\n"])
def test_a_layout_that_cannot_be_edited_is_reported(text: str) -> None:
    with pytest.raises(ReaderError, match=r"f has a layout that newsreader cannot edit\. Write each view as"):
        edit_views(text, [STAR], "f")


names = st.text(st.sampled_from("ab\"'\\#[]=\n é\u200b") | st.characters(), max_size=12).map(clean).filter(bool)
saved = st.builds(
    SavedView, names, names | st.just(""), st.none() | st.builds(Sort, st.sampled_from(SORT_KEYS), st.booleans())
)
many = st.lists(saved, max_size=5, unique_by=lambda view: view.name)
comments = st.lists(st.sampled_from(["", "# [[view]]", "#'''", '# "', "  # x"]), max_size=3)


@st.composite
def files(draw: st.DrawFn) -> str:
    """Return a valid file with any views in an unusual layout."""
    lines = draw(comments)
    for view in draw(many):
        lines += [draw(st.sampled_from(["[[view]]", " [[ view ]] # 'x", '[["view"]]', "[['view']]"]))]
        sort = view.sort
        fields = {"name": view.name, "query": view.query}
        fields |= {} if sort is None else {"sort": f"{'-' if sort.reverse else ''}{sort.by}"}
        for key in draw(st.permutations([*fields])):
            lines += draw(comments)
            plain = fields[key].replace("\\", "\\\\").replace('"', '\\"')
            quotes = draw(st.sampled_from(['"', '"""', '"""\n']))
            end = draw(st.sampled_from(["", "  # 'it is'", '#"""']))
            lines += [f"{draw(st.sampled_from(['', '  ']))}{key} = {quotes}{plain}{quotes.strip()}{end}"]
        lines += draw(comments)
    return draw(st.sampled_from(["\n", "\r\n"])).join(lines) + draw(st.sampled_from(["", "\n", "\n\n"]))


@given(files(), st.data())
def test_any_file_can_be_edited_to_any_views_and_back(text: str, data: st.DataObject) -> None:
    there = parse_views(text, "f")
    assert len(there) == len(tomllib.loads(text).get("view", []))
    remaining = data.draw(st.permutations(there).map(lambda views: views[: data.draw(st.integers(0, len(views)))]))
    taken = {view.name for view in remaining}
    wanted = [*remaining, *(view for view in data.draw(many) if view.name not in taken)]
    after = edit_views(text, wanted, "f")
    assert parse_views(after, "f") == wanted
    assert edit_views(after, wanted, "f") == after
    if not [view for view in there if view not in wanted]:  # nothing is deleted, so nothing is lost
        for line in text.splitlines():
            assert line in after
    back = edit_views(after, there, "f", custom_texts(text, there))
    assert parse_views(back, "f") == there
