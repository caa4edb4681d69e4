"""Processes of our own beside the program: they run one function of ours and talk through pipes."""

from __future__ import annotations

import contextlib
import marshal
import os
import struct
import subprocess
import sys
from pathlib import Path
from typing import IO, Any

_LENGTH = struct.Struct("<I")
_PACKAGES = str(Path(__file__).resolve().parents[2])
# With -P, and with the paths of this process: a folder of news, which may be the current one, is no place to import
# from.
_BOOT = (
    "import sys; sys.path[:] = sys.argv.pop(1).split('\\n'); "
    "from importlib import import_module; import_module(sys.argv.pop(1)).main()"
)


def start(module: str, *arguments: str) -> subprocess.Popen[bytes]:
    """Run ``main()`` of ``module`` in a process of its own, with pipes at both ends. Raises OSError."""
    paths = [path for path in sys.path if path]
    if _PACKAGES not in paths:
        paths.append(_PACKAGES)
    return subprocess.Popen(
        [sys.executable, "-P", "-c", _BOOT, "\n".join(paths), module, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl+c in the terminal is meant for the program
    )


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process at once; one that waits for a disk ends when the disk answers."""
    process.kill()
    try:
        process.wait(0.2)
    except subprocess.TimeoutExpired:
        return  # its pipes stay: some thread may be reading one, and to close it would wait for that
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()


def send(value: Any, pipe: IO[bytes]) -> None:
    """Send plain values through a pipe. Raises OSError."""
    data = marshal.dumps(value)
    pipe.write(_LENGTH.pack(len(data)) + data)
    pipe.flush()


def receive(pipe: IO[bytes]) -> Any:
    """Return what was sent by a process of ours. Raises EOFError when the pipe is closed."""
    head = pipe.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    (length,) = _LENGTH.unpack(head)
    return unpack(pipe, length)


def unpack(pipe: IO[bytes], length: int) -> Any:
    """Return what is in so many bytes of a pipe. Raises EOFError when it is closed before them."""
    # In one go: marshal.load() would ask the pipe for every single value.
    data = pipe.read(length)
    if len(data) < length:
        raise EOFError
    return marshal.loads(data)  # noqa: S302 - written by ourselves


def lower_priority(by: int) -> None:
    """Let other programs, the screen first, come before this one."""
    with contextlib.suppress(OSError, AttributeError):
        os.nice(by)
