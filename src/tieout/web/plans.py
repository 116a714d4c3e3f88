"""Plans: see every write before it is made, then have those made and no others."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from tieout.flows.plans import PlanError, from_text
from tieout.web.door import RawBody, TheDoor, Who
from tieout.web.guard import Guarded, needs
from tieout.web.rights import Access, everywhere
from tieout.web.shapes import WITH_BODY, refusals

router = APIRouter(prefix="/plans", tags=["plans"], route_class=Guarded)


class PlanBody(BaseModel):
    """A plan: send it back as it came to have it applied."""

    model_config = ConfigDict(extra="forbid", title="Plan")

    installation: str = Field(description="Whose plan it is.")
    account: str = Field(description="The NetSuite account.")
    made_at: str = Field(description="When it was made.")
    made_by: str = Field(description="Who had it made.")
    policy: str = Field(description="Version of the decisions it was made under.")
    steps: list[dict[str, Any]] = Field(description="Every write, field by field.")
    blocked: list[dict[str, Any]] = Field(description="Deals that come to no step, and why.")
    ignored: dict[str, int] = Field(description="Inputs that were ignored, by reason.")
    digest: str = Field(description="Hash of all the rest.")


class AppliedBody(BaseModel):
    """What applying came to. The lanes carry out what was taken."""

    plan: str = Field(description="The plan's hash.")
    taken: list[str] = Field(description="Claims that were taken on.")
    refused: dict[str, str] = Field(description="Claim → why it was refused.")


@router.post("", openapi_extra=needs(Access.WORK), responses=refusals(400, 409, 503))
def make_plan(door: TheDoor, who: Who) -> PlanBody:
    """What would be written now, field by field. Reads the sources and NetSuite and writes to neither."""
    everywhere(who)
    with door.netsuite():
        machine = door.application.machine
        machine.poll()
        made = machine.plans.make(who.person)
    return PlanBody(**made.body, digest=made.digest)


@router.post(
    "/apply",
    openapi_extra=needs(
        Access.WORK,
        requestBody={
            "required": True,
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/PlanBody"}}},
        },
    ),
    responses=refusals(*WITH_BODY, 503),
)
def apply_plan(door: TheDoor, who: Who, body: RawBody) -> AppliedBody:
    """Have the steps of a plan carried out, and no others. A step whose content or world has moved is refused, with
    all that needs it. The same plan again goes on where it stopped.
    """
    everywhere(who)
    try:
        planned = from_text(body.decode())
    except UnicodeDecodeError as error:
        raise PlanError("expected UTF-8 text") from error
    with door.netsuite():
        applied = door.application.machine.plans.apply(planned, who.person)
    refused = {str(claim): why for claim, why in applied.refused.items()}
    return AppliedBody(plan=planned.digest, taken=[str(claim) for claim in applied.taken], refused=refused)
