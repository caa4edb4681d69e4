"""A child process that sends back every message."""

from __future__ import annotations

from reader.workers.process import ParentConnection, ProcessEndedError


def main() -> None:
    """Echo until the parent is gone."""
    parent = ParentConnection.open()
    while True:
        try:
            parent.send(parent.receive())
        except ProcessEndedError:
            return
