"""Write-back: what became of a deal and its account, on fields of theirs (crm-cpq §4.4).

What is there is read first, and an equal note is not written again, so that a repeated write-back (an answer was
lost) moves no stamp and wakes nobody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tieout.connectors.salesforce.client import COLLECTION, Record, SalesforceClient, listed, select
from tieout.connectors.salesforce.cursor import stamp_text
from tieout.connectors.salesforce.errors import TRANSIENT, problems_of
from tieout.connectors.salesforce.ids import full_id
from tieout.connectors.salesforce.options import SalesforceOptions, WriteBackFields
from tieout.flows.errors import CallError, Refused
from tieout.flows.ports import Clock, Note, NoteResult

_MOST_WORDS = 500
_MERGEABLE = frozenset({"Account"})
Target = tuple[str, str]


class NoteWriter:
    """Writes notes of one org."""

    def __init__(self, options: SalesforceOptions, client: SalesforceClient, clock: Clock) -> None:
        self._fields: Mapping[str, WriteBackFields] = {str(k): v for k, v in options.write_back.items()}
        self._client, self._clock = client, clock

    def write(self, notes: Sequence[Note]) -> list[NoteResult]:
        """One result each, in order. Raises `CallError`s for a call as a whole."""
        results: dict[Target, NoteResult] = {}
        wanted: dict[Target, Note] = {}
        for note in notes:
            target = _target(note)
            if note.target.object not in self._fields:
                why = f"no write-back fields are configured for {note.target.object}"
                results[target] = NoteResult(target=note.target, done=True, skipped=True, message=why)
            elif full_id(note.target.id) is None:
                results[target] = NoteResult(target=note.target, done=False, message="the id is malformed")
            else:
                wanted[target] = note  # of two notes for one record the later one counts
        # Collections are cut where the type changes, ten cuts at most: one run of each type.
        ordered = sorted(wanted)
        for start in range(0, len(ordered), COLLECTION):
            part = {target: wanted[target] for target in ordered[start : start + COLLECTION]}
            results |= self._write(part)
        return [_addressed(results[_target(note)], note) for note in notes]

    def _write(self, notes: Mapping[Target, Note]) -> dict[Target, NoteResult]:
        results, current = self._current(notes)
        updates: dict[Target, Record] = {}
        for target, note in notes.items():
            if target in results:
                continue
            values = self._values(note)
            if all(_same(current[target].get(name), value) for name, value in values.items()):
                results[target] = NoteResult(target=note.target, done=True, skipped=True)
                continue
            at = self._fields[target[0]].at
            stamped = {at: stamp_text(self._clock.now())} if at else {}
            updates[target] = {"attributes": {"type": target[0]}, "Id": target[1], **values, **stamped}
        if updates:
            rows = self._client.update(list(updates.values()))
            for target, row in zip(updates, rows, strict=True):
                results[target] = _result(notes[target], row)
        return results

    def _current(self, notes: Mapping[Target, Note]) -> tuple[dict[Target, NoteResult], dict[Target, Record]]:
        """What the records say now, in one call; and results for those that cannot take a note."""
        types = sorted({object_ for object_, _ in notes})
        queries = []
        for object_ in types:
            ids = [record_id for one, record_id in notes if one == object_]
            master = ["MasterRecordId"] if object_ in _MERGEABLE else []
            names = ", ".join(["Id", "IsDeleted", *master, *self._compared(object_)])
            queries.append(("queryAll", select(names, object_, f"Id IN {listed(ids)}")))
        results: dict[Target, NoteResult] = {}
        current: dict[Target, Record] = {}
        for object_, answer in zip(types, self._client.queries(queries), strict=True):
            mine = {target: note for target, note in notes.items() if target[0] == object_}
            if isinstance(answer, CallError):
                if not isinstance(answer, Refused):
                    raise answer
                for target, note in mine.items():
                    results[target] = NoteResult(target=note.target, done=False, message=str(answer))
                continue
            rows = {str(row.get("Id")): row for row in answer}
            for target, note in mine.items():
                row = rows.get(target[1])
                if row is not None and row.get("IsDeleted") is not True:
                    current[target] = row
                else:
                    results[target] = _gone(note, row)
        return results, current

    def _compared(self, object_: str) -> list[str]:
        fields = self._fields[object_]
        names = (fields.id, fields.number, fields.external_id, fields.status, fields.error)
        return list(dict.fromkeys(name for name in names if name))

    def _values(self, note: Note) -> dict[str, str | None]:
        fields = self._fields[note.target.object]
        pairs: tuple[tuple[str, str | None], ...] = (
            (fields.id, note.internal_id),
            (fields.number, note.number or None),
            (fields.external_id, note.external_id),
            (fields.status, note.status or None),
            (fields.error, None),
        )
        return {name: value for name, value in pairs if name}


def _target(note: Note) -> Target:
    return note.target.object, full_id(note.target.id) or note.target.id


def _same(there: object, wanted: str | None) -> bool:
    return (there in (None, "")) if wanted is None else str(there) == wanted


def _gone(note: Note, row: Record | None) -> NoteResult:
    """A record that takes no notes. A merged account needs none: its winner gets its own."""
    master = (row or {}).get("MasterRecordId")
    if master:
        why = f"merged into {master}"
        return NoteResult(target=note.target, done=True, skipped=True, message=why)
    why = "it is deleted" if row is not None else "it does not exist, or the integration user cannot see it"
    return NoteResult(target=note.target, done=False, message=f"{note.target}: {why}")


def _result(note: Note, row: Record) -> NoteResult:
    """One row of the answer: 200 for the whole says nothing about it."""
    if row.get("success") is True:
        return NoteResult(target=note.target, done=True)
    problems = problems_of(row.get("errors"))
    retry = bool(problems) and all(problem.code in TRANSIENT for problem in problems)
    message = "; ".join(problem.text for problem in problems) or f"refused without a reason: {row}"
    return NoteResult(target=note.target, done=False, retry=retry, message=message[:_MOST_WORDS])


def _addressed(result: NoteResult, note: Note) -> NoteResult:
    return NoteResult(
        target=note.target,
        done=result.done,
        skipped=result.skipped,
        retry=result.retry,
        message=result.message,
    )
