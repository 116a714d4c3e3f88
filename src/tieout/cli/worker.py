"""`tieout worker`: run all lanes until told to stop. As many as wanted share one PostgreSQL database."""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import Annotated

import typer

from tieout import bootstrap
from tieout.cli.common import DEFAULT_CONFIG, ConfigOption, application, err, refuse, refuse_when_planned
from tieout.cli.sync import load_crosswalks, poll_seconds
from tieout.runner.inline import InlineRunner


def worker(
    config: ConfigOption = DEFAULT_CONFIG,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log what happens.")] = False,
) -> None:
    """Work until SIGTERM or Ctrl-C: calls under way are finished and settled first.

    Any number of workers may share a PostgreSQL database, on as many machines; any of them may die. With SQLite
    there is one. Exit code 0 after a signal, 2 when it could not start.
    """
    stop = threading.Event()

    def told(number: int, frame: FrameType | None) -> None:
        del number, frame
        stop.set()

    signal.signal(signal.SIGTERM, told)
    signal.signal(signal.SIGINT, told)
    with application(config, verbose=verbose, starting=True) as app:
        refuse_when_planned(app)
        for warning in [*bootstrap.check_pins(app), *load_crosswalks(app)]:
            err.print(f"warning: {warning}", markup=False, soft_wrap=True)
        runner = InlineRunner(app.machine, poll_seconds(app))
        runner.start()
        try:
            runner.wait(stop)
        except Exception as fault:
            refuse(f"a lane broke and the worker ends: {fault}", 1)
        finally:
            runner.stop()
