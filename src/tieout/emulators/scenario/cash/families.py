"""What payers do, by name: each family makes its entries, with how they must end, and says what it is about."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from tieout.emulators.scenario.cash.entries import Entry
from tieout.emulators.scenario.cash.prepayments import beyond_an_order, for_an_order
from tieout.emulators.scenario.cash.treasury import BAI2, CAMT, CHECKS, CTX, Payer, Treasury
from tieout.emulators.scenario.cash_model import BACK, FILE, CashRow, HandEntry
from tieout.emulators.scenario.company import BANK_ACCOUNTS, CURRENCY_IDS, RECEIVABLES
from tieout.emulators.scenario.model import CASE, CONFIRMED, IGNORED


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """One kind of entry: how it ends, what happened, and who makes it."""

    outcome: str
    code: str | None
    story: str
    make: Callable[[Treasury, str], None]


def _exact(
    t: Treasury, plant: str | None, route: str, *, wave: int = 1, payer: Payer | None = None
) -> CashRow:
    """A manual invoice, named and paid to the cent."""
    subsidiary, currency = ("2", "EUR") if route == CAMT else ("1", "USD")
    payer = payer or t.company(subsidiary=subsidiary, currency=currency)
    invoice = t.invoice(payer, subsidiary=subsidiary, currency=currency)
    items = ((invoice.number, invoice.open),) if route == CTX else ()
    text = f"Invoice {invoice.number}"
    return t.pays(
        payer, route, invoice.open, text=text, items=items, wave=wave, plant=plant,
        applied=((invoice.document, invoice.open),),
    )  # fmt: skip


def old_number(t: Treasury, plant: str) -> None:
    """One by each route."""
    for route in (BAI2, CTX, CHECKS, CAMT):
        _exact(t, plant, route)


def bundle(t: Treasury, plant: str) -> None:
    """A list in an 820, line by line, and one in a text."""
    payer = t.company()
    items = tuple((one.number, one.open) for one in (t.invoice(payer) for _ in range(3)))
    total = sum((amount for _, amount in items), Decimal(0))
    parts = tuple((f"number:{number}", amount) for number, amount in items)
    t.pays(payer, CTX, total, items=items, plant=plant, applied=parts)
    payer = t.company(subsidiary="2", currency="EUR")
    listed = [t.invoice(payer, subsidiary="2", currency="EUR") for _ in range(2)]
    text = "Rechnungen " + " + ".join(one.number for one in listed)
    parts = tuple((one.document, one.open) for one in listed)
    t.pays(payer, CAMT, sum((one.open for one in listed), Decimal(0)), text=text, plant=plant, applied=parts)


def paid_for_a_child(t: Treasury, plant: str) -> None:
    """The parent's account is known to pay for the child: what it names is the child's, and is applied."""
    child, parent = t.company(), t.company()
    invoice = t.invoice(child)
    paying = Payer(
        customer=child.customer,
        name=parent.name,
        company_id=parent.company_id,
        check=parent.check,
        iban=parent.iban,
    )
    t.pays(
        paying, BAI2, invoice.open, text=f"for {invoice.number}", plant=plant,
        applied=((invoice.document, invoice.open),),
    )  # fmt: skip


def equal_payments(t: Treasury, plant: str) -> None:
    """Two invoices of one amount, two payments of one day and file: both are money."""
    payer = t.company()
    first = t.invoice(payer)
    body = t.builder.netsuite_transactions[-1]
    second = t.invoice(payer)
    t.builder.netsuite_transactions[-1]["item"] = body["item"]
    for one in (first, second):
        t.pays(
            payer, BAI2, first.open, text=f"{one.number} thank you", plant=plant,
            applied=((one.document, first.open),),
        )  # fmt: skip


def _lost(kind: str) -> Callable[[Treasury, str], None]:
    def make(t: Treasury, plant: str) -> None:
        t.fault(_exact(t, plant, BAI2), kind)

    return make


def file_twice(t: Treasury, plant: str) -> None:
    """A file of its own, delivered in the first wave and again, under another name, in the second."""
    payer = t.company()
    invoice = t.invoice(payer)
    row = t.pays(
        payer, BAI2, invoice.open, text=invoice.number, wave=0, plant=plant,
        applied=((invoice.document, invoice.open),),
    )  # fmt: skip
    text = t.text(1, BAI2, t.take(row, BAI2))
    t.file(1, BAI2, text)
    t.file(2, BAI2, text)


def file_corrected(t: Treasury, plant: str) -> None:
    """A file that does not foot, and the bank's correct one a day later."""
    payer = t.company()
    invoice = t.invoice(payer)
    row = t.pays(
        payer, BAI2, invoice.open, text=invoice.number, wave=3,
        applied=((invoice.document, invoice.open),),
    )  # fmt: skip
    entries = t.take(row, BAI2)
    broken = t.file(2, BAI2, t.text(2, BAI2, entries, off_by=1000))
    t.file(3, BAI2, t.text(3, BAI2, entries))
    digest = hashlib.sha256(broken.text.encode()).hexdigest()
    t.rows.append(
        CashRow(
            reference=digest,
            wave=2, kind=FILE, plant=plant, amount="0", currency="USD", outcome=CASE,
            code="bank_file_blocked",
        )
    )  # fmt: skip


def short(t: Treasury, plant: str) -> None:
    """Less than the invoice it names."""
    payer = t.company()
    invoice = t.invoice(payer)
    t.pays(payer, BAI2, invoice.open - 100, text=invoice.number, plant=plant, outcome=CASE, code="cash_short")


def over(t: Treasury, plant: str) -> None:
    """More than the invoice it names."""
    payer = t.company()
    invoice = t.invoice(payer)
    t.pays(payer, BAI2, invoice.open + 75, text=invoice.number, plant=plant, outcome=CASE, code="cash_over")


def unknown_payer(t: Treasury, plant: str) -> None:
    """Names an invoice; nobody knows whose account it comes from."""
    payer = t.company()
    invoice = t.invoice(payer)
    t.pays(
        payer, BAI2, invoice.open, text=invoice.number, known=False, plant=plant, outcome=CASE,
        code="payer_unknown", booked=False,
    )  # fmt: skip


def no_reference(t: Treasury, plant: str) -> None:
    """Exactly one open invoice of the amount, and nothing that names it."""
    payer = t.company()
    invoice = t.invoice(payer)
    t.pays(
        payer, BAI2, invoice.open, text="with thanks", plant=plant, outcome=CASE, code="cash_amount_only",
    )  # fmt: skip


def other_customers(t: Treasury, plant: str) -> None:
    """Names the invoice of somebody it has nothing to do with."""
    payer, stranger = t.company(), t.company()
    invoice = t.invoice(stranger)
    t.pays(
        payer, BAI2, invoice.open, text=invoice.number, plant=plant, outcome=CASE, code="cash_other_customer",
    )  # fmt: skip


def absent_number(t: Treasury, plant: str) -> None:
    """Names a number of ours that does not exist, beside an invoice whose amount agrees."""
    payer = t.company()
    invoice = t.invoice(payer)
    t.pays(
        payer, BAI2, invoice.open, text=f"{invoice.number} INV7777777", plant=plant, outcome=CASE,
        code="cash_unresolved_reference",
    )  # fmt: skip


def wrong_entity(t: Treasury, plant: str) -> None:
    """Owes the American company in euros, and pays the German one."""
    payer = t.company(subsidiary="1", currency="EUR")
    invoice = t.invoice(payer, subsidiary="1", currency="EUR")
    t.pays(
        payer, CAMT, invoice.open, text=invoice.number, plant=plant, outcome=CASE, code="cash_wrong_entity",
        booked=False,
    )  # fmt: skip


def paid_twice(t: Treasury, plant: str) -> None:
    """Pays the same invoice again a day later."""
    row = _exact(t, None, BAI2)
    payer = next(one for one in t.payers if one.customer == row.customer)
    again = Payer(customer=row.customer, name="AGAIN", company_id=payer.value, check="", iban="")
    number = row.applied[0].document.removeprefix("number:")
    t.pays(
        again, BAI2, Decimal(row.amount), text=f"Invoice {number}", wave=2, plant=plant, outcome=CASE,
        code="cash_duplicate_payment",
    )  # fmt: skip


def entered_by_hand(t: Treasury, plant: str) -> None:
    """Somebody has entered the payment in NetSuite, on account, before the bank's file tells of it."""
    _by_hand(t, plant, "payment_entered_by_hand", applied=False)


def applied_by_hand(t: Treasury, plant: str) -> None:
    """Somebody has entered the payment and applied it: the invoice is paid, and the money is not booked again."""
    _by_hand(t, plant, "payment_entered_by_hand", applied=True)


def _by_hand(t: Treasury, plant: str, code: str, *, applied: bool) -> None:
    payer = t.company()
    invoice = t.invoice(payer)
    body = {
        "customer": {"id": payer.customer},
        "payment": f"{invoice.open:f}",
        "tranDate": t.day(2).isoformat(),
        "currency": {"id": CURRENCY_IDS["USD"]},
        "arAcct": {"id": RECEIVABLES["1"]},
        "account": {"id": BANK_ACCOUNTS["1"]},
    }
    t.by_hand.append(HandEntry(wave=2, number=invoice.number if applied else "", body=body))
    t.pays(
        payer,
        BAI2,
        invoice.open,
        text=invoice.number,
        wave=2,
        plant=plant,
        outcome=CASE,
        code=code,
        booked=False,
    )


def second_route(t: Treasury, plant: str) -> None:
    """A check in the lockbox file, and the same money a day later as a line of the bank's report."""
    row = _exact(t, None, CHECKS)
    payer = t.payer(row.customer, "LOCKBOX DEPOSIT")
    t.pays(
        payer, BAI2, Decimal(row.amount), text="LOCKBOX CREDIT", wave=2, known=False, plant=plant, outcome=CASE,
        code="second_sighting", booked=False, told_before=True,
    )  # fmt: skip


def returned(t: Treasury, plant: str) -> None:
    """What was collected a day before comes back as R01, insufficient funds."""
    row = _exact(t, None, BAI2)
    reference = t.reference(BAI2)
    text = f"RETURN R01 OF {row.reference}"
    entry = Entry(reference=reference, amount=Decimal(row.amount), kind="returned", text=text)
    t.other(BAI2, entry, plant=plant, outcome=CASE, code="payment_returned", kind=BACK)


def notice_of_change(t: Treasury, plant: str) -> None:
    """The payer's bank tells of a new account number."""
    entry = Entry(
        reference=t.reference(CTX), amount=Decimal(0), kind="notice", payer="NORTHLIGHT SOFTW",
        identifier="1234567890", text="1918171614",
    )  # fmt: skip
    t.other(CTX, entry, plant=plant, outcome=IGNORED, code="notice_of_change")


def bank_fee(t: Treasury, plant: str) -> None:
    """The bank's price list."""
    entry = Entry(
        reference=t.reference(BAI2), amount=Decimal("42.50"), kind="fee", text="ANALYSIS CHARGE OCTOBER"
    )
    t.other(BAI2, entry, plant=plant, outcome=IGNORED, code="bank_fee")


def money_out(t: Treasury, plant: str) -> None:
    """We paid somebody."""
    entry = Entry(
        reference=t.reference(BAI2), amount=Decimal("1850.00"), kind="paid_out", text="CHECK 10441 PAID"
    )
    t.other(BAI2, entry, plant=plant, outcome=IGNORED, code="money_out")


def _confirmed(story: str, make: Callable[[Treasury, str], None]) -> Family:
    return Family(outcome=CONFIRMED, code=None, story=story, make=make)


def _case(code: str, story: str, make: Callable[[Treasury, str], None]) -> Family:
    return Family(outcome=CASE, code=code, story=story, make=make)


def _ignored(code: str, story: str, make: Callable[[Treasury, str], None]) -> Family:
    return Family(outcome=IGNORED, code=code, story=story, make=make)


FAMILIES: dict[str, Family] = {
    "old_number": _confirmed("A manual invoice of before the cut-over is named by its number.", old_number),
    "bundle": _confirmed("One payment lists several invoices that sum to it.", bundle),
    "paid_for_a_child": _confirmed("A parent that is known to pay for its child.", paid_for_a_child),
    "equal_payments": _confirmed("Two genuine payments of one amount, payer and day.", equal_payments),
    "file_twice": _confirmed("The same file is delivered again.", file_twice),
    "payment_commit_hang": _confirmed(
        "The payment is created; the answer never comes.", _lost("commit_hang")
    ),
    "payment_hang": _confirmed("Neither payment nor answer.", _lost("hang")),
    "payment_without_location": _confirmed(
        "The payment is created; the answer names no id.", _lost("missing_location")
    ),
    "short": _case("cash_short", "Less than the invoice it names; on account.", short),
    "over": _case("cash_over", "More than the invoice it names; on account.", over),
    "unknown_payer": _case("payer_unknown", "Nobody knows who paid; not booked.", unknown_payer),
    "no_reference": _case(
        "cash_amount_only", "Only the amount says what it is for; on account.", no_reference
    ),
    "other_customers_invoice": _case(
        "cash_other_customer", "It names another customer's invoice; on account.", other_customers
    ),
    "absent_number": _case(
        "cash_unresolved_reference",
        "It also names an invoice that does not exist; on account.",
        absent_number,
    ),
    "wrong_entity": _case("cash_wrong_entity", "The invoice is another subsidiary's.", wrong_entity),
    "paid_twice": _case("cash_duplicate_payment", "The same invoice is paid again; on account.", paid_twice),
    "entered_by_hand": _case(
        "payment_entered_by_hand", "Somebody has entered the payment in NetSuite already.", entered_by_hand
    ),
    "applied_by_hand": _case(
        "payment_entered_by_hand", "Somebody has entered and applied it already; not booked.", applied_by_hand
    ),
    "second_route": _case("second_sighting", "Lockbox and bank line tell of the same money.", second_route),
    "returned": _case("payment_returned", "A payment of the day before comes back (R01).", returned),
    "file_does_not_foot": _case(
        "bank_file_blocked", "A file whose totals are not its sum; the correct one follows.", file_corrected
    ),
    "notice_of_change": _ignored(
        "notice_of_change", "The bank tells of a changed account.", notice_of_change
    ),
    "bank_fee": _ignored("bank_fee", "The bank's own charge.", bank_fee),
    "money_out": _ignored("money_out", "A check we wrote is paid.", money_out),
    "paid_for_an_order": _confirmed(
        "An order that is not billed yet is paid in advance, in two parts: customer deposits.", for_an_order
    ),
    "paid_beyond_an_order": _case(
        "cash_prepayment", "More in advance than the order comes to; on account.", beyond_an_order
    ),
}
