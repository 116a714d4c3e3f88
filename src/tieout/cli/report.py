"""`tieout report`: figures that have to add up."""

from __future__ import annotations

from typing import Any

import typer
from rich.table import Table

from tieout.cli.common import DEFAULT_CONFIG, ConfigOption, JsonOption, application, out, print_json
from tieout.flows.cash.desk import PaymentDesk
from tieout.flows.cash.reports import cash_report, matching_report

app = typer.Typer(no_args_is_help=True, help="Reports.")


@app.command()
def cash(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """Per day, bank account and currency: money in = applied + unapplied, what came back, how much by itself."""
    with application(config) as app_:
        context = app_.machine.context
        rows = cash_report(context, PaymentDesk(context).all())
    _print(rows, "rows", as_json=as_json)


@app.command()
def matching(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """For each kind of match: how many people decided, how many were right, and how sure that is (95 % interval)."""
    with application(config) as app_:
        rows = matching_report(app_.machine.context)
    _print(rows, "signatures", as_json=as_json)


def _print(rows: list[dict[str, Any]], name: str, *, as_json: bool) -> None:
    if as_json:
        print_json({name: rows})
        return
    if not rows:
        out.print("nothing yet")
        return
    table = Table(*(column.replace("_", " ") for column in rows[0]))
    for row in rows:
        table.add_row(*("" if value is None else str(value) for value in row.values()))
    out.print(table)
