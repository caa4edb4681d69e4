"""The export format: the same bytes for the same marks, merged by line, rejected by line."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.core.atomic_write import write_atomically
from reader.core.errors import ReaderError
from reader.core.marks import LATEST, READ, STARRED, Mark, MarkChange, MarkSet, TagSpelling
from reader.export import marks as exchange
from reader.storage.sqlite.marks.store import MarkStore
from tests.storage.mark_helpers import MARKS, content_of

_HEADER = b'{"format":"newsreader-state","version":1}\n'
_MARK = b'{"id":"0123456789abcdef","mark":"read","value":true,"changed":"2026-11-21T09:31:07.250Z"}\n'
_THING = b'{"kind":"view","name":"AI","value":[1,{}],"changed":"2026-11-21T09:31:07.250Z"}\n'


def _export(state: MarkStore) -> bytes:
    return b"".join(exchange.export_lines(state.entries()))


def _parse(text: bytes) -> MarkSet:
    return exchange.parse_export(io.BytesIO(text), "marks.jsonl")


def test_an_export_has_the_documented_format() -> None:
    page = (Path(__file__).parents[2] / "docs" / "state.md").read_text("utf-8")
    example = page.split("```json\n")[1].split("```")[0].encode()
    with closing(MarkStore.in_memory()) as state:
        state.merge(_parse(example))
        assert _export(state) == example


@given(MARKS)
def test_importing_an_export_and_exporting_again_gives_the_same_bytes(marks: MarkSet) -> None:
    with closing(MarkStore.in_memory()) as one, closing(MarkStore.in_memory()) as other:
        one.merge(marks)
        written = _export(one)
        other.merge(_parse(written))
        assert _export(other) == written
        assert content_of(other) == content_of(one) == marks


def test_an_export_is_one_snapshot(tmp_path: Path) -> None:
    with closing(MarkStore.open(tmp_path / "state.db")[0]) as state:
        ids = [f"{n:016x}" for n in range(5000)]
        state.mark(ids, MarkChange(read=True))
        before = _export(state)
        lines = exchange.export_lines(state.entries())
        begun = [next(lines) for _ in range(10)]
        state.mark(ids, MarkChange(read=False, add_tags=("x",)))
        assert b"".join([*begun, *lines]) == before
        assert _export(state) != before


def test_a_mark_from_the_far_future_is_accepted_and_can_be_changed() -> None:
    line = _MARK.replace(b"2026-", b"2999-")
    with closing(MarkStore.in_memory()) as state:
        state.merge(_parse(_HEADER + line))
        state.mark(["0123456789abcdef"], MarkChange(read=False))
        assert state.merge(_parse(_HEADER + line)) == 0
        assert state.all_marked("read") == []
        assert b"2999-11-21T09:31:07.251Z" in _export(state)


@given(MARKS, MARKS, st.randoms())
def test_lines_are_merged_in_any_order(a: MarkSet, b: MarkSet, random: object) -> None:
    lines: list[bytes] = []
    for marks in (a, b):
        with closing(MarkStore.in_memory()) as state:
            state.merge(marks)
            lines += exchange.export_lines(state.entries())
    rest = lines[1:]
    random.shuffle(rest)  # type: ignore[attr-defined]
    assert _parse(b"".join([lines[0], *rest])) == a.merged(b)


def test_lines_are_ordered_by_hexadecimal_id() -> None:
    ids = [-1, 5, -(2**63), 2**63 - 1, 0]
    marks = {(id_, what): Mark(1, True) for id_ in ids for what in (STARRED, READ, "#日", "#a")}
    with closing(MarkStore.in_memory()) as state:
        state.merge(MarkSet(marks, {"b": TagSpelling(2, "B"), "a": TagSpelling(1, "A")}))
        lines = _export(state).splitlines()
    assert lines[0] == _HEADER.strip()
    assert [line[8:9] for line in lines[1:3]] == [b"a", b"b"]
    written = [line[7:23] for line in lines[3:]]
    assert written == sorted(written)
    assert len(set(written)) == 5


@pytest.mark.parametrize("at", [0, 1, 999, 1_763_717_467_250, LATEST])
def test_a_time_is_written_to_the_millisecond(at: int) -> None:
    marks = MarkSet({(1, READ): Mark(at, True)})
    assert _parse(b"".join(exchange.export_lines([(1, READ, Mark(at, True))]))) == marks


def test_lines_changed_by_other_tools_are_accepted() -> None:
    expected = {(0x0123456789ABCDEF, READ): Mark(1_795_253_467_250, True)}
    for text in (
        b"\xef\xbb\xbf" + _HEADER + _MARK,
        (_HEADER + _MARK).replace(b"\n", b"\r\n"),
        b"\n" + _HEADER + b"\n\n" + _MARK + b"  \n",
        _HEADER + _MARK.strip(),
        _HEADER + _MARK + _HEADER + _MARK,
        _HEADER + _MARK.replace(b'{"id"', b'{ "id" '),
    ):
        assert _parse(text).marks == expected


def test_tags_are_accepted_in_any_case() -> None:
    line = b'{"id":"0123456789abcdef","tag":"STRASSE ","value":true,"changed":"2026-11-21T09:31:07.250Z"}\n'
    assert list(_parse(_HEADER + line).marks) == [(0x0123456789ABCDEF, "#strasse")]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"x\n", "it is not JSON"),
        (b"[1]\n", "it is not a JSON object"),
        (b'{"a":1\n', "it is not JSON"),
        (b'{"a":"\xff"}\n', "it is not JSON"),
        (b"[" * 9000 + b"\n", "it is not JSON"),
        (b"[" * 300_000 + b"\n", "it is too long"),
        (b"<<<<<<< ours\n", "it is a git conflict marker"),
        (_THING.replace(b"view", b"View"), "its “kind” or “name” is invalid"),
        (_THING.replace(b'"AI"', b'"A\\u001bI"'), "its “kind” or “name” is invalid"),
        (_THING.replace(b'"AI"', b"[]"), "its “kind” or “name” is invalid"),
        (_THING.replace(b'"AI"', b'""'), "its “kind” or “name” is invalid"),
        (_THING.replace(b"[1,{}]", b"NaN"), "its “value” cannot be stored"),
        (_THING.replace(b"[1,{}]", b'"\\ud800"'), "its “value” cannot be stored"),
        (_THING.replace(b"[1,{}]", b'"' + b"x" * 40_000 + b'"'), "its “value” cannot be stored"),
        (_THING.replace(b"changed", b"written"), "does not know what “written” means"),
        (_THING.replace(b"11-21", b"13-45"), "“changed” has to be a time such as"),
        (b"{}\n", "it lacks “tag”"),
        (_MARK.replace(b'"value":true,', b""), "it lacks “value”"),
        (_MARK.replace(b"true", b"1"), "“value” must be true or false"),
        (_MARK.replace(b"true", b'true,"value":false'), "a key appears twice"),
        (_MARK.replace(b"0123456789abcdef", b"0123456789ABCDEF"), "“id” must be 16 hexadecimal digits"),
        (_MARK.replace(b'"0123456789abcdef"', b"[]"), "“id” must be 16 hexadecimal digits"),
        (_MARK.replace(b'"read"', b'"pinned"'), "this newsreader does not know the mark “pinned”"),
        (_MARK.replace(b'"read"', b"[]"), "this newsreader does not know the mark “[]”"),
        (_MARK.replace(b"true,", b'true,"note\\u001b[2J":1,'), "does not know what “note[2J” means"),
        (_MARK.replace(b'"mark":"read"', b'"tag":"a,b"'), "the tag “a,b” contains a comma or a double quote"),
        (_MARK.replace(b'"mark":"read"', b'"tag":7'), "a tag must be text"),
        (_MARK.replace(b"11-21", b"13-45"), "“changed” has to be a time such as"),
        (_MARK.replace(b"2026-", b"1969-"), "“changed” has to be a time such as"),
        (_MARK.replace(b".250Z", b"Z"), "“changed” has to be a time such as"),
        (_MARK.replace(b'"2026-11-21T09:31:07.250Z"', b"7"), "“changed” has to be a time such as"),
        (b'{"tag":"ai","shown":"BI","written":"2026-11-21T09:31:07.250Z"}\n', "“tag” and “shown” are different tags"),
        (b'{"tag":"ai","shown":"AI"}\n', "it lacks “written”"),
        (_HEADER.replace(b"1", b"2"), "the file has format 2, but this newsreader supports 1"),
        (_HEADER.replace(b"1", b'1,"new":0'), "does not know what “new” means"),
        (_HEADER.replace(b"newsreader", b"other"), "the file is not an export of newsreader's marks"),
        (_HEADER.replace(b"1", b"true"), "the file is not an export of newsreader's marks"),
    ],
)
def test_an_invalid_line_is_reported_by_its_number(line: bytes, why: str) -> None:
    with pytest.raises(ReaderError) as caught:
        _parse(_HEADER + _MARK + line + _MARK)
    message = str(caught.value)
    assert message.startswith("Line 3 of marks.jsonl is invalid: ")
    assert why in message
    assert message.endswith("Nothing was imported.")
    assert "\x1b" not in message


def test_a_newer_format_asks_for_an_update() -> None:
    for line in (_MARK.replace(b'"read"', b'"pinned"'), _MARK.replace(b"true,", b'true,"x":1,')):
        with pytest.raises(ReaderError, match="written by a newer newsreader: update this one"):
            _parse(_HEADER + line)


@pytest.mark.parametrize("text", [b"", b"\n \n", _MARK, b'{"title":"x"}\n', b"a,b\n"])
def test_other_files_are_rejected(text: bytes) -> None:
    with pytest.raises(ReaderError, match=r"marks\.jsonl"):
        _parse(text)


@given(st.binary(max_size=60))
def test_any_line_is_accepted_or_rejected_with_a_sentence(line: bytes) -> None:
    try:
        _parse(_HEADER + line)
    except ReaderError as error:
        assert str(error).isprintable()


@given(st.data())
def test_a_changed_line_is_accepted_or_rejected_with_a_sentence(data: st.DataObject) -> None:
    line = bytearray(_MARK)
    for _ in range(data.draw(st.integers(1, 3))):
        line[data.draw(st.integers(0, len(line) - 1))] = data.draw(st.integers(0, 255))
    try:
        _parse(_HEADER + bytes(line))
    except ReaderError as error:
        assert str(error).isprintable()


# --- files ---------------------------------------------------------------------------------


def _failing() -> Iterator[bytes]:
    yield b"new"
    raise OSError(28, os.strerror(28))


def test_files_are_written_atomically(tmp_path: Path) -> None:
    path = tmp_path / "marks.jsonl"
    write_atomically(path, [b"a", b"b"])
    assert path.read_bytes() == b"ab"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    with pytest.raises(ReaderError, match=r"could not be written: no space left on device\. The previous file is"):
        write_atomically(path, _failing())
    assert path.read_bytes() == b"ab"
    with pytest.raises(ReaderError, match=r"could not be written: there is no such folder\."):
        write_atomically(tmp_path / "missing" / "marks.jsonl", [b"a"])
    write_atomically(path, [b"c"])
    assert path.read_bytes() == b"c"
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_is_followed_and_stays_one(tmp_path: Path) -> None:
    (tmp_path / "sync").mkdir()
    link, target = tmp_path / "marks.jsonl", tmp_path / "sync" / "m"
    link.symlink_to(target)
    for text in (b"1", b"2"):
        write_atomically(link, [text])
        assert (link.is_symlink(), target.read_bytes()) == (True, text)


def test_a_device_is_written_to_and_not_replaced() -> None:
    write_atomically(Path("/dev/null"), [b"x"])
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


def test_an_unwritable_place_is_an_error(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "no" / "such", tmp_path / ("x" * 300)):
        with pytest.raises(ReaderError, match="could not be written: "):
            write_atomically(path, [b"x"])
    assert list(tmp_path.iterdir()) == []
