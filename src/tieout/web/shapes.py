"""What requests and answers share: pages, texts that every database can hold, and refusals in the OpenAPI document."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict, Field

from tieout.web.problems import MEDIA_TYPE, ProblemBody

#: Largest id a database counts to.
_MOST_ID = 2**63 - 1
#: No NUL: PostgreSQL cannot hold one.
_NO_NUL = r"^[^\x00]*$"
_NO_NUL_SOME = r"^[^\x00]*[^\x00\s][^\x00]*$"
PAGE, MOST = 100, 500

Text = Annotated[str, Field(max_length=2000, pattern=_NO_NUL)]
SomeText = Annotated[str, Field(min_length=1, max_length=2000, pattern=_NO_NUL_SOME)]
QueryText = Annotated[str, Query(max_length=300, pattern=_NO_NUL)]
After = Annotated[
    int, Query(ge=0, le=_MOST_ID, description="Rows with larger ids: `next` of the page before.")
]
Limit = Annotated[int, Query(ge=1, le=MOST, description="At most so many rows.")]
Number = Annotated[int, Path(ge=1, le=_MOST_ID, description="Its number.")]


class Sent(BaseModel):
    """Base of what is sent to us: unknown fields are refused, so that a misspelt one is not overlooked."""

    model_config = ConfigDict(extra="forbid", frozen=True)


T = TypeVar("T")


class Page(BaseModel, Generic[T]):
    """A page of rows, in the order of their ids."""

    items: list[T] = Field(description="The rows.")
    next: int | None = Field(description="`after` of the next page; null on the last one.")


def page(rows: Sequence[Any], limit: int, shape: Callable[[Any], T], id_of: Callable[[Any], int]) -> Page[T]:
    """A page of rows of which one more than `limit` was asked for."""
    shown = rows[:limit]
    more = len(rows) > limit
    return Page(items=[shape(row) for row in shown], next=id_of(shown[-1]) if more else None)


_TEXTS = {
    400: "The request cannot be read.",
    401: "There is no valid key.",
    403: "The key may not do this; `expected` and `found` say what is missing.",
    404: "There is no such thing.",
    409: "It is in another state than this needs, or the first request with this key is still running.",
    413: "The body is too large.",
    415: "The media type is not one of those named.",
    422: "The request, or its idempotency key, is not as it should be.",
    500: "A fault of Tieout's own.",
    503: "A connected system does not answer.",
}


def refusals(*more: int) -> dict[int | str, dict[str, Any]]:
    """The refusals every operation may answer with, and these."""
    body = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    statuses = sorted({401, 403, 413, 422, 500, *more})
    return {status: {"description": _TEXTS[status], "content": body} for status in statuses}


#: What an operation with a body may be refused with besides.
WITH_BODY = (400, 409, 415)

__all__ = [
    "MOST",
    "PAGE",
    "WITH_BODY",
    "After",
    "Limit",
    "Number",
    "Page",
    "ProblemBody",
    "QueryText",
    "Sent",
    "SomeText",
    "Text",
    "page",
    "refusals",
]
