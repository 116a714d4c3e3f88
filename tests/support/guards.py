"""The guards of the write protocol, one by one: a scenario that needs the guard, and how the guard is taken away.

NetSuite's own uniqueness of external ids is off in all of them, so nothing behind a guard hides its absence.
A guard is taken away by replacing a function in the test; the product has no setting for it.
`python -m tests.support.guards` measures and writes the page.
"""

from __future__ import annotations

import itertools
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest import mock

from sqlalchemy import true
from tests.support.cash_guards import CASH_GUARDS
from tests.support.crash_scenarios import INVOICE, until
from tests.support.house import CROSSWALK, House, add_crosswalk, dataset, house, policy
from tests.support.script import customer, order
from tests.support.stores import lose_store
from tests.support.truth import ROOT

from tieout.connectors.netsuite import reading
from tieout.domain import planning
from tieout.domain.comparison import Match
from tieout.domain.ids import ClaimKey, RecordType
from tieout.flows import checking, confirming, doubting, looking_up, sending
from tieout.flows.context import Limits
from tieout.flows.ports import LookUp
from tieout.store.documents import Documents

PAGE = ROOT / "docs" / "reference" / "guards.md"


@dataclass(frozen=True, kw_only=True)
class Guard:
    """`play` returns how much went wrong; `away`: (object, attribute, replacement) that remove the guard."""

    name: str
    rule: str
    scenario: str
    counted: str
    play: Callable[[Path], int]
    away: tuple[tuple[Any, str, Any], ...]


@contextmanager
def _house(folder: Path, **options: Any) -> Iterator[House]:
    with house(folder, **options) as h:
        h.ns.control.switches({"NS-04": "off"})
        yield h


def _doubled(h: House) -> int:
    """Records of ours beyond the first under one external id."""
    made = Counter((one["record"], one["external_id"]) for r in ("customer", "invoice") for one in h.made(r))
    return sum(count - 1 for count in made.values())


def _forget(h: House) -> None:
    """The database is lost; NetSuite and the CRM are not."""
    h.database.dispose()
    lose_store(h.folder)
    h.rebuild(None)
    add_crosswalk(h.store, CROSSWALK)


# -- scenarios ---------------------------------------------------------------------------------------------


def play_claim(folder: Path) -> int:
    other = replace(policy(), templates={**policy().templates, RecordType.CUSTOMER: "acc{source_id}"})
    with _house(folder) as h:
        h.source.put(order(1))
        h.run()
        h.rebuild(None, other)
        h.source.put(order(2, customer=customer(1)))
        h.run()
        sources = Counter(one["fields"]["custentity_tieout_crm_account_id"] for one in h.made("customer"))
        return sum(count - 1 for count in sources.values())


def play_look_up(folder: Path) -> int:
    with _house(folder) as h:
        h.source.put(order(1), order(2))
        h.run()
        _forget(h)
        h.run()
        return _doubled(h)


def play_canary(folder: Path) -> int:
    with _house(folder) as h:
        h.source.put(order(1))
        h.run()
        _forget(h)
        nothing = {"items": [], "count": 0, "totalResults": 0, "hasMore": False, "links": []}
        for external_id in ("A00001", INVOICE):
            match = {"operation": "suiteql", "contains": external_id}
            h.ns.control.faults(
                {"kind": "error_500", "match": match, "status": 200, "body": nothing, "times": 2}
            )
        h.run()
        return _doubled(h)


def play_doubt(folder: Path) -> int:
    with _house(folder, deadline_seconds=2) as h:
        match = {"operation": "create", "record": "invoice"}
        h.ns.control.faults({"kind": "commit_late", "match": match, "delay_seconds": 600})
        h.source.put(order(1))
        h.run()
        h.advance(timedelta(seconds=900))
        return _doubled(h)


def _taken_and_left(h: House) -> sending.Call:
    """A worker has committed its intent, then stands still until everybody believes it gone."""
    h.source.put(order(1))
    until(INVOICE, "cleared")(h)
    call = h.machine.sending.next_wave(1)[0]
    h.advance(timedelta(seconds=120))
    h.machine.doubting.run()
    return call


def play_fencing(folder: Path) -> int:
    with _house(folder, deadline_seconds=2) as h:
        first = _taken_and_left(h)
        h.advance(timedelta(seconds=960))
        until(INVOICE, "ready")(h)
        until(INVOICE, "cleared")(h)
        match = {"operation": "create", "record": "invoice"}
        h.ns.control.faults({"kind": "commit_late", "match": match, "delay_seconds": 300})
        second = h.machine.sending.next_wave(1)[0]
        answer = h.machine.sending.deliver(second)
        # now the first wakes up, sees that its lease is over, and reports that it sent nothing
        h.machine.sending.settle([(first.document, h.machine.sending.deliver(first))])
        h.machine.sending.settle([(second.document, answer)])
        h.run()
        h.advance(timedelta(seconds=900))
        return _doubled(h)


def play_lease(folder: Path) -> int:
    # The look-up's age would stop this create, too; a change of a customer has only its lease.
    with _house(folder, limits=Limits(absence_good_for=timedelta(hours=1))) as h:
        first = _taken_and_left(h)
        h.run()
        reply = h.machine.sending.deliver(first)
        h.machine.sending.settle([(first.document, reply)])
        h.run()
        return _doubled(h)


def play_exists(folder: Path) -> int:
    data = dataset()
    data["transactions"].append(
        {
            "type": "invoice",
            "externalId": INVOICE,
            "entity": {"id": "901"},
            "tranDate": "2026-10-03",
            "item": {"items": [{"item": {"id": "501"}, "quantity": 1, "rate": 5}]},
        }
    )
    with _house(folder, data=data) as h:
        h.source.put(order(1))
        h.run()
        ours = {one["id"] for one in h.made("invoice")}
        taken = h.documents()[INVOICE].internal_id
        return int(taken is not None and taken not in ours)


def play_read_back(folder: Path) -> int:
    with _house(folder) as h:
        h.ns.control.switches({"NS-13": "off"})
        h.ns.control.admin("hide_custom_field", form="101", field="custbody_tieout_source_id")
        h.source.put(order(1), order(2))
        h.run()
        complete = {one["external_id"] for one in h.made("invoice") if _says_where_from(one)}
        confirmed = [
            f"inv-{deal}" for deal, (standing, _) in h.standings().items() if standing == "confirmed"
        ]
        return sum(invoice not in complete for invoice in confirmed)


def _says_where_from(invoice: dict[str, Any]) -> bool:
    return bool(invoice["fields"].get("custbody_tieout_source_id"))


# -- taken away --------------------------------------------------------------------------------------------

_serial = itertools.count()


def _never_met(account: str, source: Any) -> ClaimKey:
    return ClaimKey(f"customer|{account}|{source.record_key}|{next(_serial)}")


def _sees_nothing(self: Any, keys: Any) -> LookUp:
    return LookUp(found={}, as_of=self._clock.now())


def _yes(*_: Any) -> bool:
    return True


def _nothing(*_: Any) -> None:
    return None


GUARDS = (
    Guard(
        name="claim",
        rule="a business effect is claimed once, by a unique key",
        scenario="the template of external ids is changed between two deals of one account",
        counted="customers made twice for one account",
        play=play_claim,
        away=((planning, "customer_claim", _never_met), (checking, "customer_claim", _never_met)),
    ),
    Guard(
        name="look-up",
        rule="every create is preceded by a look-up, on every attempt",
        scenario="the database is lost after two deals were written; both come again",
        counted="records made twice",
        play=play_look_up,
        away=((reading.Reader, "look_up", _sees_nothing),),
    ),
    Guard(
        name="canary",
        rule="a look-up that does not show its canary is an error, never “absent”",
        scenario="the database is lost and, for a while, look-ups answer with no rows at all",
        counted="records made twice",
        play=play_canary,
        away=((reading, "check_canaries", _nothing),),
    ),
    Guard(
        name="in-doubt wait",
        rule="a lost answer is waited out until NetSuite itself cannot be working on the call any more",
        scenario="a create is committed ten minutes after its connection was given up",
        counted="records made twice",
        play=play_doubt,
        away=((doubting, "window_is_over", _yes),),
    ),
    Guard(
        name="fencing",
        rule="a row moves only while it is as its mover read it and the lease is the mover's",
        scenario="a worker thought dead reports while its successor's call is under way",
        counted="records made twice",
        play=play_fencing,
        away=((Documents, "_fence", staticmethod(lambda _: true())),),
    ),
    Guard(
        name="comparison",
        rule="“already exists” is success only when the record found is what was sent",
        scenario="somebody else's invoice carries the external ID we compute",
        counted="other people's records taken for ours",
        play=play_exists,
        away=((looking_up, "match", lambda *_: Match.EQUAL),),
    ),
    Guard(
        name="read-back",
        rule="what NetSuite stored is read back and compared after every write",
        scenario="a form drops a field without a word",
        counted="deals called confirmed whose record lacks what was sent",
        play=play_read_back,
        away=((confirming, "mismatch", _nothing),),
    ),
    Guard(
        name="deadline against lease",
        rule="a call is made only when the remaining lease outlives its total deadline",
        scenario="a worker stands still between its intent and its call, until another has done the work",
        counted="records made twice",
        play=play_lease,
        away=((sending, "lease_covers", _yes),),
    ),
    *(Guard(name=n, rule=r, scenario=s, counted=c, play=p, away=a) for n, r, s, c, p, a in CASH_GUARDS),
)


def measure(guard: Guard, folder: Path) -> tuple[int, int]:
    """How much goes wrong with the guard, and without it."""
    results = []
    for name, away in (("with", ()), ("without", guard.away)):
        (folder / name).mkdir()
        patches = [mock.patch.object(owner, attribute, new) for owner, attribute, new in away]
        for patch in patches:
            patch.start()
        try:
            results.append(guard.play(folder / name))
        finally:
            for patch in patches:
                patch.stop()
    return results[0], results[1]


_HEAD = """# Guards of the write protocol and of cash application

Each guard has a scenario that needs it, played twice: as the product is, and with the guard taken away by
replacing its function in the test (there is no setting for it). NetSuite's own uniqueness of external ids is
switched off in all of them. The figures are measured by `tests/journeys/test_guards.py`, which also fails when
this page says something else.

| guard | rule | scenario | counted | with | without |
|---|---|---|---|---|---|
"""


def row(guard: Guard, figures: tuple[int, int]) -> str:
    """The guard's line of the page."""
    return (
        f"| {guard.name} | {guard.rule} | {guard.scenario} | {guard.counted} | {figures[0]} | {figures[1]} |"
    )


if __name__ == "__main__":
    rows = []
    for one in GUARDS:
        with tempfile.TemporaryDirectory() as place:
            rows.append(row(one, measure(one, Path(place))))
    PAGE.write_text(_HEAD + "\n".join(rows) + "\n")
