"""Checks of our own side: dates, retries, the queue, the people behind it."""

from __future__ import annotations

from collections.abc import Iterator

from tieout.domain.doctor import CheckResult, Decision, Verdict, judge_sign_off
from tieout.flows.doctor.ground import Ground, result, some

#: NetSuite ends a request of its own after this many seconds (reference §4).
_SERVER_LIMIT = 900


def dates(ground: Ground) -> Iterator[CheckResult]:
    """Cut-over of each source, and a period that takes today's postings."""
    reference = ground.around.world.reference
    for name, source in ground.policy.sources.items():
        day = source.cut_over
        period = reference.period_of(day)
        if day > ground.today:
            told, verdict = f"{day.isoformat()} is in the future: nothing is written before it", Verdict.FAIL
        elif period is None or period.closed:
            where = f"{period.name} is closed" if period else "NetSuite has no period there"
            told, verdict = f"{day.isoformat()}: {where}, deals from there cannot be posted", Verdict.FAIL
        else:
            told, verdict = f"{day.isoformat()} lies in {period.name}, which is open", Verdict.PASS
        yield result("cut_over_dates", name, verdict, told)
    period = reference.period_of(ground.today)
    is_open = period is not None and not period.closed
    told = f"{ground.today.isoformat()}: {period.name if period else 'no period'}{'' if is_open else ', not open'}"
    yield result("period_open", "today", Verdict.PASS if is_open else Verdict.FAIL, told)


def retries(ground: Ground) -> Iterator[CheckResult]:
    """A lost call is waited for as long as NetSuite may work on it, then looked up, then made once more (R84)."""
    waits, good_for = ground.context.netsuite.doubt_seconds, ground.context.limits.absence_good_for
    told = (
        f"a lost call is waited for {waits} s; NetSuite may work for {_SERVER_LIMIT} s",
        f"every create is looked up first; an absence is good for {int(good_for.total_seconds())} s",
    )
    enough = waits >= _SERVER_LIMIT and 0 < good_for.total_seconds() <= waits
    yield result("retries_look_first", "lost calls", Verdict.PASS if enough else Verdict.FAIL, *told)


def queue(ground: Ground) -> Iterator[CheckResult]:
    """Failures reach a queue that can be written, is looked after, and has an owner (R89)."""
    try:
        with ground.context.store.write("doctor") as unit:
            unit.journal.add("doctor_examined", ground.now, data={"account": ground.context.netsuite.account})
    except Exception as error:  # whatever the database has against it is the finding
        yield result("store_writable", "store", Verdict.FAIL, str(error)[:500])
        return
    yield result("store_writable", "store", Verdict.PASS, "the examination was logged in the journal")
    with ground.context.store.read() as unit:
        cases, people = unit.cases.find(), unit.people.all()
    left = [f"#{case.id} {case.finding.code}: {case.finding.cause}" for case in cases if not case.assignee]
    told = (f"{len(cases)} open case(s), {len(left)} of them nobody's", *some(left))
    yield result("cases_attended", "cases", Verdict.WARN if left else Verdict.PASS, *told)
    owner = ground.go_live.alert_owner
    active = {person.name for person in people if person.active}
    if not owner:
        yield result("alerts_owned", "alerts", Verdict.FAIL, "go_live.alert_owner is empty")
    elif people and owner not in active:
        known = ", ".join(sorted(active)) or "nobody"
        yield result("alerts_owned", "alerts", Verdict.FAIL, f"{owner} is not active; active: {known}")
    else:
        yield result("alerts_owned", "alerts", Verdict.PASS, f"{owner} is told")


def sign_offs(ground: Ground) -> Iterator[CheckResult]:
    """Each decision was signed by two people, for the settings as they are (R14)."""
    for decision in Decision:
        yield judge_sign_off(decision, ground.go_live, ground.today)
