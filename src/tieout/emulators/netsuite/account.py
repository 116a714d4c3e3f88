"""The parts of one running account, for those who work on the whole of it."""

from __future__ import annotations

from dataclasses import dataclass

from tieout.emulators.kit.http import Json
from tieout.emulators.kit.rules import Switches
from tieout.emulators.netsuite.auth import Authenticator
from tieout.emulators.netsuite.state import State
from tieout.emulators.netsuite.suiteql.engine import SuiteQl
from tieout.emulators.netsuite.workflow import Workflow


@dataclass
class Account:
    """`refusals` are armed user-event scripts; `config` is the control API's configuration."""

    state: State
    switches: Switches
    auth: Authenticator
    suiteql: SuiteQl
    workflow: Workflow
    refusals: list[Json]
    config: Json
    maintenance: bool = False
