"""Idempotency keys: what a request did once is not done again, and its first answer is given again.

What is promised, for a request with a key, per API key and for as long as answers are kept:

1. Its effect happens at most once. The transaction that makes the effect durable marks the key in the same commit;
   a request whose key is marked is never carried out again. A second execution that was begun because the first
   seemed dead cannot commit beside it: the mark is fenced by the token of the execution that holds the key.
2. Whoever asks again gets the first answer, byte for byte.
3. After a crash between effect and stored answer the effect is known and the answer is lost: whoever asks again is
   told so (`AnswerLost`), and looks at the resource. After a crash before the effect, the request is carried out when
   it comes again, once the lease of the first execution has run out.

What a request changes in several transactions (retrying many cases, applying a plan) is marked by the first of them.
Asked for again under a new key, each of these goes on where it stopped: what was done is not open any more.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta

from tieout.flows.context import Context
from tieout.flows.ports import Clock
from tieout.flows.storage import Store, Unit
from tieout.flows.storage_doors import KeptAnswer

#: Durable steps that are a request's effect. Others (leases, cached reference data) may happen again.
EFFECTS = frozenset(
    {
        "crosswalk_import",
        "ingest",
        "apply_plan",
        "approval",
        "payment_applied",
        "payment_unapplied",
        "payer_named",
        "payment_distinct",
        "payment_held",
        "payment_released",
    }
)
_CASE = "case_"
#: An execution that has not ended after so long is given up.
LEASE = timedelta(minutes=2)


class KeyReused(ValueError):
    """The key came before, with another request."""


class StillRunning(ValueError):
    """The first request with this key has not been answered yet."""


class AnswerLost(ValueError):
    """The first request with this key took effect, and its answer was lost in a crash."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """An execution that holds a key."""

    principal: str
    key: str
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """The answer that was given first."""

    status: int
    content_type: str
    body: bytes


_HELD: ContextVar[Held | None] = ContextVar("held", default=None)


class MarkingStore:
    """A store that marks the key of the request that is being carried out, in the transaction of its effect."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock

    @contextmanager
    def write(self, *steps: str) -> Iterator[Unit]:
        """As the store's. Raises `StillRunning` when the key has been taken over: then nothing is written."""
        with self._store.write(*steps) as unit:
            yield unit
            held = _HELD.get()
            if held is None or not any(step in EFFECTS or step.startswith(_CASE) for step in steps):
                return
            if not unit.answers.mark(held.principal, held.key, held.token, self._clock.now()):
                raise StillRunning(
                    "another execution of this request has taken over; nothing was written here"
                )

    def read(self) -> AbstractContextManager[Unit]:
        """As the store's."""
        return self._store.read()


class Answering:
    """Begins and ends requests with a key."""

    def __init__(self, context: Context, keep_for: timedelta) -> None:
        self._context, self._keep_for = context, keep_for

    def begin(self, principal: str, key: str, route: str, request_hash: str) -> Held | Given:
        """Hold the key, or the answer that was given under it. Raises `KeyReused`, `StillRunning`, `AnswerLost`."""
        context = self._context
        with context.store.write("answer_begin") as unit:
            now = context.clock.now()
            unit.answers.forget(now)
            known = unit.answers.get(principal, key)
            if known is not None:
                if (known.route, known.request_hash) != (route, request_hash):
                    raise KeyReused(f"this key came before with another request: {known.route}")
                if known.status is not None:
                    return Given(status=known.status, content_type=known.content_type, body=known.body)
                if known.effect_at is not None and known.lease_until <= now:
                    at = known.effect_at.isoformat(timespec="seconds")
                    raise AnswerLost(f"the first request took effect at {at}; its answer was lost")
                if known.lease_until > now:
                    raise StillRunning("the first request with this key has not been answered yet")
            held = Held(principal=principal, key=key, token=context.token())
            unit.answers.put(
                KeptAnswer(
                    principal=principal,
                    key=key,
                    route=route,
                    request_hash=request_hash,
                    token=held.token,
                    lease_until=now + LEASE,
                    expires_at=now + self._keep_for,
                )
            )
        return held

    @contextmanager
    def holding(self, held: Held) -> Iterator[None]:
        """What is written inside is this request's."""
        mark = _HELD.set(held)
        try:
            yield
        finally:
            _HELD.reset(mark)

    def keep(self, held: Held, given: Given) -> bool:
        """Keep the answer. False when the key has been taken over meanwhile."""
        with self._context.store.write("answer_keep") as unit:
            return unit.answers.keep(
                held.principal, held.key, held.token, given.status, given.content_type, given.body
            )

    def free(self, held: Held) -> bool:
        """Forget the key of a request that changed nothing. False when it did: then it stays."""
        with self._context.store.write("answer_free") as unit:
            return unit.answers.free(held.principal, held.key, held.token)
