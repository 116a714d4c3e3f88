"""Is the process alive, and may it be sent requests?"""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from tieout import bootstrap
from tieout.web.door import Door
from tieout.web.problems import Problem

router = APIRouter(include_in_schema=False)


@router.get("/healthz")
async def alive() -> Response:
    """200 as long as the process answers at all; looks at nothing else."""
    return JSONResponse({"alive": True})


@router.get("/readyz")
async def ready(request: Request) -> Response:
    """200 when the store can be read, is at the right revision and is still this installation's; else 503."""
    door: Door = request.app.state.door
    checks = await door.aside.run(bootstrap.readiness, door.application)
    told = [{"name": one.name, "ok": one.ok, "detail": one.detail} for one in checks]
    if all(one.ok for one in checks):
        return JSONResponse({"ready": True, "checks": told})
    failed = ", ".join(one.name for one in checks if not one.ok)
    return Problem("not_ready", f"not in order: {failed}", more={"checks": told}).response(request.url.path)
