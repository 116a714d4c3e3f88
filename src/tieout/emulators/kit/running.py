"""An emulator as a `with` statement."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from tieout.emulators.kit.app import EmulatorApp
from tieout.emulators.kit.client import ControlClient
from tieout.emulators.kit.server import EmulatorServer


class Emulator:
    """Runs an app in its own thread: `with Emulator(app) as running: running.base_url, running.control`."""

    def __init__(self, app: EmulatorApp, port: int = 0) -> None:
        self.app = app
        self._server = EmulatorServer(app, port=port)

    def start(self) -> Self:
        """Open the port and serve."""
        self.base_url = self._server.start()
        self.control = ControlClient(self.base_url)
        return self

    def stop(self) -> None:
        """Drop every connection and close the port."""
        self._server.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
