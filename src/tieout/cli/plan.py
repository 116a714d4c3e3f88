"""`tieout plan` and `tieout apply`: see every write before it is made, then make those and no others."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from tieout import bootstrap
from tieout.cli.common import (
    DEFAULT_CONFIG,
    TO_LOOK_AT,
    ByOption,
    ConfigOption,
    JsonOption,
    application,
    err,
    out,
    print_json,
    refuse,
    user,
)
from tieout.cli.sync import load_crosswalks, poll_seconds
from tieout.domain.plans import PlanFile
from tieout.flows.plans import Applied, PlanError, from_text, to_text
from tieout.runner.inline import InlineRunner

_SHOWN = 40


def plan(
    file: Annotated[Path, typer.Option("--out", "-o", help="Where to write the plan.")] = Path("plan.json"),
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
    by: ByOption = "",
    fields: Annotated[bool, typer.Option("--fields", help="Show every field of every write.")] = False,
) -> None:
    """Show what would be written to NetSuite and the CRM, field by field. Writes to neither."""
    with application(config) as app:
        for warning in [*bootstrap.check_pins(app), *load_crosswalks(app)]:
            err.print(f"warning: {warning}", markup=False, soft_wrap=True)
        app.machine.poll()
        made = app.machine.plans.make(by or user())
    file.write_text(to_text(made), encoding="utf-8")
    if as_json:
        print_json({**made.body, "digest": made.digest})
        return
    _show(made, fields=fields)
    out.print(f"{file}: {made.digest[:16]}; `tieout apply {file}` does this and nothing else", soft_wrap=True)


def _show(made: PlanFile, *, fields: bool) -> None:
    actions = Counter((step.kind, str(step.action)) for step in made.steps)
    for (kind, action), count in sorted(actions.items()):
        out.print(f"{count:5} × {action:8} {kind}", markup=False)
    table = Table("what", "subsidiary", "period", "total before tax")
    for (kind, subsidiary, _, period), total in sorted(made.totals().items()):
        table.add_row(kind, subsidiary, period, str(total))
    if table.row_count:
        out.print(table)
    for one in made.blocked[:_SHOWN]:
        out.print(f"  blocked {one.deal}: {one.code} — {one.found}", markup=False, soft_wrap=True)
    if fields:
        for step in made.steps:
            out.print(f"{step.action} {step.kind} {step.external_id}", markup=False, soft_wrap=True)
            for change in step.changes:
                before = f"{change.before!r} → " if change.before else ""
                out.print(f"    {change.name}: {before}{change.after!r}", markup=False, soft_wrap=True)


def apply(
    file: Annotated[Path, typer.Argument(help="A file of `tieout plan`.")],
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
    by: ByOption = "",
    limit_seconds: Annotated[
        int, typer.Option(help="Stop after so many real seconds; 0: only when done.", min=0)
    ] = 0,
) -> None:
    """Carry out a plan, step by step, and nothing else. Steps whose world has moved are refused, with all that
    needs them. Applying the same file again goes on where it stopped.

    Exit code 0: all applied; 1: something was refused or became a case; 2: not started.
    """
    try:
        planned = from_text(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, PlanError) as error:
        refuse(f"{file}: {error}")
    with application(config, starting=True) as app:
        bootstrap.check_pins(app)
        app.machine.poll()
        try:
            applied = app.machine.plans.apply(planned, by or user())
        except PlanError as error:
            refuse(f"{file}: {error}")
        drained = _work(app, limit_seconds)
        result = _result(app, planned, applied, drained=drained)
    if as_json:
        print_json(result)
    else:
        for name in ("confirmed", "under_way", "refused"):
            out.print(f"{result[name]} {name.replace('_', ' ')}")
        for claim, why in sorted(applied.refused.items()):
            out.print(f"  refused {claim}: {why}", markup=False, soft_wrap=True)
    if not drained or applied.refused or result["under_way"]:
        raise typer.Exit(TO_LOOK_AT)


def _work(app: bootstrap.Application, limit_seconds: int) -> bool:
    runner = InlineRunner(app.machine, poll_seconds(app), intake=False)
    deadline = time.monotonic() + limit_seconds if limit_seconds else None
    runner.start()
    try:
        return runner.wait_until_quiet(lambda: True, deadline)
    except KeyboardInterrupt:
        err.print("stopping: calls under way are finished first")
        return False
    finally:
        runner.stop()


def _result(
    app: bootstrap.Application, planned: PlanFile, applied: Applied, *, drained: bool
) -> dict[str, Any]:
    with app.store.read() as unit:
        documents = unit.documents.by_claims([step.claim for step in planned.steps])
    states = {claim: str(documents[claim].state) if claim in documents else "" for claim in applied.taken}
    confirmed = sum(state == "confirmed" for state in states.values())
    return {
        "plan": planned.digest,
        "drained": drained,
        "confirmed": confirmed,
        "under_way": len(states) - confirmed,
        "refused": len(applied.refused),
        "steps": {**states, **{claim: f"refused: {why}" for claim, why in applied.refused.items()}},
    }
