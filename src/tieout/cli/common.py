"""What every command shares: the configuration option, error exits, output as text or JSON."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console

from tieout import bootstrap
from tieout.domain.approvals import Principal
from tieout.flows.errors import CallError, EnvironmentMismatch, StoreError
from tieout.flows.people import People
from tieout.runner.clock import ScaledClock
from tieout.settings import ConfigurationError, load

#: Exit codes: 0 done, 1 done with something to look at, 2 not started.
TO_LOOK_AT = 1
NOT_STARTED = 2

#: A scaled clock, `t0,r0,scale`, for runs against emulators; production has none.
CLOCK_VARIABLE = "TIEOUT_CLOCK"

ConfigOption = Annotated[
    Path, typer.Option("--config", "-c", help="The configuration file.", envvar="TIEOUT_CONFIG")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
ByOption = Annotated[
    str, typer.Option("--by", help="Who decides; the log-in name by default.", envvar="TIEOUT_USER")
]
DEFAULT_CONFIG = Path("tieout.yaml")

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def user() -> str:
    """The log-in name."""
    return os.environ.get("USER") or os.environ.get("LOGNAME") or "unknown"


def print_json(value: Any) -> None:
    """One JSON object on standard output."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n")


def refuse(message: str, code: int = NOT_STARTED) -> NoReturn:
    """Print a message on standard error and leave."""
    err.print(message, markup=False, soft_wrap=True)
    raise typer.Exit(code)


def refuse_when_planned(app: bootstrap.Application) -> None:
    """Continuous work is not what this installation wants."""
    if app.loaded.settings.mode == "planned":
        refuse("mode: planned — nothing is written but what a plan shows: `tieout plan`, then `tieout apply`")


@contextmanager
def application(
    config: Path, *, verbose: bool = False, starting: bool = False
) -> Iterator[bootstrap.Application]:
    """The built application. Errors of configuration or store end with exit code 2: nothing was started."""
    bootstrap.configure_logging(verbose=verbose, as_json=False)
    clock_text = os.environ.get(CLOCK_VARIABLE)
    try:
        clock = ScaledClock.parse(clock_text) if clock_text else None
    except ValueError:
        refuse(f"{CLOCK_VARIABLE}: expected t0,r0,scale, found {clock_text!r}; unset it for plain time")
    try:
        built = bootstrap.build(load(config), clock=clock, starting=starting)
    except (ConfigurationError, StoreError) as error:
        refuse(str(error))
    try:
        yield built
    except (EnvironmentMismatch, StoreError) as error:
        refuse(str(error))
    except CallError as error:
        refuse(f"{error}\n{error.raw}" if error.raw else str(error), TO_LOOK_AT)
    finally:
        built.close()


def acting_as(app: bootstrap.Application, by: str, key: str) -> Principal:
    """Who decides: the owner of the key, or the person of this name. Somebody unknown is refused."""
    people, name = People(app.machine.context), by or user()
    who = people.who(key) if key else people.named(name)
    if who is None:
        refuse(
            "the key is not valid" if key else f"{name} is nobody Tieout knows: `tieout people set {name} …`"
        )
    return who
