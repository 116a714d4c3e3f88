"""`tieout ingest --dry-run`: what bank files come to, before anything is set up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import typer
from rich.table import Table
from rich.text import Text

from tieout import bootstrap
from tieout.cli.common import TO_LOOK_AT, out, print_json, refuse

PERSPECTIVES = ("receiver", "originator")
DATE_ORDERS = ("dmy", "mdy")


def dry_run(
    files: Sequence[Path], *, perspective: str, currency: str, date_order: str, as_json: bool
) -> None:
    """Read the files, print their figures, keep nothing."""
    if perspective and perspective not in PERSPECTIVES:
        refuse(f"--perspective: expected {' or '.join(PERSPECTIVES)}, found {perspective!r}")
    if date_order and date_order not in DATE_ORDERS:
        refuse(f"--date-order: expected {' or '.join(DATE_ORDERS)}, found {date_order!r}")
    try:
        read = [
            bootstrap.bank_figures(
                file, perspective=perspective, currency=currency.upper(), date_order=date_order
            )
            for file in files
        ]
    except OSError as error:
        refuse(f"a file cannot be read: {error}; nothing was taken in")
    if as_json:
        figures = [one.figures for one in read]
        # of a single file the figures stand at the top as well, so that a script need not index
        print_json({**(figures[0] if len(figures) == 1 else {}), "files": figures})
    else:
        for one in read:
            _show(one.figures)
    if not all(one.whole for one in read):
        raise typer.Exit(TO_LOOK_AT)


def _show(figures: Mapping[str, Any]) -> None:
    state = (
        f"refused: {figures['refused']}"
        if figures["refused"]
        else ("blocked" if figures["blocked"] else "read")
    )
    table = Table(
        title=f"{figures['file']} — {figures['format']}, {state}", title_justify="left", show_header=False
    )
    table.add_row("entries", str(figures["entries"]))
    table.add_row("credits", _sums(figures["credits"]))
    table.add_row("debits", _sums(figures["debits"]))
    codes = ", ".join(figures["return_codes"])
    table.add_row("returns", Text(f"{figures['returns']} {codes}".strip()))
    table.add_row("notices of change", str(figures["nocs"]))
    foots = [one["foots"] for one in figures["statements"]]
    told = f"{foots.count(True)} foot, {foots.count(False)} do not, {foots.count(None)} cannot be checked"
    table.add_row("statements", told)
    # texts are a payer's: brackets in them are no markup
    table.add_row("remittance", Text("\n".join(figures["remittance_texts"][:10]) or "none"))
    out.print(table)
    for finding in figures["findings"]:
        line = f", line {finding['line']}" if finding["line"] else ""
        out.print(
            f"  {finding['severity']} {finding['code']} at {finding['where']}{line}:"
            f" expected {finding['expected']}, found {finding['found']}; {finding['remedy']}",
            markup=False,
            soft_wrap=True,
        )


def _sums(sums: Mapping[str, str]) -> str:
    return ", ".join(f"{amount} {currency}" for currency, amount in sums.items()) or "none"
