"""Feeds that no server has: the output of a program, or a file."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import stat
from collections.abc import Sequence
from pathlib import Path

from reader.core.errors import ReaderError, describe_error
from reader.core.text import clean, show_path, truncate

SECONDS = 30.0
"""How long a program may run."""
_SECONDS_TO_END = 1.0
_PIECE = 65_536
_ERROR_BYTES = 500


async def output_of(words: Sequence[str], limit: int, seconds: float = SECONDS) -> bytes:
    """Return what a program prints, given its name and arguments; no shell is involved. Raises ReaderError.

    The program and all that it has started are killed if it takes too long or prints more than ``limit`` bytes.
    """
    name = show_path(words[0])
    try:
        process = await asyncio.create_subprocess_exec(
            *words,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        raise ReaderError(f"{name} cannot be run: {describe_error(error)}.", "Check exec in feeds.toml.") from error
    assert process.stdout is not None
    assert process.stderr is not None
    complaint = asyncio.create_task(_read(process.stderr, None))
    try:
        async with asyncio.timeout(seconds):
            output = await _read(process.stdout, limit)
            if len(output) > limit:
                raise ReaderError(f"{name} printed more than {limit // 1_000_000} MB.")
            words_of_error = clean((await complaint).decode("utf-8", "replace"))
            status = await process.wait()
    except TimeoutError:
        raise ReaderError(f"{name} took longer than {seconds:g} seconds.") from None
    finally:
        complaint.cancel()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)  # also what it has left running
        with contextlib.suppress(TimeoutError):  # something may have left the group and hold the pipes
            async with asyncio.timeout(_SECONDS_TO_END):
                await asyncio.gather(_read(process.stdout, None), _read(process.stderr, None), process.wait())
    if status:
        reason = f": {truncate(words_of_error, 100).rstrip('.')}" if words_of_error else ""
        raise ReaderError(f"{name} failed with exit status {status}{reason}.")
    return output


async def _read(stream: asyncio.StreamReader, limit: int | None) -> bytes:
    """Return at most ``limit`` bytes and one piece more; without a limit only the last bytes."""
    found = b""
    pieces: list[bytes] = []
    size = 0
    while (limit is None or size <= limit) and (piece := await stream.read(_PIECE)):
        size += len(piece)
        if limit is None:
            found = (found + piece)[-_ERROR_BYTES:]
        else:
            pieces.append(piece)
    return found if limit is None else b"".join(pieces)


def contents_of(path: str, limit: int) -> bytes:
    """Return the contents of a file. Raises ReaderError."""
    file = Path(path).expanduser()
    shown = show_path(file)
    try:
        if not stat.S_ISREG(file.stat().st_mode):  # opening a pipe would block
            raise ReaderError(f"{shown} is not a regular file.")
        with file.open("rb") as opened:
            data = opened.read(limit + 1)
    except OSError as error:
        raise ReaderError(f"{shown} cannot be read: {describe_error(error)}.", "Check file in feeds.toml.") from error
    if len(data) > limit:
        raise ReaderError(f"{shown} is larger than {limit // 1_000_000} MB.")
    return data
