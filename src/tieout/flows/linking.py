"""Saying who an account is in NetSuite: one statement, checked, entered, approved, and what follows from it.

A link changes nothing in NetSuite. Deals of the account of which nothing was sent are planned anew; what is being
written is waited for.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from tieout.domain.approvals import Subject
from tieout.domain.bindings import Link, LinkAction, LinkBook, LinkStage
from tieout.domain.cases import CaseState
from tieout.domain.documents import Customer, Order
from tieout.domain.ids import RecordType
from tieout.domain.lifecycle import UNSENT, Move, Standing, State
from tieout.domain.planning import StepKind, customer_claim, record_external_id
from tieout.domain.reference import ExistingCustomer
from tieout.domain.suggestions import Suggested, suggested
from tieout.flows.checking import own_documents, read_order
from tieout.flows.context import Context
from tieout.flows.parties import LEFT, with_merges
from tieout.flows.rows import Document, SourceRecord
from tieout.flows.storage import Unit

#: Documents that stand for a customer of ours; a link takes back those of which nothing was sent.
_CUSTOMER_STEPS = frozenset(
    {
        StepKind.CREATE_CUSTOMER,
        StepKind.UPDATE_CUSTOMER,
        StepKind.EXTEND_CUSTOMER,
        StepKind.CREATE_CONTACT,
    }
)
_UNDER_WAY = frozenset({State.SENDING, State.IN_DOUBT, State.WRITTEN})
_OPEN = frozenset({Standing.PLANNED, Standing.CASE})
_EVENTS = {
    LinkAction.LINK: "customer_linked",
    LinkAction.UNLINK: "customer_unlinked",
    LinkAction.DISTINCT: "customer_told_apart",
    LinkAction.EXTEND: "customer_extension_allowed",
}


class LinkError(ValueError):
    """The statement is not taken; the message says why and what can be done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account of a source, and the deals it pays for."""

    customer: Customer
    records: tuple[SourceRecord, ...]

    @property
    def key(self) -> str:
        """The account's record key."""
        return self.customer.source.record_key

    @property
    def keys(self) -> frozenset[str]:
        """Its own key, and those of the accounts that were merged into it."""
        prefix = self.key.removesuffix(self.customer.source.id)
        return frozenset({self.key, *(prefix + merged for merged in self.customer.merged_ids)})


def accounts_of(unit: Unit, context: Context, records: Iterable[SourceRecord]) -> dict[str, Account]:
    """The accounts that pay for these deals, by record key; deals that cannot be read name nobody.

    What the newest of its deals says of an account counts.
    """
    aliases = unit.records.aliases()
    found: dict[str, Account] = {}
    for record in records:
        source = context.sources.get(record.source.system)
        order = read_order(source, record) if source is not None else None
        if not isinstance(order, Order):
            continue
        payer = with_merges(order, aliases).payer
        if not payer.source.id:
            continue
        before = found.get(payer.source.record_key)
        records_ = (*before.records, record) if before else (record,)
        found[payer.source.record_key] = Account(customer=payer, records=records_)
    return found


def account_named(unit: Unit, context: Context, name: str) -> Account:
    """The account with this id, or this record key, among the deals that were received. Raises `LinkError`."""
    wanted = name.rpartition(":")[2]
    known = accounts_of(unit, context, unit.records.mentioning(wanted))
    found = [one for one in known.values() if name in one.keys or wanted == one.customer.source.id == name]
    if not found:
        raise LinkError(
            f"no deal that was received names an account {name!r}; expected its id in the source, as `tieout"
            " customers suggest` shows it"
        )
    if len(found) > 1:
        keys = " and ".join(sorted(one.key for one in found))
        raise LinkError(f"several sources have an account {name!r}; name one of {keys}")
    return found[0]


def evidence_of(context: Context, account: Customer, one: ExistingCustomer, book: LinkBook) -> Suggested:
    """What there is to say about a pair, with its digest."""
    policy = context.policy
    expected = record_external_id(policy, RecordType.CUSTOMER, account.source)
    return suggested(account, one, book, policy.installation, expected)


def statement(
    context: Context,
    account: Account,
    customer: ExistingCustomer,
    book: LinkBook,
    by: str,
    because: str,
    action: LinkAction = LinkAction.LINK,
) -> Link:
    """What a person says about an account and a customer, with the evidence as it is now."""
    told = action in {LinkAction.LINK, LinkAction.DISTINCT}
    seen = evidence_of(context, account.customer, customer, book) if told else None
    return Link(
        record_key=account.key,
        action=action,
        stage=LinkStage.IN_FORCE,
        internal_id=customer.id,
        by=by,
        entered_by=by,
        because=because,
        at=context.clock.now(),
        evidence=seen.digest if seen else "",
        seen=seen.seen if seen else "",
    )


def enter(
    unit: Unit, context: Context, account: Account, book: LinkBook, link: Link, customer: ExistingCustomer
) -> Link | None:
    """Take a statement: in force at once, or proposed where an approver is asked for. None when it says nothing
    new. Raises `LinkError`.
    """
    key = link.record_key
    if book.says(link):
        return None
    if link.action is LinkAction.LINK:
        _refuse_ours(unit, context, account, customer)
    elif link.action is LinkAction.DISTINCT and book.bindings.get(key) == link.internal_id:
        raise LinkError(f"{key} is linked to NetSuite customer {link.internal_id}: unlink it first")
    _refuse_under_way(unit, account)
    waiting = book.waits(key)
    if _role(context, link) and waiting is not None and waiting.content == link.content:
        return None
    stage = LinkStage.PROPOSED if _role(context, link) else LinkStage.IN_FORCE
    taken = replace(link, stage=stage)
    write(unit, context, account, taken)
    return taken


def _role(context: Context, link: Link) -> str:
    """The role that has to approve a statement; taking a link back needs none, for it only restores the question."""
    return "" if link.action is LinkAction.UNLINK else context.policy.links_need_role


def write(unit: Unit, context: Context, account: Account | None, link: Link) -> None:
    """Append a statement, say so in the journal, and plan the account's deals anew when it is in force."""
    now = context.clock.now()
    unit.links.add(link)
    data: dict[str, object] = {
        "account": link.record_key,
        "customer": link.internal_id,
        "by": link.by,
        "entered_by": link.entered_by,
        "because": link.because,
        "stage": str(link.stage),
        "evidence": link.evidence,
    }
    unit.journal.add(_EVENTS[link.action], now, data=data)
    if link.stage is LinkStage.IN_FORCE and account is not None:
        _plan_anew(unit, context, account, keep=link.action is LinkAction.EXTEND)


def _plan_anew(unit: Unit, context: Context, account: Account, *, keep: bool) -> None:
    """`keep`: who the customer is has not changed, so what was planned for it stays."""
    now = context.clock.now()
    again = []
    for record in account.records:
        documents = unit.documents.of_record(record.id)
        if any(d.internal_id or d.state in LEFT for d in own_documents(documents, record)):
            continue  # what is written stays as it is
        for document in documents:
            if not keep and document.kind in _CUSTOMER_STEPS and not document.internal_id:
                _take_back(unit, document, context)
        if record.standing in _OPEN:
            again.append(record.id)
    unit.records.stand(again, Standing.RECEIVED, "", now)


def _take_back(unit: Unit, document: Document, context: Context) -> None:
    if document.state not in {*UNSENT, State.HELD}:
        return
    now = context.clock.now()
    if unit.documents.move(document, Move.CANCEL, now, lease_token="", lease_expires_at=None):
        settled = [case.id for case in unit.cases.find(document_ids=[document.id])]
        unit.cases.close(settled, CaseState.RESOLVED, now)


def _refuse_ours(unit: Unit, context: Context, account: Account, customer: ExistingCustomer) -> None:
    """Two customers of ours and one account would be a split: that is a merge, and NetSuite's to do."""
    own = account.customer.source
    ids = (own.id, *account.customer.merged_ids)
    claims = [customer_claim(context.policy.account, replace(own, id=one)) for one in ids]
    for document in unit.documents.by_claims(claims).values():
        if (
            document.internal_id
            and document.internal_id != customer.id
            and document.state is not State.CANCELLED
        ):
            raise LinkError(
                f"Tieout has already made NetSuite customer {document.internal_id} for {account.key}: merge the two"
                " in NetSuite instead"
            )


def _refuse_under_way(unit: Unit, account: Account) -> None:
    busy = [
        document
        for record in account.records
        for document in unit.documents.of_record(record.id)
        if document.state in _UNDER_WAY and document.kind is not StepKind.WRITE_BACK
    ]
    if busy:
        names = ", ".join(sorted({f"{d.external_id or d.claim} is {d.state}" for d in busy}))
        raise LinkError(f"something of {account.key} is being written: {names}; wait until it is confirmed")


def subject_of(link: Link, customer: ExistingCustomer | None) -> Subject:
    """A statement as something that is decided about: bound to its content, never decided by who made it."""
    return Subject(
        name=f"customer_link|{link.record_key}",
        content=link.content,
        makers=frozenset({link.by, link.entered_by}),
        subsidiary=customer.subsidiary if customer else "",
    )
