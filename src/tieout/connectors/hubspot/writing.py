"""Write-back: what became of a deal and its company, on properties of theirs.

What is there is read first, and an equal note is not written again, so that a repeated write-back (an answer was
lost) moves no stamp and wakes nobody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from tieout.connectors.hubspot.client import BATCH, HubSpotClient, Record, parts
from tieout.connectors.hubspot.errors import named_by, problems_of, words_of
from tieout.connectors.hubspot.options import HubSpotOptions, WriteBackProperties
from tieout.connectors.hubspot.properties import KINDS
from tieout.connectors.hubspot.values import is_id, prop, stamp_text
from tieout.flows.errors import CallError, Refused
from tieout.flows.ports import Clock, Note, NoteResult

_MOST_WORDS = 500
Results = dict[str, NoteResult]
Notes = Mapping[str, Note]


class NoteWriter:
    """Writes notes of one portal."""

    def __init__(self, options: HubSpotOptions, client: HubSpotClient, clock: Clock) -> None:
        self._fields: Mapping[str, WriteBackProperties] = {str(k): v for k, v in options.write_back.items()}
        self._client, self._clock = client, clock

    def write(self, notes: Sequence[Note]) -> list[NoteResult]:
        """One result each, in order. Raises `CallError`s for a call as a whole."""
        results: dict[tuple[str, str], NoteResult] = {}
        wanted: dict[str, dict[str, Note]] = {}
        for note in notes:
            target = note.target.object, note.target.id
            if note.target.object not in self._fields:
                why = f"no write-back properties are configured for {note.target.object}"
                results[target] = NoteResult(target=note.target, done=True, skipped=True, message=why)
            elif not is_id(note.target.id):
                results[target] = NoteResult(target=note.target, done=False, message="the id is malformed")
            else:
                # Of two notes for one record the later one counts.
                wanted.setdefault(note.target.object, {})[note.target.id] = note
        for kind, of_kind in wanted.items():
            for part in parts(sorted(of_kind), BATCH):
                for one, result in self._write(kind, {one: of_kind[one] for one in part}).items():
                    results[kind, one] = result
        return [replace(results[note.target.object, note.target.id], target=note.target) for note in notes]

    def _write(self, kind: str, notes: Notes) -> Results:
        fields = self._fields[kind]
        current = self._client.batch_read(KINDS[kind], notes, fields.names)
        results: Results = {}
        updates: dict[str, Record] = {}
        for one, note in notes.items():
            if one not in current:
                results[one] = self._absent(kind, note)
                continue
            values = _values(fields, note)
            if all(prop(current[one], name) == value for name, value in values.items()):
                results[one] = NoteResult(target=note.target, done=True, skipped=True)
                continue
            stamped = {fields.at: stamp_text(self._clock.now())} if fields.at else {}
            updates[one] = {"id": one, "properties": {**values, **stamped}}
        return results | self._update(kind, updates, notes)

    def _update(self, kind: str, updates: Mapping[str, Record], notes: Notes) -> Results:
        """One request, and one for each half where HubSpot refuses the whole batch for what one record says."""
        if not updates:
            return {}
        try:
            answer = self._client.batch_update(KINDS[kind], list(updates.values()))
        except Refused as refused:
            if len(updates) == 1:
                [one] = updates
                message = str(refused)[:_MOST_WORDS]
                return {one: NoteResult(target=notes[one].target, done=False, message=message)}
            ids = list(updates)
            halves = ids[: len(ids) // 2], ids[len(ids) // 2 :]
            left, right = ({one: updates[one] for one in half} for half in halves)
            results = self._update(kind, left, notes)
            try:
                return results | self._update(kind, right, notes)
            except CallError as error:
                # What is done stays done; the rest is tried again.
                later = {one: _later(notes[one], str(error)) for one in right}
                return results | later
        written = answer.get("results")
        done = (
            {str(row.get("id")) for row in written if isinstance(row, Mapping)}
            if isinstance(written, list)
            else set()
        )
        return {one: _result(notes[one], answer, done=one in done) for one in updates}

    def _absent(self, kind: str, note: Note) -> NoteResult:
        """A record a batch does not find. A merged one needs no note: what it lives on under gets its own."""
        there = self._client.single(KINDS[kind], note.target.id, ())
        if there is None:
            why = "it is archived, does not exist, or our token cannot see it"
            return NoteResult(target=note.target, done=False, message=f"{note.target}: {why}")
        if str(there.get("id")) != note.target.id:
            why = f"merged into {there.get('id')}"
            return NoteResult(target=note.target, done=True, skipped=True, message=why)
        return _later(note, "it has just been restored")


def _values(fields: WriteBackProperties, note: Note) -> dict[str, str]:
    """Property → text; an empty text clears it."""
    pairs = (
        (fields.id, str(note.internal_id)),
        (fields.number, note.number),
        (fields.external_id, str(note.external_id)),
        (fields.status, note.status),
        (fields.error, ""),
    )
    return {name: value for name, value in pairs if name}


def _later(note: Note, why: str) -> NoteResult:
    return NoteResult(target=note.target, done=False, retry=True, message=why[:_MOST_WORDS])


def _result(note: Note, answer: Record, *, done: bool) -> NoteResult:
    """One record's end in a batch: 200 and 207 say nothing about it."""
    if done:
        return NoteResult(target=note.target, done=True)
    problems = problems_of(answer)
    mine = [problem for problem in problems if note.target.id in named_by(problem)]
    if not mine:
        return _later(note, "HubSpot's answer does not name it")
    message = "; ".join(words_of(problem) for problem in mine)
    return NoteResult(target=note.target, done=False, message=message[:_MOST_WORDS])
