"""The demo's report, for people."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

from rich.table import Column, Table

from tieout.cli.common import out
from tieout.domain.findings import CODES, IGNORE_REASONS
from tieout.emulators.scenario import Scenario

ZEROS = ("duplicates", "lost", "order_violations", "misapplied", "planted_missed", "unplanted_cases")

#: figures of the bank's part that stand beside the deals'
MONEY = (
    *("cash_in", "applied", "unapplied", "returned", "refunded"),
    *("misapplied_amount", "auto_applied_share"),
)


def print_report(result: dict[str, Any], scenario: Scenario) -> None:
    """What became of every deal, what was planted, and the figures that must be zero."""
    out.print()
    out.print(
        f"[bold]{result['inputs']} deals[/bold] of a month, seed {result['seed']}, faults {result['faults']}:"
        f" {result['seconds']:.0f} s, clocks {result['scale']} times as fast"
    )
    ends = Table("ended", "deals", "why", title=None)
    ends.add_row("confirmed in NetSuite", str(result["confirmed"]), "")
    for code, count in sorted(result["cases_by_code"].items()):
        ends.add_row("open case", str(count), f"{code} — {CODES[code].title if code in CODES else '?'}")
    for reason, count in sorted(result["ignored_by_reason"].items()):
        ends.add_row("ignored", str(count), f"{reason} — {IGNORE_REASONS.get(reason, '?')}")
    out.print(ends)
    if result.get("cash"):
        _print_cash(result["cash"])
    plants = Counter(row.plant for row in scenario.rows if row.plant)
    if scenario.cash:
        plants.update(row.plant for row in scenario.cash.rows if row.plant)
    out.print(
        f"{sum(plants.values())} planted problems of {len(plants)} kinds; missed: {result['planted_missed']}"
    )
    zeros = Table("must be zero", "counted")
    for name in ZEROS:
        zeros.add_row(name, f"[{'red' if result[name] else 'green'}]{result[name]}")
    out.print(zeros)
    out.print(
        f"NetSuite calls per record written: {result['calls_per_write']:.3f};"
        f" slots in use by successful writes: {result['slot_use']:.0%}"
    )
    for mismatch in result["mismatches"][:20]:
        out.print(f"  [red]![/red] {mismatch}", soft_wrap=True)
    for violation in result["violations"][:10]:
        out.print(f"  [red]![/red] {violation}", soft_wrap=True)
    verdict = "everything is accounted for, nothing twice" if result["ok"] else "NOT as the scenario says"
    out.print(f"[bold]{verdict}[/bold]")


def _print_cash(cash: dict[str, Any]) -> None:
    """How the bank's entries ended, and where the money is."""
    ends = Table("ended", "entries", "why", title="What the bank and Stripe told", title_justify="left")
    ends.add_row("confirmed in NetSuite", str(cash["confirmed"]), "")
    for code, count in sorted(cash["cases_by_code"].items()):
        ends.add_row("open case", str(count), f"{code} — {CODES[code].title if code in CODES else '?'}")
    for reason, count in sorted(cash["ignored_by_reason"].items()):
        ends.add_row("ignored", str(count), f"{reason} — {IGNORE_REASONS.get(reason, '?')}")
    out.print(ends)
    money = Table("money", *(Column(currency, justify="right") for currency in cash["cash_in"]))
    for name in ("cash_in", "applied", "unapplied", "returned", "refunded", "misapplied_amount"):
        amounts = (Decimal(cash[name][currency]) for currency in cash["cash_in"])
        money.add_row(name.replace("_", " "), *(f"{amount:,}" for amount in amounts))
    out.print(money)
    out.print(f"applied by themselves: {cash['auto_applied_share']:.0%} of the receipts")
