"""Marks as JSON lines, to share them between machines; docs/state.md describes the format.

Files may be merged line by line; order and duplicates do not matter, because the
later change of each mark and the first spelling of each tag wins.
"""

from __future__ import annotations

import contextlib
import functools
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any, BinaryIO, NamedTuple, NoReturn

from reader.core.errors import ReaderError
from reader.core.marks import (
    READ,
    STARRED,
    TAG,
    Mark,
    MarkEntry,
    MarkKey,
    MarkSet,
    NamedItem,
    TagSpelling,
    id_to_int,
    int_to_id,
    normalize_tag,
    tag_key,
)
from reader.core.paths import Paths
from reader.core.text import clean, truncate
from reader.core.times import from_micros, to_micros
from reader.library.stores import back_up_marks, open_mark_store
from reader.storage.sqlite.marks.named_items import encode_item, is_valid_item

FORMAT = "newsreader-state"
VERSION = 1
_HEADER = {"format": FORMAT, "version": VERSION}
_MAX_LINE_BYTES = 1 << 18
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)
_ID = re.compile(r"[0-9a-f]{16}")
_MARK_LINE = re.compile(
    rb'\{"id":"([0-9a-f]{16})",("(?:mark|tag)":"[^"\\]{1,400}","value":(?:true|false),"changed":"[^"\\]{24}"\})\n'
)
"""A mark as :func:`export_lines` writes it. Marks that were set together differ only in the id."""
_CLOCK_TOLERANCE = 86_400.0
"""Seconds by which clocks may differ before a mark counts as being in the future."""
_NOTHING = "Nothing was imported."
_UPDATE = f"It was probably written by a newer newsreader: update this one. {_NOTHING}"


def export_lines(entries: Iterable[MarkEntry]) -> Iterator[bytes]:
    """Yield the lines of an export, in the order of ``entries``, with their line breaks."""
    yield _line(_HEADER)
    for entry in entries:
        if len(entry) == 2:
            key, spelling = entry
            yield _line({"tag": key, "shown": spelling.shown, "written": _format_time(spelling.at)})
        elif len(entry) == 3:
            id_, what, mark = entry
            yield b'{"id":"%b",%b' % (int_to_id(id_).encode(), _rest(what, mark))
        else:
            kind, name, at, text = entry
            value = json.loads(text) if text else None
            yield _line({"kind": kind, "name": name, "value": value, "changed": _format_time(at)})


@functools.lru_cache(maxsize=4096)
def _rest(what: str, mark: Mark) -> bytes:
    """Return the rest of a mark's line after its id. Marks that were set together share it, hence the cache."""
    of = {"tag": what[1:]} if what.startswith(TAG) else {"mark": what}
    return _line({**of, "value": mark.value, "changed": _format_time(mark.at)})[1:]


def _line(record: dict[str, object]) -> bytes:
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _format_time(at: int) -> str:
    return from_micros(1000 * at).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_export(file: BinaryIO, name: str) -> MarkSet:
    """Return the marks in an export; messages call the file ``name``.

    Raises OSError, and ReaderError with the line number at the first invalid line.
    """
    marks: dict[MarkKey, Mark] = {}
    spellings: dict[str, TagSpelling] = {}
    things: dict[tuple[str, str], NamedItem] = {}
    begun = False
    for number, line in enumerate(iter(lambda: file.readline(_MAX_LINE_BYTES + 1), b""), 1):
        if not line.strip():
            continue
        try:
            if begun and (usual := _MARK_LINE.fullmatch(line)):
                what, mark = _known_rest(usual[2])
                place = (id_to_int(usual[1].decode()), what)
                marks[place] = max(mark, marks.get(place, mark))
                continue
            record = _record(line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line)
            if record.keys() & {"format", "version"}:
                _check_header(record)
                begun = True
            elif not begun:
                _refuse("the file does not start like a newsreader export")
            elif "id" in record:
                place, mark = _mark(record)
                marks[place] = max(mark, marks.get(place, mark))
            elif "kind" in record:
                title, thing = _thing(record)
                things[title] = max(thing, things.get(title, thing))
            else:
                key, spelling = _spelling(record)
                spellings[key] = min(spelling, spellings.get(key, spelling))
        except _InvalidLineError as error:
            raise ReaderError(f"Line {number:,} of {name} is invalid: {error.message}.", error.hint) from error
    if not begun:
        raise ReaderError(f"{name} is empty, but an export never is.", _NOTHING)
    return MarkSet(marks, spellings, things)


class _InvalidLineError(ReaderError):
    """Why a line is invalid, as words after a colon, and what to do about it."""


def _refuse(why: str, hint: str = _NOTHING) -> NoReturn:
    raise _InvalidLineError(why, hint)


def _record(line: bytes) -> dict[str, Any]:
    if len(line) > _MAX_LINE_BYTES:
        _refuse("it is too long")
    if line.startswith((b"<<<<<<<", b"=======", b">>>>>>>", b"|||||||")):
        _refuse(
            "it is a git conflict marker", f"Delete the conflict markers and keep the lines of both sides. {_NOTHING}"
        )
    try:
        record = json.loads(line.decode("utf-8"), object_pairs_hook=_without_duplicates)
    except (ValueError, RecursionError):
        _refuse("it is not JSON")
    if not isinstance(record, dict):
        _refuse("it is not a JSON object")
    return record


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) != len(pairs):
        _refuse("a key appears twice")
    return record


def _require_keys(record: dict[str, Any], *names: str) -> None:
    """Refuse a record whose keys are not exactly ``names``."""
    for name in record:
        if name not in names:
            _refuse(f"this newsreader does not know what “{truncate(clean(name), 40)}” means", _UPDATE)
    for name in names:
        if name not in record:
            _refuse(f"it lacks “{name}”")


def _check_header(record: dict[str, Any]) -> None:
    version = record.get("version")
    if record.get("format") != FORMAT or type(version) is not int or version < 1:
        _refuse("the file is not an export of newsreader's marks")
    if version > VERSION:
        _refuse(f"the file has format {version}, but this newsreader supports {VERSION}", _UPDATE)
    _require_keys(record, *_HEADER)


def _mark(record: dict[str, Any]) -> tuple[MarkKey, Mark]:
    of = "tag" if "tag" in record else "mark"
    _require_keys(record, "id", of, "value", "changed")
    id_, what, value = record["id"], record[of], record["value"]
    if not (isinstance(id_, str) and _ID.fullmatch(id_)):
        _refuse("“id” must be 16 hexadecimal digits")
    if not isinstance(value, bool):
        _refuse("“value” must be true or false")
    if of == "tag":
        what = TAG + _key(what)
    elif what not in (READ, STARRED):
        _refuse(f"this newsreader does not know the mark “{truncate(clean(str(what)), 40)}”", _UPDATE)
    return (id_to_int(id_), what), Mark(_time(record["changed"], "changed"), value)


def _thing(record: dict[str, Any]) -> tuple[tuple[str, str], NamedItem]:
    _require_keys(record, "kind", "name", "value", "changed")
    kind, name, value = record["kind"], record["name"], record["value"]
    if not (isinstance(kind, str) and isinstance(name, str) and is_valid_item(kind, name)):
        _refuse("its “kind” or “name” is invalid")
    try:
        text = "" if value is None else encode_item(value)
    except ReaderError as error:
        _refuse("its “value” cannot be stored", f"{error} {_NOTHING}")
    return (kind, name), NamedItem(_time(record["changed"], "changed"), text)


@functools.lru_cache(maxsize=4096)
def _known_rest(text: bytes) -> tuple[str, Mark]:
    (_, what), mark = _mark(_record(b'{"id":"0000000000000000",' + text))
    return what, mark


def _spelling(record: dict[str, Any]) -> tuple[str, TagSpelling]:
    _require_keys(record, "tag", "shown", "written")
    key = _key(record["tag"])
    if _key(record["shown"]) != key:
        _refuse("“tag” and “shown” are different tags")
    return key, TagSpelling(_time(record["written"], "written"), normalize_tag(record["shown"]))


def _key(text: object) -> str:
    if not isinstance(text, str):
        _refuse("a tag must be text")
    try:
        return _known_key(text)
    except ReaderError as error:
        _refuse(error.reason)


@functools.lru_cache(maxsize=4096)
def _known_key(text: str) -> str:
    return tag_key(normalize_tag(text))


def _time(text: Any, name: str) -> int:
    with contextlib.suppress(TypeError, ValueError):  # it is not text, or not a date, such as the 45th of a month
        if _TIME.fullmatch(text) and (at := to_micros(datetime.fromisoformat(text)) // 1000) >= 0:
            return at
    _refuse(f"“{name}” has to be a time such as 2026-11-21T09:30:00.000Z, from 1970 on")


class ImportResult(NamedTuple):
    """The effect of an import."""

    marks: int
    """Number of marks in the file."""
    merged: int
    """Number of those marks that were new here or later than the marks here."""
    items: dict[str, int]
    """Number of named items in the file, by kind."""
    in_future: int
    """Number of marks whose time is in the future, because some clock was wrong."""


@contextlib.contextmanager
def export_marks(paths: Paths, on_notice: Callable[[str], None]) -> Iterator[Iterator[bytes]]:
    """Yield the lines of an export of all marks; ``on_notice`` gets a sentence if the file had to be repaired.

    Raises ReaderError if the marks file is unusable.
    """
    with open_mark_store(paths, on_notice) as store, contextlib.closing(store.entries()) as entries:
        yield export_lines(entries)


def import_marks(paths: Paths, file: BinaryIO, name: str, on_notice: Callable[[str], None]) -> ImportResult:
    """Merge an export, called ``name`` in messages, into the marks; all of it or nothing.

    Raises OSError, and ReaderError with the number of the first invalid line.
    """
    marks = parse_export(file, name)
    items = Counter(kind for (kind, _), item in marks.items.items() if item.value)  # an empty value is a deleted item
    soon = (time.time() + _CLOCK_TOLERANCE) * 1000
    in_future = sum(mark.at > soon for mark in marks.marks.values())
    with open_mark_store(paths, on_notice) as store:
        merged = store.merge(marks, backup=True)
        back_up_marks(store, on_notice)
        return ImportResult(len(marks.marks), merged, dict(items), in_future)
