"""`tieout web`: the REST API, webhooks, health and figures, as a process beside the workers."""

from __future__ import annotations

import signal
import socket
from types import FrameType
from typing import Annotated, Any

import typer

from tieout import bootstrap
from tieout.cli.common import DEFAULT_CONFIG, ConfigOption, application, err, refuse
from tieout.settings import ConfigurationError, build_metrics_access
from tieout.web.app import create_app
from tieout.web.door import Door
from tieout.web.metrics import Scrape, alone
from tieout.web.serving import AddressError, Serving, listen

HostOption = Annotated[str, typer.Option("--host", help="Address to listen at; `web.host` by default.")]
PortOption = Annotated[
    int,
    typer.Option("--port", help="Port to listen at, 0 for any; `web.port` by default.", min=-1, max=65535),
]
VerboseOption = Annotated[bool, typer.Option("--verbose", "-v", help="Log what happens.")]


def prepared(app: bootstrap.Application, host: str, port: int, *, lanes_here: bool) -> Serving:
    """Everything that is served, listening; nothing is answered before it runs."""
    settings = app.loaded.settings.web
    door = Door(app, lanes_here=lanes_here)
    try:
        access = build_metrics_access(app.loaded)
        main = listen(host or settings.host, settings.port if port < 0 else port)
        served: list[tuple[Any, socket.socket]] = [(create_app(door, access.token), main)]
        if access.address is not None:
            served.append((alone(Scrape(door)), listen(*access.address)))
    except (ConfigurationError, AddressError) as error:
        refuse(str(error))
    serving = Serving(served)

    def told(number: int, frame: FrameType | None) -> None:
        del number, frame
        serving.stop()

    signal.signal(signal.SIGTERM, told)
    signal.signal(signal.SIGINT, told)
    main_address, *figures = serving.addresses
    err.print(f"listening at {main_address}", markup=False, soft_wrap=True)
    for address in figures:
        err.print(f"figures at {address}/metrics", markup=False, soft_wrap=True)
    return serving


def web(
    config: ConfigOption = DEFAULT_CONFIG,
    host: HostOption = "",
    port: PortOption = -1,
    verbose: VerboseOption = False,
) -> None:
    """Serve the API until SIGTERM or Ctrl-C; requests under way are answered first. Carries nothing out itself:
    workers do.

    Exit code 0 after a signal, 2 when it could not start.
    """
    with application(config, verbose=verbose) as app:
        prepared(app, host, port, lanes_here=False).run()
