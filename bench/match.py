"""`python -m bench.match [--payments N] [--invoices N]`: how fast payments are matched, and beside what.

100,000 payments against 1,000,000 open invoices: 70 % name their invoice exactly, 10 % settle a bundle, 10 % give the
payer's name and an exact amount, 10 % match nothing. In the same run Splink, a well-kept record linker on DuckDB, gets
the part it can do: payments with a reference or a name and amount, already parted into columns; once with its model
trained on the data, once with the model given. Then the slope: 10,000, 100,000 and 1,000,000 invoices.
"""

from __future__ import annotations

import argparse
import gc
import json
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

from bench.data.cash import AS_OF
from tieout.domain.cash.ledger import ItemKind, OpenItem, OpenLedger
from tieout.domain.cash.matching import Matcher
from tieout.domain.cash.movements import Payer, Place, RemittanceReference
from tieout.domain.cash.payments import Payment
from tieout.domain.cash.policy import CashPolicy
from tieout.domain.ids import InternalId

_PLACE = Place(file="bench", where="payment")
_DAY = AS_OF.date()
_PER_CUSTOMER = 10
_HERE = Path(__file__).parent


@dataclass(slots=True)
class World:
    """Invoices, names, and payments with what they really settle."""

    items: list[OpenItem]
    names: dict[InternalId, str]
    payments: list[Payment]
    truth: list[frozenset[str]]
    kinds: list[str]


def world(invoices: int, payments: int, seed: int = 1) -> World:
    """A world of this size; every invoice is settled by at most one payment."""
    random = Random(seed)
    items, names = [], {}
    for number in range(invoices):
        customer = InternalId(str(number // _PER_CUSTOMER))
        if number % _PER_CUSTOMER == 0:
            names[customer] = f"{_name(random)} {_name(random)} {customer} Inc"
        total = random.randrange(1_000, 5_000_000)
        items.append(
            OpenItem(
                id=InternalId(str(5_000_000 + number)),
                kind=ItemKind.INVOICE,
                customer=customer,
                number=f"INV{1_000_000 + number}",
                currency="USD",
                total_minor=total,
                open_minor=total,
                day=_DAY - timedelta(days=random.randrange(60)),
                due=_DAY,
                external_id=f"inv-0065g{number:010d}",
                subsidiary="1",
                receivables="119",
            )
        )
    made = World(items, names, [], [], [])
    customers = list(range(invoices // _PER_CUSTOMER))
    random.shuffle(customers)
    for index in range(payments):
        _pay(made, index, random, customers[index % len(customers)])
    return made


def _name(random: Random) -> str:
    return "".join(random.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(7)).capitalize()


def _pay(made: World, index: int, random: Random, customer: int) -> None:
    own = made.items[customer * _PER_CUSTOMER : (customer + 1) * _PER_CUSTOMER]
    share = random.random()
    identity: frozenset[InternalId] = frozenset({InternalId(str(customer))})
    name = made.names[InternalId(str(customer))]
    if share < 0.7:
        kind, chosen = "exact", [random.choice(own)]
        text = random.choice(("{0}", "Invoice {1}", "INV-{1} OCTOBER RUN")).format(
            chosen[0].number, chosen[0].number[3:]
        )
    elif share < 0.8:
        kind, chosen = "bundle", random.sample(own, 3)
        text = ", ".join(item.number for item in chosen)
    elif share < 0.9:
        kind, chosen, text, identity = "name_amount", [random.choice(own)], "", frozenset()
    else:
        kind, chosen, text = "nothing", [], "THANK YOU"
    amount = sum(item.open_minor for item in chosen) if chosen else random.randrange(6_000_000, 9_000_000)
    references = (RemittanceReference(text=text, place=_PLACE),) if text else ()
    payment = Payment(
        identity=f"P{index}",
        amount_minor=amount,
        currency="USD",
        paid=_DAY,
        customers=identity,
        references=references,
        payer=Payer(names=(name,)),
    )
    made.payments.append(payment)
    made.truth.append(frozenset(item.id for item in chosen))
    made.kinds.append(kind)


def ours(made: World) -> dict[str, Any]:
    """Payments a second, the time to build the ledger, and what was found."""
    began = time.perf_counter()
    ledger = OpenLedger.of(made.items, AS_OF, names=made.names)
    built = time.perf_counter() - began
    gc.collect()
    gc.freeze()  # a million long-lived objects: the collector need not walk them again and again
    matcher = Matcher(ledger, CashPolicy(version="bench"))
    automatic = misapplied = answered = 0
    began = time.perf_counter()
    for payment, truth in zip(made.payments, made.truth, strict=True):
        decision = matcher.match(payment)
        chosen = frozenset(application.item.id for application in decision.applications)
        answered += bool(truth) and chosen == truth
        if decision.automatic:
            automatic += 1
            misapplied += chosen != truth
    elapsed = time.perf_counter() - began
    return {
        "invoices": len(made.items),
        "payments": len(made.payments),
        "payments_per_second": round(len(made.payments) / elapsed),
        "ledger_seconds": round(built, 1),
        "automatic": automatic,
        "right_answer_shown": answered,
        "misapplied": misapplied,
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def splink(made: World, python: str) -> dict[str, Any]:
    """What Splink makes of the payments it can be given: one reference, or a name and an amount."""
    with tempfile.TemporaryDirectory(prefix="tieout-bench-") as name:
        folder = Path(name)
        with (folder / "payments.csv").open("w", encoding="utf-8") as file:
            file.write("unique_id,reference,name,amount\n")
            for index, payment in enumerate(made.payments):
                if made.kinds[index] in {"exact", "name_amount"}:
                    reference = "".join(c for r in payment.references for c in r.text if c.isdigit())
                    file.write(
                        f"{index},{reference},{payment.payer.names[0].lower()},{payment.amount_minor}\n"
                    )
        with (folder / "invoices.csv").open("w", encoding="utf-8") as file:
            file.write("unique_id,reference,name,amount\n")
            for item in made.items:
                file.write(
                    f"{item.id},{item.number[3:]},{made.names[item.customer].lower()},{item.open_minor}\n"
                )
        done = subprocess.run(
            [python, str(_HERE / "splink_part.py"), str(folder)],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        pairs = result.pop("pairs")
        right = sum(made.truth[int(left)] == frozenset({right_}) for left, right_ in pairs)
        return {**result, "right": right}


def main() -> int:
    """Print the figures; exit code 1 when ours is not five times as fast, or anything is misapplied."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--payments", type=int, default=100_000)
    parser.add_argument("--invoices", type=int, default=1_000_000)
    parser.add_argument("--part", choices=("ours",), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.part:
        sys.stdout.write(json.dumps(ours(world(arguments.invoices, arguments.payments))) + "\n")
        return 0
    from tests.thirdparty.environments import environment

    made = world(arguments.invoices, arguments.payments)
    theirs = splink(made, str(environment(_HERE / "splink.lock")))
    del made
    sizes = [n for n in (10_000, 100_000, 1_000_000) if n <= arguments.invoices] or [arguments.invoices]
    rows = [_alone(size, arguments.payments) for size in sizes]
    for row in rows:
        sys.stdout.write("ours: " + ", ".join(f"{k} {v}" for k, v in row.items()) + "\n")
    sys.stdout.write("Splink: " + ", ".join(f"{k} {v}" for k, v in theirs.items()) + "\n")
    ratio = rows[-1]["payments_per_second"] / theirs["payments_per_second_trained"]
    bare = rows[-1]["payments_per_second"] / theirs["payments_per_second_given"]
    slope = rows[0]["payments_per_second"] / rows[-1]["payments_per_second"]
    sys.stdout.write(
        f"ours is {ratio:.1f} times as fast as Splink trained, {bare:.1f} times its bare joins;"
        f" {slope:.2f} times as slow at {sizes[-1]} as at {sizes[0]}\n"
    )
    return 0 if ratio >= 5 and not any(row["misapplied"] for row in rows) else 1


def _alone(invoices: int, payments: int) -> dict[str, Any]:
    """In a process of its own, so that the peak of memory is its own."""
    command = [sys.executable, "-m", "bench.match", "--part", "ours"]
    command += ["--invoices", str(invoices), "--payments", str(payments)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


if __name__ == "__main__":
    raise SystemExit(main())
