"""Plants that end ignored by name, or as a case with its own code."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

from tieout.emulators.scenario.builder import OPEN_STAGE, WON_STAGE, Builder, Deal
from tieout.emulators.scenario.company import CURRENCY_IDS, OTHER_WRITER, OTHER_WRITER_FIELD, SUBSIDIARY_OF
from tieout.emulators.scenario.model import CASE, IGNORED
from tieout.emulators.scenario.money import unit
from tieout.emulators.scenario.plants_confirmed import touch


def _case(deal: Deal, code: str) -> Deal:
    deal.outcome, deal.code = CASE, code
    return deal


def open_deal(builder: Builder, plant: str) -> None:
    """Edited eight times, never won."""
    deal = builder.deal(builder.directory.new(), plant=plant)
    deal.stage, deal.won_at, deal.outcome, deal.code = OPEN_STAGE, None, IGNORED, "not_won"
    for place in range(8):
        touch(builder, deal, f"call {place + 1}", seconds=10 + 35 * place)


def before_cut_over(builder: Builder, plant: str) -> None:
    """Won ten days before the cut-over; somebody edits it in the month, so it is read."""
    deal = builder.deal(builder.directory.new(), plant=plant)
    deal.close_date = builder.cut_over - timedelta(days=10)
    deal.won_at = datetime.combine(deal.close_date, time(15), UTC)
    deal.touched_at = datetime.combine(builder.start + timedelta(days=3), time(9), UTC)
    deal.outcome, deal.code = IGNORED, "before_cut_over"


def legacy_customer(builder: Builder, plant: str) -> None:
    """Same name but for its spelling, same domain, no external ID: a person must look before it is doubled."""
    account = builder.directory.new(country="US")
    stem = account.name.replace(",", "").removesuffix(".")
    builder.customer(
        companyName=stem.upper(),
        url=account.website.replace("https://www.", "http://"),
        email=account.email,
        subsidiary={"id": "1"},
        currency={"id": CURRENCY_IDS["USD"]},
    )
    deal = _case(builder.deal(account, plant=plant), "customer_suspected_legacy")
    deal.customer_stays_out = True


def unmapped_sku(builder: Builder, plant: str) -> None:
    """One good line and one whose product has no crosswalk row."""
    deal = _case(builder.deal(builder.directory.new(), plant=plant, lines=1), "item_unmapped")
    builder.line(deal, builder.catalogue.unmapped, quantity=1)


def inactive_item(builder: Builder, plant: str) -> None:
    """One good line and one whose item NetSuite has made inactive."""
    deal = _case(builder.deal(builder.directory.new(), plant=plant, lines=1), "item_inactive")
    builder.line(deal, builder.catalogue.retired, quantity=1)


def missing_subsidiary_rule(builder: Builder, plant: str) -> None:
    """A billing country no rule names."""
    deal = _case(builder.deal(builder.directory.new(country="BR"), plant=plant), "subsidiary_rule_missing")
    deal.customer_stays_out = True


def new_mandatory_field(builder: Builder, plant: str) -> None:
    """The only public sector customer is billed on a form that now wants a contract vehicle."""
    account = builder.directory.new(country="US", segment="Public Sector")
    _case(builder.deal(account, plant=plant), "mandatory_field_missing")


def won_reopened_won(builder: Builder, plant: str) -> None:
    """Once it is billed: back to negotiation, and won again half a minute later."""
    deal = _case(builder.deal(builder.directory.new(), plant=plant), "deal_reopened")
    deal.written = True
    reopened = builder.change(
        "salesforce", "set_stage", {"id": deal.id, "stage": OPEN_STAGE}, seconds=120, record_for=deal.id
    )
    builder.change("salesforce", "set_stage", {"id": deal.id, "stage": WON_STAGE}, seconds=30, after=reopened)


def no_lines(builder: Builder, plant: str) -> None:
    """Only an amount: no default item is ever used."""
    deal = _case(builder.deal(builder.directory.new(), plant=plant, lines=0), "lines_missing")
    deal.amount = Decimal(12500).quantize(unit(deal.currency))


def other_connector_wrote(builder: Builder, plant: str) -> None:
    """The customer and the invoice are there, with the bare ids and the field another connector uses."""
    account = builder.directory.new(country="US")
    deal = _case(builder.deal(account, plant=plant, lines=2), "foreign_writer")
    builder.known_customer(account, by=OTHER_WRITER)
    builder.netsuite_transactions.append(
        {
            "type": "invoice",
            "externalId": deal.id,
            "entity": {"id": account.known_customer},
            "subsidiary": {"id": SUBSIDIARY_OF[account.country]},
            "currency": {"id": CURRENCY_IDS[deal.currency]},
            "tranDate": deal.close_date.isoformat(),
            OTHER_WRITER_FIELD: deal.id,
            "item": {
                "items": [
                    {
                        "item": {"id": line.product.item},
                        "quantity": str(line.quantity),
                        "amount": str(line.total),
                    }
                    for line in deal.lines
                ]
            },
            "_by": OTHER_WRITER,
            "_created": datetime.combine(deal.close_date, time(23), UTC).isoformat(),
        }
    )


def closed_period(builder: Builder, plant: str) -> None:
    """Dated after the cut-over, in the month that was closed before it was won."""
    deal = _case(builder.deal(builder.directory.new(), plant=plant), "period_closed")
    deal.close_date = builder.start.replace(day=1) - timedelta(days=3)
    deal.won_at = datetime.combine(builder.start + timedelta(days=2), time(10), UTC)


def recurring_line(builder: Builder, plant: str) -> None:
    """A monthly subscription beside a one-time line: billed by schedule, never at once."""
    deal = _case(builder.deal(builder.directory.new(), plant=plant, lines=1), "line_recurring_unsupported")
    builder.line(deal, builder.catalogue.subscribed, quantity=36)


def header_mismatch(builder: Builder, plant: str) -> None:
    """The header says less than the lines, and no discount says why."""
    deal = _case(builder.deal(builder.directory.new(), plant=plant, lines=2), "amount_mismatch")
    total = sum((line.total for line in deal.lines), Decimal(0))
    deal.amount = total - Decimal(250).quantize(unit(deal.currency))


def currency_not_allowed(builder: Builder, plant: str) -> None:
    """A dollar customer's deal in euros."""
    account = builder.directory.new(country="US")
    builder.known_customer(account)
    deal = _case(builder.deal(account, plant=plant, lines=0), "currency_not_enabled")
    deal.currency = "EUR"
    builder.line(deal, builder.catalogue.sold[3], quantity=1)
