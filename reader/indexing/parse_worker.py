"""Files -> what the index takes in, here or in a process beside: see :mod:`reader.indexing.parse_pool`."""

from __future__ import annotations

import gc
import os
import sys
import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import TypeAlias

from reader.documents.files import FileGoneError, Folder, join_path, read_files
from reader.documents.index_record import full_record, index_record
from reader.storage.sqlite.index.writer import NOT_PARSED, ParsedFile
from reader.workers.process import lower_priority, receive, send

ParsedBatch: TypeAlias = tuple[bytes, list[ParsedFile], list[str]]
"""A folder, what was taken from it, and tracebacks for the log."""
FAILED = "this document made newsreader fail; the log file has the details"


def parse_files(folder: Folder, prefix: bytes, names: Iterable[bytes], *, slow_path: bool = False) -> ParsedBatch:
    """Read and understand the files ``names`` of the folder ``prefix``; those that have vanished are left out.

    ``slow_path`` keeps to what is written in Python where there is a choice.
    """
    understand = full_record if slow_path else index_record
    taken, failures = [], []
    for name, contents in read_files(folder, prefix, names):
        if isinstance(contents, FileGoneError):
            continue
        if isinstance(contents, Exception):
            taken.append(failed(name, contents.message.rstrip(".")))
            continue
        try:
            found, problems = understand(join_path(prefix, name), contents.data)
        except Exception:  # noqa: BLE001 - parsing never raises; should it do so all the same, that costs one document
            failures.append(traceback.format_exc())
            taken.append(failed(name, FAILED))
        else:
            values = None if found is None else tuple(found)
            taken.append(ParsedFile(name, contents.mtime_ns, contents.size, values, problems))
    return prefix, taken, failures


def failed(name: bytes, message: str) -> ParsedFile:
    """Return what goes into the index of a file that could not be read: why, and that it shall be tried again."""
    return ParsedFile(name, NOT_PARSED, 0, None, ((1, "", message),))


def main() -> None:
    """Answer requests (folder, names, whether carefully) until the pipe is closed."""
    root, only, nice = sys.argv[1:4]
    folder = Folder(Path(root), os.fsencode(only) or None)
    lower_priority(int(nice))
    gc.disable()  # nothing here makes rings, and looking for them takes a tenth of the time
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    while True:
        try:
            prefix, names, slow_path = receive(requests)
        except EOFError:
            return
        _, taken, failures = parse_files(folder, prefix, names, slow_path=slow_path)
        send(([tuple(each) for each in taken], failures), answers)
