"""What every operation of the API goes through, in this order, before its own code runs: a key that is valid, a role
that is enough, a body that is not too large and of a known media type, and the idempotency key.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Coroutine
from hashlib import sha256
from typing import Any

import structlog
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import Response

from tieout.domain.approvals import Principal
from tieout.flows.answers import Given, Held
from tieout.web.door import Door
from tieout.web.problems import Problem, problem_of
from tieout.web.rights import Access, admit

log = structlog.get_logger(__name__)

KEY_HEADER = "idempotency-key"
REPLAYED = "idempotency-replayed"
ACCESS = "x-access"
_KEY = re.compile(r"^[\x21-\x7e]{1,255}$")
_CHALLENGE = {"WWW-Authenticate": "Bearer"}

Inner = Callable[[Request], Coroutine[Any, Any, Response]]


def needs(access: Access, **more: Any) -> dict[str, Any]:
    """What an operation says about itself; without it nobody is let in."""
    return {ACCESS: str(access), **more}


class BodyTooLarge(Exception):
    """More bytes came than are allowed."""


class Guarded(APIRoute):
    """An operation of the API."""

    def get_route_handler(self) -> Inner:
        """The handler, guarded."""
        inner = super().get_route_handler()

        async def handle(request: Request) -> Response:
            door: Door = request.app.state.door
            try:
                await self._enter(request, door)
                key = _key_of(request)
                if key is None:
                    return await _attempt(request, inner)
                return await _once(request, door, key, inner)
            except Exception as error:
                return answer_to(error, request)

        return handle

    async def _enter(self, request: Request, door: Door) -> None:
        who = await run_in_threadpool(caller, door, request.headers.get("authorization", ""))
        admit(who, str((self.openapi_extra or {}).get(ACCESS, "")), door.approvers)
        request.state.who = who
        body = await request.body()
        allowed = self._media_types()
        given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if allowed and (body or given) and given not in allowed:
            expected = " or ".join(allowed)
            detail = f"this operation takes {expected}"
            raise Problem("media_type_unsupported", detail, expected=expected, found=given or "none")

    def _media_types(self) -> list[str]:
        stated = (self.openapi_extra or {}).get("requestBody", {}).get("content", {})
        return list(stated) or (["application/json"] if self.body_field is not None else [])


def caller(door: Door, header: str) -> Principal:
    """Who acts with this `Authorization`. Raises `Problem`."""
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Problem("key_missing", "this needs an API key", headers=_CHALLENGE)
    who = door.people.who(token.strip())
    if who is None:
        raise Problem("key_invalid", "no such key, or it or its owner is not active", headers=_CHALLENGE)
    return who


async def _attempt(request: Request, inner: Inner) -> Response:
    try:
        return await inner(request)
    except Exception as error:
        return answer_to(error, request)


def answer_to(error: Exception, request: Request) -> Response:
    """The refusal an error stands for; one nobody foresaw is logged and told without its words."""
    path = request.url.path
    if isinstance(error, BodyTooLarge):
        return Problem("body_too_large", str(error)).response(path)
    problem = problem_of(error)
    if problem is None:
        log.error("request failed", path=path, method=request.method, exc_info=error)
        problem = Problem("internal_error", "the request failed in a way nobody foresaw")
    return problem.response(path)


# -- idempotency keys --------------------------------------------------------------------------------------


def _key_of(request: Request) -> str | None:
    key = request.headers.get(KEY_HEADER)
    if key is None or request.method != "POST":
        return None
    if not _KEY.match(key):
        raise Problem(
            "idempotency_key_malformed",
            "the idempotency key cannot be used",
            expected="1 to 255 printable ASCII characters without blanks",
            found=f"{len(key)} characters",
        )
    return key


async def _once(request: Request, door: Door, key: str, inner: Inner) -> Response:
    who: Principal = request.state.who
    target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    sent = request.headers.get("content-type", "").encode() + b"\x00" + await request.body()
    begun = await run_in_threadpool(
        door.answering.begin, who.through, key, f"{request.method} {target}", sha256(sent).hexdigest()
    )
    if isinstance(begun, Given):
        return Response(begun.body, begun.status, {REPLAYED: "true"}, begun.content_type)
    with door.answering.holding(begun):
        response, worth_keeping = await _tried(request, inner)
    given = Given(
        status=response.status_code,
        content_type=response.headers.get("content-type", ""),
        body=bytes(response.body),
    )
    await run_in_threadpool(_end, door, begun, given, worth_keeping=worth_keeping)
    return response


async def _tried(request: Request, inner: Inner) -> tuple[Response, bool]:
    """The answer, and whether it is kept: not for a request that was not understood, nor for a failure of ours."""
    try:
        response = await inner(request)
    except (RequestValidationError, HTTPException) as error:
        return answer_to(error, request), False
    except Exception as error:
        response = answer_to(error, request)
    return response, response.status_code < 500


def _end(door: Door, held: Held, given: Given, *, worth_keeping: bool) -> None:
    # What took effect keeps its answer, whatever that says; what did not leaves the key free.
    if worth_keeping or not door.answering.free(held):
        door.answering.keep(held, given)


# -- sizes -------------------------------------------------------------------------------------------------

Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
App = Callable[[Any, Receive, Send], Awaitable[None]]


class BodyLimit:
    """Ends a request whose body is larger than its path allows: told before it is read, where its length is told."""

    def __init__(self, app: App, limit_of: Callable[[str], int]) -> None:
        self._app, self._limit_of = app, limit_of

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """The ASGI interface."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit, seen = self._limit_of(scope["path"]), 0
        told = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")

        async def counted() -> Any:
            nonlocal seen
            if told.isdigit() and int(told) > limit:
                raise BodyTooLarge(f"at most {limit} bytes are taken here; {int(told)} are announced")
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > limit:
                raise BodyTooLarge(f"at most {limit} bytes are taken here")
            return message

        await self._app(scope, counted, send)
