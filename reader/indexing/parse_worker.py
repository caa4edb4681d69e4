"""Files -> parsed files for the index, in this process or as ``main()`` of a parser process."""

from __future__ import annotations

import gc
import os
import sys
import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import TypeAlias

from reader.documents.fast_record import index_record
from reader.documents.files import FileGoneError, Folder, join_path, read_files
from reader.documents.index_record import NOT_PARSED, ParsedFile, full_record
from reader.documents.resolve import DEFAULTS, ReadingOptions
from reader.workers.process import ParentConnection, ProcessEndedError, lower_priority

ParsedBatch: TypeAlias = tuple[bytes, list[ParsedFile], list[str]]
"""A folder, its parsed files, and tracebacks for the log."""
PARSER_FAILED = "this document triggered an error in newsreader; the log file has the details"


def parse_files(
    folder: Folder,
    prefix: bytes,
    names: Iterable[bytes],
    options: ReadingOptions = DEFAULTS,
    *,
    slow_path: bool = False,
) -> ParsedBatch:
    """Read and parse the files ``names`` of the folder ``prefix``; files that have vanished are left out.

    ``slow_path`` parses whole headers as YAML instead of matching lines with regular expressions.
    """
    parse = full_record if slow_path else index_record
    parsed, tracebacks = [], []
    for name, contents in read_files(folder, prefix, names):
        if isinstance(contents, FileGoneError):
            continue
        if isinstance(contents, Exception):
            parsed.append(unreadable_file(prefix, name, contents.message.rstrip("."), options))
            continue
        try:
            record, problems = parse(join_path(prefix, name), contents.data, options)
        except Exception:  # noqa: BLE001 - parsing must not raise; if it does, that costs one document
            tracebacks.append(traceback.format_exc())
            parsed.append(unreadable_file(prefix, name, PARSER_FAILED, options))
        else:
            parsed.append(ParsedFile(name, contents.mtime_ns, contents.size, tuple(record), problems))
    return prefix, parsed, tracebacks


def unreadable_file(prefix: bytes, name: bytes, message: str, options: ReadingOptions) -> ParsedFile:
    """Return the entry of a file that could not be read, listed by its name; the next refresh reads it again."""
    record, _ = full_record(join_path(prefix, name), b"", options)
    return ParsedFile(name, NOT_PARSED, 0, tuple(record), ((1, "", message),))


def serve(parent: ParentConnection, folder: Folder, options: ReadingOptions) -> None:
    """Answer requests (folder, names, ``slow_path``) until the parent is gone."""
    while True:
        try:
            prefix, names, slow_path = parent.receive()
        except ProcessEndedError:
            return
        _, parsed, tracebacks = parse_files(folder, prefix, names, options, slow_path=slow_path)
        parent.send(([tuple(each) for each in parsed], tracebacks))


def main() -> None:
    """Parse files for the parent process. Arguments: folder, its only document, nice value, options."""
    root, only, nice, options = sys.argv[1:5]
    lower_priority(int(nice))
    gc.disable()  # parsing creates no reference cycles, and looking for them takes a tenth of the time
    serve(ParentConnection.open(), Folder(Path(root), os.fsencode(only) or None), ReadingOptions.from_json(options))
