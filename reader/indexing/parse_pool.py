"""Parser processes: they read and parse documents while this process writes the index."""

from __future__ import annotations

import logging
import os
import queue
import threading
from collections import deque
from typing import TypeAlias

from reader.documents.files import Folder
from reader.documents.index_record import ParsedFile
from reader.documents.resolve import DEFAULTS, ReadingOptions
from reader.indexing.parse_worker import PARSER_FAILED, ParsedBatch, parse_files, unreadable_file
from reader.workers.process import ManagedProcess, ProcessEndedError, ProcessGroup

log = logging.getLogger(__name__)

Request: TypeAlias = tuple[bytes, list[bytes], bool]
"""A folder, names of files in it, and whether to take the slow path."""
_QUEUED_PER_PROCESS = 2
"""Requests that a process has in its queue, so that it never waits for the next one."""


class ParserPool:
    """Processes that parse documents, each driven by a thread.

    A process that crashes (a parser in C may) is replaced, and its files are parsed again one by one.
    """

    def __init__(self, folder: Folder, size: int, options: ReadingOptions = DEFAULTS, *, nice: int = 0) -> None:
        self._folder = folder
        self._options = options
        self._nice = nice
        self._requests: queue.SimpleQueue[Request | None] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[ParsedBatch] = queue.SimpleQueue()
        self._closed = False
        self.processes = ProcessGroup()
        self.size = size
        self.outstanding = 0
        """Requests without an answer yet."""
        for _ in range(size):
            threading.Thread(target=self._drive, name="parser", daemon=True).start()

    def submit(self, prefix: bytes, names: list[bytes]) -> None:
        """Request the files ``names`` of the folder ``prefix``."""
        self.outstanding += 1
        self._requests.put((prefix, names, False))

    def collect(self, seconds: float) -> list[ParsedBatch]:
        """Return the answers so far; wait at most ``seconds`` for the first one."""
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
        self._closed = True
        for _ in range(self.size):
            self._requests.put(None)
        self.processes.close()

    def _start(self) -> ManagedProcess:
        only = os.fsdecode(self._folder.only or b"")
        arguments = (str(self._folder.root), only, str(self._nice), self._options.to_json())
        return self.processes.start("reader.indexing.parse_worker", *arguments)

    def _drive(self) -> None:
        """Pass requests to one process after another until the pool is closed."""
        sent: deque[Request] = deque()
        try:
            process = self._start()
            while True:
                try:
                    if not self._send_ahead(process, sent):
                        return
                    self._answers.put(_receive(process, sent[0][0]))
                    sent.popleft()
                except ProcessEndedError:
                    if self._closed:
                        return
                    log.warning("a parser process ended; its documents are parsed again, one by one")
                    self.processes.end(process)
                    process = self._retry_one_by_one(sent)
        except OSError as error:  # no process can be started: too many, or an update has moved Python
            if not self._closed:
                log.warning("no parser process can be started; this process parses instead", exc_info=error)
                self._parse_here(sent)

    def _parse_here(self, sent: deque[Request]) -> None:
        """Do the work of a process in this thread."""
        while (request := sent.popleft() if sent else self._requests.get()) is not None:
            prefix, names, slow_path = request
            self._answers.put(parse_files(self._folder, prefix, names, self._options, slow_path=slow_path))

    def _send_ahead(self, process: ManagedProcess, sent: deque[Request]) -> bool:
        """Send as many requests as the process should have in its queue; return False if the pool is closed."""
        while len(sent) < _QUEUED_PER_PROCESS:
            try:
                request = self._requests.get(block=not sent)
            except queue.Empty:
                break
            if request is None:
                return False
            sent.append(request)
            process.send(request)
        return True

    def _retry_one_by_one(self, sent: deque[Request]) -> ManagedProcess:
        """Answer the requests of a crashed process, and return a new process. Raises OSError."""
        process = self._start()
        while sent:
            prefix, names, _ = sent[0]
            batch: ParsedBatch = (prefix, [], [])
            for name in names:
                try:
                    process.send((prefix, [name], True))
                    _, parsed, tracebacks = _receive(process, prefix)
                except ProcessEndedError:
                    self.processes.end(process)
                    process = self._start()
                    batch[1].append(unreadable_file(prefix, name, PARSER_FAILED, self._options))
                else:
                    batch[1].extend(parsed)
                    batch[2].extend(tracebacks)
            self._answers.put(batch)
            sent.popleft()
        return process


def _receive(process: ManagedProcess, prefix: bytes) -> ParsedBatch:
    try:
        parsed, tracebacks = process.receive()
        return prefix, [ParsedFile(*each) for each in parsed], tracebacks
    except (TypeError, ValueError) as error:  # an answer of another form
        raise ProcessEndedError from error
