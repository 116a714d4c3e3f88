"""What the operations are given: the machine, who acts, and NetSuite's slots for those that have to read it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, Any, TypeVar

import anyio
import anyio.to_thread
from fastapi import Depends, Request

from tieout import bootstrap
from tieout.domain.approvals import Principal
from tieout.flows.answers import Answering
from tieout.flows.case_work import CaseWork
from tieout.flows.context import Context
from tieout.flows.hooks import Hooks
from tieout.flows.people import People
from tieout.flows.storage import Unit
from tieout.settings.web import WebSettings
from tieout.web.problems import Problem

T = TypeVar("T")
#: Threads that are kept for what may not wait.
_ASIDE = 4
#: How long a request waits for another one that reads NetSuite.
_PATIENCE_SECONDS = 10


class Aside:
    """Threads for what must be answered even when all others wait: webhooks, readiness, figures."""

    def __init__(self) -> None:
        self._limiter: anyio.CapacityLimiter | None = None

    async def run(self, body: Callable[..., T], *arguments: Any) -> T:
        """Run it in one of these threads."""
        if self._limiter is None:
            self._limiter = anyio.CapacityLimiter(_ASIDE)
        return await anyio.to_thread.run_sync(body, *arguments, limiter=self._limiter)


@dataclass
class Door:
    """A built application behind HTTP. `lanes_here`: this process works, too, and has slots of its own."""

    application: bootstrap.Application
    lanes_here: bool = False
    _pinned: bool = False
    _reading: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        # Who works looked at the systems before it began.
        self._pinned = self.lanes_here
        self.aside = Aside()
        self.people = People(self.context)
        self.hooks = Hooks(self.context)
        self.answering = Answering(self.context, timedelta(hours=self.settings.keep_answers_hours))
        rules = self.application.policy.approval_rules
        self.approvers = frozenset(rule.then for rule in rules)

    @property
    def context(self) -> Context:
        """The flows' surroundings."""
        return self.application.machine.context

    @property
    def settings(self) -> WebSettings:
        """The section `web`."""
        return self.application.loaded.settings.web

    def cases(self, who: Principal) -> CaseWork:
        """Work on cases, in somebody's name."""
        return CaseWork(self.context, through=who.through)

    @contextmanager
    def netsuite(self) -> Iterator[None]:
        """Whoever may have to read NetSuite does it in here, one at a time and within the account's slots.

        The first time it is made sure that all systems are the ones that are configured. Raises `CallError`s,
        `EnvironmentMismatch`, and `Problem` when others have been waiting for NetSuite for too long.
        """
        blocks = self.application.machine.blocks
        if not self._reading.acquire(timeout=_PATIENCE_SECONDS):
            detail = "another request is waiting for NetSuite"
            raise Problem("outside_unavailable", detail, headers={"Retry-After": "30"})
        try:
            if not self.lanes_here:
                blocks.acquire()
            if not self._pinned:
                bootstrap.check_pins(self.application)
                self._pinned = True
            yield
        finally:
            if not self.lanes_here:
                blocks.release()
            self._reading.release()


async def _door(request: Request) -> Door:
    found: Door = request.app.state.door
    return found


async def _who(request: Request) -> Principal:
    found: Principal = request.state.who
    return found


async def _body(request: Request) -> bytes:
    return await request.body()


TheDoor = Annotated[Door, Depends(_door)]
Who = Annotated[Principal, Depends(_who)]
RawBody = Annotated[bytes, Depends(_body)]


def within(unit: Unit, who: Principal, record_id: int) -> None:
    """Raises `Problem` when the input, or a document of it, names a subsidiary the principal does not act for."""
    if record_id not in unit.listing.within([record_id], who.subsidiaries):
        only = ", ".join(sorted(who.subsidiaries or ())) or "none"
        detail = f"{who.person} does not act for its subsidiary"
        raise Problem(
            "other_subsidiary", detail, expected="a subsidiary the key acts for", found=f"for {only}"
        )
