"""Articles in other languages than English: titles of our own."""

from __future__ import annotations

import pytest

from reader.stories.grouping import Grouping, StoryArticle
from reader.stories.languages import is_german
from tests.stories.memory_state import MemoryState

EVENTS = {
    "Chinese": (
        ("最高法院就人脸识别作出司法解释", "最高法院发布人脸识别新规定", "人脸识别：最高法院明确侵权责任"),
        ("四川发生六级地震造成多人受伤", "四川地震：救援队抵达震中", "四川六级地震致房屋倒塌"),
    ),
    "Japanese": (
        (
            "最高裁、顔認識技術の利用を制限する判決",
            "顔認識技術の利用に最高裁が制限",
            "最高裁判決、顔認識技術に新たな規制",
        ),
        ("北海道で震度6の地震、けが人多数", "北海道の地震で住宅倒壊", "北海道地震、震度6を観測"),
    ),
    "Russian": (
        (
            "Верховный суд Китая ограничил распознавание лиц",
            "Верховный суд запретил распознавание лиц без согласия",
            "Распознавание лиц: решение Верховного суда Китая",
        ),
        (
            "Землетрясение на Камчатке разрушило десятки домов",
            "На Камчатке после землетрясения ищут пострадавших",
            "Сильное землетрясение произошло на Камчатке",
        ),
    ),
    "Spanish": (
        (
            "El Tribunal Supremo de China limita el reconocimiento facial",
            "China restringe el reconocimiento facial por decisión del Tribunal Supremo",
            "Reconocimiento facial: nueva norma del Tribunal Supremo chino",
        ),
        (
            "Un terremoto en Valdivia destruye decenas de viviendas",
            "Terremoto en Valdivia: buscan supervivientes",
            "Decenas de viviendas destruidas por el terremoto de Valdivia",
        ),
    ),
    "German": (
        (
            "Chinas Oberstes Gericht begrenzt Gesichtserkennung",
            "Gesichtserkennung: Oberstes Gericht in China setzt Grenzen",
            "Oberstes Gericht Chinas verbietet Gesichtserkennung ohne Einwilligung",
        ),
        (
            "Erdbeben in Valdivia zerstört Dutzende Häuser",
            "Nach dem Erdbeben in Valdivia: Suche nach Überlebenden",
            "Schweres Erdbeben erschüttert Valdivia",
        ),
        (  # in English, these have no stem in common but "Brandenburg"
            "Waldbrand in Brandenburg außer Kontrolle",
            "Waldbrände in Brandenburg: Dörfer evakuiert",
            "Brandenburg: Bewohner kehren nach Waldbränden zurück",
        ),
    ),
    "Arabic": (
        (
            "المحكمة العليا في الصين تقيد استخدام تقنية التعرف على الوجه",
            "الصين: المحكمة العليا تصدر قواعد التعرف على الوجه",
            "قواعد جديدة من المحكمة العليا بشأن تقنية التعرف على الوجه",
        ),
        (
            "زلزال قوي يضرب المغرب ويدمر عشرات المنازل",
            "المغرب: البحث عن ناجين بعد الزلزال القوي",
            "زلزال المغرب يدمر منازل في القرى",
        ),
    ),
}


@pytest.mark.parametrize("language", EVENTS)
def test_titles_group_by_event(language: str) -> None:
    titles = [(event, title) for each, titles in EVENTS.items() for event, title in _numbered(each, titles)]
    articles = [
        StoryArticle(rowid, rowid, title, published=1_600_000_000, source=f"source {rowid}")
        for rowid, (_, title) in enumerate(titles)
    ]
    state = MemoryState()
    for _ in Grouping(state).add_all(articles):
        pass
    stories = state.story_by_row()
    found = {
        event: {stories[rowid] for rowid, (other, _) in enumerate(titles) if other == event}
        for event in {event for event, _ in titles}
    }
    for number in range(len(EVENTS[language])):
        ids = found[f"{language} {number}"]
        assert len(ids) == 1
        assert sum(ids == other for other in found.values()) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The mayor of Köln and the governor", False),
        ("Two die in crash near Leeds", False),
        ("42", False),
        ("Un terremoto en Valdivia destruye decenas de viviendas", False),
        ("Brand in het centrum van Utrecht", False),
        ("Grève des trains dans le nord", False),
        ("Bahn streicht Züge", True),
        ("Streik der Bahn trifft Pendler", True),
        ("Angriff auf den Guardian", True),
    ],
)
def test_german_is_told_by_words_and_letters(text: str, *, expected: bool) -> None:
    words = text.lower().split()
    assert is_german(text, words) == expected
    if text.isascii():
        assert is_german(text, [word.encode() for word in words]) == expected


def _numbered(language: str, events: tuple[tuple[str, ...], ...]) -> list[tuple[str, str]]:
    return [(f"{language} {number}", title) for number, titles in enumerate(events) for title in titles]
