"""The webhooks' door: `/hooks/{source}`. Verify on the raw bytes, store, answer; nothing else."""

from __future__ import annotations

import structlog
from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from tieout.flows.ports import HookRequest
from tieout.web.door import Door
from tieout.web.guard import BodyTooLarge, answer_to
from tieout.web.problems import Problem, problem_of

log = structlog.get_logger(__name__)
router = APIRouter(include_in_schema=False)
PREFIX = "/hooks/"


@router.post(PREFIX + "{source}")
async def receive(request: Request, source: str) -> Response:
    """200 when it is stored; 4xx when sending it again is of no use; 503 when it is."""
    door: Door = request.app.state.door
    try:
        body = await request.body()
        hook = HookRequest(
            headers=dict(request.headers),
            body=body,
            received_at=door.context.clock.now(),
            method=request.method,
            query=request.scope["query_string"].decode("latin-1"),
        )
        received = await door.aside.run(door.hooks.receive, source, hook)
    except BodyTooLarge as error:
        return answer_to(error, request)
    except Exception as error:
        problem = problem_of(error)
        if problem is None:
            log.exception("webhook could not be stored", source=source)
            problem = Problem("try_again", "it could not be stored", headers={"Retry-After": "30"})
        else:
            log.warning("webhook refused", source=source, why=problem.detail)
        return problem.response(request.url.path)
    return JSONResponse({"received": True, "new": received.new})
