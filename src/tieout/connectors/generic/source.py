"""The generic source: files handed in by a person or a job; nothing to poll, nothing to write back to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from tieout.connectors.generic.files import parse
from tieout.connectors.generic.mapping import read_deal
from tieout.connectors.generic.pieces import Parsed
from tieout.domain.documents import Order
from tieout.domain.findings import Finding
from tieout.domain.sources import SourceRef
from tieout.flows.ports import Batch, Note, NoteResult, Sighting

#: The object of the source references of deals.
OBJECT = "deal"


@dataclass(frozen=True, slots=True, kw_only=True)
class GenericConfig:
    """One origin of files. `name` is the `system` of its source references: one per CRM it stands for."""

    name: str = "generic"
    environment: str = "production"
    cut_over: date = date.min


class GenericSource:
    """Deals in the documented shape (`docs/reference/generic-deals.md`), from JSON or CSV files."""

    def __init__(self, config: GenericConfig) -> None:
        self._config = config

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
        """Never: a file cannot be told what became of its deals."""
        return False

    def fingerprint(self) -> str:
        """There is no org to connect to; name and environment are all there is to pin."""
        return f"{self.name}/{self.environment}"

    def warnings(self) -> list[str]:
        """None: nothing is connected."""
        return []

    def poll(self, cursor: str | None) -> Batch:
        """Nothing, ever: files are handed in."""
        return Batch(sightings=(), cursor=cursor or "", more=False)

    def parse_file(self, file: Path | bytes, name: str = "") -> Parsed:
        """The deals of a file, and the rows that belong to none. Never raises on what the file holds.

        `name` decides the format by its ending (`.json`, `.jsonl`, `.ndjson`, `.csv`, `.tsv`); without a
        known one the content does.
        """
        return parse(file, name or (file.name if isinstance(file, Path) else ""), OBJECT)

    def read(self, sighting: Sighting) -> Order | list[Finding]:
        """The canonical order of a deal, or why it is none. Pure; never raises on data."""
        source = SourceRef(
            system=self.name,
            environment=self.environment,
            object=sighting.object,
            id=sighting.object_id,
            version=sighting.version,
        )
        return read_deal(sighting.payload, source, self._config.cut_over)

    def write_back(self, notes: Sequence[Note]) -> list[NoteResult]:
        """Refuses each note: there is nowhere to write to."""
        return [NoteResult(target=note.target, done=False, message="files take no notes") for note in notes]

    def close(self) -> None:
        """Nothing is open."""
