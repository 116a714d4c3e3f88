"""The checker's count of money: what NetSuite's books really hold against what the scenario says of the bank's entries.

It knows the scenario and the ground truth, and compares with them what the product *says*: how each entry ended, and
its report. Payments are joined to entries by the bank's own reference, which stands in `checkNumber`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any

from tieout.emulators.checker_deposits import deposits_as_payments, order_of, strange_applications
from tieout.emulators.scenario.cash_model import (
    BACK,
    PAID_BACK,
    PAYOUT,
    PAYOUT_BACK,
    RECEIPT,
    CashMonth,
    CashRow,
)
from tieout.emulators.scenario.model import CASE, CONFIRMED, IGNORED, Scenario

Json = dict[str, Any]
Sums = dict[str, str]

PAYMENT, REFUND = "customerPayment", "customerRefund"
_ACCOUNT_FIELD, _DEAL_FIELD = "custentity_tieout_crm_account_id", "custbody_tieout_source_id"
_ZERO = Decimal(0)
#: a kind of entry → the sum it counts in once it is taken off its payment, and before
_GONE = {BACK: ("returned", "came_back_open"), PAID_BACK: ("refunded", "refunds_open")}
#: what the product's report and the books must agree on
_REPORTED = ("cash_in", "applied", "unapplied", *(name for names in _GONE.values() for name in names))
#: where money that came in is
_REST = ("applied", "unapplied", "returned", "refunded")


@dataclass(frozen=True, slots=True, kw_only=True)
class CashReport:
    """The count. Amounts are `{currency: decimal string}`; the share is by count, 0 to 1.

    `cash_in` is what the bank and Stripe told of, each money once; `applied` and `unapplied` are what NetSuite's
    payments say, and money that is not booked yet counts as unapplied; with what was `returned` and `refunded` they
    are `cash_in`. What was told of and is not taken off its payment yet is `came_back_open` and `refunds_open`.
    `misapplied` counts applications no row names.
    """

    inputs: int
    confirmed: int
    open_cases: int
    ignored: int
    duplicates: int
    lost: int
    misapplied: int
    planted_missed: int
    unplanted_cases: int
    cases_by_code: dict[str, int]
    ignored_by_reason: dict[str, int]
    cash_in: Sums
    applied: Sums
    unapplied: Sums
    returned: Sums
    refunded: Sums
    came_back_open: Sums
    refunds_open: Sums
    misapplied_amount: Sums
    auto_applied_share: float
    duplicate_records: tuple[str, ...] = ()
    mismatches: tuple[str, ...] = field(default=())

    @property
    def ok(self) -> bool:
        """Nothing doubled, lost, misapplied, or elsewhere than the scenario says, and the sums agree."""
        zero = (self.duplicates, self.lost, self.misapplied, self.planted_missed, self.unplanted_cases)
        ended = self.confirmed + self.open_cases + self.ignored
        return not any(zero) and not self.mismatches and self.inputs == ended

    def to_json(self) -> Json:
        """The report as plain data."""
        return {**asdict(self), "ok": self.ok}


def check_cash(
    scenario: Scenario, truth: Iterable[Json], told: Iterable[Json], reported: Iterable[Json]
) -> CashReport:
    """Compare the bank's part of a run with its scenario.

    `truth`: the NetSuite emulator's live records. `told`: the product's export, `{"reference", "outcome", "code"}` per
    entry, a blocked file by its SHA-256. `reported`: the rows of the product's cash report. Raises ValueError for a
    scenario without a bank.
    """
    if scenario.cash is None:
        raise ValueError("the scenario has no bank: generate it with cash=True")
    return _Count(scenario.cash, scenario.facts["netsuite"]["integration"], list(truth)).run(
        told, list(reported)
    )


class _Count:
    """One comparison; `mine` are the integration's payments by bank reference."""

    def __init__(self, month: CashMonth, integration: str, truth: list[Json]) -> None:
        self.month = month
        self.mine: dict[str, list[Json]] = defaultdict(list)
        self.names = {
            str(row["id"]): _names(row) for row in truth if row["record"] in ("customer", "invoice")
        }
        self.symbols = {
            str(row["id"]): str(row["fields"]["symbol"]) for row in truth if row["record"] == "currency"
        }
        self.payments = [
            row for row in truth if row["record"] == PAYMENT and row["_meta"]["created_by"] == integration
        ]
        self.payments += deposits_as_payments(truth, integration)
        self.strange = strange_applications(truth, integration)
        self.orders = {str(row["id"]): order_of(row, truth) for row in self.payments}
        for row in self.payments:
            self.mine[str(row["fields"].get("checkNumber"))].append(row)
        refunds = [
            row for row in truth if row["record"] == REFUND and row["_meta"]["created_by"] == integration
        ]
        #: refunds by the entry they are of; and what they took of each payment
        self.refunds: dict[str, list[Json]] = defaultdict(list)
        self.taken: dict[str, Decimal] = defaultdict(Decimal)
        #: bank deposits and journal entries by the entry they are of
        self.others: dict[str, list[Json]] = defaultdict(list)
        for row in truth:
            if row["record"] in ("deposit", "journalEntry") and row["_meta"]["created_by"] == integration:
                self.others[str(row["fields"].get(_DEAL_FIELD))].append(row)
        for row in refunds:
            self.refunds[str(row["fields"].get(_DEAL_FIELD))].append(row)
            for document, amount in _applied_lines(row):
                self.taken[document] += amount
        self.mismatches: list[str] = []
        self.ended: Counter[str] = Counter()
        self.codes: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self.sums: dict[str, dict[str, Decimal]] = {
            name: defaultdict(Decimal) for name in (*_REPORTED, "misapplied_amount")
        }
        self.lost = self.unplanted = self.misapplied = self.automatic = self.receipts = 0
        self.missed: set[str] = set()

    def run(self, told: Iterable[Json], reported: list[Json]) -> CashReport:
        said = self._said(told)
        for row in self.month.rows:
            before = len(self.mismatches)
            self._row(row, said.get(row.reference))
            if row.plant and len(self.mismatches) > before:
                self.missed.add(row.reference)
        payments = [payment for left in self.mine.values() for payment in left]
        for payment in payments:
            self._book(payment, None)
        duplicates = [*payments, *(one for left in self.refunds.values() for one in left)]
        duplicates += [one for left in self.others.values() for one in left] + self.strange
        self._compare_sums(reported)
        return CashReport(
            inputs=len(self.month.rows),
            confirmed=self.ended[CONFIRMED],
            open_cases=self.ended[CASE],
            ignored=self.ended[IGNORED],
            duplicates=len(duplicates),
            lost=self.lost,
            misapplied=self.misapplied,
            planted_missed=len(self.missed),
            unplanted_cases=self.unplanted,
            cases_by_code=dict(sorted(self.codes.items())),
            ignored_by_reason=dict(sorted(self.reasons.items())),
            **{name: _plain(sums, self.sums["cash_in"]) for name, sums in self.sums.items()},
            auto_applied_share=_share(self.automatic, self.receipts),
            duplicate_records=tuple(
                f"{one['record']} {one['id']} (external id {one.get('external_id')})" for one in duplicates
            ),
            mismatches=tuple(self.mismatches),
        )

    # -- one entry -------------------------------------------------------------------------------------------

    def _said(self, told: Iterable[Json]) -> dict[str, Json]:
        known = {row.reference for row in self.month.rows}
        said: dict[str, Json] = {}
        for one in told:
            reference = str(one["reference"])
            if reference not in known:
                self.mismatches.append(f"{reference}: the bank told of no such entry ({one['outcome']})")
            elif reference in said:
                self.mismatches.append(f"{reference}: ended twice")
            said[reference] = one
        return said

    def _row(self, row: CashRow, said: Json | None) -> None:
        outcome, code = (said["outcome"], said.get("code") or None) if said else (None, None)
        payments = self.mine.get(row.reference, [])
        payment = payments.pop(0) if payments and row.booked else None
        if outcome not in (CONFIRMED, CASE, IGNORED) or (
            outcome == CONFIRMED and row.booked and payment is None
        ):
            self.lost += 1
            self._differs(row, "ended", _end(row.outcome, row.code), f"nowhere ({outcome})")
        else:
            self.ended[outcome] += 1
            if (outcome, code) != (row.outcome, row.code):
                self._differs(row, "ended", _end(row.outcome, row.code), _end(outcome, code))
        if outcome == CASE:
            self.codes[str(code)] += 1
            self.unplanted += (row.outcome, row.code) != (CASE, code)
        elif outcome == IGNORED:
            self.reasons[str(code)] += 1
        self._money(row, payment)

    def _money(self, row: CashRow, payment: Json | None) -> None:
        if row.kind in _GONE:
            self._taken_back(row)
        if row.kind in (PAYOUT, PAYOUT_BACK):
            self._paid_out(row)
        if row.kind != RECEIPT or row.told_before:
            return
        self.receipts += 1
        self.sums["cash_in"][row.currency] += Decimal(row.amount)
        if payment is not None:
            wrong = self.misapplied
            self._book(payment, row)
            self.automatic += bool(row.applied) and wrong == self.misapplied
            return
        if row.booked:
            self._differs(row, "payment", "one in NetSuite", "none")
        self.sums["unapplied"][row.currency] += Decimal(row.amount)

    def _taken_back(self, row: CashRow) -> None:
        """What came back, or was paid back, is one refund in the books when it is said to be confirmed; else none."""
        wanted = [Decimal(row.amount)] if row.outcome == CONFIRMED else []
        refunds = self.refunds[row.reference]
        found = [Decimal(one["fields"]["total"]) for one in refunds[: len(wanted)]]
        del refunds[: len(wanted)]
        gone, still = _GONE[row.kind]
        told = Decimal(row.amount)
        self.sums[gone if found else still][row.currency] += (
            told if sum(found, _ZERO) in (0, told) else sum(found)
        )
        if found != wanted:
            self._differs(row, "refunds", str(wanted), str(found))

    def _paid_out(self, row: CashRow) -> None:
        """A payout is one bank deposit over what the bank gets; one that came back is undone by one journal entry."""
        found = sorted(
            (one["record"], Decimal(one["fields"]["total"])) for one in self.others.pop(row.reference, ())
        )
        kinds = ("deposit", "journalEntry") if row.kind == PAYOUT_BACK else ("deposit",)
        wanted = [(kind, Decimal(row.amount)) for kind in kinds]
        if found != wanted:
            self._differs(row, "deposits and entries", str(wanted), str(found))

    def _book(self, payment: Json, row: CashRow | None) -> None:
        """Add a payment as the books have it, and compare it with its row; one without a row is a duplicate."""
        fields = payment["fields"]
        currency = row.currency if row else self._currency(payment)
        gone = self.taken[str(payment["id"])]
        self.sums["applied"][currency] += Decimal(fields["applied"]) - gone
        self.sums["unapplied"][currency] += Decimal(fields["unapplied"])
        wanted = Counter((part.document, Decimal(part.amount)) for part in row.applied) if row else Counter()
        found = Counter(self._parts(payment))
        for name, amount in (found - wanted).elements():
            self.misapplied += 1
            self.sums["misapplied_amount"][currency] += amount
            self._differs(row, f"payment {payment['id']}", "nothing there", f"{amount} on {name}")
        if row is None:
            return
        for name, amount in (wanted - found).elements():
            self._differs(row, f"payment {payment['id']}", f"{amount} on {name}", "not there")
        if self.orders[str(payment["id"])] != row.order:
            for_order = self.orders[str(payment["id"])]
            self._differs(row, payment["record"], f"for order {row.order or 'none'}", for_order or "none")
        if Decimal(fields["payment"]) != Decimal(row.amount):
            self._differs(row, f"payment {payment['id']}", row.amount, str(fields["payment"]))
        if row.customer not in self.names.get(_bare(fields.get("customer")), ()):
            self._differs(
                row, f"payment {payment['id']}", f"customer {row.customer}", _bare(fields.get("customer"))
            )

    def _parts(self, payment: Json) -> Iterator[tuple[str, Decimal]]:
        for document, amount in _applied_lines(payment):
            yield next(iter(self.names.get(document, ())), f"document {document}"), amount

    def _currency(self, payment: Json) -> str:
        found = _bare(payment["fields"].get("currency"))
        return self.symbols.get(found, found)

    # -- sums ------------------------------------------------------------------------------------------------

    def _compare_sums(self, reported: list[Json]) -> None:
        """Σ in = Σ applied + unapplied + returned + refunded, in the books and in the report, and both agree."""
        theirs: dict[str, dict[str, Decimal]] = {name: defaultdict(Decimal) for name in _REPORTED}
        for one in reported:
            for name in _REPORTED:
                theirs[name][one["currency"]] += Decimal(one[name])
        currencies = {currency for sums in (*self.sums.values(), *theirs.values()) for currency in sums}
        for currency in sorted(currencies):
            for where, sums in (("the books", self.sums), ("the report", theirs)):
                came, rest = (
                    sums["cash_in"][currency],
                    sum((sums[name][currency] for name in _REST), _ZERO),
                )
                if came != rest:
                    self.mismatches.append(f"{currency}: {where} hold {rest} of {came} that came in")
            for name in _REPORTED:
                if theirs[name][currency] != self.sums[name][currency]:
                    self.mismatches.append(
                        f"{currency} {name}: expected {self.sums[name][currency]}, the report says"
                        f" {theirs[name][currency]}"
                    )

    def _differs(self, row: CashRow | None, what: str, expected: str, found: str) -> None:
        who = (
            "an unclaimed payment"
            if row is None
            else row.reference + (f" ({row.plant})" if row.plant else "")
        )
        self.mismatches.append(f"{who}: {what}: expected {expected}, found {found}")


def _names(record: Json) -> tuple[str, ...]:
    """What rows may call a customer or an invoice."""
    fields = record["fields"]
    if record["record"] == "customer":
        named = (str(record["id"]), record.get("external_id"), fields.get(_ACCOUNT_FIELD))
        return tuple(str(name) for name in named if name)
    if fields.get(_DEAL_FIELD):
        return (f"deal:{fields[_DEAL_FIELD]}", f"number:{fields.get('tranId')}")
    return (f"number:{fields.get('tranId')}",)


def _applied_lines(record: Json) -> Iterator[tuple[str, Decimal]]:
    """Document and amount of every application of a record."""
    for line in record["lines"].get("apply", ()):
        if line.get("apply") and Decimal(line["amount"]):
            yield _bare(line["doc"]), Decimal(line["amount"])


def _plain(sums: dict[str, Decimal], currencies: Iterable[str]) -> Sums:
    return {currency: f"{sums.get(currency, _ZERO):f}" for currency in sorted({*currencies, *sums})}


def _share(part: int, whole: int) -> float:
    return round(part / whole, 3) if whole else 0


def _bare(value: Any) -> str:
    return str(value["id"] if isinstance(value, dict) else value)


def _end(outcome: str, code: str | None) -> str:
    return f"{outcome} ({code})" if code else outcome
