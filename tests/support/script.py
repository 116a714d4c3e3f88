"""A source whose deals a test writes down: payloads are canonical orders, versions are numbers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

from tieout.domain.documents import Address, Customer, Order, OrderLine, Product, StageChange
from tieout.domain.findings import Finding
from tieout.domain.money import Money
from tieout.domain.sources import SourceRef
from tieout.flows.codec import decode_order, encode
from tieout.flows.errors import CallError
from tieout.flows.ports import Alias, Batch, HookRequest, NoProbe, Note, NoteResult, Probe, Sighting

SYSTEM = "script"


def ref(object_: str, id_: str, line: str = "") -> SourceRef:
    """A reference into the scripted source."""
    return SourceRef(system=SYSTEM, environment="test", object=object_, id=id_, line=line)


def customer(number: int = 1, **changes: object) -> Customer:
    """A US customer who pays in dollars."""
    base = Customer(
        source=ref("Account", f"A{number:05d}"),
        name=f"Customer {number} Inc.",
        website=f"https://customer{number}.example",
        email=f"ap@customer{number}.example",
        billing=Address(lines=("1 Main St",), city="Boston", region="MA", postal_code="02101", country="US"),
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def order(number: int = 1, *, lines: int = 1, amount: str = "100.00", **changes: object) -> Order:
    """A won deal of customer `number` with so many equal lines."""
    deal = f"D{number:05d}"
    currency = str(changes.get("currency", "USD"))
    base = Order(
        source=ref("Opportunity", deal),
        name=f"Deal {number}",
        customer=customer(number),
        currency=currency,
        lines=tuple(
            OrderLine(
                source=ref("Opportunity", deal, f"{deal}-L{n}"),
                product=Product(id="P1", sku="PLAT-STD", name="Platform Standard"),
                quantity=Decimal(2),
                amount=Money(Decimal(amount), currency),
            )
            for n in range(1, lines + 1)
        ),
        close_date=date(2026, 10, 15),
        won=True,
        closed=True,
        po_number=f"PO-{number}",
        history=(StageChange(at=datetime(2026, 10, 15, tzinfo=UTC), won=True, label="won"),),
    )
    return replace(base, **changes)  # type: ignore[arg-type]


@dataclass(frozen=True)
class ScriptFile:
    """What a file of canonical orders, one a line, came to."""

    sightings: tuple[Sighting, ...]
    rejected: tuple[()] = ()
    notes: tuple[str, ...] = ()


class AnyHook:
    """Verifies nothing."""

    def verify(self, request: HookRequest) -> list[object]:
        """Names nothing."""
        del request
        return []


class ScriptSource:
    """Delivers what was put in, in the order it was put in; remembers what was written back.

    With a `folder` it survives the process that made it, as a CRM survives the crash of who reads it.
    `failures`: errors the next write-backs end with instead; `refusals`: messages by target id.
    """

    name = SYSTEM
    environment = "test"

    def __init__(self, *, writes_back: bool = True, folder: Path | None = None) -> None:
        self.writes_back = writes_back
        self.probe: Probe = NoProbe()
        self.failures: list[CallError] = []
        self.refusals: dict[str, NoteResult] = {}
        self.noted = 0
        self.skipped = 0
        self._file = folder / "source.json" if folder else None
        self._queue: list[Sighting] = []
        self._aliases: list[Alias] = []
        self._versions: dict[str, int] = {}
        self.notes: dict[str, dict[str, object]] = {}
        if self._file is not None and self._file.exists():
            saved = json.loads(self._file.read_text())
            self._queue = [Sighting(**row) for row in saved["queue"]]
            self._versions, self.notes = saved["versions"], saved["notes"]

    def _save(self) -> None:
        if self._file is not None:
            saved = {
                "queue": [asdict(one) for one in self._queue],
                "versions": self._versions,
                "notes": self.notes,
            }
            self._file.write_text(json.dumps(saved))

    @property
    def hook(self) -> AnyHook:
        """Takes every webhook for its own."""
        return AnyHook()

    def put(self, *orders: Order, version: int | None = None, deleted: bool = False) -> None:
        """Deliver a version of each of these deals at the next poll."""
        for one in orders:
            number = version if version is not None else self._versions.get(one.source.id, 0) + 1
            self._versions[one.source.id] = number
            payload = json.loads(encode(one))
            self._queue.append(
                Sighting(
                    object="Opportunity",
                    object_id=one.source.id,
                    version=f"{number:06d}",
                    payload=payload,
                    deleted=deleted,
                )
            )
        self._save()

    def again(self) -> None:
        """Deliver everything once more, in reverse order: doubled and late events."""
        self._queue.extend(reversed(self._queue))
        self._save()

    def garble(self, deal: str, payload: dict[str, object]) -> None:
        """Deliver something no mapping fits."""
        number = self._versions.get(deal, 0) + 1
        self._versions[deal] = number
        sighting = Sighting(object="Opportunity", object_id=deal, version=f"{number:06d}", payload=payload)
        self._queue.append(sighting)
        self._save()

    def parse_file(self, file: Path | bytes, name: str = "") -> ScriptFile:
        """A file of canonical orders, one a line."""
        del name
        text = file.decode() if isinstance(file, bytes) else file.read_text()
        payloads = [json.loads(line) for line in text.splitlines()]
        return ScriptFile(
            tuple(
                Sighting(object="Opportunity", object_id=p["source"]["id"], version="000001", payload=p)
                for p in payloads
            )
        )

    def merge(self, loser: str, winner: str) -> None:
        """Tell of a merge at the next poll."""
        self._aliases.append(Alias(object="Account", loser=loser, winner=winner))

    def fingerprint(self) -> str:
        """Always the same."""
        return SYSTEM

    def warnings(self) -> list[str]:
        """None."""
        return []

    def poll(self, cursor: str | None) -> Batch:
        """Everything after the cursor."""
        start = int(cursor or 0)
        aliases, self._aliases = tuple(self._aliases), []
        return Batch(
            sightings=tuple(self._queue[start:]),
            cursor=str(len(self._queue)),
            more=False,
            aliases=aliases,
        )

    def read(self, sighting: Sighting) -> Order | list[Finding]:
        """The order that was put in."""
        try:
            return decode_order(json.dumps(dict(sighting.payload)))
        except ValueError as error:
            return [
                Finding(
                    code="payload_unreadable",
                    cause=sighting.object_id,
                    expected="an order",
                    found=str(error),
                    source=ref(sighting.object, sighting.object_id),
                )
            ]

    def write_back(self, notes: Sequence[Note]) -> list[NoteResult]:
        """Remember each note; an equal one is skipped."""
        if self.failures:
            raise self.failures.pop(0)
        results = []
        for note in notes:
            if note.target.id in self.refusals:
                results.append(self.refusals[note.target.id])
                continue
            told = {"record": note.record, "id": note.internal_id, "number": note.number}
            same = self.notes.get(note.target.id) == told
            self.skipped += same
            self.noted += not same
            self.notes[note.target.id] = told
            results.append(NoteResult(target=note.target, done=True, skipped=same))
        self._save()
        self.probe.hit("after-bytes:write_back")
        return results
