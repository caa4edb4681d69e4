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


def test_environment_variables_move_each_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/somebody")
    names = {"NEWSREADER_CACHE_DIR": "/c", "NEWSREADER_DATA_DIR": "~/d", "NEWSREADER_CONFIG_DIR": "relative"}
    assert Paths.from_environment(names) == Paths(Path("/c"), Path("/home/somebody/d"), Path("relative"))


def test_an_unknown_home_directory_is_kept_literally() -> None:
    assert Paths.from_environment({"NEWSREADER_DATA_DIR": "~nobody-of-this-name/x"}).data == Path(
        "~nobody-of-this-name/x"
    )


def test_files_are_in_their_directories_and_none_is_created(own_directories: Paths) -> None:
    paths = own_directories
    assert paths.index_file(Path("/a")).parent == paths.log_file.parent == paths.cache
    assert paths.state_file.parent == paths.data
    assert paths.config_file.parent == paths.config
    assert not paths.cache.parent.exists()


def test_every_folder_has_its_own_index(own_directories: Paths) -> None:
    folders = [Path("/a"), Path("/a/b"), Path("/a\udcff")]
    assert len({own_directories.index_file(folder) for folder in folders}) == 3
    assert own_directories.index_file(Path("/a")) == own_directories.index_file(Path("/a"))
