"""What may have happened to a call. The names say it, so that nobody treats a timeout as a failure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tieout.flows.ports import LookUpKey


class CallError(Exception):
    """A call to an outside system that gave no usable answer. `raw` keeps what was seen."""

    def __init__(self, message: str, raw: str = "") -> None:
        super().__init__(message)
        self.raw = raw


class NotSent(CallError):
    """No byte of the request left: nothing can have happened."""


class MaybeSent(CallError):
    """The request may have arrived and may have been carried out: perhaps done."""


class Refused(CallError):
    """A definite answer: not done, and it will not be done by asking again."""

    def __init__(self, message: str, raw: str = "", status: int = 0) -> None:
        super().__init__(message, raw)
        self.status = status


class Throttled(CallError):
    """Not done because we asked too much; `stop` when the whole account is out of quota for long."""

    def __init__(self, message: str, raw: str = "", *, stop: bool = False) -> None:
        super().__init__(message, raw)
        self.stop = stop


class Paused(CallError):
    """Nothing can be done for the whole account: credentials, role, maintenance, wrong environment."""


class LookUpBlind(CallError):
    """A look-up that did not show its canaries proves nothing, least of all absence. `keys`: what it was for."""

    keys: tuple[LookUpKey, ...] = ()


class EnvironmentMismatch(Exception):
    """The connected system is not the one this installation is pinned to; the start stops."""


class StoreError(Exception):
    """The store refuses: a fence was lost, a restored copy, a database of another installation."""


class HookRefused(Exception):
    """The webhook is not the system's own, is too old, or is for another account. The text says which; no secret
    is in it.
    """


class HookUnreadable(HookRefused):
    """The webhook is signed as it should be, and its body is not what the system is known to send."""
