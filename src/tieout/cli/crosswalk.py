"""`tieout crosswalk`: the tables that translate ids; CSV in and out."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

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
from tieout.domain.crosswalk import CrosswalkKind
from tieout.flows.crosswalks import COLUMNS, check_rows, import_file, rows_as_text

app = typer.Typer(no_args_is_help=True, help="Crosswalk tables: import, export, check, history.")
KindArgument = Annotated[CrosswalkKind, typer.Argument(help="What is translated.")]


@app.command("import")
def import_(
    kind: KindArgument,
    file: Annotated[Path, typer.Argument(help="CSV with the columns of `crosswalk export`.")],
    config: ConfigOption = DEFAULT_CONFIG,
    why: Annotated[str, typer.Option(help="Why the rows changed; kept with each version.")] = "",
    by: ByOption = "",
    as_json: JsonOption = False,
) -> None:
    """Load rows as new versions. Bad rows are named and written beside the file; good rows are loaded."""
    if not file.is_file():
        refuse(f"there is no file {file}")
    with application(config) as app_:
        result = import_file(app_.machine.context, kind, file, by or user(), why)
    if as_json:
        print_json(result.as_json())
    else:
        out.print(f"{result.added} row(s) added, {result.unchanged} unchanged.")
        for row in result.rejected:
            out.print(f"{file.name}:{row.line}: {row.reason}", markup=False, soft_wrap=True)
        if result.rejected_file:
            out.print(
                f"{len(result.rejected)} rejected row(s) are in {result.rejected_file}",
                markup=False,
                soft_wrap=True,
            )
    if result.rejected:
        raise typer.Exit(TO_LOOK_AT)


@app.command()
def export(
    kind: KindArgument,
    config: ConfigOption = DEFAULT_CONFIG,
    file: Annotated[Path | None, typer.Option(help="Where to; standard output by default.")] = None,
) -> None:
    """Write the rows in force, newest versions, as CSV."""
    with application(config) as app_:
        rows = rows_as_text(app_.machine.context, kind)
    target = file.open("w", encoding="utf-8", newline="") if file else sys.stdout
    writer = csv.DictWriter(target, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    if file:
        target.close()
        out.print(f"{len(rows)} row(s) written to {file}", markup=False, soft_wrap=True)


@app.command()
def check(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """Compare every row with NetSuite: unknown, inactive or renamed targets."""
    with application(config) as app_:
        problems = check_rows(app_.machine)
    if as_json:
        print_json({"problems": problems})
    else:
        for problem in problems:
            out.print(problem, markup=False, soft_wrap=True)
        if not problems:
            out.print("Every row leads to an active record.")
    if problems:
        raise typer.Exit(TO_LOOK_AT)


@app.command()
def history(
    kind: KindArgument,
    key: Annotated[str, typer.Argument(help="The source's id.")],
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Every version of one key: who changed it, when and why."""
    with application(config) as app_, app_.store.read() as unit:
        rows = [row for row in unit.mappings.crosswalk() if row.kind is kind and row.key == key]
    if as_json:
        print_json(
            {
                "versions": [
                    {"version": r.version, "target": r.target, "by": r.changed_by, "why": r.why} for r in rows
                ]
            }
        )
        return
    if not rows:
        refuse(f"no {kind} row for {key}", TO_LOOK_AT)
    table = Table("version", "target", "from", "to", "subsidiary", "by", "at", "why")
    for row in rows:
        end = row.valid.end.isoformat() if row.valid.end else ""
        cells = (row.target, row.valid.start.isoformat(), end, row.subsidiary, row.changed_by)
        table.add_row(str(row.version), *cells, row.changed_at.isoformat()[:19], row.why)
    out.print(table)
