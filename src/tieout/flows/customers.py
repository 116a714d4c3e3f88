"""Customers that exist already: who they may be, who a person says they are, and taking that back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from tieout.domain.approvals import Approval, Choice, Principal, may_decide
from tieout.domain.bindings import Link, LinkAction, LinkBook, LinkStage, book_of
from tieout.domain.documents import Customer
from tieout.domain.ids import InternalId
from tieout.domain.planning import customer_claim
from tieout.domain.reference import ExistingCustomer
from tieout.domain.suggestions import Suggested
from tieout.flows.approvals import ApprovalError
from tieout.flows.context import Context
from tieout.flows.linking import (
    Account,
    LinkError,
    account_named,
    accounts_of,
    enter,
    evidence_of,
    statement,
    subject_of,
    write,
)
from tieout.flows.storage import Unit
from tieout.flows.world import Surroundings, WorldKeeper


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestions:
    """An account with everybody in NetSuite it may be. `linked`: who a person said it is; `own`: the customer Tieout
    made for it.
    """

    account: Customer
    candidates: tuple[Suggested, ...]
    linked: InternalId | None = None
    own: InternalId | None = None

    def as_json(self) -> dict[str, Any]:
        """A plain structure."""
        source = self.account.source
        return {
            "account": source.record_key,
            "source": source.system,
            "id": source.id,
            "name": self.account.name,
            "linked": self.linked,
            "own": self.own,
            "candidates": [
                {
                    "internal_id": one.customer.id,
                    "name": one.customer.name,
                    "external_id": one.customer.external_id,
                    "active": one.customer.active,
                    "strength": str(one.strength) if one.strength else "",
                    "evidence": [str(evidence) for evidence in one.evidence],
                    "remarks": list(one.remarks),
                    "digest": one.digest,
                }
                for one in self.candidates
            ],
        }


class CustomerWork:
    """Operations on links. Each is history: who, when, why, and on which evidence."""

    def __init__(self, context: Context, keeper: WorldKeeper) -> None:
        self._context = context
        self._keeper = keeper

    # -- looking -------------------------------------------------------------------------------------------

    def around(self) -> Surroundings:
        """NetSuite as it is now, read for the purpose. Raises `CallError`s."""
        self._keeper.mark_stale()
        return self._keeper.surroundings()

    def suggest(self, system: str = "") -> list[Suggestions]:
        """Every account of the deals that were received, with its candidates. Raises `CallError`s."""
        around = self.around()
        with self._context.store.read() as unit:
            records = [one for one in unit.records.all() if system in {"", one.source.system}]
            accounts = accounts_of(unit, self._context, records)
            return [self._suggestions(unit, accounts[key], around) for key in sorted(accounts)]

    def _suggestions(self, unit: Unit, account: Account, around: Surroundings) -> Suggestions:
        policy, customer = self._context.policy, account.customer
        claim = customer_claim(policy.account, customer.source)
        made = unit.documents.by_claims([claim]).get(claim)
        own = made.internal_id if made is not None else None
        found = around.directory.candidates(customer)
        return Suggestions(
            account=customer,
            candidates=tuple(
                evidence_of(self._context, customer, one.customer, around.links)
                for one in found
                if one.customer.id != own
            ),
            linked=around.links.bindings.get(account.key),
            own=own,
        )

    def book(self) -> LinkBook:
        """What is in force, and what waits."""
        with self._context.store.read() as unit:
            return book_of(unit.links.history())

    def history(self, record_key: str = "") -> list[Link]:
        """Every statement, oldest first."""
        with self._context.store.read() as unit:
            return unit.links.history(record_key)

    # -- deciding ------------------------------------------------------------------------------------------

    def link(self, name: str, internal_id: InternalId, by: str, because: str) -> Link | None:
        """The account of this id (or record key) *is* this NetSuite customer. Returns the statement as it was taken,
        None when it was in force already. Raises `LinkError` and `CallError`s.
        """
        return self._say(LinkAction.LINK, name, internal_id, by, because)

    def distinct(self, name: str, internal_id: InternalId, by: str, because: str) -> Link | None:
        """The account is *not* this NetSuite customer, however alike they are. Raises as `link`."""
        return self._say(LinkAction.DISTINCT, name, internal_id, by, because)

    def unlink(self, name: str, by: str, because: str) -> Link:
        """Take a link back. Refused while something is being written for the account. Raises `LinkError`."""
        _reason(because)
        context = self._context
        with context.store.write("customer_link") as unit:
            account = account_named(unit, context, name)
            book = book_of(unit.links.history())
            linked = book.bindings.get(account.key)
            if linked is None:
                raise LinkError(f"{account.key} is linked to nobody")
            gone = ExistingCustomer(id=linked, name="")
            wish = statement(context, account, gone, book, by, because, LinkAction.UNLINK)
            taken = enter(unit, context, account, book, wish, gone)
            assert taken is not None
            return taken

    def _say(
        self, action: LinkAction, name: str, internal_id: InternalId, by: str, because: str
    ) -> Link | None:
        _reason(because)
        around, context = self.around(), self._context
        customer = around.directory.by_id(internal_id)
        if customer is None:
            raise LinkError(f"NetSuite has no customer {internal_id}; give its internal id")
        with context.store.write("customer_link") as unit:
            account = account_named(unit, context, name)
            book = book_of(unit.links.history())
            wish = statement(context, account, customer, book, by, because, action)
            return enter(unit, context, account, book, wish, customer)

    # -- approving -----------------------------------------------------------------------------------------

    def decide(self, name: str, who: Principal, choice: Choice, content: str, because: str = "") -> Link:
        """Approve or reject what waits about an account. It holds for this content: when the evidence has changed
        since, it has to be proposed again. Raises `ApprovalError`, `LinkError` and `CallError`s.
        """
        if choice is Choice.REJECT:
            _reason(because)
        around, context = self.around(), self._context
        with context.store.write("customer_approval") as unit:
            account = account_named(unit, context, name)
            book = book_of(unit.links.history())
            waiting = next((one for one in book.waiting if one.content == content), None)
            if waiting is None or waiting.record_key != account.key:
                raise ApprovalError("nothing_waits", f"nothing with this content waits about {account.key}")
            customer = around.directory.by_id(waiting.internal_id)
            subject = subject_of(waiting, customer)
            role = context.policy.links_need_role
            refusal = may_decide(who, subject, role, content)
            if refusal is not None:
                raise ApprovalError(refusal.code, refusal.why)
            if choice is Choice.APPROVE:
                self._unchanged(account, customer, waiting, book)
            now = context.clock.now()
            unit.people.add_approval(
                Approval(
                    subject=subject.name,
                    content=content,
                    role=role,
                    choice=choice,
                    by=who.person,
                    at=now,
                    through=who.through,
                    because=because,
                )
            )
            stage = LinkStage.IN_FORCE if choice is Choice.APPROVE else LinkStage.REJECTED
            decided = replace(waiting, stage=stage, at=now)
            write(unit, context, account, decided)
            return decided

    def _unchanged(
        self, account: Account, customer: ExistingCustomer | None, waiting: Link, book: LinkBook
    ) -> None:
        now = evidence_of(self._context, account.customer, customer, book).digest if customer else ""
        if waiting.action is not LinkAction.EXTEND and waiting.evidence and now != waiting.evidence:
            raise ApprovalError(
                "content_changed", "account or customer have changed since it was proposed: propose it again"
            )


def _reason(because: str) -> None:
    if not because.strip():
        raise LinkError("a reason is needed: --because '…'")
