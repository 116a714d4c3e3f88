"""What people do with cases: assign, retry, edit, re-date, ignore — one by one, or all of one cause."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from tieout.domain.bindings import LinkAction, LinkStage, book_of
from tieout.domain.cases import Case, CaseState, CauseGroup, group_by_cause
from tieout.domain.extensions import Extends, permission
from tieout.domain.findings import CODES
from tieout.domain.ids import InternalId
from tieout.domain.lifecycle import Move, Standing, State
from tieout.domain.reference import ExistingCustomer
from tieout.flows.checking import AMENDMENTS, apply_edit, own_documents, read_order
from tieout.flows.codec import decode_customer, decode_reference, encode
from tieout.flows.context import Context
from tieout.flows.linking import LinkError, account_named, enter, statement
from tieout.flows.ports import Source
from tieout.flows.rows import Document, SourceRecord
from tieout.flows.standing import restand_records
from tieout.flows.storage import Unit
from tieout.flows.storage_doors import CasesWanted, Reach

#: What a person may set aside by retrying: a suspicion. A record another writer certainly made stays in the way.
WAIVABLE = frozenset({"foreign_writer_suspected", "payment_entered_by_hand"})
#: Cases that end when the customer is given more, and what.
EXTENSIONS = {
    "currency_not_enabled": Extends.CURRENCIES,
    "customer_subsidiary_mismatch": Extends.SUBSIDIARIES,
}


class CaseError(ValueError):
    """The case cannot be treated so; the message says why and what can be done."""


class NoSuchCase(CaseError):
    """There is no case of this number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseView:
    """A case with everything a person needs to decide."""

    case: Case
    record: SourceRecord
    document: Document | None
    decisions: tuple[dict[str, Any], ...]

    def as_json(self) -> dict[str, Any]:
        """A plain structure for `--json`."""
        finding = self.case.finding
        entry = CODES[finding.code]
        return {
            "id": self.case.id,
            "state": self.case.state,
            "code": finding.code,
            "title": entry.title,
            "why": entry.cause,
            "cause": finding.cause,
            "expected": finding.expected,
            "found": finding.found,
            "source": str(finding.source) if finding.source else "",
            "raw": finding.raw,
            "ways_out": [str(way) for way in entry.ways_out],
            "assignee": self.case.assignee,
            "opened_at": self.case.opened_at.isoformat(),
            "deal": self.record.source.id,
            "system": self.record.source.system,
            "external_id": self.document.external_id if self.document else None,
            "document_state": self.document.state if self.document else None,
            "decisions": [{**decision, "at": decision["at"].isoformat()} for decision in self.decisions],
        }


class CaseWork:
    """Operations on cases. Every decision is logged with who, why, before and after."""

    def __init__(self, context: Context, *, through: str = "") -> None:
        """`through`: the id of the key it is done with, for the log."""
        self._context, self._through = context, through

    # -- looking -------------------------------------------------------------------------------------------

    def groups(self, reach: Reach = None) -> list[CauseGroup]:
        """Open cases by cause, the most frequent first."""
        with self._context.store.read() as unit:
            return group_by_cause(_within(unit, unit.cases.find(), reach))

    def page(self, wanted: CasesWanted, after: int, limit: int, reach: Reach = None) -> list[CaseView]:
        """Cases with numbers after one, at most so many."""
        with self._context.store.read() as unit:
            return [self._view(unit, case) for case in unit.listing.cases(wanted, after, limit, reach)]

    def open_cases(self, code: str = "", cause: str = "") -> list[CaseView]:
        """Open cases, optionally of one code and cause."""
        with self._context.store.read() as unit:
            return [self._view(unit, case) for case in unit.cases.find(code=code, cause=cause)]

    def show(self, case_id: int) -> CaseView:
        """One case. Raises `CaseError` when there is none."""
        with self._context.store.read() as unit:
            case = unit.cases.get(case_id)
            if case is None:
                raise NoSuchCase(f"there is no case {case_id}")
            return self._view(unit, case)

    @staticmethod
    def _view(unit: Unit, case: Case) -> CaseView:
        record = unit.records.get(int(case.subject))
        if record is None:
            raise CaseError(f"case {case.id} is about a record that is not there")
        document = unit.documents.get(case.document_id) if case.document_id is not None else None
        decisions = tuple(unit.cases.decisions_of(case.id))
        return CaseView(case=case, record=record, document=document, decisions=decisions)

    # -- deciding ------------------------------------------------------------------------------------------

    def _decide(
        self,
        case_id: int,
        action: str,
        by: str,
        because: str,
        body: Callable[[Unit, CaseView], tuple[str, str]],
    ) -> None:
        """Run one decision on an open case; `body` returns what was before and after."""
        context = self._context
        now = context.clock.now()
        with context.store.write(f"case_{action}") as unit:
            case = unit.cases.get(case_id)
            if case is None:
                raise NoSuchCase(f"there is no case {case_id}")
            if case.state is not CaseState.OPEN:
                raise CaseError(f"case {case_id} is {case.state}; only open cases can be decided")
            view = self._view(unit, case)
            before, after = body(unit, view)
            unit.cases.decide(case_id, action, by, because, before, after, now)
            data = {"case": case_id, "by": by, **({"through": self._through} if self._through else {})}
            unit.journal.add(f"case_{action}", now, record=view.record.id, data=data)

    def assign(self, case_id: int, to: str, by: str) -> None:
        """Name who looks after it."""

        def body(unit: Unit, view: CaseView) -> tuple[str, str]:
            unit.cases.assign(case_id, to)
            return view.case.assignee, to

        self._decide(case_id, "assign", by, "", body)

    def retry(self, case_id: int, by: str, because: str = "") -> None:
        """Once more: the cause is believed to be gone. A suspicion is waived by retrying."""
        self._decide(case_id, "retry", by, because, lambda unit, view: self._again(unit, view, {}))

    def retry_cause(self, code: str, cause: str, by: str, because: str = "", reach: Reach = None) -> int:
        """Re-plan every open case of one cause. Returns how many."""
        with self._context.store.read() as unit:
            ids = [case.id for case in _within(unit, unit.cases.find(code=code, cause=cause), reach)]
        for case_id in ids:
            self.retry(case_id, by, because)
        return len(ids)

    def edit(self, case_id: int, changes: Mapping[str, Any], by: str, because: str) -> list[str]:
        """Change fields of the canonical order (`lines.0.quantity=3`), keep the original, plan anew.

        Returns the difference, one line a field. Raises `CaseError` for a path that leads nowhere, or when
        a call for the deal is under way.
        """
        difference: list[str] = []

        def body(unit: Unit, view: CaseView) -> tuple[str, str]:
            order = read_order(self._source(view), view.record)
            if isinstance(order, list):
                raise CaseError(f"the payload cannot be read, so it cannot be edited: {order[0].found}")
            before = json.loads(encode(order))
            try:
                after = json.loads(apply_edit(encode(order), changes))
            except ValueError as error:
                raise CaseError(str(error)) from error
            difference.extend(f"{path}: {_at(before, path)!r} → {_at(after, path)!r}" for path in changes)
            return self._again(unit, view, changes)

        self._decide(case_id, "edit", by, because, body)
        return difference

    def redate(self, case_id: int, day: date, by: str, because: str) -> None:
        """Approve another transaction date, for a closed period."""

        def body(unit: Unit, view: CaseView) -> tuple[str, str]:
            now = self._context.clock.now()
            unit.cases.approve_date(view.record.source.record_key, day, by, now)
            return self._again(unit, view, {})

        self._decide(case_id, "redate", by, because, body)

    def bind(self, case_id: int, customer: InternalId, by: str, because: str) -> bool:
        """The deal's account *is* this NetSuite customer: it is used from now on, and never changed. Returns whether
        the link is in force; where an approver is asked for, it waits and the case stays open.

        Raises `CaseError` for a customer NetSuite has not, a payload that names no account, or while something of the
        account is being written.
        """
        in_force: list[bool] = []

        def body(unit: Unit, view: CaseView) -> tuple[str, str]:
            context = self._context
            order = read_order(self._source(view), view.record)
            if isinstance(order, list):
                raise CaseError(f"the payload cannot be read, so nobody can be bound: {order[0].found}")
            key = order.payer.source.record_key
            known = (decode_customer(text) for text in unit.mappings.customers(context.netsuite.account))
            chosen = next((one for one in known if one.id == customer), None)
            if chosen is None:
                raise CaseError(f"NetSuite has no customer {customer}; give its internal id")
            before = book_of(unit.links.history())
            try:
                account = account_named(unit, context, key)
                taken = enter(
                    unit,
                    context,
                    account,
                    before,
                    statement(context, account, chosen, before, by, because),
                    chosen,
                )
            except LinkError as error:
                raise CaseError(str(error)) from error
            in_force.append(taken is None or taken.stage is LinkStage.IN_FORCE)
            if in_force[0]:
                self._again(unit, view, {})
                return f"{key} {before.bindings.get(key, '')}".strip(), f"{key} {customer}"
            return key, f"{key} {customer}, waits for {context.policy.links_need_role}"

        self._decide(case_id, "bind", by, because, body)
        return in_force[0]

    def extend(self, case_id: int, by: str, because: str) -> bool:
        """The customer of this case may have what the deal needs: its currency, or the subsidiary the rules chose. It
        becomes a step of the deal's plan. Returns whether that is decided; where an approver is asked for, it waits.

        Raises `CaseError` for a case about something else.
        """
        in_force: list[bool] = []

        def body(unit: Unit, view: CaseView) -> tuple[str, str]:
            context, finding = self._context, view.case.finding
            order = read_order(context.sources[view.record.source.system], view.record)
            to = EXTENSIONS.get(finding.code)
            if to is None or isinstance(order, list):
                raise CaseError(
                    f"case {case_id} is {finding.code}; a customer is extended for {' or '.join(EXTENSIONS)}"
                )
            whose, _, needed = finding.cause.partition(" ")
            reference = unit.mappings.reference(context.netsuite.account)
            currencies = decode_reference(reference[0]).currencies if reference else {}
            target = currencies.get(needed, InternalId(needed)) if to is Extends.CURRENCIES else needed
            payer = order.payer.source
            customer = InternalId("" if whose == payer.id else whose)
            book = book_of(unit.links.history())
            try:
                account = account_named(unit, context, payer.record_key)
                wish = replace(
                    statement(
                        context,
                        account,
                        ExistingCustomer(id=customer, name=""),
                        book,
                        by,
                        because,
                        LinkAction.EXTEND,
                    ),
                    evidence=permission(to, target),
                    seen=f"{to}: {needed}",
                )
                taken = enter(unit, context, account, book, wish, ExistingCustomer(id=customer, name=""))
            except LinkError as error:
                raise CaseError(str(error)) from error
            in_force.append(taken is None or taken.stage is LinkStage.IN_FORCE)
            if in_force[0]:
                self._again(unit, view, {})
                return "", f"{whose}: {to} {needed}"
            return "", f"{whose}: {to} {needed}, waits for {context.policy.links_need_role}"

        self._decide(case_id, "extend", by, because, body)
        return in_force[0]

    def ignore(self, case_id: int, by: str, because: str) -> None:
        """Nothing will be done, because … A reason is required."""
        if not because.strip():
            raise CaseError("ignoring needs a reason: --because '…'")

        def body(unit: Unit, view: CaseView) -> tuple[str, str]:
            now = self._context.clock.now()
            record = view.record
            documents = unit.documents.of_record(record.id)
            self._not_under_way(documents)
            for document in own_documents(documents, record):
                if document.state in {State.WAITING, State.READY, State.CLEARED, State.HELD}:
                    unit.documents.move(document, Move.CANCEL, now)
            every = [case.id for case in unit.cases.find(record_ids=[record.id])]
            unit.cases.close(every, CaseState.IGNORED, now)
            written = any(document.internal_id for document in own_documents(documents, record))
            if view.case.finding.code in AMENDMENTS or written:
                # The record in NetSuite stays as it is; what the deal says now is the new normal.
                unit.records.accept(record.id, record.digest, now)
                unit.records.stand([record.id], Standing.CONFIRMED, "", now)
            else:
                unit.records.stand([record.id], Standing.IGNORED, "by_decision", now)
            return str(record.standing), "ignored"

        self._decide(case_id, "ignore", by, because, body)

    def _source(self, view: CaseView) -> Source:
        name = view.record.source.system
        if name not in self._context.sources:
            raise CaseError(f"its source {name!r} is not configured any more, so its payload cannot be read")
        return self._context.sources[name]

    # -- how -----------------------------------------------------------------------------------------------

    def _again(self, unit: Unit, view: CaseView, changes: Mapping[str, Any]) -> tuple[str, str]:
        now = self._context.clock.now()
        record, document = view.record, view.document
        before = json.dumps(record.override, ensure_ascii=False)
        self._not_under_way(unit.documents.of_record(record.id))
        after = before
        if changes:
            override = {**record.override, **changes}
            unit.records.override(record.id, override, now)
            after = json.dumps(override, ensure_ascii=False)
        unit.cases.close([view.case.id], CaseState.RESOLVED, now)
        if document is not None and document.state is State.HELD:
            waived = " ".join(sorted({*document.waived, view.case.finding.code} & WAIVABLE))
            values = {"due_at": now, "attempts": 0, "waived": waived}
            unit.documents.move(document, Move.RETRY, now, **values)
        if document is None or changes or not document.internal_id:
            # Checked again first: a crosswalk or rule may have been corrected meanwhile.
            unit.records.stand([record.id], Standing.RECEIVED, "", now)
        else:
            restand_records(unit, [record.id], now)
        return before, after

    @staticmethod
    def _not_under_way(documents: Sequence[Document]) -> None:
        busy = [d for d in documents if d.state in {State.SENDING, State.IN_DOUBT}]
        if busy:
            raise CaseError(
                f"{busy[0].external_id or busy[0].claim} is {busy[0].state}: perhaps done. It cannot be"
                " changed until NetSuite's own limit has passed"
            )


def _within(unit: Unit, cases: Sequence[Case], reach: Reach) -> list[Case]:
    if reach is None:
        return list(cases)
    seen = unit.listing.within([int(case.subject) for case in cases], reach)
    return [case for case in cases if int(case.subject) in seen]


def _at(document: Any, path: str) -> Any:
    """What is at a path; None where an edit took away what it leads through."""
    try:
        for part in path.split("."):
            document = document[int(part)] if isinstance(document, list) else document[part]
    except (KeyError, IndexError, TypeError, ValueError):
        return None
    return document
