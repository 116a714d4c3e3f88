"""`tieout emulators`: a local NetSuite, Salesforce, HubSpot and Stripe to develop against."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tieout.emulators.__main__ import NAMES
from tieout.emulators.__main__ import main as serve


def emulators(
    names: Annotated[
        list[str] | None, typer.Argument(help=f"Which: {', '.join(NAMES)}; all by default.")
    ] = None,
    ready_file: Annotated[Path | None, typer.Option(help="Gets {name: base_url} when all listen.")] = None,
    dataset: Annotated[list[str] | None, typer.Option(help="NAME=PATH of a JSON data set to load.")] = None,
) -> None:
    """Serve emulators on loopback until interrupted; their addresses are printed as JSON."""
    arguments = list(names or [])
    if ready_file is not None:
        arguments += ["--ready-file", str(ready_file)]
    for one in dataset or []:
        arguments += ["--dataset", one]
    raise typer.Exit(serve(arguments))
