"""The application: every door over HTTP, in front of one built machine."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from tieout.web import (
    approvals,
    audit,
    cases,
    crosswalks,
    deals,
    documents,
    health,
    hooks,
    inputs,
    metrics,
    payments,
    plans,
    stamps,
    traces,
)
from tieout.web.door import Door
from tieout.web.guard import BodyLimit, Guarded, answer_to, needs
from tieout.web.openapi import document
from tieout.web.rights import Access

API = "/api/v1"
_SUBJECTS = (
    documents,
    inputs,
    cases,
    crosswalks,
    plans,
    approvals,
    deals,
    payments,
    stamps,
    traces,
    audit,
)

described = APIRouter(route_class=Guarded, include_in_schema=False)


@described.get("/openapi.json", openapi_extra=needs(Access.READ))
def openapi_json(request: Request) -> Response:
    """This API's OpenAPI document."""
    return JSONResponse(request.app.openapi())


def bare() -> FastAPI:
    """The application without a machine behind it: enough to say what it offers."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    api = APIRouter(prefix=API)
    for subject in _SUBJECTS:
        api.include_router(subject.router)
    api.include_router(described)
    for router in (api, health.router, hooks.router, metrics.router):
        app.include_router(router)
    made: dict[str, Any] = {}

    def openapi() -> dict[str, Any]:
        if not made:
            made.update(document(app))
        return made

    app.openapi = openapi  # type: ignore[method-assign]
    return app


def create_app(door: Door, metrics_token: str = "") -> FastAPI:
    """The application in front of a machine."""
    app = bare()
    app.state.door = door
    app.state.metrics_token = metrics_token
    app.state.scrape = metrics.Scrape(door)
    settings = door.settings

    def limit_of(path: str) -> int:
        return settings.hook_body_limit_bytes if path.startswith(hooks.PREFIX) else settings.body_limit_bytes

    async def refuse(request: Request, error: Exception) -> Response:
        return answer_to(error, request)

    app.add_exception_handler(HTTPException, refuse)
    app.add_exception_handler(Exception, refuse)
    app.add_middleware(BodyLimit, limit_of=limit_of)
    return app
