"""Rows are claimed once, moved only by their holder, and unblocked when all they need is there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError
from tests.support.script import customer, order, ref
from tests.support.stores import open_store

from tieout.domain.crosswalk import CrosswalkKind, CrosswalkRow
from tieout.domain.drafts import CustomerDraft, Trace
from tieout.domain.findings import Finding
from tieout.domain.ids import ClaimKey, ExternalId, InternalId
from tieout.domain.lifecycle import ImpossibleMove, Move, Standing, State
from tieout.domain.periods import Period
from tieout.domain.planning import StepKind
from tieout.flows.codec import digest, encode
from tieout.flows.ports import NoProbe, Sighting
from tieout.flows.rows import Document
from tieout.store.unit import Store, Unit

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
ACCOUNT = "A1"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    database = open_store(tmp_path)
    made = Store(database, NoProbe())
    with made.write() as unit:
        sighting = Sighting(object="Opportunity", object_id="D1", version="1", payload={"a": 1})
        unit.records.receive("script", "test", sighting, "c1", NOW)
        record = unit.records.claim(1, "t", NOW + timedelta(minutes=1), NOW)[0]
        unit.records.settle(record, "t", Standing.PLANNED, "", NOW)
    yield made
    database.dispose()


def insert(
    unit: Unit, claim: str, external: str, *, state: State = State.READY, needs: tuple[int, ...] = ()
) -> int:
    draft = CustomerDraft(
        external_id=ExternalId(external),
        trace=Trace(installation="here", source=ref("Account", external)),
        name=customer(1).name,
        subsidiary=InternalId("1"),
        currency_id=InternalId("1"),
    )
    text = encode(draft)
    values = {
        "kind": StepKind.CREATE_CUSTOMER,
        "claim": claim,
        "account": ACCOUNT,
        "external_id": external,
        "external_key": f"{ACCOUNT}|entity|{external.lower()}",
        "source_record_id": 1,
        "state": state,
        "draft": text,
        "payload_hash": digest(text),
        "due_at": NOW,
        "correlation": "c1",
        "created_at": NOW,
        "updated_at": NOW,
    }
    return unit.documents.insert(values, needs)


def held(unit: Unit, document_id: int) -> Document:
    document = unit.documents.get(document_id)
    assert document is not None
    return document


def test_a_claim_is_taken_once(store: Store):
    with store.write() as unit:
        insert(unit, "customer|A1|x", "X1")
    with pytest.raises(IntegrityError), store.write() as unit:
        insert(unit, "customer|A1|x", "X2")


@pytest.mark.parametrize("other", ["X1", "x1"])
def test_an_external_id_is_taken_once_whatever_its_case(other: str, store: Store):
    with store.write() as unit:
        insert(unit, "customer|A1|x", "X1")
    with store.read() as unit:
        taken = unit.documents.by_external_key(ACCOUNT, "entity", other)
        assert taken is not None
        assert taken.claim == ClaimKey("customer|A1|x")
    with pytest.raises(IntegrityError), store.write() as unit:
        insert(unit, "customer|A1|y", other)


def test_only_the_holder_of_the_lease_moves_a_row(store: Store):
    with store.write() as unit:
        number = insert(unit, "customer|A1|x", "X1")
        seen = held(unit, number)
        assert [d.id for d in unit.documents.lease([seen], "mine", NOW + timedelta(minutes=1))] == [number]
        assert unit.documents.lease([seen], "yours", NOW + timedelta(minutes=1)) == []
        assert not unit.documents.move(seen, Move.CLEAR, NOW), "read before the lease was taken"
        mine = held(unit, number)
        assert unit.documents.move(mine, Move.CLEAR, NOW)
        assert not unit.documents.move(mine, Move.CLASH, NOW), "it is not there any more"
        with pytest.raises(ImpossibleMove):
            unit.documents.move(held(unit, number), Move.CONFIRM, NOW)


def test_a_leased_row_is_not_due_until_the_lease_is_over(store: Store):
    with store.write() as unit:
        number = insert(unit, "customer|A1|x", "X1")
        unit.documents.lease([held(unit, number)], "mine", NOW + timedelta(minutes=1))
        kinds = [StepKind.CREATE_CUSTOMER]
        assert unit.documents.due(ACCOUNT, State.READY, kinds, NOW, 9) == []
        later = NOW + timedelta(minutes=2)
        assert [d.id for d in unit.documents.due(ACCOUNT, State.READY, kinds, later, 9)] == [number]
        assert unit.documents.due("other", State.READY, kinds, later, 9) == []


def test_nothing_is_due_while_a_newer_version_waits(store: Store):
    with store.write() as unit:
        insert(unit, "customer|A1|x", "X1")
        sighting = Sighting(object="Opportunity", object_id="D1", version="2", payload={"a": 2})
        assert unit.records.receive("script", "test", sighting, "c2", NOW)
        assert unit.documents.due(ACCOUNT, State.READY, [StepKind.CREATE_CUSTOMER], NOW, 9) == []


def test_a_row_is_ready_only_when_all_it_needs_is_confirmed(store: Store):
    with store.write() as unit:
        one, two = insert(unit, "a", "A"), insert(unit, "b", "B")
        third = insert(unit, "c", "C", state=State.WAITING, needs=(one, two))
        for number in (one, two):
            assert unit.documents.unblock_ready([third], NOW) == []
            for move in (Move.CLEAR, Move.SEND_CREATE, Move.SUCCEED, Move.CONFIRM):
                values = {"internal_id": f"7{number}"} if move is Move.SUCCEED else {}
                assert unit.documents.move(held(unit, number), move, NOW, **values)
            unit.documents.unblock([number], NOW)
        assert held(unit, third).state is State.READY
        assert unit.documents.needs_of([third])[third] == {"a": f"7{one}", "b": f"7{two}"}


def test_versions_and_contents_of_an_inbox(store: Store):
    def see(version: str, payload: dict[str, int], *, deleted: bool = False) -> bool:
        sighting = Sighting(
            object="Opportunity", object_id="D2", version=version, payload=payload, deleted=deleted
        )
        with store.write() as unit:
            return unit.records.receive("script", "test", sighting, "c", NOW)

    assert see("5", {"a": 1})
    assert not see("5", {"a": 1}), "the same once more"
    assert not see("6", {"a": 1}), "touched, and nothing changed"
    assert not see("3", {"a": 0}), "older: evidence only"
    assert see("7", {"a": 2})
    assert see("8", {"a": 1}), "back to an earlier content is news"
    assert see("9", {"a": 1}, deleted=True)
    with store.read() as unit:
        record = unit.records.by_source_id("D2")[0]
        assert [event["version"] for event in unit.records.events_of(record)] == ["5", "3", "7", "8", "9"]


def test_a_verdict_on_an_old_version_is_not_taken(store: Store):
    with store.write() as unit:
        unit.records.stand([1], Standing.RECEIVED, "", NOW)
        record = unit.records.claim(1, "t1", NOW + timedelta(minutes=1), NOW)[0]
        sighting = Sighting(object="Opportunity", object_id="D1", version="2", payload={"a": 2})
        unit.records.receive("script", "test", sighting, "c2", NOW)
        assert not unit.records.settle(record, "t1", Standing.PLANNED, "", NOW)
        assert unit.records.all()[0].standing is Standing.RECEIVED


def test_crosswalk_rows_are_versions_never_overwritten(store: Store):
    def row(target: str, start: date = date(2020, 1, 1)) -> CrosswalkRow:
        return CrosswalkRow(
            kind=CrosswalkKind.ITEM,
            system="script",
            key="P1",
            target=target,
            valid=Period(start),
            changed_by="ann",
            changed_at=NOW,
        )

    with store.write() as unit:
        assert unit.mappings.add_crosswalk([row("501")]) == 1
        assert unit.mappings.add_crosswalk([row("501")]) == 0
        assert unit.mappings.add_crosswalk([row("502")]) == 1
        assert [(r.version, r.target) for r in unit.mappings.crosswalk()] == [(1, "501"), (2, "502")]


def test_one_alarm_per_pause(store: Store):
    with store.write() as unit:
        assert unit.mappings.pause(ACCOUNT, "locked out", NOW, NOW)
        assert not unit.mappings.pause(ACCOUNT, "still", NOW, NOW)
        assert unit.mappings.resume(ACCOUNT, NOW)
        assert not unit.mappings.resume(ACCOUNT, NOW)
        assert unit.mappings.pause(ACCOUNT, "again", NOW, NOW)


def test_the_same_case_is_open_once(store: Store):
    finding = Finding(code="refused", cause="x", expected="a", found="b", source=order(1).source)
    with store.write() as unit:
        first = unit.cases.open(finding, 1, None, NOW)
        assert unit.cases.open(finding, 1, None, NOW) == first
