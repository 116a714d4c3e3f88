"""What every flow is given: the ports, the decisions, the limits. Built by `bootstrap`, or by a test."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from tieout.domain.policy import Policy
from tieout.flows.ports import Clock, NetSuite, NoProbe, Probe, Source
from tieout.flows.slots import Slots
from tieout.flows.storage import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Budgets and intervals, in product time. The defaults are the design's."""

    max_attempts: int = 5
    #: an "absent" is good for a create within this time
    absence_good_for: timedelta = timedelta(seconds=60)
    #: margin between the call's deadline and the end of the lease it runs under
    lease_margin: timedelta = timedelta(seconds=60)
    look_up_batch: int = 240
    read_back_batch: int = 200
    write_back_batch: int = 200
    check_batch: int = 15
    #: with so many documents ready for NetSuite nothing further is checked
    enough_ready: int = 600
    first_doubt_look: timedelta = timedelta(seconds=20)
    last_doubt_look: timedelta = timedelta(seconds=300)
    #: written records are gathered for so long before they are read back together
    read_back_linger: timedelta = timedelta(seconds=5)
    #: but only for so long when nothing else is being written that could come along
    read_back_least: timedelta = timedelta(seconds=1)
    retry_read: timedelta = timedelta(seconds=10)
    throttle_pause: timedelta = timedelta(seconds=1)
    pause_probe: timedelta = timedelta(seconds=60)
    observe_every: timedelta = timedelta(seconds=60)
    #: how often a customer deposit is looked at whose order may have been billed
    prepaid_look_every: timedelta = timedelta(minutes=5)
    reference_good_for: timedelta = timedelta(minutes=15)
    #: the picture of open items payments are matched against is read again after so long
    open_items_good_for: timedelta = timedelta(minutes=2)
    vanished_after: int = 5
    #: what has come in is sealed into the audit chain this often
    seal_every: timedelta = timedelta(seconds=60)
    #: a poll that nobody has ended after so long was begun by a process that is gone
    poll_lease: timedelta = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The flows' surroundings. `token` makes lease tokens; chance comes in as an argument, too."""

    store: Store
    clock: Clock
    netsuite: NetSuite
    sources: Mapping[str, Source]
    policy: Policy
    slots: Slots
    token: Callable[[], str]
    limits: Limits = field(default_factory=Limits)
    #: this process's name among several that share the store; empty where it is alone
    holder: str = ""
    #: hit between a call and its outcome; the store hits it around every commit
    probe: Probe = field(default_factory=NoProbe)
