from __future__ import annotations

from pathlib import Path

import platformdirs
import pytest

from reader.core.paths import Paths


def test_the_directories_are_the_platforms_own() -> None:
    paths = Paths.from_environment({"NEWSREADER_CACHE_DIR": ""})
    assert paths.cache == platformdirs.user_cache_path("newsreader", appauthor=False)
    assert paths.data == platformdirs.user_data_path("newsreader", appauthor=False)
    assert paths.config == platformdirs.user_config_path("newsreader", appauthor=False)


def test_each_can_be_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/somebody")
    names = {"NEWSREADER_CACHE_DIR": "/c", "NEWSREADER_DATA_DIR": "~/d", "NEWSREADER_CONFIG_DIR": "relative"}
    assert Paths.from_environment(names) == Paths(Path("/c"), Path("/home/somebody/d"), Path("relative"))


def test_a_home_folder_of_nobody_is_taken_as_a_name() -> None:
    assert Paths.from_environment({"NEWSREADER_DATA_DIR": "~nobody-of-this-name/x"}).data == Path(
        "~nobody-of-this-name/x"
    )


def test_files_lie_where_they_belong_and_nothing_is_made(own_directories: Paths) -> None:
    paths = own_directories
    assert paths.index_file(Path("/a")).parent == paths.log_file.parent == paths.cache
    assert paths.state_file.parent == paths.data
    assert paths.config_file.parent == paths.config
    assert not paths.cache.parent.exists()


def test_every_folder_has_an_index_of_its_own(own_directories: Paths) -> None:
    folders = [Path("/a"), Path("/a/b"), Path("/a\udcff")]
    assert len({own_directories.index_file(folder) for folder in folders}) == 3
    assert own_directories.index_file(Path("/a")) == own_directories.index_file(Path("/a"))
