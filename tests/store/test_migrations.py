"""Schema revisions: up from every older one with its data, down again, and nothing the tables do not say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import insert, inspect, select
from sqlalchemy.exc import DBAPIError
from tests.support.stores import open_store

from tieout.domain.bindings import LinkAction, LinkStage
from tieout.domain.ids import InternalId
from tieout.flows.ports import NoProbe, Sighting
from tieout.flows.storage_doors import KeptAnswer
from tieout.store import tables as t
from tieout.store.database import Database
from tieout.store.incarnation import prepare
from tieout.store.migrating import current, downgrade, head, upgrade
from tieout.store.unit import Store

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_store(tmp_path)
    yield opened
    opened.dispose()


def furnish(database: Database) -> None:
    """One deal with everything the first revision could hold of it."""
    sighting = Sighting(object="Opportunity", object_id="D1", version="1", payload={"a": "1.10"})
    with Store(database, NoProbe()).write() as unit:
        unit.records.receive("script", "test", sighting, "c1", NOW)
        unit.journal.add("merged_at_source", NOW, record=1, data={"amount": "1.10"})


def contents(database: Database) -> dict[str, list[tuple[object, ...]]]:
    with database.read() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(select(table))]
            for table in (t.source_event, t.source_record, t.event)
        }


def test_the_newest_revision_is_what_the_tables_say(database: Database):
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, t.metadata) == []


def test_down_and_up_again_keeps_the_data(database: Database):
    furnish(database)
    before = contents(database)
    assert before["source_record"]
    downgrade(database, "0001")
    assert current(database) == "0001"
    assert contents(database) == before
    upgrade(database)
    assert current(database) == head()
    assert contents(database) == before


def test_down_to_nothing_and_up_again(database: Database):
    downgrade(database, "base")
    with database.engine.connect() as connection:
        assert set(inspect(connection).get_table_names()) <= {"alembic_version"}
    upgrade(database)
    assert current(database) == head()


def test_a_database_from_before_revisions_is_raised(database: Database, tmp_path: Path):
    downgrade(database, "0001")
    furnish(database)
    before = contents(database)
    marks = {"schema": "2", "installation": "here", "incarnation": "3", "database": "d1"}
    with database.write() as connection:
        connection.exec_driver_sql("DROP TABLE alembic_version")
        connection.execute(insert(t.meta), [{"name": k, "value": v} for k, v in marks.items()])
    upgrade(database)
    assert current(database) == head()
    assert contents(database) == before
    if not database.is_postgres:
        (tmp_path / "witness").write_text("d1 3\n")
        assert prepare(database, "here", tmp_path / "witness") == 4


@pytest.mark.parametrize("statement", ["UPDATE {0} SET {1} = {1}", "DELETE FROM {0}"])
@pytest.mark.parametrize(
    "table",
    ["attempt", "event", "source_event", "decision", "approval", "seal", "customer_link", "hook_event"],
)
def test_evidence_is_neither_changed_nor_removed(database: Database, table: str, statement: str):
    furnish(database)
    with database.write() as connection:
        for row in (_DOCUMENT, _CASE, *_ROWS.values()):
            connection.exec_driver_sql(row)
    with pytest.raises(DBAPIError, match="append-only"), database.write() as connection:
        connection.exec_driver_sql(statement.format(table, "number" if table == "seal" else "id"))


BINDING = (
    'INSERT INTO binding (record_key, internal_id, "by", because, at)'
    " VALUES ('crm:p:Account:A1', '7', 'ann', 'asked sales', '2026-11-02T09:00:00.000000Z')"
)


def test_what_was_bound_becomes_a_link_and_the_link_in_force_a_binding_again(database: Database):
    downgrade(database, "0003")
    furnish(database)
    draft = '{"name": "Acme, Inc.", "email": "ap@acme.example", "website": "", "tax_id": "DE 1"}'
    cached = (
        "INSERT INTO existing_customer (account, internal_id, body, as_of)"
        " VALUES ('A', '1', '{}', '2026-11-02T09:00:00.000000Z')"
    )
    with database.write() as connection:
        for statement in (BINDING, _DOCUMENT.replace("'{}'", f"'{draft}'", 1), cached):
            connection.exec_driver_sql(statement)
    upgrade(database)
    key, links = "crm:p:Account:A1", Store(database, NoProbe())
    with links.write() as unit:
        assert unit.mappings.customers("A") == [], "read anew, with addresses"
        [link] = unit.links.history()
        assert (link.record_key, link.internal_id, link.by, link.because) == (key, "7", "ann", "asked sales")
        assert (link.action, link.stage, link.at) == (LinkAction.LINK, LinkStage.IN_FORCE, NOW)
        again = replace(link, internal_id=InternalId("8"), by="bob")
        for action in (LinkAction.UNLINK, LinkAction.LINK):
            unit.links.add(replace(again, action=action))
        unit.links.add(replace(again, record_key="crm:p:Account:A2"))
        unit.links.add(replace(again, record_key="crm:p:Account:A2", action=LinkAction.UNLINK))
    with database.read() as connection:
        traits = connection.execute(select(t.customer_trait.c.trait, t.customer_trait.c.value)).all()
    found = {(trait, value) for trait, value in traits}
    assert {("tax id", "DE1"), ("name", "acme"), ("domain", "acme.example")} < found
    downgrade(database, "0003")
    with database.read() as connection:
        rows = connection.exec_driver_sql('SELECT record_key, internal_id, "by" FROM binding').all()
    assert [tuple(row) for row in rows] == [(key, "8", "bob")]


_DOCUMENT = """
INSERT INTO document (id, kind, claim, account, source_record_id, state, draft, payload_hash, attempts, number,
 observed, due_at, doubt, waived, lease_token, correlation, created_at, updated_at)
VALUES (1, 'create_customer', 'c', 'A', 1, 'ready', '{}', 'h', 0, '', '', '2026-11-02T09:00:00.000000Z', '', '', '',
 'c', '2026-11-02T09:00:00.000000Z', '2026-11-02T09:00:00.000000Z')
"""
_ROWS = {
    "hook_event": "INSERT INTO hook_event (source, digest, body, headers, received_at)"
    " VALUES ('hs', 'd', '', '{}', '2026-11-02T09:00:00.000000Z')",
    "seal": "INSERT INTO seal (number, sealed_at, upto, rows, digest, head)"
    " VALUES (1, '2026-11-02T09:00:00.000000Z', '{}', 0, '', '')",
    "approval": 'INSERT INTO approval (subject, content, role, verdict, "by", through, because, at)'
    " VALUES ('s', 'c', 'r', 'approve', 'ann', '', '', '2026-11-02T09:00:00.000000Z')",
    "customer_link": 'INSERT INTO customer_link (record_key, action, stage, internal_id, "by", entered_by, because,'
    " evidence, seen, at) VALUES ('crm:p:Account:A1', 'link', 'in_force', '7', 'ann', 'ann', '', '', '',"
    " '2026-11-02T09:00:00.000000Z')",
    "attempt": "INSERT INTO attempt (document_id, number, outcome, at, operation, payload_hash, request, response,"
    " operation_id, elapsed_ms, detail) VALUES (1, 1, 'done', '2026-11-02T09:00:00.000000Z', 'x', 'h', '', '', '',"
    " 0, '')",
    "decision": "INSERT INTO decision (case_id, action, \"by\", because, before, after, at) VALUES (1, 'retry',"
    " 'ann', '', '', '', '2026-11-02T09:00:00.000000Z')",
}
_CASE = (
    "INSERT INTO exception_case (id, state, code, cause, finding, source_record_id, assignee, opened_at)"
    " VALUES (1, 'open', 'x', 'y', '{}', 1, '', '2026-11-02T09:00:00.000000Z')"
)


def test_answers_and_webhooks_go_with_their_revision_and_nothing_else_does(database: Database):
    furnish(database)
    before = contents(database)
    with Store(database, NoProbe()).write() as unit:
        unit.answers.put(KEPT)
        assert unit.answers.mark("key_1", "k", "t1", NOW)
        assert unit.answers.keep("key_1", "k", "t1", 200, "application/json", b'{"a": "\xc3\xbc"}\x00')
        assert unit.hooks.add("hs", "d", b"\x00raw\xff", {"x": "y"}, NOW)
        unit.hooks.wake("hs", NOW)
    with Store(database, NoProbe()).read() as unit:
        kept = unit.answers.get("key_1", "k")
        assert kept == replace(
            KEPT, effect_at=NOW, status=200, content_type="application/json", body=b'{"a": "\xc3\xbc"}\x00'
        )
    downgrade(database, "0003")
    assert contents(database) == before
    upgrade(database)
    assert contents(database) == before
    with Store(database, NoProbe()).read() as unit:
        assert unit.answers.get("key_1", "k") is None
        assert unit.hooks.woken() == set()
    with database.read() as connection:
        assert connection.execute(select(t.hook_event)).all() == []


KEPT = KeptAnswer(
    principal="key_1",
    key="k",
    route="POST /x",
    request_hash="h",
    token="t1",
    lease_until=NOW,
    expires_at=NOW,
)
