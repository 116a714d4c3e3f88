"""Checks of what our role may write, without writing: canaries, trace fields, pre-filled forms."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from tieout.domain.doctor import CheckResult, Verdict
from tieout.domain.drafts import TransactionDraft
from tieout.domain.ids import InternalId, RecordType
from tieout.flows.doctor.ground import Ground, result
from tieout.flows.doctor.ports import FormSeen
from tieout.flows.doctor.probes import Probe, probes
from tieout.flows.errors import LookUpBlind
from tieout.flows.ports import LookUpKey

_MANDATORY = "mandatory_field_missing"
#: Refusals that are findings of checks of their own.
_ELSEWHERE = {_MANDATORY, "permission_missing", "field_unknown"}
_UNTOLD = "NetSuite's REST services do not tell which fields a form makes mandatory; a form that opens proves little"


def canaries(ground: Ground) -> Iterator[CheckResult]:
    """A known record of each type and subsidiary is seen; without it "not found" proves nothing."""
    for record in ground.records:
        for subsidiary in ground.subsidiaries:
            yield _canary(ground, record, subsidiary)


def _canary(ground: Ground, record: RecordType, subsidiary: InternalId) -> CheckResult:
    subject = f"{record} in subsidiary {subsidiary}"
    named = ground.go_live.canaries.get(record, {}).get(subsidiary)
    if named is None:
        told = "none is named in netsuite.canaries: nothing can be written there"
        return result("canaries_visible", subject, Verdict.FAIL, told)
    key = LookUpKey(type=record, external_id=named, subsidiary=subsidiary)
    try:
        found = ground.context.netsuite.look_up([key]).found.get(named, ())
    except LookUpBlind as error:
        return result("canaries_visible", subject, Verdict.FAIL, str(error))
    right = [one for one in found if one.type == record and one.subsidiary in {"", subsidiary}]
    if not right:
        told = ", ".join(f"{one.type} {one.id} in subsidiary {one.subsidiary}" for one in found) or "nothing"
        return result("canaries_visible", subject, Verdict.FAIL, f"{named} is {told}")
    ground.seen[record, subsidiary] = right[0]
    return result("canaries_visible", subject, Verdict.PASS, f"{named} is {record} {right[0].id}")


def trace_fields(ground: Ground) -> Iterator[CheckResult]:
    """The metadata of every record we write names the fields that carry our trace."""
    for record in ground.records:
        wanted, seen = ground.inspector.trace_fields[record], ground.inspector.fields(record)
        missing = [
            name for name in wanted if name not in (seen.lines if name.startswith("custcol") else seen.header)
        ]
        told = f"missing: {', '.join(missing)}" if missing else f"{len(wanted)} fields: {', '.join(wanted)}"
        yield result("trace_fields_exist", record, Verdict.FAIL if missing else Verdict.PASS, told)


def updates(ground: Ground) -> Iterator[CheckResult]:
    """Customers are the records Tieout changes: one opens in edit mode, and the path names its internal id."""
    shown = [one for (record, _), one in ground.seen.items() if record is RecordType.CUSTOMER]
    if not shown:
        yield result("role_updates", "customer", Verdict.UNVERIFIED, "no canary customer to open")
        return
    problem = ground.inspector.opens(RecordType.CUSTOMER, shown[0].id)
    told = problem.found if problem else f"customer {shown[0].id} opens in edit mode"
    yield result("role_updates", "customer", Verdict.FAIL if problem else Verdict.PASS, told)
    path = ground.inspector.update_path(shown[0].id)
    keyed = path.startswith("PATCH ") and path.endswith(f"/{shown[0].id}")
    yield result("writes_keyed", "update of a customer", Verdict.PASS if keyed else Verdict.FAIL, path)


def forms(ground: Ground) -> Iterator[CheckResult]:
    """What NetSuite says to the records we would send. Nothing is saved."""
    for record in ground.records:
        required = ground.inspector.fields(record).required
        yield result("mandatory_fields_known", record, Verdict.UNVERIFIED, _UNTOLD)
        for subsidiary in ground.subsidiaries:
            seen = ground.canaries_of(subsidiary)
            reference, shown = ground.around.world.reference, seen.get(RecordType.CUSTOMER)
            known = ground.around.directory.by_id(shown.id) if shown else None
            made = probes(ground.policy, reference, record, subsidiary, seen, known, _open_day(ground))
            if isinstance(made, str):
                subject = f"{record} in subsidiary {subsidiary}"
                for code in ("role_creates", "mandatory_fields_filled", "record_accepted", "writes_keyed"):
                    yield result(code, subject, Verdict.UNVERIFIED, made)
                continue
            for probe in made:
                yield from _probe(ground, probe, required)


def _open_day(ground: Ground) -> date:
    """Today, or the first day that takes postings: a closed period is another check's finding."""
    reference, today = ground.around.world.reference, ground.today
    period = reference.period_of(today)
    if period is not None and not period.closed:
        return today
    later = reference.next_open(today)
    return later.days.start if later else today


def _probe(ground: Ground, probe: Probe, required: frozenset[str]) -> Iterator[CheckResult]:
    least = ground.inspector.form(probe.least, probe.links)
    yield _keyed(probe, least)
    if isinstance(probe.least, TransactionDraft):
        yield _lines(probe, probe.least, least)
    told = least.problem.found if least.problem else ""
    refused = least.problem.code if least.problem else ""
    if refused == "permission_missing":
        yield result("role_creates", probe.subject, Verdict.FAIL, told)
    else:
        yield result("role_creates", probe.subject, Verdict.PASS, f"the form of POST {least.path} opens")
    yield from _mandatory(ground, probe, least, required)
    yield _exposed(probe, least, refused)
    if refused and refused in _ELSEWHERE:
        yield result("record_accepted", probe.subject, Verdict.UNVERIFIED, f"refused before that: {told}")
    else:
        verdict = Verdict.FAIL if refused else Verdict.PASS
        yield result("record_accepted", probe.subject, verdict, told or "no refusal")


def _exposed(probe: Probe, seen: FormSeen, refused: str) -> CheckResult:
    """The form shows every trace field we sent, or refuses one by name."""
    code = "trace_fields_exposed"
    if refused == "field_unknown":
        return result(code, probe.subject, Verdict.FAIL, seen.problem.found if seen.problem else "")
    if refused:
        told = "the form did not open far enough to show its fields"
        return result(code, probe.subject, Verdict.UNVERIFIED, told)
    if seen.dropped:
        return result(code, probe.subject, Verdict.FAIL, f"not shown again: {', '.join(seen.dropped)}")
    return result(code, probe.subject, Verdict.PASS, "the form shows every field we sent")


def _keyed(probe: Probe, seen: FormSeen) -> CheckResult:
    """A create is a POST to the collection that carries our external ID, never an update."""
    external = str(seen.sent.get("externalId", ""))
    keyed = (
        seen.method == "POST"
        and external == probe.least.external_id
        and not seen.path.rsplit("/", 1)[-1].isdigit()
    )
    told = f"{seen.method} {seen.path} with externalId {external or 'none'}"
    return result("writes_keyed", f"create of {probe.subject}", Verdict.PASS if keyed else Verdict.FAIL, told)


def _lines(probe: Probe, draft: TransactionDraft, seen: FormSeen) -> CheckResult:
    """Every line leaves with item id, quantity, rate and amount; the form shows the same items."""
    sent = seen.sent.get("item", {}).get("items", [])
    whole = len(sent) == len(draft.lines) and all(
        str(line.get("item", {}).get("id", "")) == wanted.item
        and all(line.get(name) is not None for name in ("quantity", "rate", "amount"))
        for line, wanted in zip(sent, draft.lines, strict=True)
    )
    shown = seen.problem is not None or list(seen.item_ids) == [line.item for line in draft.lines]
    told = f"sent {sent}; the form shows items {', '.join(seen.item_ids) or 'none'}"
    verdict = Verdict.PASS if whole and shown else Verdict.FAIL
    return result("lines_explicit", probe.subject, verdict, told)


def _mandatory(
    ground: Ground, probe: Probe, least: FormSeen, required: frozenset[str]
) -> Iterator[CheckResult]:
    """A field that is asked for and never sent fails; one that some deals bring warns."""
    code, unsent = "mandatory_fields_filled", sorted(required - set(least.sent))
    if unsent:
        told = f"the metadata requires {', '.join(unsent)}"
        yield result(code, probe.subject, Verdict.FAIL, told)
    elif least.problem is not None and least.problem.code == _MANDATORY:
        most = ground.inspector.form(probe.most, probe.links)
        if most.problem is not None and most.problem.code == _MANDATORY:
            yield result(code, probe.subject, Verdict.FAIL, f"the form asks for {most.problem.cause}")
        else:
            told = f"the form asks for {least.problem.cause}, which not every deal brings"
            yield result(code, probe.subject, Verdict.WARN, told)
    elif least.problem is not None:
        yield result(code, probe.subject, Verdict.UNVERIFIED, "the form did not open far enough to ask")
    else:
        yield result(
            code, probe.subject, Verdict.PASS, "neither metadata nor form asks for more than is sent"
        )
