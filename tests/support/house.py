"""The whole machine in one line: real SQLite, the real NetSuite emulator over HTTP, a scripted source."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Protocol, cast

from tests.support.bank_script import ScriptBank
from tests.support.script import ScriptSource, ref
from tests.support.stores import open_store

from tieout.connectors.netsuite.config import MachineCredentials, NetSuiteConfig
from tieout.connectors.netsuite.gateway import NetSuiteGateway
from tieout.domain.crosswalk import CrosswalkKind, CrosswalkRow
from tieout.domain.ids import ExternalId, RecordType
from tieout.domain.periods import Period
from tieout.domain.policy import HandOff, Policy, SourcePolicy
from tieout.domain.rules import Condition, Operator, Rule
from tieout.emulators.kit.client import ControlClient
from tieout.emulators.netsuite import NetSuiteEmulator, sample_dataset
from tieout.emulators.netsuite.keys import new_key_pair
from tieout.flows.case_work import CaseWork
from tieout.flows.context import Context, Limits
from tieout.flows.machine import Machine
from tieout.flows.ports import NoProbe, Probe
from tieout.flows.rows import Document
from tieout.flows.slots import Slots
from tieout.runner.clock import ManualClock
from tieout.store.database import Database
from tieout.store.unit import Store

ACCOUNT = "TSTDRV1234567"
INSTALLATION = "test-house"
START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
#: product → item; P-OLD is inactive, P-US is sold by subsidiary 1 alone
CROSSWALK = {"P1": "501", "P2": "502", "P-OLD": "507", "P-US": "506"}
CANARIES = {
    record: {subsidiary: ExternalId(f"canary-{record}-{subsidiary}") for subsidiary in ("1", "2")}
    for record in RecordType
}


@cache
def keys() -> tuple[str, str]:
    """One key pair for all tests of a process: making one is slow."""
    return new_key_pair()


def dataset() -> dict[str, Any]:
    """The sample account with canaries, open from October on."""
    data = sample_dataset(keys()[1])
    data["account"]["concurrency"] = 15
    for subsidiary, currency in (("1", "1"), ("2", "2")):
        data["customers"].append(
            {
                "id": f"90{subsidiary}",
                "externalId": CANARIES[RecordType.CUSTOMER][subsidiary],
                "companyName": f"Canary {subsidiary}",
                "subsidiary": {"id": subsidiary},
                "currency": {"id": currency},
            }
        )
        data["contacts"].append(
            {
                "externalId": CANARIES[RecordType.CONTACT][subsidiary],
                "firstName": "Canary",
                "lastName": subsidiary,
                "company": {"id": f"90{subsidiary}"},
                "subsidiary": {"id": subsidiary},
            }
        )
        for kind, record in (("invoice", RecordType.INVOICE), ("salesOrder", RecordType.SALES_ORDER)):
            data["transactions"].append(
                {
                    "type": kind,
                    "externalId": CANARIES[record][subsidiary],
                    "entity": {"id": f"90{subsidiary}"},
                    "tranDate": "2026-10-01",
                    "item": {"items": [{"item": {"id": "501"}, "quantity": 1, "rate": 1}]},
                }
            )
    return data


def policy(handoff: HandOff = HandOff.INVOICE, installation: str = INSTALLATION) -> Policy:
    """US and Japan are sold by subsidiary 1, Germany by 2; everything becomes `handoff`."""
    countries = (("US", "1"), ("JP", "1"), ("DE", "2"))
    return Policy(
        version="test",
        installation=installation,
        account=ACCOUNT,
        sources={"script": SourcePolicy(name="script", cut_over=date(2026, 10, 1))},
        subsidiary_rules=tuple(
            Rule(name=f"{c} → {s}", then=s, when=(Condition("customer.country", Operator.EQUALS, (c,)),))
            for c, s in countries
        ),
        handoff_rules=(Rule(name="all", then=handoff),),
        contacts=True,
    )


class Emulator(Protocol):
    """A running NetSuite emulator, in this process or in another."""

    @property
    def base_url(self) -> str: ...

    @property
    def control(self) -> ControlClient: ...


@dataclass(frozen=True)
class Remote:
    """An emulator that another process runs."""

    base_url: str

    @property
    def control(self) -> ControlClient:
        return ControlClient(self.base_url)


@dataclass
class House:
    """A machine with everything around it."""

    folder: Path
    ns: Emulator
    clock: ManualClock
    source: ScriptSource
    machine: Machine
    store: Store
    database: Database
    rebuild: Callable[..., None] = field(repr=False)
    bank: ScriptBank | None = None

    def advance(self, step: timedelta) -> None:
        """Move the product's clock and the emulator's together."""
        self.clock.advance(step)
        self.ns.control.clock(advance_seconds=step / timedelta(seconds=1))

    def run(self, rounds: int = 400) -> None:
        """Poll and turn all lanes until nothing moves by itself, moving time to what is due next."""
        idle = 0
        for _ in range(rounds):
            self.machine.poll()
            if self.machine.step():
                idle = 0
                continue
            if self.machine.is_quiet():
                return
            due = self.machine.next_due()
            now = self.clock.now()
            # What is due may be under the lease of somebody who is gone: wait longer and longer.
            self.advance(max((due or now) - now, timedelta(seconds=min(2**idle, 120))))
            idle += 1
        raise AssertionError(f"did not come to rest in {rounds} rounds")

    def made(self, record: str) -> list[dict[str, Any]]:
        """Live records of this type that our integration created."""
        return [one for one in self.ns.control.truth(record) if one["_meta"]["created_by"] == "tieout"]

    def documents(self) -> dict[str, Document]:
        """Every document by its claim's first words and its external id or target: `invoice D00001` …"""
        with self.store.read() as unit:
            found = [d for r in unit.records.all() for d in unit.documents.of_record(r.id)]
        return {d.external_id or d.claim: d for d in found}

    def states(self) -> dict[str, str]:
        """External id or claim → state."""
        return {name: str(document.state) for name, document in self.documents().items()}

    def requests(self, operation: str, record: str = "") -> list[dict[str, Any]]:
        """What the emulator was asked, as it logged it."""
        return [
            one
            for one in self.ns.control.log()
            if one["operation"] == operation and record in {"", one["record"]}
        ]

    def standings(self) -> dict[str, tuple[str, str]]:
        """Deal → standing and reason."""
        with self.store.read() as unit:
            return {r.source.id: (str(r.standing), r.reason) for r in unit.records.all()}

    @property
    def cases(self) -> CaseWork:
        """What people do with cases."""
        return CaseWork(self.machine.context)

    def case_codes(self) -> list[str]:
        """Codes of open cases."""
        with self.store.read() as unit:
            return sorted(case.finding.code for case in unit.cases.find())


def add_crosswalk(store: Store, rows: dict[str, str]) -> None:
    """Product id → item, valid always."""
    with store.write("crosswalk") as unit:
        unit.mappings.add_crosswalk(
            CrosswalkRow(
                kind=CrosswalkKind.ITEM,
                system="script",
                key=key,
                target=target,
                valid=Period(date(2020, 1, 1)),
                changed_by="test",
                changed_at=START,
            )
            for key, target in rows.items()
        )


@contextmanager
def house(
    folder: Path,
    *,
    data: dict[str, Any] | None = None,
    probe: Probe | None = None,
    limits: Limits | None = None,
    deadline_seconds: int = 5,
    slots: int = 13,
    source: ScriptSource | None = None,
    policy: Policy | None = None,
    handoff: HandOff = HandOff.INVOICE,
    foreign_fields: tuple[str, ...] = (),
    bank: ScriptBank | None = None,
) -> Iterator[House]:
    """A house with an emulator of its own, torn down afterwards."""
    with NetSuiteEmulator(data or dataset(), clock=START) as ns:
        made = furnish(
            folder,
            ns,
            START,
            probe=probe,
            limits=limits,
            deadline_seconds=deadline_seconds,
            slots=slots,
            source=source or ScriptSource(),
            policy=policy or house_policy(handoff),
            foreign_fields=foreign_fields,
            bank=bank,
        )
        yield made
        made.database.dispose()


def configuration(base_url: str, **changes: Any) -> NetSuiteConfig:
    """How the house reaches its NetSuite."""
    credentials = MachineCredentials(
        client_id="client-tieout", certificate_id="kid-1", private_key_pem=keys()[0], algorithm="ES256"
    )
    values: dict[str, Any] = {
        "account": ACCOUNT,
        "credentials": credentials,
        "base_url": base_url,
        "concurrency": 15,
        "deadline_seconds": 5,
        "canaries": CANARIES,
        "installation": INSTALLATION,
    }
    return NetSuiteConfig(**{**values, **changes})


def furnish(
    folder: Path,
    ns: Emulator,
    now: datetime,
    *,
    source: ScriptSource,
    policy: Policy,
    probe: Probe | None = None,
    limits: Limits | None = None,
    deadline_seconds: int = 5,
    slots: int = 13,
    foreign_fields: tuple[str, ...] = (),
    private_key: str = "",
    clock: ManualClock | None = None,
    installation: str = INSTALLATION,
    bank: ScriptBank | None = None,
) -> House:
    """A house on a database file and a running emulator, whoever runs that."""
    clock = clock or ManualClock(now)
    if policy.cash is not None and bank is None:
        bank = ScriptBank(folder)
    config = configuration(
        ns.base_url,
        deadline_seconds=deadline_seconds,
        foreign_fields=foreign_fields,
        installation=installation,
    )
    if private_key:
        credentials = replace(cast("MachineCredentials", config.credentials), private_key_pem=private_key)
        config = replace(config, credentials=credentials)
    built: list[House] = []
    tokens = itertools.count(1)

    def build(new_probe: Probe | None, new_policy: Policy | None = None) -> None:
        database = open_store(folder)
        used = new_probe or NoProbe()
        store = Store(database, used)
        source.probe = used
        context = Context(
            store=store,
            clock=clock,
            netsuite=NetSuiteGateway(config, clock),
            sources={"script": source, **({bank.name: bank} if bank is not None else {})},
            policy=new_policy or policy,
            slots=Slots(slots),
            token=lambda: f"p{os.getpid()}-{next(tokens)}",
            limits=limits or Limits(),
            probe=used,
            holder="house",
        )
        if built:
            cast("NetSuiteGateway", built[0].machine.context.netsuite).close()
            built[0].database.dispose()
            built[0].machine, built[0].store, built[0].database = Machine(context), store, database
        else:
            built.append(House(folder, ns, clock, source, Machine(context), store, database, build, bank))

    build(probe)
    add_crosswalk(built[0].store, CROSSWALK)
    return built[0]


house_policy = policy

__all__ = [
    "CANARIES",
    "House",
    "Remote",
    "add_crosswalk",
    "configuration",
    "dataset",
    "furnish",
    "house",
    "house_policy",
    "policy",
    "ref",
]
