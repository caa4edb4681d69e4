"""An HTTP server on loopback that sends raw bytes, however wrong."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

END = b"\r\n\r\n"


@dataclass
class Request:
    target: str
    headers: dict[str, str]
    """Headers by lower-case names."""


Handler = Callable[[Request, asyncio.StreamWriter], Awaitable[None]]
"""Answers one request; the connection stays open unless the handler closes the writer."""


@dataclass
class Server:
    port: int = 0
    host: str = "127.0.0.1"
    scheme: str = "http"
    handlers: dict[str, Handler] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    connections: int = 0
    """The number of connections so far."""
    open: int = 0
    most_open: int = 0
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def url(self, path: str = "/", host: str = "") -> str:
        return f"{self.scheme}://{host or self.host}:{self.port}{path}"

    def on(self, path: str, answer: Handler | bytes, *, then_close: bool = False) -> str:
        """Answer requests for ``path``, without its query, with bytes or by a handler; return its address."""
        if isinstance(answer, bytes):
            content = answer

            async def send(request: Request, writer: asyncio.StreamWriter) -> None:
                writer.write(content)
                await writer.drain()
                if then_close:
                    writer.close()

            self.handlers[path] = send
        else:
            self.handlers[path] = answer
        return self.url(path)

    @property
    def targets(self) -> list[str]:
        return [request.target for request in self.requests]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        task = asyncio.current_task()
        assert task is not None
        self.tasks.add(task)
        try:
            while not writer.is_closing():
                request = _parsed(await reader.readuntil(END))
                self.requests.append(request)
                self.asked.set()
                handler = self.handlers.get(request.target.partition("?")[0])
                if handler is None:
                    writer.write(reply(b"nothing here", "404 Whatever"))
                    await writer.drain()
                else:
                    await handler(request, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client has gone, which is allowed
        except asyncio.CancelledError:
            writer.transport.abort()  # the test is over
        finally:
            self.open -= 1
            self.tasks.discard(task)
            writer.close()


@contextlib.asynccontextmanager
async def serving(host: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
    server = Server(host=host, scheme="https" if tls else "http")
    listening = await asyncio.start_server(server.serve, host, 0, ssl=tls, limit=1 << 20)
    server.port = listening.sockets[0].getsockname()[1]
    if ":" in host:
        server.host = f"[{host}]"
    try:
        yield server
    finally:
        listening.close()
        for task in list(server.tasks):
            task.cancel()
        await asyncio.gather(*server.tasks)


def reply(body: bytes = b"", status: str = "200 OK", kind: str = "text/html; charset=utf-8", **more: str) -> bytes:
    """A response with a correct Content-Length; ``content_encoding="gzip"`` and the like are further headers."""
    head = [f"HTTP/1.1 {status}"]
    if kind:
        head.append(f"Content-Type: {kind}")
    head += [f"{name.replace('_', '-')}: {value}" for name, value in more.items()]
    head.append(f"Content-Length: {len(body)}")
    return "\r\n".join(head).encode("utf-8") + END + body


def redirect(location: str, status: str = "302 Found") -> bytes:
    return reply(b"", status, location=location)


def _parsed(head: bytes) -> Request:
    first, *lines = head.decode("latin-1").strip().split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return Request(first.split(" ")[1], {name.lower(): value.strip() for name, _, value in pairs})
