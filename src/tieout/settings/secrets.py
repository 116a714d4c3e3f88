"""Secrets are given by reference, wherever they are needed."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

#: `env:NAME` or `file:PATH`.
Secret = Annotated[str, Field(pattern=r"^(env|file):.+")]
