"""One HTTP client for all connectors. Errors say what may have happened: `NotSent` or `MaybeSent`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx2

from tieout.connectors.kit.deadlines import Deadline, DeadlineTransport
from tieout.connectors.kit.redaction import redact_text
from tieout.flows.errors import MaybeSent, NotSent

#: With a scaled clock a deadline shrinks, but never below this many real seconds.
LEAST_REAL_SECONDS = 2.0
_RAW_LIMIT = 4000

_NOT_SENT = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.UnsupportedProtocol,
    httpx2.InvalidURL,
)


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete response. `elapsed_ms` is real time."""

    status: int
    headers: Mapping[str, str]
    text: str
    elapsed_ms: int

    @property
    def is_json(self) -> bool:
        """Whether the body claims to be JSON: gateways answer HTML."""
        return "json" in self.headers.get("content-type", "").lower()

    @property
    def raw(self) -> str:
        """The body, bounded and redacted, for logs and cases."""
        return redact_text(self.text[:_RAW_LIMIT])


def real_deadline(product_seconds: int, scale: int) -> float:
    """Real seconds a call with this product deadline may take."""
    return max(product_seconds / scale, LEAST_REAL_SECONDS)


class HttpClient:
    """Keep-alive connections to one base URL, with a total deadline per call. Safe from any thread."""

    def __init__(self, base_url: str, *, deadline_seconds: int, scale: int, connections: int) -> None:
        self.base_url = base_url.rstrip("/")
        self._seconds = real_deadline(deadline_seconds, scale)
        self._deadline = Deadline()
        self._client = httpx2.Client(
            transport=DeadlineTransport(self._deadline, connections),
            timeout=self._seconds,
            follow_redirects=False,
            headers={"User-Agent": "tieout"},
        )

    @contextmanager
    def one_deadline(self) -> Iterator[None]:
        """All calls made inside share one total deadline: a login must not lengthen the call it is for."""
        with self._deadline.lasting(self._seconds):
            yield

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        params: Mapping[str, Any] | None = None,
        left: Callable[[], None] | None = None,
    ) -> Answer:
        """One request, complete answer. Raises `NotSent` when no byte can have left, else `MaybeSent`.

        `left` is called between the last byte of the request and the first of the answer.
        """
        target = url if url.startswith("http") else self.base_url + url
        started = time.monotonic()
        try:
            with self._deadline.lasting(self._seconds), self._deadline.telling(left):
                response = self._client.request(
                    method, target, headers=dict(headers or {}), content=content, params=params
                )
        except _NOT_SENT as error:
            raise NotSent(f"{method} {target}: {type(error).__name__}: {error}") from error
        except (httpx2.HTTPError, httpx2.StreamError) as error:
            raise MaybeSent(f"{method} {target}: {type(error).__name__}: {error}") from error
        elapsed = int((time.monotonic() - started) * 1000)
        return Answer(response.status_code, response.headers, response.text, elapsed)

    def close(self) -> None:
        """Close idle connections."""
        self._client.close()
