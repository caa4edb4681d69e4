"""The benchmark corpus: always the same, and without problems."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from reader.core.urls import url_key
from reader.documents.parse import parse_document


@pytest.fixture(scope="module")
def corpus() -> ModuleType:
    spec = importlib.util.spec_from_file_location("corpus", Path(__file__).parent.parent / "benchmarks" / "corpus.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_documents_parse_without_problems_and_have_realistic_sizes(corpus: ModuleType) -> None:
    related = here = 0
    addresses = {url_key(corpus.address(number)) for number in range(300)}
    for number in range(300):
        text = corpus.document(number, 300, 1)
        assert 2_048 <= len(text.encode()) <= 8_192
        parsed = parse_document(b"a.md", text.encode())
        assert parsed.problems == ()
        assert parsed.article is not None
        related += len(parsed.article.related)
        here += sum(url_key(item.links.web) in addresses for item in parsed.article.related)
    assert 0.4 < here / related < 0.6


def test_the_same_count_and_seed_give_the_same_bytes(corpus: ModuleType, tmp_path: Path) -> None:
    for name in ("one", "two"):
        assert list(corpus.make(tmp_path / name, 30, seed=7)) == [30]
    one, two = ([path.read_bytes() for path in sorted((tmp_path / name).rglob("*.md"))] for name in ("one", "two"))
    assert len(one) == 30
    assert one == two
    assert corpus.document(3, 30, 8) != corpus.document(3, 30, 7)


def test_an_unfinished_corpus_is_completed(corpus: ModuleType, tmp_path: Path) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    corpus.PART = 10
    try:
        assert list(corpus.make(whole, 25, workers=1)) == [10, 10, 5]
        making = corpus.make(broken, 25, workers=1)
        assert next(making) == 10
        making.close()
        (broken / ".0001").mkdir()
        (broken / ".0001" / "half.md").write_text("a document that was being writ")
        assert list(corpus.make(broken, 25, workers=1)) == [0, 10, 5]
        assert list(corpus.make(broken, 25, workers=1)) == [0, 0, 0]
    finally:
        corpus.PART = 1000
    one, two = ({p.relative_to(f): p.read_bytes() for p in f.rglob("*") if p.is_file()} for f in (whole, broken))
    assert one == two


def test_a_different_corpus_or_folder_is_not_touched(corpus: ModuleType, tmp_path: Path) -> None:
    list(corpus.make(tmp_path / "corpus", 3))
    with pytest.raises(corpus.CorpusError, match="another corpus"):
        list(corpus.make(tmp_path / "corpus", 3, seed=2))
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("Dear all,")
    with pytest.raises(corpus.CorpusError, match="something that is not known"):
        list(corpus.make(tmp_path / "mine", 3))
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["letter.txt"]
