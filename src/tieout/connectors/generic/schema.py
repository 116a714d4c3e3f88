"""The published JSON Schema of a deal, as a file of the package: for editors, for senders, for the docs."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of one deal."""
    text = files(__package__).joinpath("schema.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found
