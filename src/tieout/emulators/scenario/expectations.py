"""How every input must end, computed from what was planted and from nothing the product does."""

from __future__ import annotations

from decimal import Decimal

from tieout.emulators.scenario.builder import Builder, Deal
from tieout.emulators.scenario.company import CURRENCY_IDS, SUBSIDIARY_OF, TERM_IDS
from tieout.emulators.scenario.model import CASE, CONFIRMED, ExpectedLine, ExpectedRecord, Row
from tieout.emulators.scenario.money import spread
from tieout.emulators.scenario.people import Account


def row(builder: Builder, deal: Deal) -> Row:
    """One deal's row: its customer and transactions when it is written, nothing when it is not."""
    written = deal.outcome == CONFIRMED or deal.written
    may_create = (
        [deal.payer.id] if deal.outcome == CASE and not written and not deal.customer_stays_out else []
    )
    if may_create and deal.account.id not in may_create:
        may_create.append(deal.account.id)
    return Row(
        source_id=deal.id,
        name=deal.name,
        plant=deal.plant,
        outcome=deal.outcome,
        code=deal.code,
        records=(customer(deal.payer), *transactions(builder, deal)) if written else (),
        may_create=tuple(may_create),
    )


def customer(account: Account) -> ExpectedRecord:
    """The customer of an account; one that NetSuite had before is named by its internal id."""
    return ExpectedRecord(
        type="customer",
        source_id=account.id,
        subsidiary=SUBSIDIARY_OF[account.country],
        currency=CURRENCY_IDS[account.currency],
        internal_id=account.known_customer,
        name=" ".join(account.name.split()),
        terms=TERM_IDS[account.terms],
        city=account.city,
        country=account.country,
    )


def transactions(builder: Builder, deal: Deal) -> tuple[ExpectedRecord, ...]:
    """The invoice; and the sales order before it where that is the hand-off."""
    kinds = ("salesOrder", "invoice") if builder.handoff == "sales_order" else ("invoice",)
    return tuple(
        ExpectedRecord(
            type=kind,
            source_id=deal.id,
            subsidiary=SUBSIDIARY_OF[deal.payer.country],
            currency=CURRENCY_IDS[deal.currency],
            customer=deal.payer.id,
            tran_date=deal.close_date.isoformat(),
            other_ref_num=deal.po_number or None,
            lines=lines(deal),
        )
        for kind in kinds
    )


def lines(deal: Deal) -> tuple[ExpectedLine, ...]:
    """The deal's lines with a header discount spread over them."""
    amounts = [line.total for line in deal.lines]
    if deal.header_discount:
        shares = spread(deal.header_discount, amounts, deal.currency)
        amounts = [amount - share for amount, share in zip(amounts, shares, strict=True)]
    return tuple(
        ExpectedLine(item=line.product.item or "", quantity=plain(line.quantity), amount=plain(amount))
        for line, amount in zip(deal.lines, amounts, strict=True)
    )


def plain(number: Decimal) -> str:
    """A decimal without trailing zeros or exponent: `1200`, `0.5`."""
    text = f"{number:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"
