"""Serving until told to stop: then no new requests are taken, and those under way are answered first."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import anyio.to_thread
import uvicorn

#: Requests that are worked on at once: more would only wait for the database.
_THREADS = 8
_GRACE_SECONDS = 30
_BACKLOG = 256


class AddressError(OSError):
    """The address cannot be listened at; the message says which and why."""


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens. Raises `AddressError`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise AddressError(f"{host}:{port} cannot be listened at: {why}") from error


class _Server(uvicorn.Server):
    """A server that leaves signals to who runs it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Serving:
    """Applications, each on a socket of its own."""

    def __init__(self, served: Sequence[tuple[Any, socket.socket]]) -> None:
        logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
        self._served = [(_Server(_config(app)), sock) for app, sock in served]
        self._stopped = False

    @property
    def addresses(self) -> list[str]:
        """Where each is served."""
        names = [sock.getsockname() for _, sock in self._served]
        return [f"http://{f'[{name[0]}]' if ':' in name[0] else name[0]}:{name[1]}" for name in names]

    def stop(self) -> None:
        """Take no more requests; `run` ends when those under way are answered."""
        self._stopped = True
        for server, _ in self._served:
            server.should_exit = True

    def run(self, watch: Callable[[], bool] = lambda: True) -> None:
        """Serve until stopped, or until `watch`, which is asked all the time, says False."""
        asyncio.run(self._run(watch))

    async def _run(self, watch: Callable[[], bool]) -> None:
        anyio.to_thread.current_default_thread_limiter().total_tokens = _THREADS
        running = [asyncio.ensure_future(server.serve([sock])) for server, sock in self._served]
        while not all(one.done() for one in running):
            if self._stopped or not watch():
                self.stop()
            await asyncio.wait(running, timeout=0.1)
        for one in running:
            one.result()


def _config(app: Any) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http="h11",
        loop="asyncio",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
