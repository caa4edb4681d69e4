"""Rules: their file, what they do to articles, and which articles they see."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.core.errors import ReaderError
from reader.core.marks import HIDDEN, MarkChange
from reader.core.ordering import Sort
from reader.core.paths import Paths
from reader.indexing.refresh import refresh
from reader.indexing.stories import update_stories
from reader.library.library import Library
from reader.library.rules.rules_file import RULE_ACTIONS, ArrivalRule, RulesFile, edit_rules, new_rule, parse_rules
from reader.library.rules.run import rules_on_arrival, run_rules
from reader.query.parser import parse_query
from tests.conftest import MakeFolder, OpenLibrary

_FILE = "# mine\n[[rule]]\nname = 'Shorts'   # why\nquery = 'url:shorts'\ndo = ['hide', 'stop']\n"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[[rule]\n", "is not valid TOML"),
        ("[[view]]\n", "Each rule is a table"),
        ("rule = 1\n", "must be a table"),
        ("[[rule]]\nquery='a'\ndo=['read']\n", "rule number 1 has no name"),
        ("[[rule]]\nname='A'\ndo=['read']\n", "“A” has no query"),
        ("[[rule]]\nname='A'\nquery=''\ndo=['read']\n", "“A” has an empty query. To take every article"),
        ("[[rule]]\nname='A'\nquery='quality:>'\ndo=['read']\n", "“A” has a query that is not valid: "),
        ("[[rule]]\nname='A'\nquery='a limit:3'\ndo=['read']\n", "sort: or limit:"),
        ("[[rule]]\nname='A'\nquery='a'\ndo=['hid']\n", "cannot do “hid”. Did you mean “hide”?"),
        ("[[rule]]\nname='A'\nquery='a'\ndo='hide'\n", "needs a list of strings for do"),
        ("[[rule]]\nname='A'\nquery='a'\ntags=['']\n", "has a tag that is not valid"),
        ("[[rule]]\nname='A'\nquery='a'\n", "does nothing"),
        ("[[rule]]\nname='A'\nqurey='a'\n", "unknown key “qurey”. Did you mean “query”?"),
        ("[[rule]]\nname='A'\nquery='a'\ndo=['read']\n" * 2, "two rules “A”"),
    ],
)
def test_a_mistake_in_the_file_is_a_sentence(text: str, why: str) -> None:
    with pytest.raises(ReaderError) as caught:
        parse_rules(text, "rules.toml")
    assert why in str(caught.value)
    assert str(caught.value).startswith("rules.toml")


def test_the_file_is_edited_in_place(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(_FILE, "utf-8")
    file = RulesFile(path)
    assert not file.put(new_rule("Dull", "quality<20", ["read"], ["dull"]))
    assert file.put(new_rule("Shorts", "url:shorts", ["hide"], []))
    assert path.read_text("utf-8") == (
        "# mine\n[[rule]]\nname = 'Shorts'   # why\nquery = 'url:shorts'\ndo = [\"hide\"]\n\n"
        '[[rule]]\nname = "Dull"\nquery = "quality<20"\ndo = ["read"]\ntags = ["dull"]\n'
    )
    file.remove("Dull")
    assert [rule.name for rule in file.load()] == ["Shorts"]
    with pytest.raises(ReaderError, match="no rule “Short”"):
        file.remove("Short")


_RULES = st.lists(
    st.builds(
        ArrivalRule,
        name=st.sampled_from(["A", "b c", 'q"uote', "ü"]),
        query=st.sampled_from(["a", "title:'x y'", 'source:"The Star"', "quality<20 OR -b"]),
        do=st.lists(st.sampled_from(RULE_ACTIONS), min_size=1, unique=True).map(tuple),
        tags=st.lists(st.sampled_from(["t", "long tag"]), unique=True).map(tuple),
        enabled=st.booleans(),
    ),
    unique_by=lambda rule: rule.name,
)


@given(_RULES, _RULES)
def test_what_is_written_is_read_back(before: list[ArrivalRule], after: list[ArrivalRule]) -> None:
    text = edit_rules("", before, "x")
    assert parse_rules(text, "x") == before
    assert parse_rules(edit_rules(text, after, "x"), "x") == after


def _rule(*do: str, tags: tuple[str, ...] = ()) -> ArrivalRule:
    return new_rule(f"{do}{tags}", "a", do, tags)


def test_later_rules_add_to_earlier_ones_until_one_stops() -> None:
    rules = [_rule("read", "stop"), _rule("star", "fetch", tags=("x",)), _rule("hide")]
    outcome = run_rules(rules, [0b0011, 0b0110, 0b1111], 0b0111)
    assert [count for _, count in outcome.counts] == [2, 1, 1]
    assert (outcome.read, outcome.starred, outcome.fetched, outcome.hidden) == (0b0011, 0b0100, 0b0100, 0b0100)
    assert outcome.changes() == [
        (MarkChange(read=True), 0b0011),
        (MarkChange(starred=True), 0b0100),
        (MarkChange(add_tags=("x",)), 0b0100),
        (MarkChange(add_tags=(HIDDEN,)), 0b0100),
    ]


def _document(title: str) -> str:
    return f"---\ntitle: {title}\noriginalUrl: https://a.example/{title}\nprovider: {{name: Wire}}\n---\n"


def _update(library: Library) -> None:
    for _ in refresh(library):
        pass
    _apply(library)


def _apply(library: Library) -> None:
    assert library.rules is not None
    library.rules.apply_to_new()


def _titles(library: Library, query: str = "") -> list[str]:
    order = library.search.run(parse_query(query), Sort()).order() if query else library.articles.order(Sort())
    return sorted(row.title for row in library.articles.rows(order.rowids))


@pytest.fixture
def rules() -> RulesFile:
    return RulesFile(Paths.from_environment().rules_file)


def test_an_article_is_hidden_once_when_it_arrives(
    make_folder: MakeFolder, library: OpenLibrary, rules: RulesFile
) -> None:
    rules.put(new_rule("No spam", "title:spam", ["hide"], []))
    opened = library(make_folder({"1.md": _document("News"), "2.md": _document("Spam")}))
    _update(opened)
    assert (_titles(opened), _titles(opened, "news OR spam")) == (["News"], ["News"])
    assert _titles(opened, "is:hidden") == _titles(opened, "tag:hidden") == ["Spam"]
    assert _titles(opened, "spam (is:hidden OR is:unread)") == ["Spam"]
    counts = opened.counts()
    assert (counts.articles, counts.unread) == (1, 1)
    views = opened.search.view_counts()
    assert (views.all, views.unread) == ((1, 1), (1, 1))
    assert [value.articles for value in opened.search.values("source")] == [1]
    # It is shown again by the user, and stays so, also when the index is built again.
    (rowid,) = opened.search.run(parse_query("is:hidden"), Sort()).order().rowids
    opened.marks.apply_to_rows([rowid], MarkChange(remove_tags=(HIDDEN,)))
    assert opened.counts().articles == 2
    for _ in refresh(opened, rebuild=True):
        pass
    _apply(opened)
    make_folder({"3.md": _document("Spam-too")})
    _update(opened)
    assert _titles(opened) == ["News", "Spam"]


def test_read_and_hidden_articles_are_counted_once(
    make_folder: MakeFolder, library: OpenLibrary, rules: RulesFile
) -> None:
    rules.put(new_rule("Old", "title:old", ["hide", "read"], []))
    opened = library(make_folder({f"{n}.md": _document(title) for n, title in enumerate(["Old-1", "Old-2", "New"])}))
    _update(opened)
    assert (opened.counts().articles, opened.counts().unread) == (1, 1)
    (rowid,) = opened.articles.order(Sort()).rowids
    opened.marks.apply_to_rows([rowid], MarkChange(read=True))
    assert (opened.counts().articles, opened.counts().unread) == (1, 0)


def test_articles_with_a_mark_and_those_seen_before_are_left_alone(
    make_folder: MakeFolder, library: OpenLibrary, rules: RulesFile
) -> None:
    opened = library(make_folder({"1.md": _document("First")}))
    _update(opened)
    rules.put(new_rule("All", "is:read OR is:unread", ["star"], []))
    _update(opened)
    assert _titles(opened, "is:starred") == []
    make_folder({"2.md": _document("Second")})
    _update(opened)
    assert _titles(opened, "is:starred") == ["Second"]
    assert opened.marks.undo() is None, "what rules do is no step of undo"


def test_a_mistake_in_the_file_defers_the_rules(
    make_folder: MakeFolder, library: OpenLibrary, rules: RulesFile
) -> None:
    path = Paths.from_environment().rules_file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("[[rule]]\nname='A'\nquery='a'\ndo=['hid']\n", "utf-8")
    opened = library(make_folder({"1.md": _document("First")}))
    for _ in refresh(opened):
        pass
    with pytest.raises(ReaderError, match="cannot do “hid”"):
        _apply(opened)
    path.write_text("[[rule]]\nname='A'\nquery='title:first'\ndo=['hide']\n", "utf-8")
    _apply(opened)
    assert _titles(opened) == []


def test_rules_run_on_everything_as_one_step(make_folder: MakeFolder, library: OpenLibrary, rules: RulesFile) -> None:
    opened = library(make_folder({"1.md": _document("First"), "2.md": _document("Second")}))
    _update(opened)
    rules.put(new_rule("One", "title:first", ["hide"], ["a b"]))
    rules.put(new_rule("Two", "title:second", ["read", "star"], []))
    runner = opened.rules
    assert runner is not None
    assert [count for _, count in runner.run().counts] == [1, 1]
    assert _titles(opened) == ["First", "Second"], "run() changes nothing"
    runner.apply(runner.run())
    assert (_titles(opened), _titles(opened, "is:starred is:read")) == (["Second"], ["Second"])
    assert runner.apply(runner.run()) == ""
    assert opened.marks.undo() is not None
    assert (_titles(opened), _titles(opened, "is:starred OR is:read OR has:tags")) == (["First", "Second"], [])
    assert opened.marks.undo() is None


def test_what_a_rule_about_stories_may_stop_waits_with_it() -> None:
    first, copies, last = _rule("read"), new_rule("Copies", "is:duplicate", ["star", "stop"], []), _rule("hide")
    assert rules_on_arrival([first, copies, last]) == [first]
    assert rules_on_arrival([first, new_rule("Big", "sources>3", ["star"], []), last]) == [first, last]
    outcome = run_rules([first, copies, last], [0b0111, 0b0011, 0b1111], 0b0111, [0, 0b0001, 0b0110])
    assert [count for _, count in outcome.counts] == [0, 1, 1]
    assert (outcome.read, outcome.starred, outcome.hidden) == (0, 0b0001, 0b0100), "it stops what it leaves alone, too"


_EXCERPT = "The ministry removes the dam above the town after the court has ruled on the complaint of the fishers."


def _copy(name: str, quality: int = 50, title: str = "Dam must go", more: str = "") -> str:
    return (
        f"---\ntitle: {title}\noriginalUrl: https://{name}.example/dam\nprovider: {{name: {name}}}\n"
        f"quality: {quality}\nexcerpt: {_EXCERPT}\n{more}---\n"
    )


def _group(library: Library) -> None:
    _update(library)
    for _ in update_stories(library.index, quality=False):
        pass
    assert library.rules is not None
    library.rules.apply_to_grouped()


def _sources(library: Library, query: str) -> list[str]:
    order = library.search.run(parse_query(query), Sort()).order()
    return sorted(row.source for row in library.articles.rows(order.rowids))


def _mark(library: Library, query: str, change: MarkChange) -> None:
    library.marks.apply_to_rows(library.search.run(parse_query(query), Sort()).order().rowids, change)


def test_of_copies_one_stays_unread(make_folder: MakeFolder, library: OpenLibrary, rules: RulesFile) -> None:
    opened = library(make_folder({"1.md": _copy("a", 90), "2.md": _copy("b", 80)}))
    _group(opened)
    rules.put(new_rule("Tagged", "source:c", [], ["t"]))
    rules.put(new_rule("Copies", "is:duplicate", ["read"], []))
    _group(opened)
    assert _sources(opened, "is:read") == [], "rules are for what arrives from now on"
    make_folder({"3.md": _copy("c", 70), "4.md": _copy("c", 60, more="topics: [x]\n")})
    _group(opened)
    assert _sources(opened, "is:read") == ["c", "c"], "a copy with marks that a rule gave, with two documents"
    make_folder({"5.md": _copy("d", 95)})
    _group(opened)
    assert _sources(opened, "is:unread") == ["b", "d"], "a copy of a better one that has just arrived"
    assert opened.rules is not None
    opened.rules.apply(opened.rules.run())
    assert _sources(opened, "is:unread") == ["d"]


def test_documents_with_the_same_link_are_no_copies_for_rules(
    make_folder: MakeFolder, library: OpenLibrary, rules: RulesFile
) -> None:
    rules.put(new_rule("Copies", "is:duplicate", ["hide", "read"], []))
    opened = library(make_folder({"1.md": _copy("a"), "2.md": _copy("a")}))
    _group(opened)
    assert (_sources(opened, "is:duplicate"), _sources(opened, "is:unread")) == (["a"], ["a", "a"])
    assert opened.rules is not None
    assert [count for _, count in opened.rules.run().counts] == [0]


def test_a_better_copy_of_what_the_user_has_read_is_the_duplicate(
    make_folder: MakeFolder, library: OpenLibrary, rules: RulesFile
) -> None:
    rules.put(new_rule("Muted", "source:x", ["read"], []))
    rules.put(new_rule("Copies", "is:duplicate", ["read"], []))
    opened = library(make_folder({"1.md": _copy("a"), "2.md": _copy("x", title="Other")}))
    _group(opened)
    _mark(opened, "source:a", MarkChange(read=True))
    rules.put(new_rule("Big", "sources>=2", [], ["big"]))
    make_folder({"3.md": _copy("b", 90), "4.md": _copy("c", 90, title="Other")})
    _group(opened)
    assert _sources(opened, "is:unread") == ["c"], "a rule has read the copy of this one, not the user"
    assert _sources(opened, "tag:big") == ["b", "c"], "only a rule about copies sees earlier ones"


def test_rules_about_stories_wait_until_all_is_grouped(
    make_folder: MakeFolder, library: OpenLibrary, rules: RulesFile
) -> None:
    rules.put(new_rule("Star", "title:dam", ["star", "fetch"], []))
    rules.put(new_rule("Copies", "is:duplicate", ["hide"], []))
    opened = library(make_folder({"1.md": _copy("a", 90), "2.md": _copy("b"), "3.md": _copy("c"), "4.md": _copy("d")}))
    _update(opened)
    assert opened.rules is not None
    opened.rules.apply_to_grouped()
    assert (_sources(opened, "is:starred"), _sources(opened, "is:hidden")) == (["a", "b", "c", "d"], [])
    _mark(opened, "source:c", MarkChange(starred=False))
    _mark(opened, "source:d", MarkChange(read=True))
    for _ in update_stories(opened.index, quality=False):
        pass  # and the process is killed before the rules run
    outcome = opened.rules.apply_to_grouped()
    assert (outcome.counts[0][1], outcome.fetched) == (0, 0), "what other rules do is done"
    assert _sources(opened, "is:hidden") == ["b"], "not what the user has changed meanwhile"
    _mark(opened, "is:hidden", MarkChange(remove_tags=(HIDDEN,)))
    _group(opened)
    assert _sources(opened, "is:hidden") == [], "once"
