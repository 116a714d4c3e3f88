"""Bank files as a source: handed in one by one, or found in a watched folder. Each movement is a sighting of its own.

The same file again, or one with other boundaries, meets the same movements by their identity and changes nothing. What
is booked is newer than what was announced, whenever it comes. A file that is refused, and entries that cannot be used,
become a sighting, too: a case, so that nothing is lost.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tieout.connectors.bank.options import BankOptions
from tieout.connectors.bank.reading import parse_bank_file
from tieout.domain.cash.movements import BankFile, FileFinding, Movement, Severity, Stage
from tieout.domain.documents import Order
from tieout.domain.findings import Finding
from tieout.domain.sources import SourceRef
from tieout.flows.codec import encode
from tieout.flows.ports import Batch, Clock, Note, NoteResult, Sighting

#: Objects of the source references of money that moved, and of files as such.
MOVEMENT, FILE = "movement", "bank_file"
#: A later stage is newer, whatever the time says.
_RANK = {Stage.INTERIM: "0", Stage.NOTIFIED: "1", Stage.BOOKED: "2"}
#: A file that was changed a moment ago may still be being written.
_SETTLED = timedelta(seconds=2)
_UNFINISHED = (".part", ".tmp", ".filepart", ".crdownload")


@dataclass(frozen=True, slots=True)
class Piece:
    """A finding about a file as a rejected piece of it."""

    line: int
    reason: str
    expected: str
    found: str
    raw: str


@dataclass(frozen=True, slots=True)
class ParsedBankFile:
    """What a file came to."""

    sightings: tuple[Sighting, ...]
    rejected: tuple[Piece, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BankConfig:
    """One bank, or one account's files. `folder` is watched when it is given."""

    name: str
    environment: str = "production"
    options: BankOptions = field(default_factory=BankOptions)
    folder: Path | None = None


class BankSource:
    """Movements from bank files."""

    def __init__(self, config: BankConfig, clock: Clock) -> None:
        self._config, self._clock = config, clock

    @property
    def name(self) -> str:
        """The configured name."""
        return self._config.name

    @property
    def environment(self) -> str:
        """The configured environment."""
        return self._config.environment

    @property
    def writes_back(self) -> bool:
        """Never: a file cannot be told what became of it."""
        return False

    def fingerprint(self) -> str:
        """Nothing is connected; name and environment are all there is to pin."""
        return f"{self.name}/{self.environment}"

    def warnings(self) -> list[str]:
        """A watched folder that is not there."""
        folder = self._config.folder
        return [f"there is no folder {folder}"] if folder is not None and not folder.is_dir() else []

    def poll(self, cursor: str | None) -> Batch:
        """The next file of the watched folder that is new or has changed; one file a page."""
        folder = self._config.folder
        known: dict[str, str] = json.loads(cursor) if cursor else {}
        if folder is None or not folder.is_dir():
            return Batch(sightings=(), cursor=cursor or "", more=False)
        there = {file.name: _mark(file) for file in sorted(folder.iterdir()) if self._is_whole(file)}
        known = {name: mark for name, mark in known.items() if name in there}
        fresh = next((name for name in sorted(there) if known.get(name) != there[name]), None)
        if fresh is None:
            return Batch(sightings=(), cursor=json.dumps(known, sort_keys=True), more=False)
        parsed = self.parse_file(folder / fresh)
        known[fresh] = there[fresh]
        return Batch(sightings=parsed.sightings, cursor=json.dumps(known, sort_keys=True), more=True)

    def _is_whole(self, file: Path) -> bool:
        if not file.is_file() or file.name.startswith(".") or file.name.lower().endswith(_UNFINISHED):
            return False
        if file.name.endswith(".rejected.csv"):
            return False  # written by `tieout ingest`
        changed = datetime.fromtimestamp(file.stat().st_mtime, UTC)
        return datetime.now(UTC) - changed > _SETTLED

    def parse_file(self, file: Path | bytes, name: str = "") -> ParsedBankFile:
        """The movements of a file, and what of it cannot be used. Never raises on what the file holds."""
        content = file.read_bytes() if isinstance(file, Path) else file
        name = name or (file.name if isinstance(file, Path) else "")
        parsed = parse_bank_file(content, name, self._config.options)
        now = self._clock.now()
        problems = [one for one in parsed.findings if one.severity is not Severity.WARNS]
        sightings = [] if parsed.blocked else [_sighting(one, parsed.format, now) for one in parsed.movements]
        if problems:
            sightings.append(_file_sighting(parsed, name, problems, now))
        warned = [one for one in parsed.findings if one.severity is Severity.WARNS]
        return ParsedBankFile(
            tuple(sightings),
            tuple(Piece(one.place.line, one.code, one.expected, one.found, one.raw) for one in problems),
            tuple(f"{one.code} at {one.place}: expected {one.expected}, found {one.found}" for one in warned),
        )

    def read(self, sighting: Sighting) -> Order | list[Finding]:
        """A movement is no order: it is judged as what it is."""
        source = SourceRef(
            system=self.name, environment=self.environment, object=sighting.object, id=sighting.object_id
        )
        return [
            Finding(
                code="payload_unreadable",
                cause=sighting.object_id,
                expected="a deal",
                found="a movement of money, which is edited with `tieout payments`",
                source=source,
            )
        ]

    def write_back(self, notes: Sequence[Note]) -> list[NoteResult]:
        """Refuses each note: there is nowhere to write to."""
        return [NoteResult(target=note.target, done=False, message="files take no notes") for note in notes]

    def close(self) -> None:
        """Nothing is open."""


def _sighting(movement: Movement, route: str, now: datetime) -> Sighting:
    ordinal = f"#{movement.ordinal}" if movement.ordinal > 1 else ""
    return Sighting(
        object=MOVEMENT,
        object_id=f"{movement.identity}{ordinal}",
        version=f"{_RANK[movement.stage]}-{now.isoformat()}",
        payload={"movement": json.loads(encode(movement)), "route": route},
    )


def _file_sighting(parsed: BankFile, name: str, problems: Sequence[FileFinding], now: datetime) -> Sighting:
    return Sighting(
        object=FILE,
        object_id=parsed.digest,
        version=now.isoformat(),
        payload={
            "file": name,
            "format": parsed.format,
            "blocked": parsed.blocked,
            "findings": [
                {
                    "code": one.code,
                    "expected": one.expected,
                    "found": one.found,
                    "where": str(one.place),
                    "remedy": one.remedy,
                }
                for one in problems
            ],
        },
    )


def _mark(file: Path) -> str:
    seen = file.stat()
    return f"{seen.st_size}:{seen.st_mtime_ns}"
