"""One client connection: HTTP/1.1 by h11 on a raw transport, because faults need the socket."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from typing import cast

import h11

from tieout.emulators.kit.http import Request, Response

_NO_BODY = frozenset({204, 304})
_BAD_REQUEST = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class Connection(asyncio.Protocol):
    """Reads requests, hands each to `serve`, writes (whole, cut or dripped) answers.

    It keeps itself in `connections` while it is open.
    """

    def __init__(self, serve: Callable[[Connection, Request], None], connections: set[Connection]) -> None:
        self._serve, self._connections = serve, connections
        self._h11 = h11.Connection(h11.SERVER, max_incomplete_event_size=256 * 1024)
        self._head: h11.Request | None = None
        self._chunks: list[bytes] = []
        self._busy = False
        self._left: list[Callable[[], None]] = []
        self._peer = "127.0.0.1"
        self.gone = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has connected."""
        self._transport = cast("asyncio.Transport", transport)
        peer = transport.get_extra_info("peername")
        self._peer = peer[0] if peer else "127.0.0.1"
        raw = transport.get_extra_info("socket")
        if raw is not None:
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """The client has left, or we closed."""
        self.gone = True
        self._connections.discard(self)
        for callback in self._left:
            callback()
        self._left.clear()

    def data_received(self, data: bytes) -> None:
        """Bytes came in."""
        self._h11.receive_data(data)
        self._read()

    def when_left(self, callback: Callable[[], None]) -> None:
        """Call back once the client is gone (at once if it already is)."""
        if self.gone:
            callback()
        else:
            self._left.append(callback)

    def _read(self) -> None:
        while not self._busy and not self.gone:
            try:
                event = self._h11.next_event()
            except h11.RemoteProtocolError:
                self._transport.write(_BAD_REQUEST)
                self._transport.close()
                return
            if isinstance(event, h11.Request):
                self._head = event
                if self._h11.they_are_waiting_for_100_continue:
                    go_on = h11.InformationalResponse(status_code=100, headers=[])
                    self._transport.write(self._h11.send(go_on) or b"")
            elif isinstance(event, h11.Data):
                self._chunks.append(bytes(event.data))
            elif isinstance(event, h11.EndOfMessage):
                self._dispatch()
            elif isinstance(event, h11.ConnectionClosed):
                self._transport.close()
                return
            else:
                return

    def _dispatch(self) -> None:
        head = self._head
        assert head is not None
        headers: dict[str, str] = {}
        for name, value in head.headers:
            headers[name.decode("ascii")] = value.decode("latin-1")
        body = b"".join(self._chunks)
        self._chunks.clear()
        self._busy = True
        method, target = head.method.decode("ascii"), head.target.decode("latin-1")
        request = Request(method, target, headers, body, self._peer)
        self._serve(self, request)

    def encode(self, response: Response) -> bytes:
        """The answer's bytes; moves the HTTP state machine on."""
        headers = list(response.headers)
        if response.status not in _NO_BODY:
            headers.append(("Content-Length", str(len(response.body))))
        head = h11.Response(status_code=response.status, headers=headers)
        parts = [self._h11.send(head) or b""]
        if response.body and response.status not in _NO_BODY:
            parts.append(self._h11.send(h11.Data(data=response.body)) or b"")
        parts.append(self._h11.send(h11.EndOfMessage()) or b"")
        return b"".join(parts)

    def answer(self, response: Response) -> None:
        """Send the whole answer and read on."""
        if self.gone:
            return
        self._transport.write(self.encode(response))
        self.finish()

    def write(self, data: bytes) -> None:
        """Send some bytes of an answer."""
        if not self.gone:
            self._transport.write(data)

    def finish(self) -> None:
        """The answer is out: keep the connection for the next request, or close it."""
        self._busy = False
        self._left.clear()
        if self.gone:
            return
        if self._h11.our_state is h11.DONE and self._h11.their_state is h11.DONE:
            self._h11.start_next_cycle()
            self._read()
        else:
            self._transport.close()

    def close(self) -> None:
        """Close after what was written has gone out."""
        if not self.gone:
            self._transport.close()

    def reset(self) -> None:
        """Close with RST, as a crashed peer or a strict firewall does."""
        if self.gone:
            return
        raw = self._transport.get_extra_info("socket")
        if raw is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()
