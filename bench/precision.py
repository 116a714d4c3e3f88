"""`python -m bench.precision [--payments N] [--half report]`: is money ever put on the wrong invoice?

Every payment of the labelled books is matched, in order, and what is applied by itself is taken off the ledger. An
automatic application on any item that the label does not name is *misapplied*.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from bench.data.cash import EXACT, Labelled, books
from tieout.domain.cash.decisions import Decision
from tieout.domain.cash.matching import Matcher
from tieout.domain.cash.policy import CashPolicy, OptIn


@dataclass(slots=True)
class Tally:
    """Figures of one family."""

    payments: int = 0
    automatic: int = 0
    misapplied: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)


def measure(seed: int, payments: int, half: str, opt_ins: frozenset[OptIn]) -> dict[str, Tally]:
    """Tallies by family, `family` and `family (not open)` where the meant invoice is not open."""
    made = books(seed, payments)
    ledger = made.ledger()
    policy = CashPolicy(version="bench", late=timedelta(days=60), opt_ins=opt_ins)
    matcher = Matcher(ledger, policy)
    tallies: dict[str, Tally] = defaultdict(Tally)
    for label in made.payments:
        decision = matcher.match(label.payment)
        if decision.automatic:
            for application in decision.applications:
                ledger.take(application.item, application.amount_minor)
        if half in {"both", label.half}:
            count(tallies[label.family + ("" if label.open else " (not open)")], label, decision)
    return dict(tallies)


def count(tally: Tally, label: Labelled, decision: Decision) -> None:
    """One more payment of a family."""
    tally.payments += 1
    tally.outcomes[str(decision.outcome)] += 1
    if decision.automatic:
        tally.automatic += 1
        tally.misapplied += any(one.item.id not in label.truth for one in decision.applications)


def main() -> int:
    """Print the figures with reference-less matching off and on; exit code 1 when a bound is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--payments", type=int, default=202_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--half", choices=("tune", "report", "both"), default="report")
    arguments = parser.parse_args()
    missed = []
    for name, opt_ins in (("off", frozenset()), ("on", frozenset({OptIn.AMOUNT_ONLY}))):
        tallies = measure(arguments.seed, arguments.payments, arguments.half, opt_ins)
        _show(name, tallies)
        missed += _missed(name, tallies)
    for line in missed:
        sys.stdout.write(f"MISSED: {line}\n")
    return 1 if missed else 0


def _missed(name: str, tallies: dict[str, Tally]) -> list[str]:
    exact = [tally for family, tally in tallies.items() if family in EXACT]
    share = sum(t.automatic for t in exact) / max(1, sum(t.payments for t in exact))
    found = (
        [] if share >= 0.99 else [f"{name}: {share:.4f} of exact payments are applied, 0.99 are asked for"]
    )
    counted = tallies if name == "off" else {f: t for f, t in tallies.items() if "not open" not in f}
    found += [f"{name}: {t.misapplied} misapplied in {f}" for f, t in counted.items() if t.misapplied]
    if name == "on":
        unique: Any = tallies["unique_amount"]
        if unique.automatic / unique.payments < 0.9:
            found.append(f"on: {unique.automatic / unique.payments:.4f} of unique amounts are applied")
    return found


def _show(name: str, tallies: dict[str, Tally]) -> None:
    out = sys.stdout
    total = sum(tally.payments for tally in tallies.values())
    wrong = sum(tally.misapplied for tally in tallies.values())
    out.write(f"\nreference-less tier 2 {name}: {total} payments, misapplied {wrong}\n")
    for family, tally in sorted(tallies.items()):
        outcomes = ", ".join(f"{k} {v}" for k, v in tally.outcomes.most_common(3))
        share = tally.automatic / tally.payments
        out.write(
            f"  {family:32} {tally.payments:6} auto {share:6.3f} misapplied {tally.misapplied:4}  {outcomes}\n"
        )


if __name__ == "__main__":
    raise SystemExit(main())
