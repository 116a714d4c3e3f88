"""What Stripe tells in a month: cards and bank debits, what comes back of them, and the day's payouts.

Stripe gives its own ids, so acts and rows name its objects by *handles* until they are there (`named`): `card-1` is the
charge, `card-1/refund` its refund, `payout-1` the first payout.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from tieout.emulators.scenario.cash.entries import cents
from tieout.emulators.scenario.cash.treasury import BAI2, OldInvoice, Payer, Treasury
from tieout.emulators.scenario.cash_model import (
    BACK,
    NO_CASH,
    PAID_BACK,
    PAYOUT,
    PAYOUT_BACK,
    RECEIPT,
    AppliedPart,
    Arrival,
    CashMonth,
    CashRow,
    ShopAct,
)
from tieout.emulators.scenario.model import CASE, CONFIRMED, IGNORED

Json = dict[str, Any]

STRIPE = "stripe"
ACCOUNT_ID = "acct_1Northlight"
BALANCE = f"stripe:{ACCOUNT_ID}:usd"
API_KEY = "sk_test_northlight"
#: metadata key of a payment that carries its handle
HANDLE = "order"
CARD, DEBIT = "pm_card_visa", "pm_usBankAccount_success"
#: Stripe's usual share of a card payment is in the emulator; money is there at once, so that a month fits into minutes
_LEAST_PAID_OUT = 500_000  # cents
_SETTINGS = {"card_available_days": 0, "payout_days": 0, "reconcile_seconds": 30}


@dataclass(slots=True)
class Shop:
    """Stripe's part of the month, while it is made up."""

    treasury: Treasury
    acts: list[ShopAct] = field(default_factory=list)
    rows: list[CashRow] = field(default_factory=list)
    customers: list[Json] = field(default_factory=list)
    arrivals: list[Arrival] = field(default_factory=list)
    _serial: int = 0

    def payer(self, customer: str, name: str, *, known: bool = True) -> str:
        """The Stripe customer of a customer; the company has known for long whose it is."""
        made = f"cus_Northlight{len(self.customers) + 1:04d}"
        self.customers.append({"id": made, "name": name, "metadata": {}})
        if known:
            self.treasury.learn("stripe_customer", made, customer)
        return made

    def company(self) -> tuple[Payer, OldInvoice]:
        """A customer of before the cut-over, with an open invoice."""
        payer = self.treasury.company()
        return payer, self.treasury.invoice(payer)

    def pays(
        self,
        plant: str | None,
        customer: str,
        stripe_customer: str,
        amount: Decimal,
        *,
        about: str = "",
        stamp: str = "",
        method: str = CARD,
        applied: Iterable[tuple[str, Decimal]] = (),
        outcome: str = CONFIRMED,
        code: str | None = None,
        booked: bool = True,
        kind: str = RECEIPT,
        wave: int = 1,
    ) -> str:
        """Somebody pays; returns the handle of the charge. What Stripe keeps of it is an entry of its own."""
        self._serial += 1
        handle = f"{plant or 'card'}-{self._serial}"
        metadata = {HANDLE: handle, **({"tieout_invoice": stamp} if stamp else {})}
        given: Json = {
            "amount": cents(amount), "currency": "usd", "customer": stripe_customer, "payment_method": method,
            "payment_method_types": ["card" if method == CARD else "us_bank_account"],
            "description": about, "metadata": metadata,
        }  # fmt: skip
        self.act(wave, "pay", **given)
        if method != CARD:
            self.act(
                wave,
                "end_debit",
                charge=f"${handle}",
                outcome="succeed" if kind == RECEIPT else "insufficient_funds",
            )
        parts = tuple(AppliedPart(document=name, amount=f"{part:f}") for name, part in applied)
        self.row(
            handle, plant, amount, kind=kind, wave=wave, outcome=outcome, code=code, booked=booked, customer=customer,
            applied=parts,
        )  # fmt: skip
        self.fee(f"{handle}/fee", wave)
        return handle

    def act(self, wave: int, action: str, **arguments: Any) -> None:
        """Somebody does something at Stripe."""
        self.acts.append(ShopAct(wave=wave, action=action, arguments=arguments))

    def row(
        self, handle: str, plant: str | None, amount: Decimal, *, outcome: str, wave: int = 2, **more: Any
    ) -> None:
        """How one entry must end."""
        more.setdefault("kind", NO_CASH)
        self.rows.append(
            CashRow(
                reference=handle, wave=wave, plant=plant, amount=f"{amount:f}", currency="USD", outcome=outcome,
                **more,
            )
        )  # fmt: skip

    def fee(self, handle: str, wave: int) -> None:
        """What Stripe keeps; how much is Stripe's to say."""
        self.row(handle, None, Decimal(0), outcome=IGNORED, code="bank_fee", wave=wave)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopFamily:
    """One kind of trouble: how its entry ends, what happened, and who makes it."""

    outcome: str
    code: str | None
    story: str
    make: Callable[[Shop, str], None]


def _paid(
    shop: Shop, plant: str | None, *, method: str = CARD, stays: bool = True, wave: int = 1
) -> tuple[str, Decimal]:
    """A manual invoice, named in the payment's description and paid to the cent. Returns handle and amount."""
    payer, invoice = shop.company()
    at_stripe = shop.payer(payer.customer, payer.name)
    handle = shop.pays(
        plant, payer.customer, at_stripe, invoice.open, about=f"Invoice {invoice.number}", method=method,
        applied=((invoice.document, invoice.open),) if stays else (), wave=wave,
    )  # fmt: skip
    return handle, invoice.open


def bank_debit(shop: Shop, plant: str) -> None:
    """Cash only once it has succeeded."""
    _paid(shop, plant, method=DEBIT)


def bank_debit_failed(shop: Shop, plant: str) -> None:
    """Never cash; the fee comes back."""
    payer, invoice = shop.company()
    at_stripe = shop.payer(payer.customer, payer.name)
    handle = shop.pays(
        plant, payer.customer, at_stripe, invoice.open, about=invoice.number, method=DEBIT, kind=NO_CASH,
        outcome=IGNORED, code="no_cash_yet", booked=False,
    )  # fmt: skip
    shop.fee(f"{handle}/fee-back", 1)


def bank_debit_returned(shop: Shop, plant: str) -> None:
    """It had succeeded, and comes back: off its invoice again, and refunded in the books."""
    handle, amount = _paid(shop, None, method=DEBIT, stays=False)
    shop.act(2, "late_return", charge=f"${handle}", reason="insufficient_funds")
    shop.row(f"{handle}/dispute", plant, amount, kind=BACK, outcome=CONFIRMED)
    shop.fee(f"{handle}/dispute-fee", 2)


def disputed(shop: Shop, plant: str) -> None:
    """The cardholder's bank takes it back, and Stripe a fee."""
    handle, amount = _paid(shop, None, stays=False)
    shop.act(2, "dispute", charge=f"${handle}", reason="fraudulent")
    shop.row(f"{handle}/dispute", plant, amount, kind=BACK, outcome=CONFIRMED)
    shop.fee(f"{handle}/dispute-fee", 2)


def refunded(shop: Shop, plant: str) -> None:
    """A deposit nobody has an invoice for is paid back."""
    payer, _ = shop.company()
    at_stripe = shop.payer(payer.customer, payer.name)
    amount = Decimal("480.00")
    handle = shop.pays(None, payer.customer, at_stripe, amount, about="ahead of the order")
    shop.act(2, "refund", charge=f"${handle}")
    shop.row(f"{handle}/refund", plant, amount, kind=PAID_BACK, outcome=CONFIRMED)


def refund_of_applied(shop: Shop, plant: str) -> None:
    """Part of what lies on an invoice is paid back: what becomes of the invoice is a person's to say."""
    handle, _ = _paid(shop, None)
    shop.act(2, "refund", charge=f"${handle}", amount=5000)
    shop.row(f"{handle}/refund", plant, Decimal("50.00"), kind=PAID_BACK, outcome=CASE, code="refund_open")


def unstamped(shop: Shop, plant: str) -> None:
    """Nothing says who paid, or what for."""
    payer, invoice = shop.company()
    at_stripe = shop.payer(payer.customer, "Walk-in", known=False)
    shop.pays(
        plant, payer.customer, at_stripe, invoice.open, outcome=CASE, code="payer_unknown", booked=False,
    )  # fmt: skip


def payout(shop: Shop, plant: str) -> None:
    """Everything so far, less fees, refunds and disputes; what a person still has to decide holds only its own line."""
    while _left_of_cards(shop) < _LEAST_PAID_OUT:
        _paid(shop, None)  # Stripe pays nothing out while more has gone back than is there
    shop.act(3, "sweep")
    shop.row("payout-1", plant, Decimal(0), kind=PAYOUT, outcome=CONFIRMED, wave=3)


def _left_of_cards(shop: Shop) -> int:
    """What card payments brought, less all that goes back, in cents; fees not counted. Of a bank debit, which is there
    days later, what goes back is taken at once.
    """
    paid = {one.arguments["metadata"][HANDLE]: one.arguments for one in shop.acts if one.action == "pay"}
    left: int = sum(one["amount"] for one in paid.values() if one["payment_method"] == CARD)
    for act in shop.acts:
        failed = act.action == "end_debit" and act.arguments["outcome"] != "succeed"
        if failed or act.action in {"refund", "dispute", "late_return"}:
            charge = paid[act.arguments["charge"].removeprefix("$")]
            left -= int(act.arguments.get("amount") or charge["amount"])
    return left


def payout_arrives(shop: Shop, plant: str) -> None:
    """The bank's line of it is no customer's payment."""
    reference = shop.treasury.reference(BAI2)
    shop.arrivals.append(Arrival(wave=4, payout="payout-1", reference=reference))
    shop.row(reference, plant, Decimal(0), outcome=IGNORED, code="payout_arrived", wave=4)


def payout_failed(shop: Shop, plant: str) -> None:
    """It had been booked, and the bank sends it back."""
    _paid(shop, None, wave=4)
    shop.act(5, "sweep")
    shop.act(6, "fail_payout", payout="$payout-2")
    shop.row("payout-2", plant, Decimal(0), kind=PAYOUT_BACK, outcome=CONFIRMED, wave=5)


FAMILIES: dict[str, ShopFamily] = {
    "bank_debit": ShopFamily(
        outcome=CONFIRMED, code=None, story="An ACH debit, cash once it has succeeded.", make=bank_debit
    ),
    "bank_debit_failed": ShopFamily(
        outcome=IGNORED, code="no_cash_yet", story="An ACH debit fails.", make=bank_debit_failed
    ),
    "bank_debit_returned": ShopFamily(
        outcome=CONFIRMED,
        code=None,
        story="An ACH debit comes back late; its invoice is open again.",
        make=bank_debit_returned,
    ),
    "disputed": ShopFamily(
        outcome=CONFIRMED, code=None, story="A card payment is disputed and taken back.", make=disputed
    ),
    "refunded": ShopFamily(
        outcome=CONFIRMED, code=None, story="Money on account is paid back.", make=refunded
    ),
    "refund_of_applied": ShopFamily(
        outcome=CASE,
        code="refund_open",
        story="Part of a payment that lies on an invoice is paid back.",
        make=refund_of_applied,
    ),
    "unstamped": ShopFamily(
        outcome=CASE, code="payer_unknown", story="A card payment nobody stamped.", make=unstamped
    ),
    "payout": ShopFamily(
        outcome=CONFIRMED, code=None, story="Stripe pays out: one bank deposit, to the cent.", make=payout
    ),
    "payout_arrives": ShopFamily(
        outcome=IGNORED,
        code="payout_arrived",
        story="The bank tells of the payout, too.",
        make=payout_arrives,
    ),
    "payout_failed": ShopFamily(
        outcome=CONFIRMED,
        code=None,
        story="A payout that was booked fails: a journal entry undoes it.",
        make=payout_failed,
    ),
}


def dataset(shop: Shop) -> Json:
    """The Stripe account before the first payment."""
    return {
        "account": {"id": ACCOUNT_ID, "keys": [API_KEY], **_SETTINGS},
        "customers": shop.customers,
        "webhook_endpoints": [],
    }


def named(month: CashMonth, truth: Iterable[Json]) -> CashMonth:
    """The month with Stripe's own ids in place of handles, as far as the objects are there."""
    there = list(truth)
    ids, paid = handles(there), payouts(there)
    rows = tuple(
        replace(
            row,
            reference=ids.get(row.reference, row.reference),
            amount=f"{paid[row.reference]:f}" if row.reference in paid else row.amount,
        )
        for row in month.rows
    )
    return replace(month, rows=rows)


def payouts(truth: Iterable[Json]) -> dict[str, Decimal]:
    """Handle of each payout → what the bank gets."""
    made = [one["fields"] for one in truth if one["record"] == "payout"]
    return {f"payout-{number}": Decimal(one["amount"]).scaleb(-2) for number, one in enumerate(made, start=1)}


def handles(truth: Iterable[Json]) -> dict[str, str]:
    """Handle → what the object, or the entry, goes by at Stripe."""
    by_kind: dict[str, list[Json]] = {}
    for one in truth:
        by_kind.setdefault(str(one["record"]), []).append({**one["fields"], "id": one["id"]})
    found: dict[str, str] = {}
    charges: dict[str, str] = {}
    for charge in by_kind.get("charge", ()):
        handle = charge["metadata"].get(HANDLE)
        if handle:
            charges[charge["id"]] = handle
            found[handle] = charge["id"]
            found[f"{handle}/fee"] = f"{charge['balance_transaction']}-fee"
            found[f"{handle}/fee-back"] = f"{charge.get('failure_balance_transaction')}-fee"
    for kind in ("refund", "dispute"):
        for one in by_kind.get(kind, ()):
            handle = charges.get(one["charge"])
            found[f"{handle}/{kind}"] = one["id"]
            for transaction in one.get("balance_transactions") or ():
                found.setdefault(f"{handle}/{kind}-fee", f"{transaction}-fee")
    for number, payout in enumerate(by_kind.get("payout", ()), start=1):
        found[f"payout-{number}"] = payout["id"]
    return found
