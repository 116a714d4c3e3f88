"""The conformance suite passes a good connector and sees each fault of a bad one."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

import pytest

from tieout.connectors.kit.conformance import ConnectorConformance, Golden
from tieout.domain.documents import Customer, Order, OrderLine, Product
from tieout.domain.findings import Finding
from tieout.domain.money import Money, MoneyError, parse_decimal
from tieout.domain.sources import SourceRef
from tieout.flows.ports import Sighting

SECRET = "s3cr3t-of-the-toy"


class Toy:
    """A source of one-field deals; `fault` names what is wrong with it."""

    name, environment, writes_back = "toy", "test", False

    def __init__(self, fault: str = "") -> None:
        self.fault = fault

    def read(self, sighting: Sighting) -> Order | list[Finding]:
        ref = SourceRef(
            system=self.name if self.fault != "other name" else "joy",
            environment=self.environment,
            object="deal",
            id=sighting.object_id,
            version=sighting.version,
        )
        amount = sighting.payload.get("amount")
        number = parse_decimal(amount) if isinstance(amount, str) else None
        if self.fault == "raises":
            number = Decimal(amount)  # type: ignore[arg-type]
        try:
            money = Money(number, "USD") if number is not None else None
        except MoneyError:
            money = None
        if money is None:
            silent: list[Finding] = []
            found = Finding(code="amount_invalid", cause="amount", expected="a decimal", found="else")
            return silent if self.fault == "says nothing" else [found]
        line = OrderLine(
            source=ref.at_line("" if self.fault == "no line id" else "1"),
            product=Product(id="P"),
            quantity=Decimal(2 if self.fault == "wrong mapping" else 1),
            amount=money,
        )
        lines = (line, line) if self.fault == "same line id" else (line,)
        return Order(
            source=ref,
            name="Toy",
            customer=Customer(source=replace(ref, object="account"), name="Toy Ltd"),
            currency="USD",
            lines=lines,
            close_date=date(2026, 10, 1),
            won=True,
            closed=True,
        )


def seen(version: str, payload: Mapping[str, Any]) -> Sighting:
    return Sighting(object="deal", object_id="T1", version=version, payload=payload)


class TestToy(ConnectorConformance):
    secrets = (SECRET,)
    unknown = ("colour", "mauve")
    fault = ""

    def source(self):
        return Toy(self.fault)

    def goldens(self):
        good = seen("1", {"amount": "10.00", "colour": "mauve"})
        bad = replace(seen("1", {"amount": "ten"}), object_id="T2")
        expected = Toy().read(good)
        assert isinstance(expected, Order)
        return [Golden("good", good, expected), Golden("bad", bad, frozenset({"amount_invalid"}))]

    def versions(self):
        # As text "10" sorts before "9": a connector must pad what it counts.
        numbers = ("9", "10") if self.fault == "unpadded" else ("09", "10", "11")
        return [seen(number, {"amount": f"{number}.00"}) for number in numbers]

    def deliver(self):
        drop = {"colour": "mauve"} if self.fault != "drops unknown" else {}
        return [seen("1", {"amount": "10.00"} | drop)]

    def exercise(self):
        if self.fault == "logs":
            logging.getLogger("toy").debug("logging in with %s", SECRET)
        if self.fault == "prints":
            print(SECRET)
        error = ValueError("refused")
        if self.fault == "shows":
            error.__cause__ = ValueError(f"password={SECRET}")
        return [error]


@pytest.mark.parametrize(
    ("fault", "test"),
    [
        ("wrong mapping", "test_golden_payloads_are_read_as_expected"),
        ("other name", "test_an_order_says_where_it_comes_from"),
        ("no line id", "test_line_ids_are_unique_and_present"),
        ("same line id", "test_line_ids_are_unique_and_present"),
        ("says nothing", "test_reading_never_raises"),
        ("drops unknown", "test_unknown_fields_are_kept_raw"),
    ],
)
def test_each_fault_is_seen(fault: str, test: str):
    suite = TestToy()
    suite.fault = fault
    with pytest.raises(AssertionError):
        getattr(suite, test)()


@pytest.mark.parametrize("fault", ["logs", "prints", "shows"])
def test_a_leaked_secret_is_seen(fault: str, capfd):
    suite = TestToy()
    suite.fault = fault
    with pytest.raises(AssertionError, match="a secret is in the"):
        suite.test_secrets_are_never_logged(capfd)


def test_a_reader_that_raises_is_seen():
    suite = TestToy()
    suite.fault = "raises"
    with pytest.raises((TypeError, ValueError, InvalidOperation, BaseExceptionGroup)):
        suite.test_reading_never_raises()


def test_versions_that_do_not_sort_are_seen(store):
    suite = TestToy()
    suite.fault = "unpadded"
    with pytest.raises(AssertionError):
        suite.test_an_older_version_never_replaces_a_newer_one(store)
