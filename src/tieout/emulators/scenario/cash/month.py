"""The month's money: every family of trouble at the bank and at Stripe, then payments of what was sold."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from tieout.emulators.scenario import expectations
from tieout.emulators.scenario.builder import Builder, Deal
from tieout.emulators.scenario.cash.families import FAMILIES
from tieout.emulators.scenario.cash.shop import BALANCE, Shop, dataset
from tieout.emulators.scenario.cash.shop import FAMILIES as SHOP_FAMILIES
from tieout.emulators.scenario.cash.treasury import (
    BAI2,
    CAMT,
    CHECKS,
    CTX,
    IBAN,
    OPERATING,
    Payer,
    Treasury,
    gross,
)
from tieout.emulators.scenario.cash_model import CashMonth
from tieout.emulators.scenario.company import (
    BANK_ACCOUNTS,
    PROCESSING_FEES,
    RECEIVABLES,
    STRIPE_BALANCE,
    SUBSIDIARY_OF,
)
from tieout.emulators.scenario.model import CONFIRMED

#: Families that are told after the shop's: what a shop draws depends on how many customers there were before it.
LAST = ("paid_for_an_order", "paid_beyond_an_order")
#: so many in a hundred of the ordinary confirmed deals are paid within the month
PAID_SHARE_PERCENT = 40
#: and so many by card
CARD_SHARE_PERCENT = 8
#: how the money comes, by weight
_WAYS = ((BAI2, 45), (CTX, 35), (CHECKS, 20))


def cash_month(builder: Builder) -> CashMonth:
    """What the bank will tell; adds customers, invoices and faults of its own to the builder."""
    treasury = Treasury(builder)
    _tell(treasury, [name for name in FAMILIES if name not in LAST])
    shop = Shop(treasury)
    for name, at_shop in SHOP_FAMILIES.items():
        at_shop.make(shop, name)
        made = [row for row in shop.rows if row.plant == name]
        if not made or any((row.outcome, row.code) != (at_shop.outcome, at_shop.code) for row in made):
            raise AssertionError(f"family {name} does not make what it promises")
    _tell(treasury, LAST)
    _ordinary(treasury, shop)
    treasury.write_files()
    return CashMonth(
        accounts={
            OPERATING: _account("1", "USD", ["us", "lockbox"]),
            IBAN: _account("2", "EUR", ["de"]),
            BALANCE: {
                **_account("1", "USD", []),
                "account": "",
                "payouts": {
                    "bank": OPERATING,
                    "clearing": STRIPE_BALANCE,
                    "fees": {"other": PROCESSING_FEES},
                },
            },
        },
        payers=tuple(treasury.payers),
        files=tuple(sorted(treasury.files, key=lambda file: (file.wave, file.folder, file.name))),
        by_hand=tuple(treasury.by_hand),
        rows=(*treasury.rows, *shop.rows),
        stripe=dataset(shop),
        acts=tuple(shop.acts),
        arrivals=tuple(shop.arrivals),
    )


def _tell(treasury: Treasury, names: Iterable[str]) -> None:
    """Each family's entries, which have to end as it promises."""
    for name in names:
        family, before = FAMILIES[name], len(treasury.rows)
        family.make(treasury, name)
        made = [row for row in treasury.rows[before:] if row.plant == name]
        if not made or any((row.outcome, row.code) != (family.outcome, family.code) for row in made):
            raise AssertionError(f"family {name} does not make what it promises")


def _account(subsidiary: str, currency: str, folders: list[str]) -> dict[str, object]:
    return {
        "account": BANK_ACCOUNTS[subsidiary],
        "subsidiary": subsidiary,
        "currency": currency,
        "receivables": [RECEIVABLES[subsidiary]],
        "folders": folders,
    }


def _ordinary(treasury: Treasury, shop: Shop) -> None:
    """Customers pay what was sold to them: the invoice named by Tieout's external ID, the amount to the cent. A few of
    those who do not pay by bank pay by card, with the stamp our billing code writes on such payments.
    """
    at_stripe: dict[str, str] = {}
    draw = treasury.builder.random("cash")
    payers: dict[str, Payer] = {}
    for deal in treasury.builder.deals:
        if deal.plant is not None or deal.outcome != CONFIRMED or deal.currency == "JPY":
            continue
        account, amount = deal.payer, owed(deal)
        share = draw.randrange(100)
        if share >= PAID_SHARE_PERCENT:
            if share < PAID_SHARE_PERCENT + CARD_SHARE_PERCENT and deal.currency == "USD":
                if account.id not in at_stripe:
                    at_stripe[account.id] = shop.payer(account.id, account.name)
                applied = ((f"deal:{deal.id}", amount),)
                stamp = f"inv-{deal.id}"
                shop.pays(None, account.id, at_stripe[account.id], amount, stamp=stamp, applied=applied)
            continue
        payer = payers.setdefault(account.id, treasury.payer(account.id, account.name))
        drawn = draw.choices([way for way, _ in _WAYS], [weight for _, weight in _WAYS])[0]
        wave = 1 if draw.random() < 0.7 else 2  # most pay before the last day
        shouted = draw.random() < 0.3  # many banks know capital letters only
        key = (deal.currency, amount)
        route = CAMT if deal.currency == "EUR" else treasury.routes.get(key, drawn)
        name = f"inv-{deal.id}".upper() if shouted else f"inv-{deal.id}"
        items = ((name, amount),) if route == CTX else ()
        treasury.pays(
            payer, route, amount, text=f"Invoice {name}", items=items, wave=wave,
            applied=((f"deal:{deal.id}", amount),),
        )  # fmt: skip


def owed(deal: Deal) -> Decimal:
    """What the invoice of a deal comes to, tax included."""
    net = sum((Decimal(line.amount) for line in expectations.lines(deal)), Decimal(0))
    return gross(net, SUBSIDIARY_OF[deal.payer.country], deal.currency).quantize(Decimal("0.01"))
