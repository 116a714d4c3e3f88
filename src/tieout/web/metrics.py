"""Figures for Prometheus, computed from the store when they are asked for: no process counts for itself.

A scrape is one read transaction, and at most one in a few seconds in each process: what is asked for sooner gets the
figures of a moment ago.
"""

from __future__ import annotations

import hmac
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta

from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from tieout.flows.measuring import Measures, measure
from tieout.web.door import Door
from tieout.web.guard import answer_to, caller
from tieout.web.rights import Access, admit

router = APIRouter(include_in_schema=False)
PATH = "/metrics"
LANES = ("check", "look_up", "send", "doubt", "confirm", "observe", "write_back")
_GOOD_SECONDS = 5


class Scrape:
    """The newest figures as text."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._lock = threading.Lock()
        self._text, self._made_at = b"", -float(_GOOD_SECONDS)

    def text(self) -> bytes:
        """Prometheus' text format."""
        with self._lock:
            if time.monotonic() - self._made_at >= _GOOD_SECONDS:
                registry = CollectorRegistry()
                registry.register(_Figures(measure(self._door.context)))
                self._text, self._made_at = generate_latest(registry), time.monotonic()
            return self._text

    def response(self) -> Response:
        """The text as an answer."""
        return Response(self.text(), media_type=CONTENT_TYPE_LATEST)


@router.get(PATH)
async def metrics(request: Request) -> Response:
    """Figures, for whoever has the token of `web.metrics_token` or an API key that may read."""
    door: Door = request.app.state.door
    try:
        return await door.aside.run(_figures, request)
    except Exception as error:
        return answer_to(error, request)


def _figures(request: Request) -> Response:
    door: Door = request.app.state.door
    token: str = request.app.state.metrics_token
    scrape: Scrape = request.app.state.scrape
    header = request.headers.get("authorization", "")
    if not token or not hmac.compare_digest(header.encode(), f"Bearer {token}".encode()):
        admit(caller(door, header), Access.READ, door.approvers)
    return scrape.response()


def alone(scrape: Scrape) -> Starlette:
    """An application that serves the figures and nothing else, to everybody who reaches its address."""

    def serve(request: Request) -> Response:
        try:
            return scrape.response()
        except Exception as error:
            return answer_to(error, request)

    return Starlette(routes=[Route(PATH, serve)])


class _Figures(Collector):
    def __init__(self, measures: Measures) -> None:
        self._measures = measures

    def collect(self) -> Iterator[Metric]:
        found = self._measures
        documents = _gauge("documents", "Documents by state and kind.", "state", "kind")
        for one in found.documents:
            documents.add_metric([one.state, one.kind], one.count)
        yield documents
        inputs = _gauge("inputs", "Inputs by how they ended or where they are.", "standing")
        for standing, count in found.inputs.items():
            inputs.add_metric([standing], count)
        yield inputs
        cases = _gauge("open_cases", "Open cases by code.", "code")
        for code, count in sorted(found.open_cases.items()):
            cases.add_metric([code], count)
        yield cases
        yield from self._calls()
        yield from self._lanes()
        yield from self._account()
        polls = _gauge("last_poll_age_seconds", "Age of the last poll by source.", "source")
        for source, at in sorted(found.polls.items()):
            polls.add_metric([source], self._age(at))
        yield polls
        asked = _gauge("sources_woken", "Sources that a webhook asks to poll.")
        asked.add_metric([], len(found.woken))
        yield asked

    def _calls(self) -> Iterator[Metric]:
        found = self._measures
        doubts = _gauge("calls_in_doubt", "Calls that left and whose answer did not come.")
        doubts.add_metric([], found.in_doubt)
        yield doubts
        oldest = _gauge("call_in_doubt_oldest_seconds", "Age of the oldest of them; 0 without any.")
        oldest.add_metric([], self._age(found.oldest_doubt))
        yield oldest

    def _lanes(self) -> Iterator[Metric]:
        backlog = _gauge("lane_backlog", "What waits for a lane, due or not.", "lane")
        overdue = _gauge(
            "lane_oldest_due_seconds", "For how long the oldest of it has been due; 0: not yet.", "lane"
        )
        for lane in LANES:
            one = self._measures.lanes.get(lane)
            backlog.add_metric([lane], one.count if one else 0)
            overdue.add_metric([lane], self._age(one.oldest_due if one else None))
        yield backlog
        yield overdue

    def _account(self) -> Iterator[Metric]:
        found = self._measures
        paused = _gauge("account_paused", "1 while the NetSuite account is paused.")
        paused.add_metric([], int(found.paused_since is not None))
        yield paused
        since = _gauge("account_paused_seconds", "For how long; 0 when it is not.")
        since.add_metric([], self._age(found.paused_since))
        yield since
        slots = _gauge("slots", "Concurrent requests the account allows this installation.")
        slots.add_metric([], found.slots_of_account)
        yield slots
        leased = _gauge(
            "slots_leased", "Of these, how many processes have leased; 0 where one process is alone."
        )
        leased.add_metric([], found.slots_leased)
        yield leased
        unsealed = _gauge("audit_unsealed_rows", "Rows of evidence younger than the last seal.")
        unsealed.add_metric([], found.unsealed)
        yield unsealed

    def _age(self, at: datetime | None) -> float:
        return max((self._measures.at - at) / timedelta(seconds=1), 0) if at is not None else 0


def _gauge(name: str, meaning: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"tieout_{name}", meaning, labels=labels)
