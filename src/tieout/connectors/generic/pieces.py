"""The pieces a file is taken apart into."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tieout.flows.ports import Sighting


@dataclass(frozen=True, slots=True)
class Rejection:
    """A piece of a file that belongs to no deal. `line` counts from 1; 0 means the file as a whole.

    `raw` is the piece as it stood there, complete, so that it can be written to a file and corrected.
    """

    line: int
    reason: str
    expected: str
    found: str
    raw: str


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a file came to.

    `notes` tell a person which deals cannot be read as they are (they become cases, by line and reason) and
    which rows were left out because nothing is lost by it.
    """

    sightings: tuple[Sighting, ...]
    rejected: tuple[Rejection, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Deal:
    """One deal as a file holds it: the line it begins at, its payload, and its text for a rejection.

    `readable`: its format's reader has seen that it is an order.
    """

    line: int
    payload: Mapping[str, Any]
    raw: str
    readable: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """What a format's reader found in a text."""

    deals: tuple[Deal, ...]
    rejected: tuple[Rejection, ...]
    notes: tuple[str, ...] = ()


def cleaned(value: Any) -> Any:
    """A JSON value that every database can keep: lone surrogates and NUL become the replacement character."""
    if isinstance(value, str):
        if value.isascii() and "\x00" not in value:
            return value
        whole = value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        return whole.replace("\x00", "\ufffd")
    if isinstance(value, dict):
        return {cleaned(key): cleaned(inner) for key, inner in value.items()}
    return [cleaned(inner) for inner in value] if isinstance(value, list) else value
