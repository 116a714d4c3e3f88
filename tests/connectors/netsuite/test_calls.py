"""Logging in, paging, deadlines: against the emulator, over HTTP."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from tests.support.house import START, configuration, dataset

from tieout.connectors.netsuite.client import NetSuiteClient
from tieout.connectors.netsuite.config import TokenCredentials
from tieout.connectors.netsuite.gateway import NetSuiteGateway
from tieout.domain.ids import RecordType
from tieout.emulators.netsuite import NetSuiteEmulator
from tieout.flows.errors import LookUpBlind, MaybeSent, NotSent, Paused
from tieout.flows.ports import LookUpKey
from tieout.runner.clock import ManualClock

TBA = TokenCredentials(consumer_key="ck", consumer_secret="cs", token_id="tk", token_secret="ts")
ONE = "SELECT id FROM currency WHERE id = ?"


@pytest.fixture
def ns() -> Iterator[NetSuiteEmulator]:
    with NetSuiteEmulator(dataset(), clock=START) as emulator:
        yield emulator


def client(ns: NetSuiteEmulator, clock: ManualClock | None = None, **changes: object) -> NetSuiteClient:
    return NetSuiteClient(configuration(ns.base_url, **changes), clock or ManualClock(START))


@pytest.mark.parametrize("credentials", [None, TBA], ids=["OAuth 2.0 M2M", "TBA"])
def test_both_ways_to_log_in(ns: NetSuiteEmulator, credentials: TokenCredentials | None):
    changes = {"credentials": credentials} if credentials else {}
    rows = client(ns, **changes).suiteql(ONE, ["1"])
    assert rows[0]["id"] == "1"
    assert ns.control.stats()["tokens"] == (0 if credentials else 1)


@pytest.mark.parametrize(
    "wrong",
    [
        TokenCredentials(consumer_key="ck", consumer_secret="no", token_id="tk", token_secret="ts"),
        TokenCredentials(consumer_key="ck", consumer_secret="cs", token_id="tk", token_secret="no"),
    ],
)
def test_wrong_credentials_pause_and_are_never_shown(ns: NetSuiteEmulator, wrong: TokenCredentials):
    with pytest.raises(Paused) as caught:
        client(ns, credentials=wrong).suiteql(ONE, ["1"])
    assert "no" not in repr(wrong).split("=")
    for secret in ("cs", "ts", "tk"):
        assert f"{secret}'" not in str(caught.value)
    assert "secret" not in repr(wrong)


def test_an_expired_certificate_pauses(ns: NetSuiteEmulator):
    ns.control.admin("expire_certificate", kid="kid-1")
    with pytest.raises(Paused):
        client(ns).suiteql(ONE, ["1"])


def test_a_token_is_renewed_before_it_expires_and_after_it_is_refused(ns: NetSuiteEmulator):
    clock = ManualClock(START)
    ours = client(ns, clock)
    ours.suiteql(ONE, ["1"])
    ours.suiteql(ONE, ["1"])
    assert ns.control.stats()["tokens"] == 1
    clock.advance(timedelta(seconds=3590))
    ns.control.clock(advance_seconds=3590)
    ours.suiteql(ONE, ["1"])
    assert ns.control.stats()["tokens"] == 2
    ns.control.admin("revoke_tokens")
    ours.suiteql(ONE, ["1"])
    assert ns.control.stats()["tokens"] == 3


def test_pages_beyond_a_thousand_rows_by_offset_and_by_key(ns: NetSuiteEmulator):
    data = dataset()
    data["customers"] += [
        {"companyName": f"C{n}", "subsidiary": {"id": "1"}, "currency": {"id": "1"}} for n in range(2345)
    ]
    ns.control.load(data)
    known = len(ns.control.truth("customer"))
    ours = client(ns)
    by_offset = ours.suiteql("SELECT id FROM customer ORDER BY id")
    assert len({row["id"] for row in by_offset}) == known
    pages = list(ours.suiteql_by_id("SELECT id FROM customer WHERE 1 = 1 {after}", [], "id"))
    assert [len(page) for page in pages] == [1000, 1000, known - 2000]
    assert {row["id"] for page in pages for row in page} == {row["id"] for row in by_offset}
    # keyset paging never uses an offset, so the platform's 100,000 rows are no bound
    log = [one for one in ns.control.log() if one["operation"] == "suiteql"][-3:]
    assert all("offset=0" in one["path"] or "offset" not in one["path"] for one in log)


@pytest.mark.parametrize("kind", ["drip", "hang"])
def test_a_call_ends_at_its_total_deadline(kind: str, ns: NetSuiteEmulator):
    ours = client(ns, deadline_seconds=2)
    ours.suiteql(ONE, ["1"])
    ns.control.clock(freeze=START.isoformat())
    ns.control.faults({"kind": kind, "match": {"operation": "suiteql"}})
    began = time.monotonic()
    with pytest.raises(MaybeSent):
        ours.suiteql(ONE, ["1"])
    assert 1.5 < time.monotonic() - began < 3.5


def test_the_login_shares_the_deadline_and_its_failure_means_not_sent(ns: NetSuiteEmulator):
    ours = client(ns, deadline_seconds=2)
    ns.control.faults({"kind": "hang", "match": {"operation": "token"}})
    began = time.monotonic()
    with pytest.raises(NotSent):
        ours.suiteql(ONE, ["1"])
    assert time.monotonic() - began < 3.5
    assert [one["operation"] for one in ns.control.log()] == ["token"]


def test_nobody_listening_means_not_sent(ns: NetSuiteEmulator):
    ours = NetSuiteClient(configuration("http://127.0.0.1:9", credentials=TBA), ManualClock(START))
    with pytest.raises(NotSent):
        ours.suiteql(ONE, ["1"])


def test_a_look_up_sees_its_canary_or_proves_nothing(ns: NetSuiteEmulator):
    gateway = NetSuiteGateway(configuration(ns.base_url), ManualClock(START))
    key = LookUpKey(type=RecordType.INVOICE, external_id="inv-none", subsidiary="1")
    assert gateway.look_up([key]).found == {}
    ns.control.admin("delete_record", record="invoice", id="eid:canary-invoice-1", force=True)
    with pytest.raises(LookUpBlind, match="canary is missing") as caught:
        gateway.look_up([key])
    assert caught.value.keys == (key,)
    unknown = LookUpKey(type=RecordType.INVOICE, external_id="inv-none", subsidiary="77")
    with pytest.raises(LookUpBlind, match="no canary is configured"):
        gateway.look_up([unknown])
