"""`tieout doctor`: is this installation fit to go live?"""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

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
)
from tieout.cli.sync import load_crosswalks
from tieout.domain.doctor import Decision, GoLive, Verdict
from tieout.flows.doctor.engine import Report

_STYLES = {Verdict.PASS: "green", Verdict.WARN: "yellow", Verdict.FAIL: "red", Verdict.UNVERIFIED: "cyan"}


def doctor(
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
    sign: Annotated[
        bool,
        typer.Option(
            "--sign", help="Print what people sign, with the hash of its settings; look at nothing."
        ),
    ] = False,
    every: Annotated[bool, typer.Option("--all", help="Show the evidence of what passed, too.")] = False,
) -> None:
    """Examine account, configuration and data before going live; nothing is written to NetSuite or a source.

    Exit code 0: nothing failed; 1: something did; 2: not started.
    """
    with application(config) as app:
        examination = bootstrap.doctor(app)
        if sign:
            _print_to_sign(examination.go_live, as_json=as_json)
            return
        for problem in load_crosswalks(app):
            err.print(f"warning: {problem}", markup=False, soft_wrap=True)
        report = examination.examine()
    if as_json:
        print_json(report.as_json())
    else:
        _print(report, every=every)
    if not report.fit:
        raise typer.Exit(TO_LOOK_AT)


def _print(report: Report, *, every: bool) -> None:
    table = Table("result", "check", "found, and what to do", expand=True)
    table.columns[0].no_wrap = True
    for one in report.results:
        if one.verdict is not Verdict.PASS or every:
            what = Text(f"{one.entry.title}: {one.subject}\n").append(one.code, style="dim")
            found = "\n".join([*one.evidence, *([f"→ {one.remedy}"] if one.remedy else [])])
            table.add_row(Text(str(one.verdict), style=_STYLES[one.verdict]), what, Text(found))
    if table.row_count:
        out.print(table)
    shown = ", ".join(f"{len(report.of(verdict))} {verdict}" for verdict in Verdict)
    out.print(f"{report.account} as {report.installation}: {shown}", markup=False, soft_wrap=True)
    out.print("Nothing failed." if report.fit else "Not fit to go live.")


def _print_to_sign(go_live: GoLive, *, as_json: bool) -> None:
    """What goes below `go_live.sign_offs`, as YAML."""
    if as_json:
        print_json({"decisions": {str(decision): go_live.hashes[decision] for decision in Decision}})
        return
    out.print("go_live:\n  sign_offs:")
    for decision in Decision:
        signed = go_live.sign_offs.get(decision)
        now = signed is not None and signed.settings == go_live.hashes[decision]
        note = "  # signed" if now else "  # has changed since it was signed" if signed else "  # not signed"
        out.print(
            f"    {decision}:{note}\n      sales_ops: {signed.sales_ops if signed else 'NAME'}\n"
            f"      finance: {signed.finance if signed else 'ANOTHER NAME'}\n"
            f"      on: {signed.on.isoformat() if signed and now else 'YYYY-MM-DD'}\n"
            f'      settings: "{go_live.hashes[decision]}"',
            markup=False,
        )
