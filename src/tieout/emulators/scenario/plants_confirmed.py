"""Plants that end confirmed all the same."""

from __future__ import annotations

from decimal import Decimal

from tieout.emulators.scenario.builder import OPEN_STAGE, WON_STAGE, Builder, Deal
from tieout.emulators.scenario.company import CERTIFICATE_ID, CURRENCY_IDS
from tieout.emulators.scenario.people import Account

UGLY_NAMES = (
    'O\'Hara "Quick" Logistics, Inc. \U0001f680',
    "\u05e9\u05dc\u05d5\u05dd Systems \u0634\u0631\u0643\u0629, Ltd. \u2014 50% & more",
    "Zo\u00eb; DROP TABLE invoice --, S\u00e3o \\ Partners / \u682a\u5f0f\u4f1a\u793e \U0001f9d1\u200d\U0001f4bc",
)


def name_variants(builder: Builder, plant: str) -> None:
    """Two accounts of one name in other spelling; and a NetSuite customer, unbound, of another domain."""
    first = builder.directory.new(country="US")
    stem = first.name.split(",", 1)[0].removesuffix(" LLC").removesuffix(" Corp.")
    first.name = f"{stem}, Inc."
    second = builder.directory.new(country="US", name=f"{stem.upper()}  Inc")
    builder.customer(
        companyName=f"{stem} Inc.",
        url="https://www.a-namesake.example",
        subsidiary={"id": "1"},
        currency={"id": CURRENCY_IDS["USD"]},
    )
    builder.deal(first, plant=plant)
    builder.deal(second, plant=plant)


def parent_child(builder: Builder, plant: str) -> None:
    """Parent and child account with one deal each: neither invoice may go to the other."""
    parent = builder.directory.new(country="DE")
    child = builder.directory.new(country="DE", name=f"{parent.name} Niederlassung Süd")
    child.parent = parent.id
    builder.deal(parent, plant=plant)
    builder.deal(child, plant=plant)


def merged_account(builder: Builder, plant: str) -> None:
    """The loser's deal is still open when it is merged away; won afterwards, it belongs to the winner."""
    winner = builder.directory.new(country="US")
    loser = builder.directory.new(country="US", name=f"{winner.name} (duplicate)")
    deal = builder.deal(loser, plant=plant)
    merged = builder.change(
        "salesforce", "merge", {"type": "Account", "winner": winner.id, "losers": [loser.id]}, seconds=60
    )
    builder.win_later(deal, seconds=30, after=merged)
    # Expectations follow the account that is left; the data set starts with the one that goes.
    deal.account, deal.opened_by = winner, loser


def renamed_product(builder: Builder, plant: str) -> None:
    """The product's names never agree, and change in the run: only the id counts."""
    deal = builder.deal(builder.directory.new(), plant=plant, lines=1)
    builder.line(deal, builder.catalogue.renamed, quantity=2)
    renamed = builder.change(
        "salesforce",
        "update",
        {"type": "Product2", "id": builder.catalogue.renamed.id, "fields": {"Name": "Northlight Lumen"}},
        seconds=30,
    )
    builder.win_later(deal, seconds=20, after=renamed)


def uneven_header_discount(builder: Builder, plant: str) -> None:
    """Three lines and a discount whose shares do not come out in cents."""
    account = builder.directory.new(country="US")
    deal = builder.deal(account, plant=plant, lines=0)
    for product, quantity in zip(builder.catalogue.sold[9:12], (3, 1, 7), strict=True):
        builder.line(deal, product, quantity=quantity)
    deal.header_discount = Decimal("1000.00")


def free_line(builder: Builder, plant: str) -> None:
    """A line whose whole price is discounted stays a line, at zero."""
    deal = builder.deal(builder.directory.new(country="US"), plant=plant, lines=1)
    line = builder.line(deal, builder.catalogue.sold[26], quantity=1)
    line.discount, line.total = Decimal(100), Decimal(0)


def duplicate_events(builder: Builder, plant: str) -> None:
    """Edits that change nothing that is sold: four early, two after the invoice exists."""
    deal = builder.deal(builder.directory.new(), plant=plant)
    for place in range(4):
        touch(builder, deal, f"again {place + 1}", seconds=15 + 20 * place)
    first = touch(builder, deal, "after billing", seconds=60, record_for=deal.id)
    touch(builder, deal, "and again", seconds=60, after=first)


def out_of_order_events(builder: Builder, plant: str) -> None:
    """The win becomes visible late: its stamp is older than a neighbour's that was served before."""
    account = builder.directory.new()
    neighbour = builder.deals[0]
    deal = builder.deal(account, plant=plant)
    deal.stage, deal.won_at = OPEN_STAGE, None
    served = touch(builder, neighbour, "newer row", seconds=90)
    # Without a stamp of its own the emulator gives it one just older than the newest row it has served.
    arguments = {"type": "Opportunity", "id": deal.id, "fields": {"StageName": WON_STAGE}}
    builder.change("salesforce", "late_commit", arguments, seconds=45, after=served)


def burst_429(builder: Builder, plant: str) -> None:
    """Three refusals for want of slots: no attempt is spent, nothing is in doubt."""
    builder.fault(builder.deal(builder.directory.new(), plant=plant), "throttle", times=3)


def html_502(builder: Builder, plant: str) -> None:
    """Two answers of a gateway that may or may not have passed the request on."""
    builder.fault(builder.deal(builder.directory.new(), plant=plant), "html_502", times=2)


def expired_certificate(builder: Builder, plant: str) -> None:
    """When the first deal's invoice exists the certificate expires; the second is won in that time."""
    account = builder.directory.new()
    first, second = builder.deal(account, plant=plant), builder.deal(account, plant=plant)
    expired = builder.change(
        "netsuite", "expire_certificate", {"kid": CERTIFICATE_ID}, seconds=0, record_for=first.id
    )
    revoked = builder.change("netsuite", "revoke_tokens", {}, seconds=0, after=expired)
    builder.win_later(second, seconds=0, after=revoked)
    builder.change("netsuite", "restore_certificate", {"kid": CERTIFICATE_ID}, seconds=180, after=revoked)


def lost_answer(builder: Builder, plant: str, kind: str) -> None:
    """The create of this deal's transaction meets the fault once."""
    deal = builder.deal(builder.directory.new(), plant=plant)
    builder.fault(deal, kind, delay_seconds=780 if kind == "commit_late" else None)


def po_number(builder: Builder, plant: str) -> None:
    """What the customer calls the order arrives letter by letter."""
    deal = builder.deal(builder.directory.new(), plant=plant)
    deal.po_number = 'PO 2026/1187, "rush" #4 \u2116 \u00dc'


def bill_to_differs(builder: Builder, plant: str) -> None:
    """The group's head office pays for what the branch ordered; the branch also buys for itself."""
    branch = builder.directory.new(country="FR")
    office = builder.directory.new(country="FR")
    builder.deal(branch, plant=plant)
    deal = builder.deal(branch, plant=plant)
    deal.bill_to = office


def cr_lf_emoji_names(builder: Builder, plant: str) -> None:
    """Text that breaks careless quoting, in every place a person can type it."""
    for name in UGLY_NAMES:
        account: Account = builder.directory.new(country="US", name=name)
        account.street = '1 "Corner", Street\r\n2nd Floor\nRear; \t\U0001f6aa'
        deal = builder.deal(account, plant=plant)
        deal.lines[0].description = 'Line one,\r\n"line two"; \u05e9\u05d5\u05e8\u05d4 \u2028 \U0001f389'


def many_lines(builder: Builder, plant: str) -> None:
    """Four hundred lines on one deal."""
    deal = builder.deal(builder.directory.new(country="US"), plant=plant, lines=0)
    draw = builder.random("many lines")
    for _ in range(400):
        builder.line(deal, draw.choice(builder.catalogue.sold), quantity=draw.randint(1, 4))


def touch(
    builder: Builder,
    deal: Deal,
    note: str,
    *,
    seconds: int,
    after: str | None = None,
    record_for: str | None = None,
) -> str:
    """A person edits a field that nothing depends on; returns the change's id."""
    arguments = {"type": "Opportunity", "id": deal.id, "fields": {"NextStep": note}}
    return builder.change(
        "salesforce", "update", arguments, seconds=seconds, after=after, record_for=record_for
    )
