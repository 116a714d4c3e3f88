"""Pages by id, what a reach leaves out, and rows of answers that only their holder may change."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.support.script import ref
from tests.support.stores import open_store

from tieout.domain.drafts import CustomerDraft, Trace, WriteBackDraft
from tieout.domain.findings import Finding
from tieout.domain.ids import ExternalId, InternalId, RecordType
from tieout.domain.lifecycle import Standing, State
from tieout.domain.planning import StepKind
from tieout.flows.codec import encode
from tieout.flows.ports import NoProbe, Sighting
from tieout.flows.storage_doors import CasesWanted, DocumentsWanted, InputsWanted, KeptAnswer
from tieout.store.unit import Store, Unit

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Deals 1 to 4: the first two of subsidiaries 1 and 2, the third with a note only, the fourth with nothing."""
    database = open_store(tmp_path)
    made = Store(database, NoProbe())
    with made.write() as unit:
        for number in range(1, 5):
            sighting = Sighting(
                object="Opportunity", object_id=f"D{number}", version="1", payload={"n": number}
            )
            unit.records.receive("script", "test", sighting, f"c{number}", NOW)
        customer_of(unit, 1, "1")
        customer_of(unit, 2, "2")
        note_of(unit, 3)
        for number in range(1, 5):
            finding = Finding(code="item_unmapped", cause=f"P{number}", expected="x", found="y")
            unit.cases.open(finding, number, None, NOW)
    yield made
    database.dispose()


def insert(unit: Unit, record: int, kind: StepKind, draft: CustomerDraft | WriteBackDraft) -> None:
    values = {
        "kind": kind,
        "claim": f"{kind}-{record}",
        "account": "A1",
        "external_id": f"ext-{record}",
        "source_record_id": record,
        "state": State.READY,
        "draft": encode(draft),
        "payload_hash": "h",
        "attempts": 0,
        "due_at": NOW + timedelta(minutes=record),
        "correlation": "c",
        "created_at": NOW,
        "updated_at": NOW,
    }
    unit.documents.add_part(record, unit.documents.insert(values, ()))


def customer_of(unit: Unit, record: int, subsidiary: str) -> None:
    draft = CustomerDraft(
        external_id=ExternalId(f"ext-{record}"),
        trace=Trace(installation="here", source=ref("Account", f"A{record}")),
        name="C",
        subsidiary=InternalId(subsidiary),
        currency_id=InternalId("1"),
    )
    insert(unit, record, StepKind.CREATE_CUSTOMER, draft)


def note_of(unit: Unit, record: int) -> None:
    target, external = ref("Opportunity", f"D{record}"), ExternalId(f"ext-{record}")
    draft = WriteBackDraft(target=target, of=None, external_id=external, record=RecordType.INVOICE)
    insert(unit, record, StepKind.WRITE_BACK, draft)


def ids(rows) -> list[int]:
    return [row.id for row in rows]


@pytest.mark.parametrize(
    ("reach", "documents", "inputs"),
    [
        (None, [1, 2, 3], [1, 2, 3, 4]),
        ({"1"}, [1, 3], [1, 3, 4]),
        ({"1", "2"}, [1, 2, 3], [1, 2, 3, 4]),
        (set(), [3], [3, 4]),
    ],
)
def test_what_names_another_subsidiary_is_left_out(store: Store, reach, documents, inputs):
    with store.read() as unit:
        assert ids(unit.listing.documents(DocumentsWanted(), 0, 10, reach)) == documents
        assert ids(unit.listing.inputs(InputsWanted(), 0, 10, reach)) == inputs
        assert ids(unit.listing.cases(CasesWanted(), 0, 10, reach)) == inputs
        assert unit.listing.within([1, 2, 3, 4, 99], reach) == set(inputs)


def test_pages_go_on_after_an_id(store: Store):
    with store.read() as unit:
        assert ids(unit.listing.inputs(InputsWanted(), 1, 2, None)) == [2, 3]
        assert ids(unit.listing.inputs(InputsWanted(), 3, 2, None)) == [4]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (DocumentsWanted(state=State.READY), [1, 2, 3]),
        (DocumentsWanted(state=State.HELD), []),
        (DocumentsWanted(kind=StepKind.WRITE_BACK), [3]),
        (DocumentsWanted(external_id="ext-2"), [2]),
        (DocumentsWanted(internal_id="7"), []),
        (DocumentsWanted(deal="D1"), [1]),
    ],
)
def test_documents_are_found_by_what_is_asked(store: Store, wanted: DocumentsWanted, found: list[int]):
    with store.read() as unit:
        assert ids(unit.listing.documents(wanted, 0, 10, None)) == found


def test_inputs_and_cases_are_found_by_what_is_asked(store: Store):
    with store.write() as unit:
        unit.records.stand([2], Standing.IGNORED, "not_won", NOW)
        unit.cases.assign(3, "ana")
    with store.read() as unit:
        for wanted in (
            InputsWanted(standing=Standing.IGNORED),
            InputsWanted(reason="not_won"),
            InputsWanted(source_id="D2"),
        ):
            assert ids(unit.listing.inputs(wanted, 0, 10, None)) == [2]
        assert ids(unit.listing.inputs(InputsWanted(system="other"), 0, 10, None)) == []
        assert ids(unit.listing.cases(CasesWanted(assignee="ana"), 0, 10, None)) == [3]
        assert ids(unit.listing.cases(CasesWanted(code="item_unmapped", cause="P4"), 0, 10, None)) == [4]


def test_figures_count_by_state_and_kind(store: Store):
    with store.read() as unit:
        tallies = {(one.state, one.kind): (one.count, one.oldest_due) for one in unit.figures.documents()}
        assert tallies == {
            (State.READY, StepKind.CREATE_CUSTOMER): (2, NOW + timedelta(minutes=1)),
            (State.READY, StepKind.WRITE_BACK): (1, NOW + timedelta(minutes=3)),
        }
        assert unit.figures.open_cases() == {"item_unmapped": 4}
        assert unit.figures.doubts("A1") == (0, None)
        assert unit.figures.oldest_received() == NOW
        assert unit.figures.leased_slots("A1", NOW) == 0
    with store.write() as unit:
        unit.leases.set_block("A1", "h1", 3, NOW + timedelta(minutes=1))
        unit.leases.set_block("A1", "h2", 2, NOW)
        unit.records.set_cursor("script", "c", NOW)
    with store.read() as unit:
        assert unit.figures.leased_slots("A1", NOW) == 3
        assert unit.figures.polls() == {"script": NOW}


def test_only_the_execution_that_holds_a_key_marks_it_answers_it_or_frees_it(store: Store):
    kept = KeptAnswer(
        principal="key_1",
        key="k",
        route="POST /x",
        request_hash="h",
        token="mine",
        lease_until=NOW,
        expires_at=NOW + timedelta(hours=1),
    )
    with store.write() as unit:
        unit.answers.put(kept)
        assert not unit.answers.mark("key_1", "k", "theirs", NOW)
        assert not unit.answers.keep("key_1", "k", "theirs", 200, "", b"")
        assert not unit.answers.free("key_1", "k", "theirs")
        assert unit.answers.mark("key_1", "k", "mine", NOW)
        assert not unit.answers.free("key_1", "k", "mine")
        assert unit.answers.forget(NOW) == 0
        assert unit.answers.forget(NOW + timedelta(hours=1)) == 1
        assert unit.answers.get("key_1", "k") is None


def test_a_source_is_woken_once_until_its_poll_begins(store: Store):
    with store.write() as unit:
        unit.hooks.wake("hs", NOW)
        unit.hooks.wake("hs", NOW)
        assert unit.hooks.woken() == {"hs"}
        unit.hooks.answered("hs")
        assert unit.hooks.woken() == set()
