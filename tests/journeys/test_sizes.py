"""Odd names, odd amounts, many lines: written as they are, or a case; never a crash, never lost."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from tests.support.house import House, house
from tests.support.script import customer, order

from tieout.domain.documents import Address, Order
from tieout.domain.money import Money

NAMES = (
    'O\'Brien "The Best", Inc. & Söhne; <b>',
    "株式会社サンプル",
    'שלום חברה בע"מ',
    "شركة المثال",
    "Emoji 🚀🧾 GmbH",
    "  Spaces   inside  ",
    "Line\r\nbreak Ltd",
    "A" * 83,
)


def landed(h: House, *deals: Order) -> None:
    h.source.put(*deals)
    h.run()
    assert set(h.standings().values()) == {("confirmed", "")}
    assert len(h.made("invoice")) == len(deals)


@pytest.mark.requirement("R16")
def test_names_of_every_script_arrive(tmp_path: Path):
    with house(tmp_path) as h:
        deals = [
            order(n, customer=customer(n, name=name), name=f"Deal {name}")
            for n, name in enumerate(NAMES, start=1)
        ]
        landed(h, *deals)
        names = {one["external_id"]: one["fields"]["companyName"] for one in h.made("customer")}
        for number, name in enumerate(NAMES, start=1):
            assert names[f"A{number:05d}"] == " ".join(name.split())


@pytest.mark.requirement("R23")
def test_four_hundred_lines_arrive_in_order(tmp_path: Path):
    with house(tmp_path) as h:
        plain = order(1, lines=400)
        lines = tuple(
            replace(line, quantity=Decimal(n), amount=Money(Decimal(n) / 100, "USD"))
            for n, line in enumerate(plain.lines, start=1)
        )
        landed(h, replace(plain, lines=lines))
        made = h.made("invoice")[0]["lines"]["item"]
        assert [Decimal(str(one["quantity"])) for one in made] == [Decimal(n) for n in range(1, 401)]
        assert sum(Decimal(str(one["amount"])) for one in made) == Decimal("802.00")


@pytest.mark.parametrize("amount", ["0.00", "0.01", "999999999.99", "123456789012.34"])
def test_amounts_are_exact(amount: str, tmp_path: Path):
    with house(tmp_path) as h:
        h.source.put(order(1, amount=amount))
        h.run()
        standing = h.standings()["D00001"]
        assert standing[0] in {"confirmed", "case"}
        if standing[0] == "confirmed":
            assert Decimal(str(h.made("invoice")[0]["lines"]["item"][0]["amount"])) == Decimal(amount)


def test_yen_have_no_decimals(tmp_path: Path):
    japan = customer(1, billing=Address(country="JP", city="Tokyo"), currency="JPY")
    with house(tmp_path) as h:
        landed(h, order(1, customer=japan, currency="JPY", amount="1500"))
        made = h.made("invoice")[0]
        assert made["fields"]["currency"] == "3"
        assert Decimal(str(made["lines"]["item"][0]["amount"])) == 1500


@pytest.mark.requirement("R12")
def test_a_header_discount_lands_on_the_lines_to_the_cent(tmp_path: Path):
    with house(tmp_path) as h:
        landed(h, order(1, lines=3, amount="33.33", header_discount=Money(Decimal("10.00"), "USD")))
        amounts = [Decimal(str(one["amount"])) for one in h.made("invoice")[0]["lines"]["item"]]
        assert sum(amounts) == Decimal("89.99")
        assert max(amounts) - min(amounts) <= Decimal("0.01")


def test_a_payload_nothing_fits_is_a_case_and_stops_nobody(tmp_path: Path):
    with house(tmp_path) as h:
        h.source.put(order(1))
        h.source.garble("D00009", {"nonsense": [1, 2, {"deep": None}]})
        h.run()
        assert h.standings() == {"D00001": ("confirmed", ""), "D00009": ("case", "payload_unreadable")}


@pytest.mark.requirement("R12")
def test_taxed_invoices_are_compared_before_tax(tmp_path: Path):
    germany = customer(1, billing=Address(country="DE", city="Berlin"), currency="EUR")
    with house(tmp_path) as h:
        landed(h, order(1, customer=germany, currency="EUR", amount="100.00"))
        fields = h.made("invoice")[0]["fields"]
        assert fields["subsidiary"] == "2"
        assert Decimal(str(fields["total"])) == Decimal("119.00")


def test_many_deals_share_few_requests(tmp_path: Path):
    with house(tmp_path) as h:
        landed(h, *(order(n) for n in range(1, 61)))
        stats = h.ns.control.stats()
        assert stats["requests"] - stats["tokens"] <= 2 * 60 * 1.5
