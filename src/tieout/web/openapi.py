"""The OpenAPI document: what FastAPI finds out, and what it cannot know."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from tieout import __version__
from tieout.web.crosswalks import NewRows
from tieout.web.guard import ACCESS, REPLAYED
from tieout.web.problems import ProblemBody
from tieout.web.rights import Access, roles_for

_DESCRIPTION = """\
Documents, inputs, cases, crosswalks, plans, approvals and the audit log of one installation of Tieout.

Every request carries an API key (`Authorization: Bearer tok_…`). Lists are paged: `after` is `next` of the page
before. Every refusal is `application/problem+json` with a stable `code`. A POST may carry an `Idempotency-Key`: what
it did is then done at most once, and asking again gives the first answer, byte for byte.
"""
_KEY_PARAMETER = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "What is asked for under this key is done at most once.",
    "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"},
}
_REPLAYED = {
    "description": "`true` when this is the answer of an earlier request with the same idempotency key.",
    "schema": {"type": "string", "enum": ["true"]},
}
_APPROVER = "a role an approval rule names"


def document(app: FastAPI) -> dict[str, Any]:
    """The document of an application; the same for every installation."""
    made = get_openapi(title="Tieout", version=__version__, description=_DESCRIPTION, routes=app.routes)
    _, more = models_json_schema(
        [(ProblemBody, "serialization"), (NewRows, "validation")], ref_template="#/components/schemas/{model}"
    )
    components = made.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name, schema in more["$defs"].items():
        schemas.setdefault("Problem" if name == "ProblemBody" else name, schema)
    components["securitySchemes"] = {
        "key": {"type": "http", "scheme": "bearer", "description": "An API key of `tieout keys make`."}
    }
    made["security"] = [{"key": []}]
    for operations in made["paths"].values():
        for method, operation in operations.items():
            _complete(method, operation)
    return made


def _complete(method: str, operation: dict[str, Any]) -> None:
    access = operation.pop(ACCESS, "")
    operation["x-roles"] = [*sorted(roles_for(access, ())), *([] if access == Access.WORK else [_APPROVER])]
    if method == "post":
        operation.setdefault("parameters", []).append(_KEY_PARAMETER)
        for status, answer in operation["responses"].items():
            if status.startswith("2"):
                answer.setdefault("headers", {})[REPLAYED.title()] = _REPLAYED
