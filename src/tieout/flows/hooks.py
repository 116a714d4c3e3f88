"""Webhooks at the door: verified on their raw bytes, stored, answered. Nothing else happens in the request.

A webhook is a hint. What it says is kept as evidence and believed of nothing: its source is marked as due, and the
next poll reads the records as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

import structlog

from tieout.flows.context import Context
from tieout.flows.ports import HookRequest, HookSource, HookVerifier

log = structlog.get_logger(__name__)

#: Headers that say who somebody is, not what was sent.
_PRIVATE = frozenset({"authorization", "cookie", "proxy-authorization"})


class NoSuchHook(LookupError):
    """No source of this name takes webhooks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HookReceived:
    """What became of a webhook: whether its very body was there before, and how many records it names."""

    new: bool
    named: int


class Hooks:
    """The inbox of webhooks."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def receive(self, source: str, request: HookRequest) -> HookReceived:
        """Verify and store. Raises `NoSuchHook`, `HookRefused` and `HookUnreadable`; then nothing is stored."""
        context = self._context
        named = self._verifier(source).verify(request)
        headers = {name.lower(): value for name, value in request.headers.items()}
        kept = {name: value for name, value in headers.items() if name not in _PRIVATE}
        marked = sha256(request.body).hexdigest()
        with context.store.write("hook") as unit:
            now = context.clock.now()
            new = unit.hooks.add(source, marked, request.body, kept, now)
            # Also when the body was here before: whoever sends twice may not know what became of the first.
            unit.hooks.wake(source, now)
        log.info("webhook received", source=source, new=new, named=len(named))
        return HookReceived(new=new, named=len(named))

    def _verifier(self, name: str) -> HookVerifier:
        source = self._context.sources.get(name)
        hook = source.hook if isinstance(source, HookSource) else None
        if hook is None:
            raise NoSuchHook(f"no source named {name!r} takes webhooks")
        return hook
