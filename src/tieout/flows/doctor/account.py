"""Checks of the connected account: who it is, its clock, tax, slots, what our role reads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from tieout.domain.doctor import CheckResult, Verdict
from tieout.domain.ids import RecordType
from tieout.flows.doctor.ground import Ground, result
from tieout.flows.doctor.ports import ListSeen, SignedIn

#: Seconds of difference that are harmless, and at which NetSuite refuses logins (reference §3.2).
_HARMLESS, _REFUSED = 60, 300
#: An account that is a copy of another: a sandbox or a release preview.
_COPY = re.compile(r"_(SB|RP)\d*$")
#: A field that exists only with SuiteTax (reference §8.2).
_SUITETAX = "taxDetailsOverride"


def identity(ground: Ground) -> Iterator[CheckResult]:
    """It answers, it is the configured account, its clock agrees with ours."""
    signed = ground.inspector.sign_in()
    account, context = ground.context.netsuite.account, ground.context
    here = context.clock.now()
    yield result("account_reachable", account, Verdict.PASS, f"{signed.host} answered as {account}")
    if signed.account:
        verdict = Verdict.PASS if signed.account == account else Verdict.FAIL
        found = f"links name {signed.account}, the configuration names {account}"
        yield result("environment_pinned", account, verdict, found)
    else:
        yield result(
            "environment_pinned",
            account,
            Verdict.UNVERIFIED if not ground.go_live.own_address else Verdict.FAIL,
            f"{signed.host} is no NetSuite host and does not name its account",
        )
    yield _clock(ground, signed, here)


def _clock(ground: Ground, signed: SignedIn, here: datetime) -> CheckResult:
    if signed.server_time is None:
        return result("clock_in_step", "clock", Verdict.UNVERIFIED, "NetSuite's answer carries no time")
    ahead = int((here - signed.server_time).total_seconds())
    # A clock that runs fast in tests passes seconds between two readings.
    allowed = _HARMLESS + 2 * (ground.context.clock.scale - 1)
    verdict = Verdict.PASS if abs(ahead) <= allowed else Verdict.WARN
    if abs(ahead) >= max(_REFUSED, allowed):
        verdict = Verdict.FAIL
    return result("clock_in_step", "clock", verdict, f"ours is {ahead} s ahead of NetSuite's")


def marker(ground: Ground) -> Iterator[CheckResult]:
    """A copy carries something that a refresh would take away."""
    account, named = ground.context.netsuite.account, ground.go_live.refresh_marker
    if named is None:
        copy = _COPY.search(account) is not None
        told = "no go_live.refresh_marker" if copy else f"{account} is no sandbox: nothing refreshes it"
        yield result("environment_marker", account, Verdict.FAIL if copy else Verdict.PASS, told)
        return
    found = ground.inspector.has_customer(named)
    told = f"customer {named} is {'there' if found else 'gone: the account was refreshed, or is another'}"
    yield result("environment_marker", account, Verdict.PASS if found else Verdict.FAIL, told)


def tax(ground: Ground) -> Iterator[CheckResult]:
    """Legacy tax is refused, with the reason."""
    modern = _SUITETAX in ground.inspector.fields(RecordType.INVOICE).header
    told = f"invoices have {'' if modern else 'no '}{_SUITETAX}"
    yield result("tax_engine", "invoice", Verdict.PASS if modern else Verdict.FAIL, told)


def slots(ground: Ground) -> Iterator[CheckResult]:
    """Our concurrency fits into what governance allows."""
    go_live = ground.go_live
    ours = f"netsuite.concurrency {go_live.concurrency}, headroom {go_live.headroom}"
    allowed = ground.inspector.allowance()
    if allowed is None:
        told = "our role may not read governance limits (administrators only)"
        yield result("slots_allowed", "slots", Verdict.UNVERIFIED, ours, told)
        return
    told = f"NetSuite allows {allowed.slots} to {allowed.of}"
    verdict = Verdict.PASS if go_live.headroom else Verdict.WARN
    if go_live.concurrency > allowed.slots:
        verdict = Verdict.FAIL
    yield result("slots_allowed", "slots", verdict, ours, told)


def reads(ground: Ground) -> Iterator[CheckResult]:
    """Every list decisions read shows rows: a missing permission looks like an empty list (reference §2)."""
    for seen in ground.inspector.lists(contacts=ground.policy.contacts):
        yield result("role_reads", seen.name, _list_verdict(seen), _list_evidence(seen))


def _list_verdict(seen: ListSeen) -> Verdict:
    if seen.rows:
        return Verdict.PASS
    return Verdict.FAIL if seen.refused or seen.always_filled else Verdict.UNVERIFIED


def _list_evidence(seen: ListSeen) -> str:
    if seen.rows:
        return "shows rows"
    return seen.refused or "no rows: it is empty, or our role may not see it"


def sources(ground: Ground) -> Iterator[CheckResult]:
    """Each source is the pinned org, and in order."""
    for name, source in ground.context.sources.items():
        pin, found = ground.go_live.pins.get(name), source.fingerprint()
        if pin is None:
            told = f"{found}: nothing is connected that could be another"
            yield result("source_pinned", name, Verdict.PASS, told)
        else:
            told = f"connected to {found}, {f'pinned to {pin}' if pin else 'not pinned'}"
            yield result("source_pinned", name, Verdict.PASS if pin == found else Verdict.FAIL, told)
        warnings = source.warnings()
        verdict = Verdict.WARN if warnings else Verdict.PASS
        yield result("source_ready", name, verdict, *(warnings or ["no warnings"]))
