"""Articles without a URL: marks follow them into subfolders and to other machines, and never into another folder."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from reader.core.marks import MarkChange
from reader.core.ordering import Sort
from reader.core.paths import INDEX_FORMAT, Paths
from reader.core.urls import previous_id
from reader.library.folder_identity import add_folder, roots_of
from reader.library.library import Library
from tests.conftest import OpenLibrary

_DOCUMENT = "---\ntitle: T\n---\nText.\n"


def _folder(path: Path, *documents: str) -> Path:
    for each in documents or ("index.md",):
        file = path / each
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(_DOCUMENT)
    return path


def _ids(library: Library) -> dict[str, str]:
    rows = library.articles.rows(library.articles.order(Sort()).rowids)
    return {row.path: row.id for row in rows}


def _starred(library: Library) -> set[str]:
    rows = library.articles.rows(library.articles.order(Sort()).rowids)
    return {row.path for row in rows if row.starred}


def _star(library: Library, path: str) -> None:
    library.marks.apply_to_rows([library.articles.find(path)], MarkChange(starred=True))


def test_two_folders_do_not_share_marks(tmp_path: Path, library: OpenLibrary) -> None:
    _star(library(_folder(tmp_path / "a" / "vault")), "index.md")
    assert _starred(library(_folder(tmp_path / "b" / "vault"))) == set()
    assert _starred(library(tmp_path / "a" / "vault")) == {"index.md"}


def test_a_subfolder_keeps_the_marks_made_from_its_parent(tmp_path: Path, library: OpenLibrary) -> None:
    vault = _folder(tmp_path / "vault", "sub/a.md", "b.md")
    _star(library(vault), "sub/a.md")
    assert _starred(library(vault / "sub")) == {"a.md"}


def test_a_parent_keeps_the_marks_made_from_a_subfolder(tmp_path: Path, library: OpenLibrary) -> None:
    vault = _folder(tmp_path / "vault", "sub/a.md", "a.md")
    _star(library(vault / "sub"), "a.md")
    assert _starred(library(vault)) == {"sub/a.md"}
    assert _starred(library(vault / "sub")) == {"a.md"}


def test_a_moved_folder_keeps_its_marks_and_those_made_in_its_subfolders(tmp_path: Path, library: OpenLibrary) -> None:
    vault = _folder(tmp_path / "a" / "vault", "sub/a.md", "b.md")
    _star(library(vault / "sub"), "a.md")
    _star(library(vault), "b.md")
    (tmp_path / "b").mkdir()
    moved = vault.rename(tmp_path / "b" / "vault")
    assert _starred(library(moved)) == {"sub/a.md", "b.md"}
    assert _starred(library(_folder(vault, "b.md"))) == set()


def test_a_folder_on_a_disk_that_is_away_is_not_moved(tmp_path: Path) -> None:
    stored = add_folder(None, tmp_path / "disk" / "vault")
    assert "vault-2" in (add_folder(stored, _folder(tmp_path / "vault")) or "")


@pytest.mark.parametrize(
    "remote",
    [
        "https://ada:secret@Git.example/ada/vault.git",
        "git@git.example:ada/vault",
        "ssh://git@git.example:22/ada/vault/",
    ],
)
def test_a_repository_is_the_same_on_every_machine(tmp_path: Path, remote: str) -> None:
    here, there = tmp_path / "here" / "vault", tmp_path / "there" / "notes"
    for folder, url in ((here, "https://git.example/ada/vault.git"), (there, remote)):
        (folder / ".git").mkdir(parents=True)
        (folder / ".git" / "config").write_text(
            f'[core]\n\tbare = false\n[remote "origin"]\n\turl = {url}\n\tfetch = x\n'
        )
    below = there / "sub"
    below.mkdir()
    assert roots_of(add_folder(None, here), here) == roots_of(add_folder(None, there), there)
    ((start, base),) = roots_of(add_folder(None, below), below)
    assert (start, base) == (b"", roots_of(add_folder(None, here), here)[0][1] + b"sub/")
    assert b"secret" not in base


def test_a_folder_of_the_same_name_is_the_same_on_another_machine(tmp_path: Path) -> None:
    assert roots_of(add_folder(None, tmp_path / "a" / "notes"), tmp_path / "a" / "notes") == (
        roots_of(add_folder(None, tmp_path / "b" / "notes"), tmp_path / "b" / "notes")
    )


def test_a_folder_that_is_not_known_gets_its_name_at_once(tmp_path: Path) -> None:
    def seconds() -> float:
        before = time.process_time()
        assert "vault-3" in (add_folder('{"/a/vault": "vault", "/b/vault": "vault-2"}', tmp_path / "vault") or "")
        return time.process_time() - before

    assert min(seconds() for _ in range(3)) < 0.05


def test_marks_of_an_earlier_version_are_carried_over_once(tmp_path: Path, library: OpenLibrary) -> None:
    vault, other = _folder(tmp_path / "vault"), _folder(tmp_path / "other")
    first = library(vault)
    first.marks.apply([previous_id("", b"index.md")], MarkChange(starred=True))
    first.close()
    library(other)
    # As an earlier version left it: an index of an earlier format, which was not in its name.
    index = Paths.from_environment().index_file(vault)
    with closing(sqlite3.connect(index)) as db:
        db.execute("PRAGMA user_version=7")
    index.rename(index.with_name(index.name.replace(f"-{INDEX_FORMAT}", "")))
    again = library(vault)
    assert _starred(again) == {"index.md"}
    again.marks.apply_to_rows([again.articles.find("index.md")], MarkChange(starred=False))
    again.close()
    for _ in range(2):
        opened = library(vault)
        assert _starred(opened) == set()
        opened.close()
    assert _starred(library(other)) == set()


def test_http_and_https_are_one_article(tmp_path: Path, library: OpenLibrary) -> None:
    folder = tmp_path / "vault"
    folder.mkdir()
    for name, url in (("a.md", "http://a.example/x"), ("b.md", "https://a.example/x")):
        (folder / name).write_text(f"---\ntitle: T\noriginalUrl: {url}\n---\n")
    ids = _ids(library(folder))
    assert ids["a.md"] == ids["b.md"]


def test_a_worktree_is_the_repository(tmp_path: Path) -> None:
    git = tmp_path / "repository" / ".git"
    (git / "worktrees" / "w").mkdir(parents=True)
    (git / "config").write_text('[core]\n\tbare = false\n[remote "origin"]\n\turl = git@example.org:o/r.git\n')
    (git / "worktrees" / "w" / "commondir").write_text("../..\n")
    (tmp_path / "w").mkdir()
    (tmp_path / "w" / ".git").write_text(f"gitdir: {git / 'worktrees' / 'w'}\n")
    (tmp_path / "clone").mkdir()
    (tmp_path / "clone" / ".git").symlink_to(git)
    roots = {roots_of(add_folder(None, tmp_path / each), tmp_path / each) for each in ("repository", "w", "clone")}
    assert roots == {((b"", b"git:example.org/o/r\0"),)}


def test_a_hostile_git_folder_neither_blocks_nor_takes_time(tmp_path: Path) -> None:
    git = tmp_path / ".git"
    git.mkdir()
    os.mkfifo(git / "config")
    assert "git:" not in (add_folder(None, tmp_path) or "")
    (git / "config").unlink()
    (git / "config").write_text('[remote "origin"]\n' + "\n" * 100_000)
    before = time.process_time()
    assert "git:" not in (add_folder(None, tmp_path) or "")
    assert time.process_time() - before < 1


@pytest.mark.parametrize("stored", ["", "[]", "null", "3", '"a"', "xx", "[" * 100_000])
def test_a_damaged_setting_counts_as_none(stored: str, tmp_path: Path) -> None:
    assert roots_of(add_folder(stored, tmp_path), tmp_path) == roots_of(add_folder(None, tmp_path), tmp_path)


def test_the_root_folder_and_names_that_are_not_utf_8(tmp_path: Path) -> None:
    root = Path("/")
    assert roots_of(add_folder(None, root), root) == ((b"", b"/\0"),)
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9"))
    assert roots_of(add_folder(None, odd), odd / "sub") == ((b"", b"caf%E9\0sub/"),)
