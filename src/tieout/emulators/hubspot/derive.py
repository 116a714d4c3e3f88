"""What HubSpot calculates: line totals, a deal's closed flags, its recurring figures and its currency.

Sources: crm-cpq reference §8.4. A percentage discount applies to the line, a `discount` to each unit. The
recurring figures of a line are [inferred]: monthly price from frequency and amount, total over its term.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from tieout.emulators.hubspot.objects import TYPES
from tieout.emulators.hubspot.portal import Item, Portal
from tieout.emulators.hubspot.values import money, number_or, parse_number, plain

_MONTHS = {"monthly": 1, "quarterly": 3, "per_six_months": 6, "annually": 12, "per_two_years": 24,
           "per_three_years": 36}  # fmt: skip
_PERIOD = re.compile(r"P(?:(\d+)Y)?(?:(\d+)M)?\Z")
_HUNDRED = Decimal(100)


def line_properties(portal: Portal, given: dict[str, str]) -> dict[str, str]:
    """The calculated properties of a line item from the ones it holds."""
    currency = given.get("hs_line_item_currency_code") or portal.settings["company_currency"]
    price, quantity = number_or(given.get("price")), number_or(given.get("quantity"), Decimal(1))
    before = price * quantity
    percent = number_or(given.get("hs_discount_percentage"))
    if not portal.switches.on("HS-27e"):
        unit = price - price * percent / _HUNDRED - number_or(given.get("discount"))
        discount = before - parse_number(money(unit, currency)) * quantity
    else:
        discount = before * percent / _HUNDRED + number_or(given.get("discount")) * quantity
    amount = parse_number(money(before - discount, currency))
    found = {
        "hs_pre_discount_amount": money(before, currency),
        "hs_total_discount": money(before - amount, currency),
        "amount": money(amount, currency),
    }
    return {**found, **_recurring(given, amount, currency)}


def _recurring(given: dict[str, str], amount: Decimal, currency: str) -> dict[str, str]:
    every = _MONTHS.get(given.get("recurringbillingfrequency", ""))
    if every is None:
        return {
            "hs_mrr": money(Decimal(0), currency),
            "hs_arr": money(Decimal(0), currency),
            "hs_acv": money(amount, currency),
            "hs_tcv": money(amount, currency),
        }
    months = term_months(given.get("hs_recurring_billing_period"))
    monthly = amount / every
    yearly = monthly * 12
    found = {
        "hs_mrr": money(monthly, currency),
        "hs_arr": money(yearly, currency),
        "hs_acv": money(monthly * min(months or 12, 12), currency),
        "hs_tcv": money(monthly * (months or 12), currency),
    }
    if months:
        found["hs_term_in_months"] = str(months)
        start = given.get("hs_recurring_billing_start_date")
        if start:
            found["hs_recurring_billing_end_date"] = _after(date.fromisoformat(start[:10]), months)
    return found


def term_months(period: str | None) -> int | None:
    """Months of an ISO 8601 period of years and months; None when there is none."""
    match = _PERIOD.match(period or "")
    if match is None:
        return None
    return int(match.group(1) or 0) * 12 + int(match.group(2) or 0) or None


def _after(start: date, months: int) -> str:
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    last = [31, 29 if year % 4 == 0 and (year % 100 or year % 400 == 0) else 28,
            31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month]  # fmt: skip
    return date(year, month + 1, min(start.day, last)).isoformat()


def deal_properties(portal: Portal, item: Item | None, given: dict[str, str]) -> dict[str, str]:
    """The calculated properties of a deal; a closed deal keeps the exchange rate it was closed with."""
    stage = portal.stage(given.get("pipeline"), given.get("dealstage"))
    metadata = stage["metadata"] if stage else {}
    probability = str(metadata.get("probability", "0.0"))
    closed = str(metadata.get("isClosed", "false")) == "true"
    won = closed and number_or(probability) == 1
    found = {
        "hs_is_closed": str(closed).lower(),
        "hs_is_closed_won": str(won).lower(),
        "hs_deal_stage_probability": probability,
    }
    rate = portal.rate(given.get("deal_currency_code"))
    was_closed = item is not None and item.properties.get("hs_is_closed") == "true"
    if closed and was_closed and portal.switches.on("HS-27d"):
        rate = given.get("hs_exchange_rate", rate)
    found["hs_exchange_rate"] = rate
    if given.get("amount"):
        home = number_or(given["amount"]) * number_or(rate, Decimal(1))
        found["amount_in_home_currency"] = money(home, portal.settings["company_currency"])
    return found


def roll_up(portal: Portal, deal: Item) -> dict[str, str | None]:
    """A deal's figures from its lines. `amount` is among them only where the portal says so."""
    linked = portal.links.of("deals", deal.id, "line_items")
    lines = [
        line for line in (portal.find(TYPES["line_items"], number) for number in linked) if line is not None
    ]
    found: dict[str, str | None] = {"hs_num_of_line_items": str(len(lines))}
    for name in ("hs_mrr", "hs_arr", "hs_acv", "hs_tcv"):
        total = sum((number_or(line.properties.get(name)) for line in lines), Decimal(0))
        found[name] = plain(total) if lines else None
    if not portal.switches.on("HS-27b") and lines:
        total = sum((number_or(line.properties.get("amount")) for line in lines), Decimal(0))
        found["amount"] = money(total, deal.properties.get("deal_currency_code"))
    return found
