"""`tieout cases`: the exception queue."""

from __future__ import annotations

import difflib
import json
from datetime import date, datetime
from typing import Annotated, Any

import typer

from tieout.cli.common import (
    DEFAULT_CONFIG,
    TO_LOOK_AT,
    ByOption,
    ConfigOption,
    JsonOption,
    application,
    out,
    print_json,
    refuse,
    user,
)
from tieout.domain.findings import CODES
from tieout.domain.ids import InternalId
from tieout.flows.case_work import CaseError, CaseView, CaseWork

app = typer.Typer(no_args_is_help=True, help="Look at exceptions and resolve them.")

CaseId = Annotated[int, typer.Argument(help="Number of the case.")]
Because = Annotated[str, typer.Option("--because", help="Why, in a sentence; kept for ever.")]


@app.command("list")
def list_cases(
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
    code: Annotated[str, typer.Option(help="Only cases with this code.")] = "",
    cause: Annotated[str, typer.Option(help="Only cases with this cause.")] = "",
) -> None:
    """Open cases, grouped by cause with a count; with --code, one by one."""
    with application(config) as app_:
        work = CaseWork(app_.machine.context)
        if code:
            _print_cases(work.open_cases(known(code), cause), as_json=as_json)
            return
        groups = work.groups()
        if as_json:
            print_json(
                {
                    "groups": [
                        {
                            "code": g.code,
                            "cause": g.cause,
                            "count": g.count,
                            "title": g.title,
                            "ways_out": list(g.ways_out),
                            "example": g.example.id,
                        }
                        for g in groups
                    ]
                }
            )
            return
        for g in groups:
            out.print(f"[bold]{g.count} × {g.code}[/bold] — {g.title}", soft_wrap=True)
            out.print(f"    cause: {g.cause}", markup=False, soft_wrap=True)
            out.print(f"    found: {g.example.finding.found} (#{g.example.id})", markup=False, soft_wrap=True)
            out.print(f"    ways out: {', '.join(g.ways_out)}", markup=False, soft_wrap=True)
        out.print(f"{sum(g.count for g in groups)} open cases of {len(groups)} causes")


def known(code: str) -> str:
    """The code itself, when the register has it; a misspelt one would look like "nothing open"."""
    if code not in CODES:
        near = difflib.get_close_matches(code, CODES, 1)
        refuse(
            f"there is no code {code!r}" + (f"; did you mean {near[0]}?" if near else "; see `cases list`")
        )
    return code


def _print_cases(views: list[CaseView], *, as_json: bool) -> None:
    if as_json:
        print_json({"cases": [view.as_json() for view in views]})
        return
    for view in views:
        finding = view.case.finding
        who = f", {view.case.assignee}" if view.case.assignee else ""
        out.print(
            f"#{view.case.id} {view.record.source.id} {finding.code}{who}", markup=False, soft_wrap=True
        )
        out.print(f"    expected: {finding.expected}", markup=False, soft_wrap=True)
        out.print(f"    found:    {finding.found}", markup=False, soft_wrap=True)
    out.print(f"{len(views)} open cases")


@app.command()
def show(case: CaseId, config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """One case: what was expected, what was found, where it came from, the ways out and the history."""
    with application(config) as app_:
        view = _try(lambda: CaseWork(app_.machine.context).show(case))
        data = view.as_json()
        if as_json:
            print_json({**data, "payload": view.record.raw})
            return
        out.print(f"[bold]#{data['id']} {data['title']}[/bold] ({data['code']}, {data['state']})")
        for name in (
            "why",
            "expected",
            "found",
            "source",
            "deal",
            "external_id",
            "document_state",
            "assignee",
        ):
            if data[name]:
                _row(name.replace("_", " "), data[name])
        if data["raw"]:
            _row("raw", data["raw"])
        _row("ways out", ", ".join(data["ways_out"]))
        for decision in data["decisions"]:
            said = decision["because"] or (
                f"to {decision['after']}" if decision["action"] == "assign" else ""
            )
            _row(decision["at"][:19], f"{decision['by']}: {decision['action']} {said}")


def _row(name: str, value: str) -> None:
    out.print(f"  {name:15} {value}", markup=False, soft_wrap=True)


@app.command()
def assign(
    case: CaseId,
    to: Annotated[str, typer.Argument(help="Who looks after it.")],
    config: ConfigOption = DEFAULT_CONFIG,
    by: ByOption = "",
) -> None:
    """Name who looks after a case."""
    with application(config) as app_:
        _try(lambda: CaseWork(app_.machine.context).assign(case, to, by or user()))
    out.print(f"Case #{case} is {to}'s.", markup=False)


@app.command()
def retry(
    case: Annotated[int | None, typer.Argument(help="Number of the case; or give --code.")] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    code: Annotated[str, typer.Option(help="Every open case with this code …")] = "",
    cause: Annotated[str, typer.Option(help="… and this cause.")] = "",
    because: Because = "",
    by: ByOption = "",
) -> None:
    """Check and plan once more, one case or all of one cause; `tieout sync` then carries it out."""
    with application(config) as app_:
        work = CaseWork(app_.machine.context)
        if case is not None:
            _try(lambda: work.retry(case, by or user(), because))
            count = 1
        elif code:
            count = _try(lambda: work.retry_cause(known(code), cause, by or user(), because))
            if not count:
                refuse(f"no open case has the code {code}{' and this cause' if cause else ''}", TO_LOOK_AT)
        else:
            refuse("name a case, or a cause with --code (and --cause)")
    out.print(f"{count} case(s) will be tried again.")


@app.command()
def edit(
    case: CaseId,
    changes: Annotated[list[str], typer.Option("--set", help="field=value, e.g. lines.0.quantity=3.")],
    because: Because,
    config: ConfigOption = DEFAULT_CONFIG,
    by: ByOption = "",
) -> None:
    """Change fields of the deal as Tieout sees it; the original is kept and the difference shown."""
    parsed: dict[str, Any] = {}
    for change in changes:
        path, equals, value = change.partition("=")
        if not equals:
            refuse(f"--set {change}: expected field=value")
        parsed[path] = _value(value)
    with application(config) as app_:
        rows = _try(lambda: CaseWork(app_.machine.context).edit(case, parsed, by or user(), because))
    for row in rows:
        out.print(row, markup=False, soft_wrap=True)


def _value(text: str) -> Any:
    try:
        value = json.loads(text)
    except ValueError:
        return text
    # Numbers stay text: amounts are decimals, never binary fractions.
    return text if isinstance(value, int | float) and not isinstance(value, bool) else value


@app.command()
def redate(
    case: CaseId,
    day: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="The approved date.")],
    because: Because,
    config: ConfigOption = DEFAULT_CONFIG,
    by: ByOption = "",
) -> None:
    """Approve another transaction date, the way out of a closed period."""
    approved = date(day.year, day.month, day.day)
    with application(config) as app_:
        _try(lambda: CaseWork(app_.machine.context).redate(case, approved, by or user(), because))
    out.print(f"Case #{case}: dated {approved.isoformat()}.")


@app.command()
def bind(
    case: CaseId,
    customer: Annotated[str, typer.Option("--customer", help="Internal id of the NetSuite customer.")],
    because: Because,
    config: ConfigOption = DEFAULT_CONFIG,
    by: ByOption = "",
) -> None:
    """Say that the deal's account is this NetSuite customer, which is then used and never changed."""
    with application(config) as app_:
        work = CaseWork(app_.machine.context)
        in_force = _try(lambda: work.bind(case, InternalId(customer.strip()), by or user(), because))
    waits = "" if in_force else "; it waits for an approval (`tieout customers list`)"
    out.print(f"Case #{case}: bound to NetSuite customer {customer}{waits}.", markup=False)


@app.command()
def extend(
    case: CaseId,
    because: Because,
    config: ConfigOption = DEFAULT_CONFIG,
    by: ByOption = "",
) -> None:
    """Let the customer have what the deal needs, a currency or a subsidiary; it becomes a step of the plan."""
    with application(config) as app_:
        in_force = _try(lambda: CaseWork(app_.machine.context).extend(case, by or user(), because))
    waits = "" if in_force else "; it waits for an approval (`tieout customers list`)"
    out.print(f"Case #{case}: the customer will be extended{waits}.", markup=False)


@app.command()
def ignore(
    case: CaseId,
    because: Because,
    config: ConfigOption = DEFAULT_CONFIG,
    by: ByOption = "",
) -> None:
    """Do nothing, on purpose, and say why."""
    with application(config) as app_:
        _try(lambda: CaseWork(app_.machine.context).ignore(case, by or user(), because))
    out.print(f"Case #{case} is ignored because: {because}", markup=False)


def _try(body: Any) -> Any:
    try:
        return body()
    except CaseError as error:
        refuse(str(error), TO_LOOK_AT)
