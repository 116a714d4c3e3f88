"""Files of deals: good ones are stored like any other sighting, rejected pieces go to a file of their own."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tieout.flows.context import Context
from tieout.flows.intake import take_in
from tieout.flows.ports import FileSource, ParsedFile, Source


class NotAFileSource(ValueError):
    """The named source takes no files."""


@dataclass(frozen=True, slots=True)
class Ingested:
    """What became of one file."""

    file: Path
    deals: int
    fresh: int
    parsed: ParsedFile
    rejected_file: Path | None

    def as_json(self) -> dict[str, Any]:
        """A plain structure."""
        return {
            "file": str(self.file),
            "deals": self.deals,
            "new": self.fresh,
            "seen_before": self.deals - self.fresh,
            "notes": list(self.parsed.notes),
            "rejected": [
                {"line": r.line, "reason": r.reason, "expected": r.expected, "found": r.found}
                for r in self.parsed.rejected
            ],
            "rejected_file": str(self.rejected_file) if self.rejected_file else None,
        }


def ingest_file(context: Context, source: Source, file: Path) -> Ingested:
    """Store the deals of a file. The same file twice changes nothing. Raises `NotAFileSource`."""
    parsed = _taker(source).parse_file(file)
    fresh = _store(context, source, parsed, file.name)
    target = file.with_suffix(file.suffix + ".rejected.csv") if parsed.rejected else None
    if target is not None:
        with target.open("w", encoding="utf-8", newline="") as handle:
            writer = csv.writer(handle)
            writer.writerow(("line", "reason", "expected", "found", "raw"))
            writer.writerows((r.line, r.reason, r.expected, r.found, r.raw) for r in parsed.rejected)
    return Ingested(file, len(parsed.sightings), fresh, parsed, target)


def ingest_bytes(context: Context, source: Source, content: bytes, name: str, by: str) -> Ingested:
    """Store the deals of something that was sent under this name. The same twice changes nothing. Raises
    `NotAFileSource`.
    """
    parsed = _taker(source).parse_file(content, name)
    fresh = _store(context, source, parsed, name, by)
    return Ingested(Path(name), len(parsed.sightings), fresh, parsed, None)


def _taker(source: Source) -> FileSource:
    if not isinstance(source, FileSource):
        raise NotAFileSource(f"source {source.name} takes no files; name one of type generic")
    return source


def _store(context: Context, source: Source, parsed: ParsedFile, name: str, by: str = "") -> int:
    """Store what a file came to. Returns how many of its deals are new or newer."""
    with context.store.write("ingest") as unit:
        fresh = take_in(unit, source, parsed.sightings, context)
        data: dict[str, object] = {
            "file": name,
            "deals": len(parsed.sightings),
            "rejected": len(parsed.rejected),
            **({"by": by} if by else {}),
        }
        unit.journal.add("file_ingested", context.clock.now(), data=data)
    return fresh
