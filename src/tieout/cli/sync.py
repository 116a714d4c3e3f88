"""`tieout sync`: poll, check, plan, write, confirm, write back — until nothing is left to do."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from tieout import bootstrap
from tieout.cli.common import (
    DEFAULT_CONFIG,
    TO_LOOK_AT,
    ConfigOption,
    JsonOption,
    application,
    err,
    out,
    print_json,
    refuse,
    refuse_when_planned,
)
from tieout.flows.case_work import CaseWork
from tieout.flows.crosswalks import import_file
from tieout.flows.outcomes import outcomes, tally
from tieout.runner.inline import InlineRunner


def load_crosswalks(app: bootstrap.Application) -> list[str]:
    """Load the crosswalk files the configuration names. Returns what was wrong with their rows."""
    problems = []
    for kind, name in app.loaded.settings.crosswalks.items():
        file = app.loaded.beside(name)
        result = import_file(app.machine.context, kind, file, "configuration", f"loaded from {name}")
        problems += [f"{file.name}:{row.line}: {row.reason}" for row in result.rejected]
    return problems


def poll_seconds(app: bootstrap.Application) -> int:
    """The shortest pause between polls that any source asks for."""
    return min(source.poll_seconds for source in app.loaded.settings.sources.values())


def sync(
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log what happens.")] = False,
    limit_seconds: Annotated[
        int, typer.Option(help="Stop after so many real seconds; 0: only when drained.", min=0)
    ] = 0,
) -> None:
    """Run until drained. Exit code 0: every input confirmed or ignored; 1: open cases; 2: not started."""
    with application(config, verbose=verbose, starting=True) as app:
        refuse_when_planned(app)
        for warning in [*bootstrap.check_pins(app), *load_crosswalks(app)]:
            err.print(f"warning: {warning}", markup=False, soft_wrap=True)
        held = app.policy.blackout(app.machine.context.clock.now())
        if held is not None:
            until = held.end.isoformat(timespec="minutes")
            err.print(f"warning: nothing is written before {until}: {held.why}", markup=False, soft_wrap=True)
        runner = InlineRunner(app.machine, poll_seconds(app))
        deadline = time.monotonic() + limit_seconds if limit_seconds else None
        runner.start()
        try:
            drained = runner.wait_until_quiet(lambda: True, deadline)
        except KeyboardInterrupt:
            err.print("stopping: calls under way are finished first")
            drained = False
        finally:
            runner.stop()
        counts = tally(app.store)
        if as_json:
            print_json(
                {"drained": drained, "inputs": sum(counts.values()), **counts, "rows": outcomes(app.store)}
            )
        else:
            _print(app, counts)
        if not drained:
            refuse("not drained; run `tieout sync` again to go on", TO_LOOK_AT)
        if counts["case"]:
            raise typer.Exit(TO_LOOK_AT)


def _print(app: bootstrap.Application, counts: dict[str, int]) -> None:
    shown = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
    out.print(f"{sum(counts.values())} inputs: {shown or 'none'}")
    for group in CaseWork(app.machine.context).groups():
        out.print(
            f"  {group.count:4} × {group.code} — {group.title}: {group.cause[:60]} (#{group.example.id})",
            markup=False,
            soft_wrap=True,
        )
