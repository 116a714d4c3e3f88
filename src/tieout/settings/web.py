"""The `web` section: how the REST API, the webhooks' door and the figures are served."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from tieout.settings.secrets import Secret


class WebSettings(BaseModel):
    """How the REST API, the webhooks' door and the figures are served."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = Field(
        default="127.0.0.1", min_length=1, description="Address to listen at; `0.0.0.0` for every interface."
    )
    port: int = Field(default=8400, ge=0, le=65535, description="Port to listen at; 0 for any that is free.")
    body_limit_bytes: int = Field(
        default=16 * 1024 * 1024,
        ge=1024,
        le=64 * 1024 * 1024,
        description="Largest body of a request to the API.",
    )
    hook_body_limit_bytes: int = Field(
        default=1024 * 1024, ge=1024, le=16 * 1024 * 1024, description="Largest body of a webhook."
    )
    keep_answers_hours: int = Field(
        default=24, ge=1, le=720, description="How long answers are kept under their idempotency keys."
    )
    metrics_address: Annotated[str, Field(pattern=r"^$|^\S+:[0-9]{1,5}$")] = Field(
        default="",
        description="`HOST:PORT` that serves `/metrics` and nothing else, without a key; empty: nowhere.",
    )
    metrics_token: Secret | None = Field(
        default=None,
        description="Reference to a token that may read `/metrics`, as a bearer; an API key with a role may always.",
    )
