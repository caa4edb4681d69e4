from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from reader.documents.walk import MAX_BYTES, Candidate, Folder, read_bytes, walk
from reader.errors import ReaderError
from reader.model import Problem

MakeFolder = Callable[[Mapping[str, str | bytes]], Path]


def _walk(path: Path) -> tuple[set[bytes], dict[str, str]]:
    """Return the paths of the candidates, and the messages of the problems by path."""
    found = list(walk(Folder.of(path)))
    problems = {each.path: each.message for each in found if isinstance(each, Problem)}
    return {each.path for each in found if isinstance(each, Candidate)}, problems


def test_documents_of_every_ending_are_found_at_any_depth(make_folder: MakeFolder) -> None:
    named = ["a.md", "b.markdown", "c.mdown", "d.txt", "e.html", "f.htm", "g.yaml", "h.yml", "I.MD", "1/2/3/4/j.md"]
    others = [
        "k.pdf",
        "l.md~",
        "m",
        "README",
        "n.json",
        ".hidden.md",
        ".git/o.md",
        "node_modules/p.md",
        "x/node_modules/q.md",
    ]
    folder = make_folder(dict.fromkeys(named + others, ""))
    assert _walk(folder) == ({name.encode() for name in named}, {})


def test_a_candidate_carries_size_and_time_of_change(make_folder: MakeFolder) -> None:
    folder = make_folder({"a.md": "12345"})
    os.utime(folder / "a.md", ns=(1, 1_600_000_000_123_456_789))
    (found,) = walk(Folder.of(folder))
    assert isinstance(found, Candidate)
    assert found.size == 5
    assert found.mtime_ns == (folder / "a.md").stat().st_mtime_ns


@pytest.mark.parametrize("name", ["a.md", "without-ending", ".hidden.md", "node_modules/a.md"])
def test_one_file_may_be_given_whatever_it_is_called(make_folder: MakeFolder, name: str) -> None:
    folder = make_folder({name: "x", "b.md": ""})
    only = Folder.of(folder / name)
    assert only == Folder((folder / name).parent, Path(name).name.encode())
    assert [each.path for each in walk(only)] == [Path(name).name.encode()]
    assert read_bytes(only, Path(name).name.encode()) == b"x"


def test_one_file_that_vanishes_does_not_come(make_folder: MakeFolder) -> None:
    folder = make_folder({"a.md": ""})
    only = Folder.of(folder / "a.md")
    (folder / "a.md").unlink()
    assert list(walk(only)) == []


def test_a_folder_is_followed_through_links_given_by_the_person(make_folder: MakeFolder, tmp_path: Path) -> None:
    folder = make_folder({"a.md": ""})
    (tmp_path / "link").symlink_to(folder)
    assert Folder.of(tmp_path / "link") == Folder(folder)


def test_links_inside_the_folder_are_followed_and_others_reported(make_folder: MakeFolder, tmp_path: Path) -> None:
    folder = make_folder({"sub/real.md": "inside"})
    (tmp_path / "secret.md").write_text("secret")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "z.md").write_text("")
    (tmp_path / "news2").mkdir()
    (tmp_path / "news2" / "z.md").write_text("")
    targets = {
        "inside.md": "sub/real.md",
        "out.md": "../secret.md",
        "sibling.md": "../news2/z.md",
        "zero.md": "/dev/zero",
        "dangling.md": "nothing.md",
        "loop.md": "loop.md",
        "folder.md": "sub",
        "linked": "../elsewhere",
        "up": "..",
        "other.pdf": "/dev/zero",
    }
    for name, target in targets.items():
        (folder / name).symlink_to(target)
    candidates, problems = _walk(folder)
    assert candidates == {b"sub/real.md", b"inside.md"}
    out = "this link leads out of the folder and is not followed"
    assert problems.pop("loop.md").startswith("this file cannot be read: too many levels of symbolic links")
    assert problems == {"out.md": out, "sibling.md": out, "zero.md": out, "dangling.md": "this link leads to nothing"}
    assert read_bytes(Folder.of(folder), b"inside.md") == b"inside"
    for name in (b"out.md", b"zero.md", b"sibling.md", b"../secret.md"):
        with pytest.raises(ReaderError, match="leads out of the folder"):
            read_bytes(Folder.of(folder), name)


@pytest.fixture
def strange_files(make_folder: MakeFolder, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = make_folder({"dir.md/inner.md": ""})
    os.mkfifo(folder / "fifo.md")
    monkeypatch.chdir(folder)  # a socket's path must be short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket.md")
        yield folder


def test_what_is_no_regular_file_neither_hangs_nor_is_read(strange_files: Path) -> None:
    message = "this is not a regular file and is not read"
    assert _walk(strange_files) == ({b"dir.md/inner.md"}, {"fifo.md": message, "socket.md": message})
    folder = Folder.of(strange_files)
    for name in (b"fifo.md", b"socket.md", b"dir.md"):
        with pytest.raises(ReaderError, match=r"^\w+\.md (is not a regular file|cannot be read)"):
            read_bytes(folder, name)
    with pytest.raises(ReaderError, match="neither a folder nor a file"):
        Folder.of(strange_files / "fifo.md")


def test_names_of_any_bytes_are_found_and_shown_safely(make_folder: MakeFolder) -> None:
    folder = make_folder({})
    names = [b"esc\x1b]52;c;x\x07.md", b"new\nline.md", b"caf\xe9.md"]
    for name in names:
        try:
            (folder / os.fsdecode(name)).write_bytes(b"x")
        except OSError:  # file systems that insist on UTF-8
            names = names[:2]
    (folder / os.fsdecode(b"dang\x1bling\n.md")).symlink_to("nowhere")
    assert _walk(folder) == (set(names), {"dangling .md": "this link leads to nothing"})
    assert [read_bytes(Folder.of(folder), name) for name in names] == [b"x"] * len(names)
    with pytest.raises(ReaderError, match=r"^gone\[2J .md is no longer there"):
        read_bytes(Folder.of(folder), b"gone\x1b[2J\n.md")


def test_what_vanishes_during_the_walk_does_not_come(make_folder: MakeFolder) -> None:
    folder = make_folder({"a.md": "", "b.md": "", "c.md": "", "sub/d.md": ""})
    found = walk(Folder.of(folder))
    first = next(found)
    for path in [*folder.glob("*.md"), *folder.glob("sub/*.md")]:
        path.unlink()
    (folder / "sub").rmdir()
    assert isinstance(first, Candidate)
    assert list(found) == []


def test_a_folder_that_is_gone_is_not_an_empty_one(make_folder: MakeFolder) -> None:
    folder = Folder.of(make_folder({}))
    folder.root.rmdir()
    with pytest.raises(ReaderError, match="cannot be read: no such file or directory"):
        list(walk(folder))


def test_paths_longer_than_the_system_takes_are_problems(make_folder: MakeFolder) -> None:
    # The one way to make a file and a folder unreadable that even root cannot get around.
    folder = make_folder({"a.md": ""})
    part, limit = "d" * 200, os.pathconf(folder, "PC_PATH_MAX")
    here = os.open(folder, os.O_RDONLY)
    length = len(os.fsencode(folder))
    while length <= limit:
        os.mkdir(part, dir_fd=here)
        inner = os.open(part, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here, length = inner, length + 1 + len(part)
        os.close(os.open("e" * 197 + ".md", os.O_CREAT | os.O_WRONLY, dir_fd=here))
    os.close(here)
    candidates, problems = _walk(folder)
    assert b"a.md" in candidates
    assert len(candidates) > 10
    assert sorted(problems.values()) == [
        "this file cannot be read: file name too long",
        "this folder cannot be read: file name too long",
    ]
    with pytest.raises(ReaderError, match="cannot be read: file name too long"):
        read_bytes(Folder.of(folder), b"x" * 300 + b".md")


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("nowhere", "There is no folder or file"),
        ("a.md/below", "cannot be opened: not a directory"),
        ("x" * 300, "cannot be opened: file name too long"),
        ("nul\0byte", "cannot be opened: embedded null byte"),
        ("loop", "cannot be opened: "),
    ],
)
def test_a_path_that_cannot_be_opened_is_told_in_a_sentence(make_folder: MakeFolder, path: str, message: str) -> None:
    folder = make_folder({"a.md": ""})
    (folder / "loop").symlink_to("loop")
    with pytest.raises(ReaderError, match=message):
        Folder.of(folder / path)


def test_a_home_folder_of_nobody_is_told_in_a_sentence() -> None:
    with pytest.raises(ReaderError, match="cannot be opened: could not determine home directory"):
        Folder.of(Path("~nobody-of-this-name/news"))


def test_of_a_huge_file_no_more_is_read_than_tells_that_it_is_huge(make_folder: MakeFolder) -> None:
    folder = make_folder({"a.md": ""})
    os.truncate(folder / "a.md", 1 << 33)  # sparse
    assert len(read_bytes(Folder.of(folder), b"a.md")) == MAX_BYTES + 1
