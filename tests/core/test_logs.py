from __future__ import annotations

import logging
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from reader.core import logs


@pytest.fixture(autouse=True)
def _restored_logging(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Undo what start_logging() adds for the whole process."""
    root = logging.getLogger()
    monkeypatch.setattr(logging, "raiseExceptions", logging.raiseExceptions)
    handlers, level = root.handlers[:], root.level
    yield
    for handler in root.handlers[:]:
        if handler not in handlers:
            root.removeHandler(handler)
            handler.close()
    root.setLevel(level)


def test_the_log_file_is_created_with_the_first_warning(tmp_path: Path) -> None:
    path = tmp_path / "cache" / "newsreader.log"
    logs.start_logging(path)
    logging.getLogger("reader.x").info("nothing to tell")
    assert not path.exists()
    logging.getLogger("reader.x").warning("something to tell")
    assert path.read_text().endswith(" WARNING reader.x: something to tell\n")
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_the_log_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "newsreader.log"
    previous = path.with_name("newsreader.log.1")
    for each in (path, previous):
        each.write_text("")
        each.chmod(0o644)
    logs.start_logging(path, max_bytes=50)
    for _ in range(2):
        logging.getLogger("reader.x").warning("something to tell")
        assert {stat.S_IMODE(each.stat().st_mode) for each in (path, previous)} == {0o600}


def _fail(words: str) -> None:
    raise ValueError(words)


def test_untrusted_text_is_logged_safely_with_its_traceback(tmp_path: Path) -> None:
    logs.start_logging(tmp_path / "a.log")
    try:
        _fail("\x1b]52;c;x\x07\u202eevil")
    except ValueError:
        logging.getLogger("reader").exception("bad: %s", "\x1b[2J\r\ntwo")
    written = (tmp_path / "a.log").read_text()
    assert "bad: [2J\ntwo\nTraceback (most recent call last):\n" in written
    assert written.endswith("ValueError: ]52;c;xevil\n")
    assert not {"\x1b", "\x07", "\r", "\u202e"} & set(written)


def test_log_files_are_rotated(tmp_path: Path) -> None:
    logs.start_logging(tmp_path / "a.log")
    for _ in range(40):
        logging.getLogger("reader").warning("x" * 50_000)
    sizes = {each.name: each.stat().st_size for each in tmp_path.iterdir()}
    assert set(sizes) == {"a.log", "a.log.1"}
    assert max(sizes.values()) <= 512 * 1024


@pytest.mark.parametrize("place", ["file/a.log", "folder"])
def test_an_unwritable_log_directory_disables_logging_silently(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], place: str
) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    logs.start_logging(tmp_path / place)
    logging.getLogger("reader").warning("lost")
    assert capfd.readouterr() == ("", "")
