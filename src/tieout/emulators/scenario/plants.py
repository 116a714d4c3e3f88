"""What is planted, by name: each plant makes its deals, with how they must end, and says what it is about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tieout.emulators.scenario import plants_cases, plants_confirmed
from tieout.emulators.scenario.builder import Builder
from tieout.emulators.scenario.model import CASE, CONFIRMED, IGNORED


@dataclass(frozen=True, slots=True, kw_only=True)
class Plant:
    """One planted problem: how its rows end, what happened, and who makes the deals."""

    outcome: str
    code: str | None
    story: str
    make: Callable[[Builder, str], None]
    #: how many deals one call of `make` adds
    deals: int = 1
    #: planted only in scenarios of at least this many deals
    from_deals: int = 0


def _confirmed(
    story: str, make: Callable[[Builder, str], None], *, deals: int = 1, from_deals: int = 0
) -> Plant:
    return Plant(outcome=CONFIRMED, code=None, story=story, make=make, deals=deals, from_deals=from_deals)


def _case(code: str, story: str, make: Callable[[Builder, str], None]) -> Plant:
    return Plant(outcome=CASE, code=code, story=story, make=make)


def _lost(kind: str, story: str) -> Plant:
    def make(builder: Builder, plant: str) -> None:
        plants_confirmed.lost_answer(builder, plant, kind)

    return _confirmed(story, make)


_ok, _bad = plants_confirmed, plants_cases

PLANTS: dict[str, Plant] = {
    "name_variants": _confirmed(
        "Two accounts and a stranger in NetSuite share nearly one name.", _ok.name_variants, deals=2
    ),
    "parent_child": _confirmed("Parent and subsidiary both buy.", _ok.parent_child, deals=2),
    "merged_account": _confirmed(
        "The account is merged into another, then the deal is won.", _ok.merged_account
    ),
    "renamed_product": _confirmed(
        "The product is renamed; its item keeps the old name.", _ok.renamed_product
    ),
    "uneven_header_discount": _confirmed(
        "A discount on the header does not divide among the lines.", _ok.uneven_header_discount
    ),
    "free_line": _confirmed("One line is given away at 100 % discount.", _ok.free_line),
    "duplicate_events": _confirmed("The same deal is announced again and again.", _ok.duplicate_events),
    "out_of_order_events": _confirmed(
        "The win is committed late, with a stamp older than rows already read.", _ok.out_of_order_events
    ),
    "burst_429": _confirmed("NetSuite throttles the invoice three times running.", _ok.burst_429),
    "html_502": _confirmed("A gateway answers in HTML, twice.", _ok.html_502),
    "expired_certificate": _confirmed(
        "The deal is won while the integration's certificate has expired.", _ok.expired_certificate, deals=2
    ),
    "commit_hang": _lost("commit_hang", "The invoice is created; the answer never comes."),
    "hang": _lost("hang", "Neither invoice nor answer."),
    "commit_late": _lost("commit_late", "The invoice is created 13 minutes after it was sent."),
    "commit_500": _lost("commit_500", "The invoice is created; the answer says it failed."),
    "error_500": _lost("error_500", "An unexpected error, nothing created."),
    "commit_html_502": _lost("commit_html_502", "The invoice is created; a gateway answers in HTML."),
    "reset": _lost("reset", "The connection breaks before the invoice is created."),
    "commit_reset": _lost("commit_reset", "The connection breaks after the invoice is created."),
    "cut_answer": _lost("cut_answer", "The answer breaks off in the middle."),
    "drip": _lost("drip", "The answer comes one byte a second."),
    "missing_location": _lost("missing_location", "The invoice is created; the answer names no id."),
    "po_number": _confirmed("A purchase order number with quotes, comma and slash.", _ok.po_number),
    "bill_to_differs": _confirmed("Another account pays.", _ok.bill_to_differs, deals=2),
    "cr_lf_emoji_names": _confirmed(
        "Quotes, commas, emoji, right-to-left text and line breaks.", _ok.cr_lf_emoji_names, deals=3
    ),
    "many_lines": _confirmed("One deal of 400 lines.", _ok.many_lines, from_deals=200),
    "open_deal": Plant(
        outcome=IGNORED, code="not_won", story="An open deal, edited often.", make=_bad.open_deal
    ),
    "before_cut_over": Plant(
        outcome=IGNORED,
        code="before_cut_over",
        story="Won before the cut-over date, edited after it.",
        make=_bad.before_cut_over,
    ),
    "legacy_customer": _case(
        "customer_suspected_legacy",
        "NetSuite has the customer from before, without an external ID.",
        _bad.legacy_customer,
    ),
    "unmapped_sku": _case("item_unmapped", "Nobody mapped the new product.", _bad.unmapped_sku),
    "inactive_item": _case("item_inactive", "The mapped item was retired.", _bad.inactive_item),
    "missing_subsidiary_rule": _case(
        "subsidiary_rule_missing", "No rule says who sells to Brazil.", _bad.missing_subsidiary_rule
    ),
    "new_mandatory_field": _case(
        "mandatory_field_missing",
        "An admin made a field mandatory on the public sector form.",
        _bad.new_mandatory_field,
    ),
    "won_reopened_won": _case(
        "deal_reopened", "Reopened after the sync, and won again.", _bad.won_reopened_won
    ),
    "no_lines": _case("lines_missing", "An amount, and no lines.", _bad.no_lines),
    "other_connector_wrote": _case(
        "foreign_writer", "Another connector has written the invoice already.", _bad.other_connector_wrote
    ),
    "closed_period": _case("period_closed", "Signed for a month that is closed.", _bad.closed_period),
    "recurring_line": _case(
        "line_recurring_unsupported", "One line is a monthly subscription.", _bad.recurring_line
    ),
    "header_mismatch": _case(
        "amount_mismatch", "The header is not the sum of its lines.", _bad.header_mismatch
    ),
    "currency_not_allowed": _case(
        "currency_not_enabled",
        "The deal is in a currency the account may not use.",
        _bad.currency_not_allowed,
    ),
}


def smallest(plants: dict[str, Plant]) -> int:
    """How many deals it takes to plant each of them once."""
    return sum(plant.deals for plant in plants.values())
