"""How a connector makes itself known: its options and how it is built. One line in `bootstrap` does the rest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict

from tieout.flows.ports import Clock, Source


class Options(BaseModel):
    """Base of a connector's own settings (`sources.<name>.options`): unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True)
class Setup:
    """What a connector is built from. `secret` resolves `env:` and `file:` references.

    `cut_over`: a won deal that closed before it is ignored, so what is wrong with it is nobody's case.
    """

    name: str
    environment: str
    cut_over: date
    options: Any
    secret: Callable[[str], str]
    clock: Clock


@dataclass(frozen=True, slots=True)
class Connector:
    """A connector: the type of its options, and its builder.

    `pin` names the option that says which environment the source must be connected to; it is compared with the
    source's fingerprint.
    """

    options: type[Options]
    build: Callable[[Setup], Source]
    pin: str = ""
