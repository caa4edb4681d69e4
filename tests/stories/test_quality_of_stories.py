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
from reader.stories.state import MemoryState

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
