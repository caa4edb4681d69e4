"""Parser processes: they read and understand documents while this process writes the index."""

from __future__ import annotations

import logging
import os
import queue
import subprocess
import threading
from collections import deque
from typing import Any, TypeAlias

from reader.documents.files import Folder
from reader.indexing.parse_worker import FAILED, ParsedBatch, failed, parse_files
from reader.storage.sqlite.index.writer import ParsedFile
from reader.workers import process as processes

log = logging.getLogger(__name__)

Request: TypeAlias = tuple[bytes, list[bytes], bool]
"""A folder, names of files in it, and whether to read them carefully."""
_AHEAD = 2
"""Requests that a process has before it, so that it never waits for the next."""


class ParserPool:
    """Some processes that take documents in; each is driven by a thread.

    One that ends of itself (a parser written in C may fall) is replaced, and what it
    was at is read again, file by file, carefully.
    """

    def __init__(self, folder: Folder, processes_wanted: int, *, nice: int = 0) -> None:
        self._folder = folder
        self._nice = nice
        self._requests: queue.SimpleQueue[Request | None] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[ParsedBatch] = queue.SimpleQueue()
        self._guard = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._closed = False
        self.size = processes_wanted
        self.outstanding = 0
        """Requests that were not answered yet."""
        for _ in range(processes_wanted):
            threading.Thread(target=self._drive, name="parser", daemon=True).start()

    def submit(self, prefix: bytes, names: list[bytes]) -> None:
        """Ask for the files ``names`` of the folder ``prefix``."""
        self.outstanding += 1
        self._requests.put((prefix, names, False))

    def collect(self, seconds: float) -> list[ParsedBatch]:
        """Return what has been answered, waiting for at most ``seconds`` until anything is."""
        batches: list[ParsedBatch] = []
        while self.outstanding:
            try:
                answer = self._answers.get(timeout=seconds) if not batches else self._answers.get_nowait()
            except queue.Empty:
                break
            self.outstanding -= 1
            batches.append(answer)
        return batches

    def close(self) -> None:
        """End the processes at once."""
        with self._guard:
            self._closed = True
            running, self._running = self._running, set()
        for _ in range(self.size):
            self._requests.put(None)
        for process in running:
            processes.end(process)

    def _start(self) -> subprocess.Popen[bytes]:
        only = os.fsdecode(self._folder.only or b"")
        process = processes.start("reader.indexing.parse_worker", str(self._folder.root), only, str(self._nice))
        with self._guard:
            if not self._closed:
                self._running.add(process)
                return process
        processes.end(process)
        raise OSError("closed")

    def _drive(self) -> None:
        """Hand requests to one process after another, as long as there are any."""
        under_way: deque[Request] = deque()
        try:
            process = self._start()
            while True:
                try:
                    if not self._fill(process, under_way):
                        return
                    self._answer(process, under_way[0])
                    under_way.popleft()
                except (OSError, EOFError, ValueError, TypeError):
                    if self._closed:
                        return
                    log.warning("a parser process ended; its documents are read again, one by one")
                    processes.end(process)
                    process = self._again(under_way)
        except OSError as error:  # no process can be started: too many, or an update has moved Python
            if not self._closed:
                log.warning("no parser process can be started; this one reads instead", exc_info=error)
                self._read_here(under_way)

    def _read_here(self, under_way: deque[Request]) -> None:
        """Do the work of a process in this thread."""
        while (request := under_way.popleft() if under_way else self._requests.get()) is not None:
            prefix, names, slow_path = request
            self._answers.put(parse_files(self._folder, prefix, names, slow_path=slow_path))

    def _fill(self, process: subprocess.Popen[bytes], under_way: deque[Request]) -> bool:
        """Send requests ahead; False when there will be no more."""
        while len(under_way) < _AHEAD:
            try:
                request = self._requests.get(block=not under_way)
            except queue.Empty:
                break
            if request is None:
                return False
            under_way.append(request)
            _send(process, request)
        return True

    def _answer(self, process: subprocess.Popen[bytes], request: Request) -> None:
        taken, failures = _receive(process)
        self._answers.put((request[0], [ParsedFile(*each) for each in taken], failures))

    def _again(self, under_way: deque[Request]) -> subprocess.Popen[bytes]:
        """Read what a process fell over, and return the process that did so. Raises OSError."""
        process = self._start()
        while under_way:
            prefix, names, _ = under_way[0]
            batch: ParsedBatch = (prefix, [], [])
            for name in names:
                try:
                    _send(process, (prefix, [name], True))
                    taken, failures = _receive(process)
                except (OSError, EOFError, ValueError, TypeError):
                    processes.end(process)
                    process = self._start()
                    batch[1].append(failed(name, FAILED))
                else:
                    batch[1].extend(ParsedFile(*each) for each in taken)
                    batch[2].extend(failures)
            self._answers.put(batch)
            under_way.popleft()
        return process


def _send(process: subprocess.Popen[bytes], request: Request) -> None:
    assert process.stdin is not None
    processes.send(request, process.stdin)


def _receive(process: subprocess.Popen[bytes]) -> tuple[list[tuple[Any, ...]], list[str]]:
    assert process.stdout is not None
    answer: tuple[list[tuple[Any, ...]], list[str]] = processes.receive(process.stdout)
    return answer
