"""The suite of sources of movements passes a good connector and sees each fault of a bad one."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from tests.connectors.kit.test_conformance import SECRET, Toy

from tieout.connectors.kit.conformance import GoldenMovement, MovementConformance
from tieout.domain.cash.movements import Movement, MovementKind, Place
from tieout.domain.money import Money
from tieout.flows.codec import encode
from tieout.flows.ports import Sighting

GOOD = Movement(
    place=Place(file="toy", where="row 1"), kind=MovementKind.RECEIPT, credit=True, account="toy",
    amount=Money(Decimal("12.50"), "USD"), identity="m1", booked=date(2026, 11, 2),
)  # fmt: skip


class TestToyBank(MovementConformance):
    secrets = (SECRET,)
    unknown = ("x_colour", "mauve")
    fault = ""

    def source(self) -> Any:
        return Toy()

    def goldens(self):
        return [
            GoldenMovement("a receipt", {"id": "m1", "minor": 1250, "x_colour": "mauve"}, GOOD),
            GoldenMovement("no amount", {"id": "m2"}, "m2: expected minor units, found None"),
        ]

    def translate(self, payload: Any):
        if self.fault == "raises":
            return [self._sighting(payload["id"], payload["minor"], payload)]
        identity, minor = payload.get("id"), payload.get("minor")
        if not isinstance(identity, str) or not identity:
            return []
        if not isinstance(minor, int) or isinstance(minor, bool) or abs(minor) > 10**9:
            said = (
                "" if self.fault == "says nothing" else f"{identity}: expected minor units, found {minor!r}"
            )
            return [
                Sighting(
                    object="movement",
                    object_id=identity,
                    version="1",
                    payload={"route": "toy", "problem": said},
                )
            ]
        return [self._sighting(identity, minor, payload)]

    def _sighting(self, identity: str, minor: int, payload: Any, version: str = "1") -> Sighting:
        raw = "" if self.fault == "drops unknown" else json.dumps(payload)
        amount = Money(Decimal(abs(minor)).scaleb(-2), "USD")
        movement = replace(GOOD, identity=identity, amount=amount, credit=minor >= 0, raw=raw)
        if self.fault == "wrong mapping":
            movement = replace(movement, credit=not movement.credit)
        own = f"{identity}x" if self.fault == "other identity" else identity
        plain = {"movement": json.loads(encode(movement))}
        route = {} if self.fault == "no route" else {"route": "toy"}
        return Sighting(object="movement", object_id=own, version=version, payload={**plain, **route})

    def versions(self):
        return [self._sighting("m1", minor, {"minor": minor}, f"{minor:06d}") for minor in (100, 200, 300)]

    def deliver(self):
        return self.translate(self.goldens()[0].payload)

    def exercise(self):
        return [ValueError("refused")]


@pytest.mark.parametrize(
    ("fault", "test"),
    [
        ("wrong mapping", "test_golden_payloads_come_to_what_is_expected"),
        ("other identity", "test_a_movement_is_filed_under_its_own_identity"),
        ("no route", "test_a_movement_is_filed_under_its_own_identity"),
        ("says nothing", "test_translating_never_raises"),
        ("drops unknown", "test_unknown_fields_are_kept_raw"),
    ],
)
def test_each_fault_is_seen(fault: str, test: str):
    suite = TestToyBank()
    suite.fault = fault
    with pytest.raises(AssertionError):
        getattr(suite, test)()


def test_a_translation_that_raises_is_seen():
    suite = TestToyBank()
    suite.fault = "raises"
    with pytest.raises((TypeError, KeyError, ValueError, BaseExceptionGroup)):
        suite.test_translating_never_raises()
