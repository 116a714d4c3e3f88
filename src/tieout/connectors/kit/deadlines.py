"""A total deadline for a call, enforced at the socket.

Socket timeouts alone do not end a response that drips one byte a second: each byte starts them anew. Here
every socket operation gets what is left of the call's whole deadline.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from ssl import SSLContext
from typing import Any

import httpcore2
import httpx2

_LEAST_SECONDS = 0.001


class Deadline(threading.local):
    """The deadline of the call this thread is making, as a monotonic instant."""

    until: float | None = None
    #: told once when a request has left whole and its answer is about to be awaited
    left: Callable[[], None] | None = None

    @contextmanager
    def lasting(self, seconds: float) -> Iterator[None]:
        """Give the calls made inside so many real seconds in all; an outer deadline stays in force."""
        if self.until is not None:
            yield
            return
        self.until = time.monotonic() + seconds
        try:
            yield
        finally:
            self.until = None

    @contextmanager
    def telling(self, left: Callable[[], None] | None) -> Iterator[None]:
        """Tell `left` when the bytes of the request made inside have left."""
        self.left = left
        try:
            yield
        finally:
            self.left = None

    def awaiting(self) -> None:
        """An answer is about to be read: whatever was written is out."""
        left, self.left = self.left, None
        if left is not None:
            left()

    def clamp(self, timeout: float | None, expired: type[Exception]) -> float | None:
        """What is left, at most `timeout`. Raises `expired` when nothing is."""
        if self.until is None:
            return timeout
        left = self.until - time.monotonic()
        if left < _LEAST_SECONDS:
            raise expired("total deadline passed")
        return left if timeout is None else min(timeout, left)


class _Stream(httpcore2.NetworkStream):
    def __init__(self, inner: httpcore2.NetworkStream, deadline: Deadline) -> None:
        self._inner, self._deadline = inner, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self._deadline.awaiting()
        return self._inner.read(max_bytes, self._deadline.clamp(timeout, httpcore2.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._deadline.clamp(timeout, httpcore2.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        left = self._deadline.clamp(timeout, httpcore2.ConnectTimeout)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, left), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Backend(httpcore2.NetworkBackend):
    def __init__(self, deadline: Deadline) -> None:
        self._inner, self._deadline = httpcore2.SyncBackend(), deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        left = self._deadline.clamp(timeout, httpcore2.ConnectTimeout)
        stream = self._inner.connect_tcp(host, port, left, local_address, socket_options)
        return _Stream(stream, self._deadline)

    def sleep(self, seconds: float) -> None:
        self._inner.sleep(seconds)


@cache
def _trust() -> SSLContext:
    """Reading the certificate store takes tens of milliseconds: once a process is enough."""
    return httpx2.create_ssl_context()


class DeadlineTransport(httpx2.HTTPTransport):
    """httpx's transport over sockets that know the call's total deadline."""

    def __init__(self, deadline: Deadline, connections: int) -> None:
        super().__init__(verify=_trust())
        self._pool = httpcore2.ConnectionPool(
            ssl_context=_trust(),
            max_connections=connections,
            max_keepalive_connections=connections,
            keepalive_expiry=30.0,
            network_backend=_Backend(deadline),
        )
