"""Check and plan: received versions become documents, cases, or a recorded "ignored, because"."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from tieout.domain.cases import CaseState
from tieout.domain.customers import view_of
from tieout.domain.documents import Customer, Order
from tieout.domain.findings import Finding
from tieout.domain.ids import RecordType
from tieout.domain.lifecycle import Standing, State
from tieout.domain.planning import (
    CREATING,
    Plan,
    customer_claim,
    handoff_claim,
    plan,
    record_external_id,
)
from tieout.domain.sources import SourceRef
from tieout.domain.validation import Checked, check, ignore_reason
from tieout.flows.approvals import judged
from tieout.flows.cash.judging import FILE, MOVEMENT, Judging
from tieout.flows.cash.ledger import LedgerKeeper
from tieout.flows.cash.refunds import relieve
from tieout.flows.codec import business_digest, decode_order, encode
from tieout.flows.context import Context
from tieout.flows.errors import CallError
from tieout.flows.gate import Gate
from tieout.flows.parties import (
    LEFT,
    at_id,
    final_winner,
    first_claimed,
    made_elsewhere,
    own_customer,
    with_merges,
)
from tieout.flows.planting import cancel_unsent, drop, hold_unsent, store_change, store_plan
from tieout.flows.ports import Sighting, Source
from tieout.flows.rows import Document, SourceRecord
from tieout.flows.standing import restand_records
from tieout.flows.storage import Unit, chunks
from tieout.flows.verdict import Verdict
from tieout.flows.world import Surroundings, WorldKeeper

log = structlog.get_logger(__name__)

#: Cases about a deal that moved after it was synced: only a person's decision ends them.
AMENDMENTS = frozenset({"deal_changed", "deal_reopened", "deal_deleted"})
#: Records judged in one transaction: judging takes longer than settling, and calls wait for the turn to write.
_AT_ONCE = 5
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


class Checking:
    """Received → planned, in a case, or ignored."""

    def __init__(self, context: Context, keeper: WorldKeeper, gate: Gate, ledger: LedgerKeeper) -> None:
        self._context = context
        self._keeper = keeper
        self._gate = gate
        self._ledger = ledger
        self._cash = Judging(context)
        #: NetSuite could not be read: the next batch would fail like the last one
        self._not_before = _BEGINNING

    def run(self) -> int:
        """Check one batch. Returns how many records were settled."""
        context = self._context
        now, token = context.clock.now(), context.token()
        if now < self._not_before:
            return 0
        with context.store.read() as unit:
            if not unit.records.any_received(now):
                return 0
            account = context.netsuite.account
            enough = unit.documents.count(account, [State.READY]) >= context.limits.enough_ready
            if enough and unit.documents.any_due(account, State.READY, CREATING, now):
                return 0  # NetSuite cannot take more for a while: what is checked later is checked fresher
        with context.store.write("lease_received") as unit:
            until = now + timedelta(minutes=3)
            records = unit.records.claim(context.limits.check_batch, token, until, now)
        if not records:
            return 0
        try:
            surroundings = self._keeper.surroundings()
            if any(record.source.object == MOVEMENT for record in records):
                self._ledger.refresh(context.limits.open_items_good_for)
                surroundings = self._cash.informed(records, surroundings)
        except CallError as error:
            self._gate.note(error)
            log.warning("NetSuite cannot be read; checks wait", error=str(error))
            self._not_before = context.clock.now() + context.limits.retry_read
            with context.store.write("check_postponed") as unit:
                unit.records.postpone([record.id for record in records], self._not_before)
            return 0
        for some in chunks(records, _AT_ONCE):
            with context.store.write("settle_checked") as unit:
                for record in some:
                    self._settle(unit, record, token, surroundings)
        return len(records)

    # -- one record ----------------------------------------------------------------------------------------

    def _settle(self, unit: Unit, record: SourceRecord, token: str, around: Surroundings) -> None:
        existing = unit.documents.of_record(record.id)
        verdict = self._judge_safely(unit, record, existing, around)
        if verdict is None:
            unit.records.postpone([record.id], self._context.clock.now() + self._context.limits.retry_read)
            return
        self._settle_as(unit, record, token, existing, verdict)

    def settle_unplanned(self, around: Surroundings) -> list[tuple[SourceRecord, Verdict]]:
        """Judge everything that waits; settle what comes to no plan, as cases or ignored. Returns what comes to
        a plan: it goes on waiting until the plan is applied.
        """
        found = []
        if self._context.policy.cash is not None:
            self._ledger.refresh(self._context.limits.open_items_good_for)
            with self._context.store.read() as unit:
                waiting = unit.records.all(Standing.RECEIVED)
            around = self._cash.informed(waiting, around)
        with self._context.store.write("settle_unplanned") as unit:
            for record in unit.records.all(Standing.RECEIVED):
                existing = unit.documents.of_record(record.id)
                verdict = self._judge_safely(unit, record, existing, around)
                if verdict is None:
                    continue
                if verdict.plan is not None or verdict.payer is not None:
                    found.append((record, verdict))
                else:
                    self._settle_as(unit, record, "", existing, verdict)
        return found

    def plant(self, unit: Unit, record: SourceRecord, verdict: Verdict) -> None:
        """Settle a record as it was judged, in the caller's transaction; a newer version goes first."""
        self._settle_as(unit, record, "", unit.documents.of_record(record.id), verdict)

    def _settle_as(
        self, unit: Unit, record: SourceRecord, token: str, existing: Sequence[Document], verdict: Verdict
    ) -> None:
        now = self._context.clock.now()
        values: dict[str, Any] = {"digest": verdict.digest} if verdict.digest else {}
        if verdict.plan is not None:
            values |= {"planned_digest": verdict.digest, "history_until": verdict.history_until}
        reason = verdict.reason or (verdict.findings[0].code if verdict.findings else "")
        if not unit.records.settle(record, token, verdict.standing, reason, now, **values):
            return  # a newer version came meanwhile: it will be judged instead
        data = {"version": record.source.version, "reason": reason, **verdict.facts}
        unit.journal.add(f"judged_{verdict.standing}", now, record=record.id, data=data)
        log.info(
            "judged",
            correlation=record.correlation,
            deal=record.source.id,
            standing=verdict.standing,
            reason=reason,
        )
        self._sync_cases(unit, record, verdict, now)
        if verdict.cancel:
            cancel_unsent(unit, existing, now)
        elif verdict.findings and not verdict.keep:
            hold_unsent(unit, existing, record.id, now)
        drop(unit, verdict.replaces, now)
        if verdict.plan is not None:
            clash = store_plan(unit, record, verdict.plan, self._context, now)
            if clash is not None:
                unit.cases.open(clash, record.id, None, now)
                unit.records.stand([record.id], Standing.CASE, clash.code, now)
                return
            if verdict.also is not None:
                for planned in unit.documents.by_claims([step.claim for step in verdict.plan.steps]).values():
                    unit.documents.add_part(verdict.also, planned.id)
                relieve(unit, verdict.also, now)
        if verdict.standing is Standing.PLANNED:
            if verdict.payer is not None:
                account = self._context.policy.account
                claim = customer_claim(account, first_claimed(unit, verdict.payer, account)[1])
                store_change(unit, record, claim, verdict.payer, self._context, now)
            restand_records(unit, [record.id], now)

    def _sync_cases(self, unit: Unit, record: SourceRecord, verdict: Verdict, now: datetime) -> None:
        """Findings that are gone close their cases; new ones open theirs."""
        current = {(f.code, f.cause) for f in verdict.findings}
        mine = [case for case in unit.cases.find(record_ids=[record.id]) if case.document_id is None]
        gone = [
            case.id
            for case in mine
            if (case.finding.code, case.finding.cause) not in current and case.finding.code not in AMENDMENTS
        ]
        unit.cases.close(gone, CaseState.RESOLVED, now)
        for finding in verdict.findings:
            case_id = unit.cases.open(finding, record.id, None, now)
            data = {"case": case_id, "code": finding.code, "cause": finding.cause}
            unit.journal.add("case_opened", now, record=record.id, data=data)

    def _judge_safely(
        self, unit: Unit, record: SourceRecord, existing: Sequence[Document], around: Surroundings
    ) -> Verdict | None:
        """One deal that cannot be judged must not hold back the others: a fault of ours is a case, too. None: it has
        to be looked at again later.
        """
        try:
            if record.source.object in {MOVEMENT, FILE}:
                return self._cash.judge(unit, record, existing, around)
            return self.judge(unit, record, existing, around)
        except Exception as fault:
            log.exception("a deal could not be judged", correlation=record.correlation)
            finding = Finding(
                code="internal_error",
                cause=type(fault).__name__,
                expected="a verdict",
                found=f"{type(fault).__name__}: {fault}"[:500],
                source=record.source,
            )
            return Verdict(standing=Standing.CASE, findings=(finding,), keep=True)

    # -- judgement -----------------------------------------------------------------------------------------

    def judge(
        self, unit: Unit, record: SourceRecord, existing: Sequence[Document], around: Surroundings
    ) -> Verdict:
        """What this version comes to; reads the store, writes nothing."""
        synced = any(d.internal_id or d.state in LEFT for d in own_documents(existing, record))
        if record.deleted:
            return self._deleted(record, synced=synced)
        source = self._context.sources[record.source.system]
        order = read_order(source, record)
        if not isinstance(order, Order):
            return Verdict(standing=Standing.CASE, findings=tuple(order))
        order = with_merges(order, around.aliases)
        digest = business_digest(order)
        policy = self._context.policy.sources[record.source.system]
        if synced:
            return self._amended(unit, record, order, digest)
        reason = ignore_reason(order, policy)
        if reason is not None:
            return Verdict(standing=Standing.IGNORED, reason=reason, digest=digest, cancel=bool(existing))
        return self._fresh(unit, record, order, digest, around)

    def _deleted(self, record: SourceRecord, *, synced: bool) -> Verdict:
        if not synced:
            return Verdict(standing=Standing.IGNORED, reason="deleted_at_source", cancel=True)
        finding = Finding(
            code="deal_deleted",
            cause=record.source.id,
            expected=f"{record.source}, which was synced",
            found="the source says it is deleted",
            source=record.source,
        )
        return Verdict(standing=Standing.CASE, findings=(finding,), keep=True)

    def _amended(self, unit: Unit, record: SourceRecord, order: Order, digest: str) -> Verdict:
        """A deal that is already in NetSuite, or on its way: any change is a person's decision."""
        since = record.history_until or _BEGINNING
        left = [change for change in order.history if change.at > since and not change.won]
        findings = []
        if left or not order.won:
            found = f"{left[0].label} at {left[0].at.isoformat()}" if left else "not won now"
            findings.append(("deal_reopened", "still won since it was synced", found))
        elif digest != record.planned_digest:
            findings.append(("deal_changed", "what was planned", "other lines, amounts, parties or dates"))
        if not findings:
            open_cases = [c for c in unit.cases.find(record_ids=[record.id]) if c.document_id is None]
            kept = tuple(case.finding for case in open_cases if case.finding.code in AMENDMENTS)
            if kept:
                return Verdict(standing=Standing.CASE, findings=kept, digest=digest, keep=True)
            facts: dict[str, object] = {"note": "nothing changed"}
            return Verdict(standing=Standing.PLANNED, digest=digest, payer=order.payer, facts=facts)
        cases = tuple(
            Finding(code=code, cause=order.source.id, expected=expected, found=found, source=order.source)
            for code, expected, found in findings
        )
        return Verdict(standing=Standing.CASE, findings=cases, digest=digest, keep=True)

    def _fresh(
        self, unit: Unit, record: SourceRecord, order: Order, digest: str, around: Surroundings
    ) -> Verdict:
        policy = around.world.policy
        outcome = planned_of(unit, record, order, around)
        if not isinstance(outcome, Planned):
            return Verdict(standing=Standing.CASE, findings=outcome, digest=digest)
        waits = judged(unit, record, order, outcome.plan, policy)
        if waits is not None:
            return Verdict(standing=Standing.CASE, findings=(waits,), digest=digest)
        history_until = max((change.at for change in order.history), default=_BEGINNING)
        facts: dict[str, object] = {"rules": list(outcome.plan.rules), "policy": policy.version}
        facts["reference_as_of"] = around.world.reference.as_of.isoformat()
        return Verdict(
            standing=Standing.PLANNED,
            plan=outcome.plan,
            payer=outcome.payer,
            digest=digest,
            history_until=history_until,
            facts=facts,
        )

    def preview(
        self, unit: Unit, record: SourceRecord, around: Surroundings
    ) -> Planned | tuple[Finding, ...]:
        """What would be planned for a record now, approvals aside; or what stands in the way. Writes nothing.

        A record that is ignored comes to no plan and no finding.
        """
        if record.deleted:
            return ()
        order = read_order(self._context.sources[record.source.system], record)
        if not isinstance(order, Order):
            return tuple(order)
        order = with_merges(order, around.aliases)
        if ignore_reason(order, self._context.policy.sources[record.source.system]) is not None:
            return ()
        return planned_of(unit, record, order, around)


@dataclass(frozen=True, slots=True)
class Planned:
    """An order, its plan, and the customer who pays."""

    order: Order
    plan: Plan
    payer: Customer


def planned_of(
    unit: Unit, record: SourceRecord, order: Order, around: Surroundings
) -> Planned | tuple[Finding, ...]:
    """The plan of a deal nothing of which is in NetSuite yet, or what stands in its way."""
    policy = around.world.policy
    merged = merged_and_written(unit, order.source, around.aliases, policy.account)
    if merged:
        finding = Finding(
            code="deal_changed",
            cause=order.source.id,
            expected="a deal of which nothing was written before it was merged",
            found=f"merged from {' and '.join(merged)}",
            source=order.source,
        )
        return (finding,)
    payer, first, conflict = first_claimed(unit, order.payer, policy.account)
    external = record_external_id(policy, RecordType.CUSTOMER, first)
    made = made_elsewhere(unit, payer, policy.account) if len(policy.sources) > 1 else []
    view = view_of(payer, external, around.directory, around.links, policy.installation, made)
    if view.bound is None:
        own = own_customer(unit, record, customer_claim(policy.account, first), view.own)
        view = replace(view, own=own)
    if conflict:
        finding = Finding(
            code="customer_merge_conflict",
            cause=payer.source.id,
            expected="one NetSuite customer for merged accounts",
            found=" and ".join(conflict),
            source=payer.source,
        )
        return (finding,)
    outcome = check(order, around.world, view)
    if not isinstance(outcome, Checked):
        return tuple(outcome)
    return Planned(order, plan(outcome, policy, {payer.source.id: first.id}), payer)


def merged_and_written(
    unit: Unit, deal: SourceRef, aliases: Mapping[tuple[str, str, str], str], account: str
) -> list[str]:
    """Deals that were merged into this one and of which something is in NetSuite, or on its way there.

    The merged deal is a new record in its source; to hand it off as a new sale would bill the old ones twice.
    """
    losers = [
        loser
        for (system, object_, loser), winner in aliases.items()
        if (system, object_) == (deal.system, deal.object)
        and final_winner(aliases, system, object_, winner) == deal.id
    ]
    claims = {
        handoff_claim(account, at_id(deal, loser), kind): loser
        for loser in losers
        for kind in ("invoice", "sales_order")
    }
    known = unit.documents.by_claims(list(claims))
    written = {claims[claim]: d for claim, d in known.items() if d.internal_id or d.state in LEFT}
    return [f"{loser}, written as {document.external_id}" for loser, document in sorted(written.items())]


def own_documents(documents: Sequence[Document], record: SourceRecord) -> list[Document]:
    """The deal's own NetSuite records: neither its customer, which is shared, nor notes to the CRM."""
    prefixes = ("handoff|", "cash|")
    return [d for d in documents if d.source_record_id == record.id and d.claim.startswith(prefixes)]


def read_order(source: Source, record: SourceRecord) -> Order | list[Finding]:
    """The canonical order of a record, with a person's edit applied on top of what the source said."""
    sighting = Sighting(
        object=record.source.object,
        object_id=record.source.id,
        version=record.source.version,
        payload=record.raw,
        deleted=record.deleted,
    )
    order = source.read(sighting)
    if not isinstance(order, Order) or not record.override:
        return order
    try:
        return decode_order(apply_edit(encode(order), record.override))
    except ValueError as error:
        return [
            Finding(
                code="payload_unreadable",
                cause=record.source.id,
                expected="an order after the edit",
                found=str(error),
                source=record.source,
            )
        ]


def apply_edit(text: str, edit: Mapping[str, Any]) -> str:
    """Set `path: value` pairs (`lines.0.quantity`) in canonical JSON. Raises `ValueError` for a path that
    leads nowhere.
    """
    document = json.loads(text)
    for path, value in edit.items():
        node: Any = document
        *parents, last = path.split(".")
        try:
            for part in parents:
                node = node[int(part)] if isinstance(node, list) else node[part]
            if isinstance(node, list):
                node[int(last)] = value
            elif last in node:
                node[last] = value
            else:
                raise KeyError(last)
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise ValueError(f"{path}: there is no such field in the order ({error})") from error
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
