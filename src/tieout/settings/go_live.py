"""The `go_live` section: decisions signed by people, who owns failures, and what the examination looks at."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from tieout.domain.doctor import Decision


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SignOffSettings(_Section):
    """Who agreed to a decision, when, and to which settings (`tieout doctor --sign` prints the hash)."""

    sales_ops: str = Field(description="Who signed for sales operations.", min_length=1)
    finance: str = Field(description="Who signed for finance; somebody else.", min_length=1)
    on: date = Field(description="The day they signed.")
    settings: str = Field(description="Hash of the settings they signed.", min_length=1)


class GoLiveSettings(_Section):
    """What `tieout doctor` needs to know before an installation goes live."""

    sign_offs: dict[Decision, SignOffSettings] = Field(
        default_factory=dict, description="Decision → who signed it; a change of its settings voids it."
    )
    amendments: Literal["case"] = Field(
        default="case", description="What a change after sync becomes: a case that a person decides."
    )
    alert_owner: str = Field(default="", description="Who is told of failures: a name `tieout people` knows.")
    refresh_marker: str = Field(
        default="", description="External ID of a customer that exists only in this copy of a sandbox."
    )
    months_sold: int = Field(
        default=12, ge=1, le=60, description="So many months of sales are compared with the crosswalk."
    )
