"""The corpus that benchmarks measure with: the same every time, and without a problem."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from reader.documents.parse import parse
from reader.urls import url_key


@pytest.fixture(scope="module")
def corpus() -> ModuleType:
    spec = importlib.util.spec_from_file_location("corpus", Path(__file__).parent.parent / "benchmarks" / "corpus.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_document_reads_without_a_problem_and_has_the_size_of_a_real_one(corpus: ModuleType) -> None:
    related = here = 0
    addresses = {url_key(corpus.address(number)) for number in range(300)}
    for number in range(300):
        text = corpus.document(number, 300, 1)
        assert 1_500 < len(text.encode()) < 8_500
        parsed = parse(b"a.md", text.encode())
        assert parsed.problems == ()
        assert parsed.article is not None
        related += len(parsed.article.related)
        here += sum(url_key(item.links.web) in addresses for item in parsed.article.related)
    assert 0.4 < here / related < 0.6


def test_the_same_count_and_seed_give_the_same_bytes(corpus: ModuleType, tmp_path: Path) -> None:
    for name in ("one", "two"):
        corpus.make(tmp_path / name, 30, seed=7)
    one, two = ([path.read_bytes() for path in sorted((tmp_path / name).rglob("*.md"))] for name in ("one", "two"))
    assert len(one) == 30
    assert one == two
    assert corpus.document(3, 30, 8) != corpus.document(3, 30, 7)
