"""`python -m tieout.emulators NAME… [--ports P…] [--host H] [--ready-file PATH]`: serve emulators, one process.

NAME is netsuite, salesforce, hubspot or stripe; ports default to free ones. When all listen, `{name: base_url}` is
written to the ready file (and to standard output). `--dataset NAME=PATH` loads a JSON data set at start.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import importlib
import json
import signal
import sys
from pathlib import Path
from typing import Any

from tieout.emulators.kit.app import EmulatorApp
from tieout.emulators.kit.server import EmulatorServer

_PLACES = {
    "netsuite": (
        "tieout.emulators.netsuite.app:NetSuiteApp",
        "tieout.emulators.netsuite.dataset:sample_dataset",
    ),
    "salesforce": (
        "tieout.emulators.salesforce.app:SalesforceApp",
        "tieout.emulators.salesforce.sample:sample_dataset",
    ),
    "hubspot": (
        "tieout.emulators.hubspot.app:HubSpotApp",
        "tieout.emulators.hubspot.sample:sample_dataset",
    ),
    "stripe": (
        "tieout.emulators.stripe.app:StripeApp",
        "tieout.emulators.stripe.sample:sample_dataset",
    ),
}
NAMES = tuple(_PLACES)


def _arguments(given: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tieout.emulators", description="Serve emulators.")
    parser.add_argument("names", nargs="*", default=[], metavar="NAME", help=" or ".join(NAMES))
    parser.add_argument(
        "--ports", nargs="*", type=int, default=[], help="one port per name; 0 or absent: any free one"
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--ready-file", type=Path, help="gets {name: base_url} when all listen")
    parser.add_argument(
        "--dataset", action="append", default=[], metavar="NAME=PATH", help="JSON data set to load"
    )
    arguments = parser.parse_args(given)
    arguments.names = arguments.names or list(NAMES)
    for name in arguments.names:
        if name not in NAMES:
            parser.error(f"unknown emulator {name}; known: {', '.join(NAMES)}")
    return arguments


def build(name: str, dataset: Any = None) -> EmulatorApp:
    """An emulator by name, with its sample data set unless one is given."""
    make, sample = (_find(place) for place in _PLACES[name])
    app: EmulatorApp = make()
    app.load(sample() if dataset is None else dataset)
    return app


def _find(place: str) -> Any:
    module, name = place.split(":")
    return getattr(importlib.import_module(module), name)


async def _serve(arguments: argparse.Namespace) -> None:
    datasets = dict(item.split("=", 1) for item in arguments.dataset)
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    servers: dict[str, EmulatorServer] = {}
    for position, name in enumerate(arguments.names):
        path = datasets.get(name)
        dataset = json.loads(Path(path).read_text(encoding="utf-8")) if path else None  # noqa: ASYNC240 - before serving
        port = arguments.ports[position] if position < len(arguments.ports) else 0
        servers[name] = EmulatorServer(build(name, dataset), arguments.host, port)
    urls = {name: await server.open() for name, server in servers.items()}
    text = json.dumps(urls)
    if arguments.ready_file:
        waiting = arguments.ready_file.with_suffix(".part")
        waiting.write_text(text, encoding="utf-8")
        waiting.replace(arguments.ready_file)
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
    await stopping.wait()
    for server in servers.values():
        await server.close()


def main(given: list[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM."""
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(_arguments(given)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
