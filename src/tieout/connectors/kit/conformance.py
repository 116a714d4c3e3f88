"""The suite every connector of a source passes by naming itself.

A connector's test module subclasses `ConnectorConformance`, says what its payloads look like, and inherits the
tests (pytest collects them from the subclass):

    class TestGeneric(ConnectorConformance):
        secrets = ("…",)
        unknown = ("x_colour", "mauve")
        def source(self) -> Source: ...
        def goldens(self) -> Sequence[Golden]: ...
        def versions(self) -> Sequence[Sighting]: ...
        def deliver(self) -> Iterable[Sighting]: ...
        def exercise(self) -> Iterable[object]: ...

A source of movements subclasses `MovementConformance` instead: its goldens are payloads of its system, and movements.

Tests that look at rows ask for a pytest fixture named `store`: an empty `tieout.flows.storage.Store` (Tieout's
own tests give the real one, on SQLite). pytest and Hypothesis are needed only when the tests run.
"""

from __future__ import annotations

import json
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice, permutations
from typing import Any

from structlog.testing import capture_logs

from tieout.domain.cash.movements import Movement, MovementKind
from tieout.domain.documents import Order
from tieout.domain.findings import Finding
from tieout.flows.checking import read_order
from tieout.flows.codec import business_digest, cash_digest, decode_movement, decode_order, encode
from tieout.flows.ports import Sighting, Source
from tieout.flows.rows import SourceRecord
from tieout.flows.storage import Store

_NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
_MOST_ORDERS = 24
_GARBAGE_EXAMPLES = 150


@dataclass(frozen=True, slots=True)
class Golden:
    """A payload from the vendor's documentation or a recording, and what it must be read as.

    `expected` is the whole order, an order's canonical JSON (as `codec.encode` writes it), or the codes of the
    findings in any order.
    """

    name: str
    sighting: Sighting
    expected: Order | str | frozenset[str]


@dataclass(frozen=True, slots=True)
class GoldenMovement:
    """A payload from the vendor's documentation or a recording, and what it must come to: the whole movement without
    its raw record, or the words of the problem.
    """

    name: str
    payload: Any
    expected: Movement | str


class SourceConformance(ABC):
    """What holds for every source, whatever its records are."""

    #: every secret the connector is configured with, or that its payloads carry; at least one
    secrets: Sequence[str] = ()
    #: name and value of a field no mapping knows, present in what `deliver` returns
    unknown: tuple[str, str] = ("", "")

    # -- what a connector says about itself ----------------------------------------------------------------

    @abstractmethod
    def source(self) -> Source:
        """The connector, configured with `secrets`."""

    @abstractmethod
    def versions(self) -> Sequence[Sighting]:
        """Two to four versions of one record, oldest first, each with other content."""

    @abstractmethod
    def deliver(self) -> Iterable[Sighting]:
        """Sightings as the connector makes them from what the outside system sends, `unknown` included."""

    @abstractmethod
    def exercise(self) -> Iterable[object]:
        """Use the connector as production does, failures included (a refused login, a broken answer).

        Returns whatever is kept or shown of it (errors, exchanges, findings); it is searched for secrets.
        """

    # -- replay and order ----------------------------------------------------------------------------------

    @abstractmethod
    def samples(self) -> Sequence[Sighting]:
        """Sightings of different records, to be delivered twice."""

    @abstractmethod
    def reads(self, record: SourceRecord) -> object:
        """What a stored record is read as, comparable."""

    def test_a_replay_changes_nothing(self, store: Store) -> None:
        """The same sightings twice: nothing is new, the records and what they are read as stay the same."""
        source, sightings = self.source(), self.samples()
        assert sightings, "no samples"
        self._receive(store, source.name, sightings)
        before = self._records(store)
        again = self._receive(store, source.name, sightings)
        assert again == [False] * len(sightings), "a replayed sighting counts as new"
        assert self._records(store) == before
        for record in before:
            assert self.reads(record) == self.reads(record)

    def test_an_older_version_never_replaces_a_newer_one(self, store: Store) -> None:
        """In whatever order versions arrive, the newest is what counts, and all of them are kept."""
        source, versions = self.source(), self.versions()
        assert 2 <= len(versions) <= 4, "two to four versions of one record"
        assert len({(one.object, one.object_id) for one in versions}) == 1
        newest = versions[-1]
        for number, arrival in enumerate(islice(permutations(versions), _MOST_ORDERS)):
            system = f"{source.name}-{number}"
            self._receive(store, system, arrival)
            [record] = [one for one in self._records(store) if one.source.system == system]
            assert record.raw == json.loads(json.dumps(newest.payload)), [one.version for one in arrival]
            assert record.source.version == newest.version
            assert self.reads(record) == self.reads(replace(record, raw=dict(newest.payload)))
            with store.read() as unit:
                assert len(unit.records.events_of(record)) == len(versions), "a version was not kept"

    # -- what is kept and what is not ----------------------------------------------------------------------

    def test_unknown_fields_are_kept_raw(self) -> None:
        """What no mapping knows stays in the payload, by name and value, also inside a movement's raw record."""
        name, value = self.unknown
        assert name, "`unknown` names no field"
        assert value, "`unknown` has no value"
        delivered = list(self.deliver())
        assert delivered, "nothing was delivered"
        kept = [
            one
            for one in delivered
            if any(k == name and str(v) == value for k, v in _pairs(_opened(one.payload)))
        ]
        assert kept, f"{name}={value} is in no payload"

    def test_secrets_are_never_logged(self, capfd: Any) -> None:
        """No secret in structured logs, plain logs, output, or what is kept as evidence."""
        assert self.secrets, "`secrets` names none"
        assert all(self.secrets), "an empty secret is none"
        with capture_logs() as structured, _plain_logs() as plain:
            kept = [_shown(one) for one in self.exercise()]
        printed = capfd.readouterr()
        places = {
            "structured log": [_shown(entry) for entry in structured],
            "plain log": plain,
            "output": [printed.out, printed.err],
            "evidence": kept,
        }
        for place, texts in places.items():
            for secret in self.secrets:
                leaks = [text for text in texts if secret in text]
                assert not leaks, f"a secret is in the {place}: {leaks[0].replace(secret, '***')}"

    # -- helpers -------------------------------------------------------------------------------------------

    def _receive(self, store: Store, system: str, sightings: Iterable[Sighting]) -> list[bool]:
        environment = self.source().environment
        with store.write("receive") as unit:
            return [unit.records.receive(system, environment, one, "conformance", _NOW) for one in sightings]

    @staticmethod
    def _records(store: Store) -> list[SourceRecord]:
        with store.read() as unit:
            return unit.records.all()


class ConnectorConformance(SourceConformance):
    """Shared tests of a connector whose records are deals; see the module's text."""

    @abstractmethod
    def goldens(self) -> Sequence[Golden]:
        """Payloads with what they mean; at least one of them an order with lines."""

    def samples(self) -> Sequence[Sighting]:
        """The golden payloads."""
        return [golden.sighting for golden in self.goldens()]

    def reads(self, record: SourceRecord) -> object:
        """The order with what was sold, or the findings."""
        result = read_order(self.source(), record)
        return (result, business_digest(result)) if isinstance(result, Order) else result

    # -- mapping -------------------------------------------------------------------------------------------

    def test_golden_payloads_are_read_as_expected(self) -> None:
        """Each golden payload becomes exactly its order, or exactly its findings."""
        goldens = self.goldens()
        orders = 0
        for golden in goldens:
            result = self.source().read(golden.sighting)
            if isinstance(golden.expected, frozenset):
                assert not isinstance(result, Order), f"{golden.name}: read as an order, findings expected"
                assert frozenset(f.code for f in result) == golden.expected, f"{golden.name}: {result}"
                continue
            assert isinstance(result, Order), f"{golden.name}: {result}"
            expected = golden.expected if isinstance(golden.expected, str) else encode(golden.expected)
            assert json.loads(encode(result)) == json.loads(expected), golden.name
            orders += bool(result.lines)
        assert orders, "no golden payload with lines"

    def test_an_order_says_where_it_comes_from(self) -> None:
        """System, environment, object, id and version are those of the sighting, on the order and its lines."""
        source = self.source()
        for sighting, order in self._orders():
            for ref in (order.source, *(line.source for line in order.lines)):
                found = (ref.system, ref.environment, ref.object, ref.id)
                assert found == (source.name, source.environment, sighting.object, sighting.object_id)
            assert order.source.version == sighting.version

    def test_line_ids_are_unique_and_present(self) -> None:
        """Every line of an order can be named."""
        for sighting, order in self._orders():
            lines = [line.source.line for line in order.lines]
            assert "" not in lines, sighting.object_id
            assert len(lines) == len(set(lines)), f"{sighting.object_id}: {lines}"

    def test_an_order_survives_storage(self) -> None:
        """Payload and order are the same after they were stored as JSON."""
        source = self.source()
        for sighting, order in self._orders():
            stored = replace(sighting, payload=json.loads(json.dumps(sighting.payload)))
            assert source.read(stored) == order
            assert decode_order(encode(order)) == order

    def test_reading_never_raises(self) -> None:
        """Whatever a payload holds, reading gives an order or at least one finding."""
        source = self.source()
        models = [golden.sighting for golden in self.goldens()]

        def judge(payload: Any, number: int) -> None:
            result = source.read(replace(models[number], payload=payload))
            if isinstance(result, Order):
                encode(result)
                business_digest(result)
            else:
                assert result, "neither an order nor a finding"
                assert all(isinstance(one, Finding) for one in result)

        _with_garbage([one.payload for one in models], judge)

    # -- helpers -------------------------------------------------------------------------------------------

    def _orders(self) -> Iterator[tuple[Sighting, Order]]:
        source = self.source()
        for golden in self.goldens():
            result = source.read(golden.sighting)
            if isinstance(result, Order):
                yield golden.sighting, result


class MovementConformance(SourceConformance):
    """Shared tests of a connector whose records are movements of money (object `movement`)."""

    @abstractmethod
    def goldens(self) -> Sequence[GoldenMovement]:
        """Payloads with what they come to; at least one of them a receipt."""

    @abstractmethod
    def translate(self, payload: Any) -> Sequence[Sighting]:
        """What the connector makes of a payload of its system."""

    def samples(self) -> Sequence[Sighting]:
        """What the golden payloads come to."""
        return [one for golden in self.goldens() for one in self.translate(golden.payload)]

    def reads(self, record: SourceRecord) -> object:
        """What moved."""
        return _moved(record.raw)

    def test_golden_payloads_come_to_what_is_expected(self) -> None:
        """Each golden payload comes to exactly its movement, or to its problem."""
        kinds = set()
        for golden in self.goldens():
            found = [_moved(one.payload) for one in self.translate(golden.payload)]
            assert golden.expected in found, f"{golden.name}: {found}"
            kinds |= {one.kind for one in found if isinstance(one, Movement)}
        assert MovementKind.RECEIPT in kinds, "no golden payload is a receipt"

    def test_a_movement_is_filed_under_its_own_identity(self) -> None:
        """Object, id and route are there, amounts have no sign, and no two movements share an identity."""
        for golden in self.goldens():
            sightings = self.translate(golden.payload)
            for one in sightings:
                assert one.object == "movement"
                assert one.object_id
                assert one.payload.get("route"), (
                    "no route: the same money by another one would not be noticed"
                )
                moved = _moved(one.payload)
                if isinstance(moved, Movement):
                    assert moved.identity == one.object_id
                    assert moved.amount.minor >= 0
            ids = [one.object_id for one in sightings]
            assert len(ids) == len(set(ids)), f"{golden.name}: two movements share an identity"

    def test_a_movement_survives_storage(self) -> None:
        """What moved is the same after it was stored as JSON, and so is its digest."""
        for one in self.samples():
            moved = _moved(one.payload)
            if isinstance(moved, Movement):
                again = decode_movement(json.loads(encode(moved)))
                assert again == moved
                assert cash_digest(again) == cash_digest(moved)

    def test_translating_never_raises(self) -> None:
        """Whatever a payload holds, it comes to movements or to problems in words."""

        def judge(payload: Any, _: int) -> None:
            for one in self.translate(payload):
                assert _moved(one.payload), "neither a movement nor a problem"

        _with_garbage([golden.payload for golden in self.goldens()], judge)


def _with_garbage(models: Sequence[Any], judge: Callable[[Any, int], None]) -> None:
    """Hand `judge` payloads that are spoiled in one to three places, and now and then something else altogether."""
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis import strategies as st

    leaf = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12)
    garbage = st.recursive(
        leaf | st.sampled_from(["", "NaN", "-1", "1e9", "1,234.50", "2026-02-30", "USD", "\x00", "\u202e"]),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
        max_leaves=6,
    )

    @settings(
        max_examples=_GARBAGE_EXAMPLES,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
        phases=(Phase.generate, Phase.shrink),  # explaining a failure takes longer than finding it
    )
    @given(st.data())
    def never_raises(data: Any) -> None:
        number = data.draw(st.integers(0, len(models) - 1))
        payload: Any = json.loads(json.dumps(models[number]))
        if data.draw(st.integers(0, 5)) == 0:
            payload = data.draw(st.dictionaries(st.text(max_size=8), garbage, max_size=4))
        else:
            for _ in range(data.draw(st.integers(1, 3))):
                places = list(_places(payload))
                if places:
                    holder, key = data.draw(st.sampled_from(places))
                    holder[key] = data.draw(garbage)
        judge(payload, number)

    never_raises()


def _moved(payload: Mapping[str, Any]) -> Movement | str:
    """The movement of a payload without its raw record, or its problem in words."""
    if "movement" not in payload:
        return str(payload.get("problem") or "")
    return replace(decode_movement(payload["movement"]), raw="")


def _opened(payload: Mapping[str, Any]) -> Any:
    """A payload with the raw record of its movement as the structure it is, where it is JSON."""
    movement = payload.get("movement")
    raw = movement.get("raw") if isinstance(movement, Mapping) else None
    try:
        return [payload, json.loads(raw)] if raw else payload
    except ValueError:
        return payload


def _places(node: Any) -> Iterator[tuple[Any, Any]]:
    """Every (container, key) of a JSON value, so that a test may put something else there."""
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in list(children):
        yield node, key
        yield from _places(child)


def _pairs(node: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(node, Mapping):
        for key, child in node.items():
            yield str(key), child
            yield from _pairs(child)
    elif isinstance(node, list | tuple):
        for child in node:
            yield from _pairs(child)


def _shown(one: object) -> str:
    """Everything a person could see of a value; an error with its raw text and its causes."""
    if not isinstance(one, BaseException):
        return f"{one} {one!r}"
    parts = [str(one), repr(one), str(getattr(one, "raw", ""))]
    if one.__cause__ is not None:
        parts.append(_shown(one.__cause__))
    return " ".join(parts)


class _Keeper(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(logging.Formatter().format(record))


@contextmanager
def _plain_logs() -> Iterator[list[str]]:
    """All standard logging, at every level, as text."""
    root, keeper = logging.getLogger(), _Keeper()
    level = root.level
    root.addHandler(keeper)
    root.setLevel(logging.DEBUG)
    try:
        yield keeper.texts
    finally:
        root.removeHandler(keeper)
        root.setLevel(level)
