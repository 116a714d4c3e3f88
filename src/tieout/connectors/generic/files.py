"""A file becomes sightings and rejections: which bytes are text, and which text is JSON or CSV."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from tieout.connectors.generic import csv_files, json_files
from tieout.connectors.generic.mapping import read_deal
from tieout.connectors.generic.pieces import Deal, Found, Parsed, Rejection
from tieout.connectors.generic.values import MAX_ID, id_problem, version_of
from tieout.domain.documents import Order
from tieout.domain.sources import SourceRef
from tieout.flows.ports import Sighting

#: A larger file is refused whole: it is split, not read for an hour and refused at its end.
MAX_FILE_BYTES = 64 * 1024 * 1024
#: Findings of one deal that are said at once; reading it gives all of them.
_MOST_SAID = 10
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def parse(file: Path | bytes, name: str, object_: str) -> Parsed:
    """Read a file whole. Never raises on what it holds, nor when it cannot be opened."""
    content = _bytes_of(file) if isinstance(file, Path) else file
    text = content if isinstance(content, Rejection) else _decoded(content)
    if isinstance(text, Rejection):
        return Parsed((), (text,))
    found = _reader_of(text, name)(text)
    return _sightings(found, object_)


def _bytes_of(path: Path) -> bytes | Rejection:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            return _too_big(path.stat().st_size)
        return path.read_bytes()
    except OSError as error:
        return Rejection(0, "the file cannot be read", "a readable file", error.strerror or str(error), "")


def _too_big(size: int) -> Rejection:
    limit = MAX_FILE_BYTES // 1024 // 1024
    return Rejection(0, "the file is too big", f"at most {limit} MiB; split it", f"{size} bytes", "")


def _decoded(content: bytes) -> str | Rejection:
    if len(content) > MAX_FILE_BYTES:
        return _too_big(len(content))
    wanted = "UTF-8 text"
    if content.startswith(_UTF16) or b"\x00" in content[:200]:
        return Rejection(
            0, "the file is UTF-16, not UTF-8", wanted, f"begins with {content[:4].hex(' ')}", ""
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        found = f"byte {content[error.start]:#04x} in line {line}: Latin-1 or Windows text, perhaps"
        return Rejection(0, "the file is not UTF-8", wanted, found, "")
    return text if text.strip() else Rejection(0, "the file is empty", "at least one deal", "nothing", "")


def _reader_of(text: str, name: str) -> Callable[[str], Found]:
    ending = Path(name).suffix.lower()
    looks_like_json = text.lstrip()[:1] in {"{", "["}
    if ending in {".jsonl", ".ndjson"}:
        return json_files.read_lines
    if ending == ".json" or (looks_like_json and ending not in {".csv", ".tsv"}):
        return json_files.read
    return csv_files.read


def _sightings(found: Found, object_: str) -> Parsed:
    rejected, notes = list(found.rejected), list(found.notes)
    seen: dict[tuple[str, str], set[str]] = {}
    sightings = []
    for deal in found.deals:
        identifier, version = _id_of(deal), version_of(deal.payload.get("version"))
        if isinstance(identifier, Rejection):
            rejected.append(identifier)
            continue
        if version is None:
            wanted = "a whole number, or an instant with a time zone such as 2026-10-31T09:30:00Z"
            shown = repr(deal.payload.get("version"))[:80]
            reason = f"deal {identifier} has an unreadable version"
            rejected.append(Rejection(deal.line, reason, wanted, shown, deal.raw))
            continue
        text = json.dumps(deal.payload, sort_keys=True)
        before = seen.setdefault((identifier, version), set())
        if text in before:
            notes.append(f"line {deal.line}: deal {identifier} again, the same; ignored")
            continue
        if before:
            which = f"version {version}" if version else "without a version"
            notes.append(
                f"line {deal.line}: deal {identifier} again ({which}), different; the later one counts"
            )
        before.add(text)
        notes += _troubles(deal, identifier)
        sightings.append(
            Sighting(
                object=object_,
                object_id=identifier,
                version=version,
                payload=deal.payload,
                deleted=str(deal.payload.get("deleted", "")).strip().lower() in {"true", "yes", "y", "1"},
            )
        )
    rejected.sort(key=lambda one: one.line)
    return Parsed(tuple(sightings), tuple(rejected), tuple(notes))


def _troubles(deal: Deal, identifier: str) -> list[str]:
    """Why a deal will become a case, said while the file is at hand."""
    source = SourceRef(system="file", environment="", object="deal", id=identifier)
    result = () if deal.readable else read_deal(deal.payload, source)
    if isinstance(result, Order):
        return []
    said = [
        f"line {deal.line}: deal {identifier} will be a case: {f.expected}; found {f.found}" for f in result
    ]
    return [*said[:_MOST_SAID], *([f"… and {len(said) - _MOST_SAID} more"] if said[_MOST_SAID:] else [])]


def _id_of(deal: Deal) -> str | Rejection:
    raw = deal.payload.get("id")
    text = str(raw).strip() if isinstance(raw, str | int) and not isinstance(raw, bool) else ""
    problem = "no id" if not text else id_problem(text)
    if not problem:
        return text
    wanted = f"the deal's id: at most {MAX_ID} printable characters"
    return Rejection(deal.line, "the deal has no usable id", wanted, f"{problem}: {repr(raw)[:80]}", deal.raw)
