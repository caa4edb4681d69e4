from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from reader.core.errors import ReaderError
from reader.documents.files import (
    MAX_BYTES,
    FileContents,
    FileGoneError,
    Folder,
    check_folder,
    join_path,
    list_file,
    read_file,
    read_files,
    walk,
)

MakeFolder = Callable[[Mapping[str, str | bytes]], Path]


def _walk(path: Path) -> tuple[set[bytes], dict[str, str]]:
    """Return the paths of the files found, and the messages of the problems by path."""
    listings = list(walk(Folder.of(path)))
    problems = {each.path: each.message for listing in listings for each in listing.problems}
    return {join_path(listing.folder, name) for listing in listings for name, _, _ in listing.files}, problems


def _bytes(folder: Folder, path: bytes) -> bytes:
    return read_file(folder, path).data


def test_documents_of_every_extension_are_found_at_any_depth(make_folder: MakeFolder) -> None:
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


def test_a_listing_has_sizes_and_mtimes(make_folder: MakeFolder) -> None:
    folder = make_folder({"a.md": "12345"})
    os.utime(folder / "a.md", ns=(1, 1_600_000_000_123_456_789))
    (listing,) = walk(Folder.of(folder))
    assert listing.files == [(b"a.md", (folder / "a.md").stat().st_mtime_ns, 5)]
    assert read_file(Folder.of(folder), b"a.md") == FileContents(b"12345", listing.files[0][1], 5)


@pytest.mark.parametrize("name", ["a.md", "without-ending", ".hidden.md", "node_modules/a.md"])
def test_a_single_file_may_have_any_name(make_folder: MakeFolder, name: str) -> None:
    folder = make_folder({name: "x", "b.md": ""})
    only = Folder.of(folder / name)
    assert only == Folder((folder / name).parent, Path(name).name.encode())
    assert [name for listing in walk(only) for name, _, _ in listing.files] == [Path(name).name.encode()]
    assert _bytes(only, Path(name).name.encode()) == b"x"


def test_a_single_file_that_vanishes_is_not_listed(make_folder: MakeFolder) -> None:
    folder = make_folder({"a.md": ""})
    only = Folder.of(folder / "a.md")
    (folder / "a.md").unlink()
    assert [listing.files for listing in walk(only)] == [[]]


def test_links_in_the_path_that_the_user_gives_are_followed(make_folder: MakeFolder, tmp_path: Path) -> None:
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
    out = "this link points outside the folder and is not followed"
    assert problems.pop("loop.md").startswith("this file cannot be read: too many levels of symbolic links")
    assert problems == {"out.md": out, "sibling.md": out, "zero.md": out, "dangling.md": "this link is broken"}
    assert _bytes(Folder.of(folder), b"inside.md") == b"inside"
    for name in (b"out.md", b"zero.md", b"sibling.md", b"../secret.md"):
        with pytest.raises(ReaderError, match="points outside the folder"):
            _bytes(Folder.of(folder), name)


@pytest.fixture
def strange_files(make_folder: MakeFolder, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = make_folder({"dir.md/inner.md": ""})
    os.mkfifo(folder / "fifo.md")
    monkeypatch.chdir(folder)  # a socket's path must be short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket.md")
        yield folder


def test_special_files_neither_block_nor_are_read(strange_files: Path) -> None:
    message = "this is not a regular file and is not read"
    assert _walk(strange_files) == ({b"dir.md/inner.md"}, {"fifo.md": message, "socket.md": message})
    folder = Folder.of(strange_files)
    for name in (b"fifo.md", b"socket.md", b"dir.md"):
        with pytest.raises(ReaderError, match=r"^\w+\.md (is not a regular file|cannot be read)"):
            _bytes(folder, name)
    with pytest.raises(ReaderError, match="neither a folder nor a file"):
        Folder.of(strange_files / "fifo.md")


def test_file_names_may_have_any_bytes_and_are_shown_safely(make_folder: MakeFolder) -> None:
    folder = make_folder({})
    names = [b"esc\x1b]52;c;x\x07.md", b"new\nline.md", b"caf\xe9.md"]
    for name in names:
        try:
            (folder / os.fsdecode(name)).write_bytes(b"x")
        except OSError:  # file systems that require UTF-8
            names = names[:2]
    (folder / os.fsdecode(b"dang\x1bling\n.md")).symlink_to("nowhere")
    assert _walk(folder) == (set(names), {"dangling .md": "this link is broken"})
    assert [_bytes(Folder.of(folder), name) for name in names] == [b"x"] * len(names)
    with pytest.raises(ReaderError, match=r"^gone\[2J .md is no longer there"):
        _bytes(Folder.of(folder), b"gone\x1b[2J\n.md")


def test_files_that_vanish_during_the_walk_are_skipped(make_folder: MakeFolder) -> None:
    folder = make_folder({"a.md": "", "b.md": "", "c.md": "", "sub/d.md": ""})
    found = walk(Folder.of(folder))
    assert len(next(found).files) == 3
    for path in [*folder.glob("*.md"), *folder.glob("sub/*.md")]:
        path.unlink()
    (folder / "sub").rmdir()
    assert list(found) == []
    read_all = list(read_files(Folder.of(folder), b"", [b"a.md", b"b.md"]))
    assert [type(contents) for _, contents in read_all] == [FileGoneError, FileGoneError]


def test_a_folder_that_is_gone_is_not_an_empty_one(make_folder: MakeFolder) -> None:
    folder = Folder.of(make_folder({}))
    folder.root.rmdir()
    with pytest.raises(ReaderError, match="cannot be read: no such file or directory"):
        list(walk(folder))


def test_paths_too_long_for_the_system_are_problems(make_folder: MakeFolder) -> None:
    # The only way to make a file and a folder unreadable even for root.
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
        _bytes(Folder.of(folder), b"x" * 300 + b".md")


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("nowhere", "There is no folder or file"),
        ("a.md/below", "cannot be opened: not a directory"),
        ("x" * 300, "cannot be opened: file name too long"),
        ("nul\0byte", "cannot be opened: .*embedded null"),
        ("loop", "cannot be opened: "),
    ],
)
def test_a_path_that_cannot_be_opened_raises_a_sentence(make_folder: MakeFolder, path: str, message: str) -> None:
    folder = make_folder({"a.md": ""})
    (folder / "loop").symlink_to("loop")
    with pytest.raises(ReaderError, match=message):
        Folder.of(folder / path)


def test_an_unknown_home_directory_raises_a_sentence() -> None:
    with pytest.raises(ReaderError, match="cannot be opened: could not determine home directory"):
        Folder.of(Path("~nobody-of-this-name/news"))


def test_a_huge_file_is_read_to_the_limit_plus_one_byte(make_folder: MakeFolder) -> None:
    folder = make_folder({"a.md": ""})
    os.truncate(folder / "a.md", 1 << 33)  # sparse
    assert len(_bytes(Folder.of(folder), b"a.md")) == MAX_BYTES + 1


def test_a_digest_changes_with_names_times_and_sizes_and_with_nothing_else(make_folder: MakeFolder) -> None:
    folder = make_folder({"a.md": "1", "b.md": "2"})

    def digest() -> bytes:
        (listing,) = walk(Folder.of(folder))
        return listing.digest()

    first = digest()
    assert digest() == first
    assert len(first) == 16
    seen = {first}
    (folder / "a.md").write_text("longer")
    seen.add(digest())
    os.utime(folder / "a.md", ns=(1, 1))
    seen.add(digest())
    (folder / "a.md").rename(folder / "c.md")
    seen.add(digest())
    (folder / "b.md").unlink()
    seen.add(digest())
    assert len(seen) == 5


def test_a_walk_can_start_in_a_subfolder_and_be_stopped(make_folder: MakeFolder) -> None:
    folder = Folder.of(make_folder({"a.md": "", "x/b.md": "", "x/y/c.md": "", "z/d.md": ""}))
    assert {listing.folder for listing in walk(folder, start=b"x")} == {b"x", b"x/y"}
    assert list(walk(folder, lambda: True)) == []


def test_list_file_agrees_with_walk(strange_files: Path) -> None:
    (strange_files / "a.md").write_text("x")
    (strange_files / "to.md").symlink_to("a.md")
    folder = Folder.of(strange_files)
    walked = {name: (mtime, size) for listing in walk(folder) for name, mtime, size in listing.files}
    for name in (b"a.md", b"to.md"):
        listing = list_file(folder, name)
        assert listing is not None
        assert listing.files == [(name, *walked[name])]
    assert list_file(folder, b"dir.md") is None
    for name in (b"nothing.md", b".hidden.md", b"node_modules/a.md", b"a.md/below.md", b"a.pdf"):
        listing = list_file(folder, name)
        assert listing is not None
        assert (listing.files, listing.problems) == ([], [])
    listing = list_file(folder, b"fifo.md")
    assert listing is not None
    assert [each.message for each in listing.problems] == ["this is not a regular file and is not read"]


def test_read_files_agrees_with_read_file(strange_files: Path) -> None:
    (strange_files / "a.md").write_text("x" * 10)
    (strange_files / "to.md").symlink_to("a.md")
    (strange_files / "out.md").symlink_to("/dev/zero")
    folder = Folder.of(strange_files)
    names = [b"a.md", b"to.md", b"out.md", b"fifo.md", b"gone.md"]
    for name, contents in read_files(folder, b"", names):
        try:
            alone: object = read_file(folder, name)
        except ReaderError as error:
            assert (type(contents), str(contents)) == (type(error), str(error))
        else:
            assert contents == alone
    assert [name for name, _ in read_files(folder, b"not/there", names)] == names


def test_check_folder_raises_only_for_missing_folders(make_folder: MakeFolder) -> None:
    folder = Folder.of(make_folder({}))
    check_folder(folder)
    folder.root.rmdir()
    with pytest.raises(ReaderError, match="cannot be read: no such file or directory"):
        check_folder(folder)
