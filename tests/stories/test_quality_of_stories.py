"""How well articles are grouped: the generated events of the benchmark, and the seeds."""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from reader.stories.grouping import Grouping, StoryArticle
from tests.stories.memory_state import MemoryState

TOP = Path(__file__).resolve().parent.parent.parent
SCRIPT = TOP / "benchmarks" / "stories"


@pytest.fixture
def agreement(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(SCRIPT))
    return importlib.import_module("agreement")


def test_b_cubed_means_over_articles(agreement: ModuleType) -> None:
    labels = ["a", "a", "a", "b"]
    assert agreement.b_cubed(labels, [1, 1, 1, 2]) == (1, 1)
    assert agreement.b_cubed(labels, [1, 1, 2, 2]) == (0.75, 0.5 * (2 / 3) + 0.25 * (1 / 3) + 0.25)
    assert agreement.mixtures(labels, [1, 1, 2, 2]) == ["1 a + 1 b"]
    assert agreement.splits(labels, [1, 1, 2, 2]) == ["a: 2 + 1"]


def test_the_benchmark_reads_a_file_and_prints_the_score(tmp_path: Path) -> None:
    rows = [
        {"id": str(at), "title": title, "excerpt": "", "date": None, "source": "", "url": "", "label": label}
        for at, (title, label) in enumerate(
            [
                ("Volcano Etna closes Catania airport", "a"),
                ("Etna volcano: Catania airport closed", "a"),
                ("Okafor breaks leg", "b"),
            ]
        )
    ]
    file = tmp_path / "events.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    done = subprocess.run(
        [sys.executable, SCRIPT, file, "--generated", "300"], capture_output=True, text=True, check=True, timeout=60
    )
    first, generated = (float(each) for each in re.findall(r"F1 ([\d.]+)", done.stdout))
    assert first == 1
    assert generated > 0.92


def test_the_seeds_are_one_story(seeds: Path) -> None:
    texts = [path.read_text("utf-8") for path in sorted(seeds.iterdir())]
    articles = [
        StoryArticle(
            at, at, re.search(r'^title: "(.*)"$', text, re.M)[1], re.search(r'^excerpt: "(.*)"$', text, re.M)[1]
        )
        for at, text in enumerate(texts)
    ]
    state, one_by_one = MemoryState(), MemoryState()
    assert [*Grouping(state).add_all(articles)] == [5]
    for article in articles:
        Grouping(one_by_one).add(article)
    assert len({*state.story_by_row().values()}) == len({*one_by_one.story_by_row().values()}) == 1


TUTORIALS = (
    ("Sort a gallery by several columns in Formwright", "Let people sort a Formwright gallery by any of its columns."),
    ("Search and filter a Formwright gallery", "Search a gallery and filter it by the choice of a drop-down."),
    ("Formwright galleries: show related records", "A gallery inside a gallery shows the related records of each row."),
    (
        "Filter a gallery by date in Formwright",
        "Date pickers filter the records of a Formwright gallery by their dates.",
    ),
    ("Formwright gallery with checkboxes", "Select several rows of a gallery with checkboxes and edit them together."),
    ("Load more rows into a Formwright gallery", "Large tables: load the rows of a gallery page by page."),
    ("Formwright forms: validate what people enter", "Show a message beside each field of a form that is not valid."),
    ("Build a multi-page form in Formwright", "Split a long form into pages with next and back buttons."),
    ("Save drafts of a Formwright form", "Keep what people entered into a form before they submit it."),
    ("Formwright forms: upload attachments", "An attachment field lets people upload files with a form."),
    ("Edit records in a Formwright form", "Open a record from a gallery in a form and edit it."),
    ("Formwright forms with default values", "Fill the fields of a new form with default values."),
    ("Scan barcodes with Formwright", "Use the barcode scanner of a phone in a Formwright app."),
    ("Formwright and barcode labels", "Print barcode labels for the records of an app."),
    ("Send e-mail from Formwright", "A button sends an e-mail with the fields of a form."),
    ("Formwright: schedule e-mail reminders", "Send e-mail reminders for overdue records every morning."),
    ("Export Formwright records to PDF", "Make a PDF file of the records of a gallery."),
    ("Design a PDF template in Formwright", "Lay out a PDF template with the fields of a form."),
    ("Formwright components: a reusable menu", "Build a menu as a component and use it on every screen."),
    ("Share Formwright components between apps", "A component library shares your components between apps."),
    ("Responsive screens in Formwright", "Lay out the screens of an app for phones and tablets."),
    ("Formwright themes: change all colors at once", "Keep the colors of an app in one theme."),
)


def test_a_subject_is_not_a_story_but_an_event_in_it_is() -> None:
    day, event = 18_000, "Formwright outage stops hospital admissions in Leuven"
    articles = [
        StoryArticle(at, at, title, excerpt, published=(day + 37 * at) * 86_400, source=f"Author {at % 5}")
        for at, (title, excerpt) in enumerate(TUTORIALS)
    ]
    reports = (
        event,
        f"{event} for six hours",
        "Hospital in Leuven blames Formwright outage",
        "Leuven: Formwright outage",
    )
    articles += [
        StoryArticle(100 + at, 100 + at, title, published=(day + 300) * 86_400, source=f"Outlet {at}")
        for at, title in enumerate(reports)
    ]
    state = MemoryState()
    assert [*Grouping(state).add_all(articles)] == [len(articles)]
    stories = state.story_by_row()
    assert len({stories[at] for at in range(len(TUTORIALS))}) == len(TUTORIALS)
    assert len({stories[100 + at] for at in range(len(reports))}) == 1
