from __future__ import annotations

import pytest
from lxml.html import HtmlElement

from reader.extraction.article_tree import article_tree, drop_noise, reduce, standfirst
from reader.extraction.extract import extract
from reader.extraction.extractors import MARKS, NOTE, mark_texts
from reader.extraction.footnotes import mark_notes
from reader.extraction.page_tree import read_page, text_of

STORY = (
    "The council met on Tuesday evening and decided, after a long debate, to repair the bridge before winter.",
    "Engineers had found that two of its nine piers stand on sand, which the spring floods have carried off.",
    "A ferry will run every ten minutes while the work goes on, and it will take bicycles but no horses.",
    "The baker at the northern end expects to lose half of his customers, and has asked for a second ferry.",
)
P = [f"<p>{sentence}</p>" for sentence in STORY]
URL = "https://www.example.org/a/b"


def tree_of(html: str) -> HtmlElement:
    tree = read_page(f"<html><body>{html}</body></html>").tree
    assert tree is not None
    return tree


def reduced(html: str, *unchosen: str) -> str:
    """Return what is left of a page in which all texts but some were chosen."""
    tree = tree_of(html)
    mark_texts(tree)
    chosen = {text[0] for text in tree.itertext() if MARKS.match(text) and text[1:].strip() not in unchosen}
    box = article_tree(tree, chosen)
    reduce(box, chosen)
    return MARKS.sub("", text_of(box))


def text_with(inside: str) -> str:
    """Return the text of an article with something between its paragraphs."""
    found = extract(f"<article><h1>The bridge</h1>{P[0]}{P[1]}{inside}{P[2]}{P[3]}</article>", URL)
    assert found is not None
    return found.markdown


def test_each_text_gets_a_mark_of_its_own() -> None:
    tree = tree_of("<p>one <b>two</b> three</p> <p> </p>")
    mark_texts(tree)
    assert len(set(MARKS.findall("".join(tree.itertext())))) == 3
    assert MARKS.sub("", "".join(tree.itertext())) == "one two three  "


def test_private_characters_of_a_page_are_no_marks() -> None:
    found = extract(f"<article>{''.join(P)}<p>\U000f0000said \U000ffffdand done.</p></article>")
    assert found is not None
    assert "said and done" in found.markdown


@pytest.mark.parametrize(
    "box",
    [
        *("<nav>xx</nav>", "<aside>xx</aside>", "<footer>xx</footer>", "<form><p>xx</p></form>", "<p hidden>xx</p>"),
        *("<div class=share-bar>xx</div>", "<div id=cookie-banner>xx</div>", "<div role=navigation>xx</div>"),
        *("<span class=sr-only>xx</span>", "<div data-component=byline-block>xx</div>", "<script>xx</script>"),
        *("<div class=hidden>xx</div>", "<p style='display: none'>xx</p>", "<svg><text>xx</text></svg>"),
        "<div><a href=/1>xxaxa</a> <a href=/2>xxbxb</a> | <a href=/3>xxcxc</a></div>",
        "<ul><li><h3><a href=/1>A head xx</a></h3><p>Some.</p><li><h3><a href=/2>Another xx</a></h3><p>Some.</p></ul>",
    ],
)
def test_what_no_article_has_is_removed(box: str) -> None:
    assert "xx" not in text_with(box)


@pytest.mark.parametrize(
    "part",
    [
        "<p>A <a class=social href=/1>xx</a> and a <span class=share>yy</span>.</p>",
        "<p class=gdpr-fines>The fine of xx euros was paid by the council in two parts.</p>",
        "<section id=social-media><h2>Social media</h2><p>The word xx was said there two hundred times.</p></section>",
        "<p><a href=/1>xxa</a> and <a href=/2>xxb</a> and other words that are not links but count.</p>",
        "<blockquote class=embed><p>I have seen xx on this bridge.</p></blockquote>",
        "<p>It has published:</p><ul><li><a href=/1>The xx</a></li><li><a href=/2>The answer</a></li></ul>",
        "<h2>Worth a look</h2><p><a href=/1>The pier that xx</a></p><p><a href=/2>A horse on a ferry</a></p>",
        "<aside class=rules-sidebar><p>If you read the word xx in these rules, the glossary has it.</p></aside>",
    ],
)
def test_what_an_article_has_stays(part: str) -> None:
    assert "xx" in text_with(part)


def test_a_misleading_name_does_not_remove_the_article() -> None:
    for box in ("<div class=related>{}</div>", "<form>{}</form>", "<article class='post comments-open tag-ads'>{}"):
        found = extract(f"<h1>The bridge</h1>{box.format(''.join(P))}")
        assert found is not None
        assert STORY[3] in found.markdown


def test_a_box_between_chosen_texts_is_judged_by_its_kind() -> None:
    other = "Sign up now to get what nobody needs every morning."
    assert other not in reduced(f"<div>{P[0]}<div><p>{other}</p></div>{P[1]}</div>", other)
    assert "a = 1" in reduced(f"<div>{P[0]}<div><pre>a = 1</pre></div>{P[1]}</div>", "a = 1")
    assert "north" in reduced(f"<div>{P[0]}<ul><li>north<li>south</ul>{P[1]}</div>", "north", "south")
    assert "north" not in reduced(f"<div>{P[0]}{P[1]}<div><ul><li>north</ul></div></div>", "north")


def test_notes_to_chosen_texts_stay_wherever_they_are() -> None:
    linked = P[1].replace("</p>", " <a href='#n1' id=r1>[1]</a></p>")
    notes = "<footer class=references><h2>Notes</h2><ol><li id=n1>Two of nine. <a href='#r1'>^</a></ol></footer>"
    for text, expected in ((linked, True), (P[1], False)):
        tree = tree_of(f"<main><div>{P[0]}{text}</div><form>Tell us.</form></main>{notes}")
        mark_texts(tree)
        chosen = {text[0] for text in tree.itertext() if MARKS.match(text) and text[1:].strip() in STORY}
        mark_notes(tree, chosen)
        box = article_tree(tree, chosen | {NOTE})
        reduce(box, chosen)
        found = MARKS.sub("", text_of(box))
        assert found.endswith("1 Notes Two of nine.") == expected
        assert "Tell us" not in found


def test_a_standfirst_is_between_heading_and_text() -> None:
    intro = "<div class=c-standfirst>Nine piers, two of them on sand.</div>"
    for html, found in (
        (f"<main><h1>The bridge</h1>{intro}{P[0]}</main>", True),
        (f"<header><h1>The Post</h1>{intro}</header><main>{P[0]}</main>", False),
        (f"<main><h1>The bridge</h1>{P[0]}{intro}</main>", False),
        (f"<main><h1>The bridge</h1><p>{STORY[1]}</p>{P[0]}</main>", False),
    ):
        tree = tree_of(html)
        mark_texts(tree)
        chosen = {text[0] for text in tree.itertext() if text[1:] == STORY[0]}
        assert bool(standfirst(tree, chosen)) == found


def test_sections_with_linked_headings_are_no_other_articles() -> None:
    sections = "".join(f"<div><div><a href=/{at}><h2>Part {at}</h2></a></div>{P[at]}</div>" for at in range(4))
    found = extract(f"<article><h1>The bridge</h1>{sections}</article>", URL)
    assert found is not None
    assert all(sentence in found.markdown for sentence in STORY)
    assert "## [Part 0](https://www.example.org/0)" in found.markdown


def test_an_image_between_short_chinese_paragraphs_stays() -> None:
    text = "<p>船长说，旧的发动机去年坏了三次，岛上的居民在教堂里开会。</p>"
    found = extract(f"<article>{text}<section><img src=/a.png></section>{text}</article>", URL)
    assert found is not None
    assert "a.png" in found.markdown


def test_a_page_too_large_for_the_libraries_loses_its_noise() -> None:
    tree = tree_of(f"<div>{''.join(P)}<nav>Home</nav><div class=comments>Nice.</div></div>")
    drop_noise(tree)
    assert text_of(tree) == " ".join(STORY)


def test_other_articles_of_a_page_are_not_the_article() -> None:
    others = "".join(f"<article><h2><a href=/{at}>No {at}</a></h2>{P[at] * 3}</article>" for at in (1, 2, 3))
    found = extract(f"<article><h1>The bridge</h1>{P[0]}</article>{others}", URL)
    assert found is not None
    assert STORY[0] in found.markdown
    assert STORY[2] not in found.markdown
