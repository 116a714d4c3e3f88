"""Payers that pay before they are billed: they name an order."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

from tieout.emulators.scenario.cash.treasury import BAI2, Payer, Treasury
from tieout.emulators.scenario.company import CURRENCY_IDS
from tieout.emulators.scenario.model import CASE


def _order(t: Treasury, payer: Payer, number: int, amount: Decimal) -> str:
    """An order of before the cut-over that nobody has billed. Returns its number."""
    day = t.builder.cut_over - timedelta(days=5)
    t.builder.netsuite_transactions.append(
        {
            "type": "salesOrder",
            "tranId": f"SO{number}",
            "entity": {"id": payer.customer},
            "subsidiary": {"id": "1"},
            "currency": {"id": CURRENCY_IDS["USD"]},
            "tranDate": day.isoformat(),
            "orderStatus": {"id": "F"},
            "item": {"items": [{"item": {"id": "501"}, "quantity": "1", "amount": f"{amount:f}"}]},
            "_created": datetime.combine(day, time(10), UTC).isoformat(),
        }
    )
    return f"SO{number}"


def for_an_order(t: Treasury, plant: str) -> None:
    """Half in advance, then all the rest: two deposits for one order."""
    payer = t.company()
    number = _order(t, payer, 9801, Decimal("7312.50"))
    for amount, wave in (("3650.00", 1), ("3662.50", 2)):
        row = t.pays(payer, BAI2, Decimal(amount), text=f"advance {number}", wave=wave, plant=plant)
        t.rows[-1] = replace(row, order=number)


def beyond_an_order(t: Treasury, plant: str) -> None:
    """More than the order comes to."""
    payer = t.company()
    number = _order(t, payer, 9802, Decimal("1210.00"))
    t.pays(
        payer, BAI2, Decimal("1219.99"), text=f"advance {number}", plant=plant, outcome=CASE, code="cash_prepayment"
    )  # fmt: skip
