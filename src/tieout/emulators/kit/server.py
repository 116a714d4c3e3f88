"""Runs one app on one port; does all the waiting and all the breaking of connections."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import threading
import traceback
from collections.abc import Coroutine
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Self

from tieout.emulators.kit.app import EmulatorApp
from tieout.emulators.kit.connection import Connection
from tieout.emulators.kit.control import PREFIX, Control
from tieout.emulators.kit.faults import BEFORE_COMMIT, Fault
from tieout.emulators.kit.http import Request, Response, json_response
from tieout.emulators.kit.recorder import Entry

GATEWAY_PAGE = (
    b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
    b"<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n"
)


class EmulatorServer:
    """HTTP/1.1 server for one app. `start` runs it in a thread of its own; `open` on a running event loop."""

    def __init__(self, app: EmulatorApp, host: str = "127.0.0.1", port: int = 0) -> None:
        self.app = app
        self._host, self._port = host, port
        self._control = Control(app)
        self.connections: set[Connection] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread: threading.Thread | None = None
        self._moved: asyncio.Event | None = None
        self.base_url = ""

    # --- life ---------------------------------------------------------------------------------------------

    async def open(self) -> str:
        """Listen, on the running loop. Returns the base URL."""
        self._loop = asyncio.get_running_loop()
        self._moved = asyncio.Event()
        self.app.clock.on_change(self._wake_sleepers)
        self._listener = await self._loop.create_server(
            lambda: Connection(self.serve, self.connections), self._host, self._port, backlog=512
        )
        port = self._listener.sockets[0].getsockname()[1]
        self.base_url = f"http://{self._host}:{port}"
        return self.base_url

    async def close(self) -> None:
        """Stop listening, drop connections, forget waiting requests."""
        self._listener.close()
        for connection in list(self.connections):
            connection.reset()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def start(self) -> str:
        """Serve in a background thread. Returns the base URL once the port is open."""
        ready = threading.Event()
        failure: list[BaseException] = []

        async def main() -> None:
            self._stopping = asyncio.Event()
            try:
                await self.open()
            except BaseException as error:
                failure.append(error)
                raise
            finally:
                ready.set()
            await self._stopping.wait()
            await self.close()

        def run() -> None:
            with contextlib.suppress(OSError):
                asyncio.run(main())

        self._thread = threading.Thread(target=run, name=f"emulator-{self.app.system}", daemon=True)
        self._thread.start()
        ready.wait()
        if failure:
            raise failure[0]
        return self.base_url

    def stop(self) -> None:
        """End the background thread."""
        if self._thread is None:
            return
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(timeout=10)
        self._thread = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # --- one request --------------------------------------------------------------------------------------

    def serve(self, connection: Connection, request: Request) -> None:
        """A whole request has been read. Answers at once where nothing makes it wait."""
        if request.raw_path.startswith(PREFIX):
            connection.answer(self._control.handle(request))
            return
        app = self.app
        app.run_due()
        operation = app.classify(request)
        entry = app.recorder.begin(request, operation)
        exchange = entry.exchange
        connection.when_left(lambda: self._note_leaving(entry))
        refusal = self._guarded(lambda: app.admit(exchange, app.recorder.in_flight), entry)
        if refusal is not None:
            self._finish(connection, entry, refusal)
            return
        fault = app.faults.pick(request, operation)
        latency = app.latency_seconds(operation)
        if fault is not None:
            entry.fault = fault.kind
            self._spawn(self._serve_faulty(connection, entry, fault, latency))
        elif latency > 0:
            self._spawn(self._serve_later(connection, entry, latency))
        else:
            self._finish(connection, entry, self._handle(entry))

    async def _serve_later(self, connection: Connection, entry: Entry, seconds: float) -> None:
        await asyncio.sleep(self.app.clock.real_seconds(seconds))
        self._finish(connection, entry, self._handle(entry))

    async def _serve_faulty(self, connection: Connection, entry: Entry, fault: Fault, latency: float) -> None:
        kind, app = fault.kind, self.app
        if kind == "commit_late":
            due = entry.arrived + timedelta(seconds=fault.delay_seconds or 60.0)
            await self._sleep_until(due)
            self._finish(connection, entry, self._handle(entry))
            return
        await asyncio.sleep(app.clock.real_seconds(latency))
        if kind == "slow":
            await asyncio.sleep(app.clock.real_seconds(fault.delay_seconds or 16.0))
        if kind in BEFORE_COMMIT:
            await self._refuse(connection, entry, fault)
            return
        response = self._handle(entry)
        if kind == "commit_hang":
            await self._hang(connection, entry)
        elif kind == "commit_reset":
            self._break(connection, entry, Connection.reset)
        elif kind in ("commit_500", "commit_html_502"):
            self._finish(connection, entry, self._fault_answer(entry, fault))
        elif kind == "cut_answer":
            data = connection.encode(response) if not connection.gone else b""
            connection.write(data[: max(1, len(data) // 2)])
            self._break(connection, entry, Connection.close)
        elif kind == "drip":
            await self._drip(connection, entry, response)
        else:
            self._finish(connection, entry, app.apply_special_fault(kind, response, entry.exchange))

    async def _refuse(self, connection: Connection, entry: Entry, fault: Fault) -> None:
        if fault.kind == "hang":
            await self._hang(connection, entry)
        elif fault.kind == "reset":
            self._break(connection, entry, Connection.reset)
        else:
            self._finish(connection, entry, self._fault_answer(entry, fault))

    def _fault_answer(self, entry: Entry, fault: Fault) -> Response:
        if fault.kind in ("html_502", "commit_html_502"):
            answer = Response(502, GATEWAY_PAGE, [("Content-Type", "text/html")])
        else:
            answer = self.app.fault_answer(fault.kind, entry.exchange)
        if fault.body is not None:
            answer = json_response(answer.status, fault.body)
        if fault.status is not None:
            answer.status = fault.status
        return answer

    async def _hang(self, connection: Connection, entry: Entry) -> None:
        """Never answer; keep the slot until the client leaves, or (vendor's choice) the server's limit."""
        app = self.app
        limit = entry.arrived + timedelta(seconds=app.server_limit_seconds)
        left = asyncio.Event()
        connection.when_left(left.set)
        waiting = asyncio.ensure_future(left.wait())
        deadline = asyncio.ensure_future(self._sleep_until(limit))
        try:
            await asyncio.wait({waiting, deadline}, return_when=asyncio.FIRST_COMPLETED)
            if left.is_set() and app.holds_slot_after_client_left():
                await deadline
        finally:
            waiting.cancel()
            deadline.cancel()
        self._break(connection, entry, Connection.close)

    async def _drip(self, connection: Connection, entry: Entry, response: Response) -> None:
        data = connection.encode(response) if not connection.gone else b""
        second = self.app.clock.real_seconds(1.0)
        for position in range(len(data)):
            if connection.gone:
                break
            connection.write(data[position : position + 1])
            await asyncio.sleep(second)
        self.app.recorder.answered(entry, response.status)
        self.app.recorder.end(entry)
        connection.finish()

    def _handle(self, entry: Entry) -> Response:
        response = self._guarded(lambda: self.app.handle(entry.exchange), entry)
        assert response is not None
        return response

    def _guarded(self, call: Any, entry: Entry) -> Response | None:
        try:
            answer: Response | None = call()
        except Exception as error:  # a bug must show as a broken server, not as a dead one
            traceback.print_exc(file=sys.stderr)
            entry.exchange.error = f"emulator bug: {error!r}"
            return json_response(500, {"emulator_bug": repr(error)})
        return answer

    def _finish(self, connection: Connection, entry: Entry, response: Response) -> None:
        self.app.recorder.answered(entry, None if connection.gone else response.status)
        self.app.recorder.end(entry)
        connection.answer(response)

    def _break(self, connection: Connection, entry: Entry, how: Any) -> None:
        self.app.recorder.answered(entry, None)
        self.app.recorder.end(entry)
        how(connection)

    # --- time ---------------------------------------------------------------------------------------------

    def _note_leaving(self, entry: Entry) -> None:
        if entry.ended is None:
            entry.client_left = self.app.clock.now()

    async def _sleep_until(self, instant: datetime) -> None:
        """Sleep in emulator time; looks again whenever somebody moves the clock."""
        assert self._moved is not None
        while self.app.clock.now() < instant:
            seconds = self.app.clock.real_seconds_until(instant)
            moved = self._moved
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(moved.wait(), None if seconds is None else max(seconds, 0.001))

    def _wake_sleepers(self) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._clock_moved)

    def _clock_moved(self) -> None:
        assert self._moved is not None
        self._moved.set()
        self._moved = asyncio.Event()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
