"""Planning: a checked hand-off becomes ordered steps, each one record, each with its claim.

One business effect is claimed once: a customer by its source record, a deal's hand-off by
(deal, kind, component, period). Two sightings of the same effect meet in one claim.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from tieout.domain.documents import Address, Customer
from tieout.domain.drafts import (
    ContactDraft,
    CustomerDraft,
    CustomerUpdateDraft,
    Draft,
    ExtendCustomerDraft,
    LineDraft,
    Trace,
    TransactionDraft,
    WriteBackDraft,
)
from tieout.domain.extensions import extension_claim
from tieout.domain.ids import ClaimKey, ExternalId, IdParts, InternalId, RecordType, external_id
from tieout.domain.policy import HandOff, Policy
from tieout.domain.sources import SourceRef
from tieout.domain.validation import Checked

_MEMO_LIMIT = 999


class StepKind(StrEnum):
    """What a step does to which kind of record."""

    CREATE_CUSTOMER = "create_customer"
    UPDATE_CUSTOMER = "update_customer"
    EXTEND_CUSTOMER = "extend_customer"
    CREATE_CONTACT = "create_contact"
    CREATE_SALES_ORDER = "create_sales_order"
    CREATE_INVOICE = "create_invoice"
    TRANSFORM_INVOICE = "transform_invoice"
    OBSERVE_INVOICE = "observe_invoice"
    CREATE_PAYMENT = "create_payment"
    APPLY_PAYMENT = "apply_payment"
    CREATE_REFUND = "create_refund"
    CREATE_JOURNAL = "create_journal"
    CREATE_DEPOSIT = "create_deposit"
    CREATE_CUSTOMER_DEPOSIT = "create_customer_deposit"
    CREATE_DEPOSIT_APPLICATION = "create_deposit_application"
    WRITE_BACK = "write_back"


#: Steps whose effect is a new record under an external id of ours.
CREATING = frozenset(
    {
        StepKind.CREATE_CUSTOMER,
        StepKind.CREATE_CONTACT,
        StepKind.CREATE_SALES_ORDER,
        StepKind.CREATE_INVOICE,
        StepKind.TRANSFORM_INVOICE,
        StepKind.CREATE_PAYMENT,
        StepKind.CREATE_REFUND,
        StepKind.CREATE_JOURNAL,
        StepKind.CREATE_DEPOSIT,
        StepKind.CREATE_CUSTOMER_DEPOSIT,
        StepKind.CREATE_DEPOSIT_APPLICATION,
    }
)

#: Steps whose effect is another state of a record that is there: PATCH by internal id.
CHANGING = frozenset({StepKind.UPDATE_CUSTOMER, StepKind.EXTEND_CUSTOMER, StepKind.APPLY_PAYMENT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One write: its claim, what it needs first, and the draft."""

    kind: StepKind
    claim: ClaimKey
    draft: Draft
    needs: tuple[ClaimKey, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Ordered steps of one deal and the rules that decided them."""

    source: SourceRef
    steps: tuple[Step, ...]
    rules: tuple[str, ...]


def customer_claim(account: str, customer: SourceRef) -> ClaimKey:
    """The claim of a customer's creation."""
    return ClaimKey(f"customer|{account}|{customer.record_key}")


def customer_change(
    known: CustomerDraft | CustomerUpdateDraft, customer: Customer, claim: ClaimKey
) -> CustomerUpdateDraft | None:
    """What NetSuite has to be told when a customer's address or contact data are no longer the `known` ones.

    Empty means that the source says nothing: it takes nothing away. None when nothing is new.
    """
    before = CustomerUpdateDraft(
        customer=claim,
        email=known.email,
        phone=known.phone,
        website=known.website,
        billing=known.billing,
        shipping=known.shipping,
    )
    after = replace(
        before,
        email=customer.email or known.email,
        phone=customer.phone or known.phone,
        website=customer.website or known.website,
        billing=customer.billing if customer.billing != Address() else known.billing,
        shipping=customer.shipping if customer.shipping != Address() else known.shipping,
    )
    return None if after == before else after


def handoff_claim(
    account: str, deal: SourceRef, kind: str, component: str = "", period: str = ""
) -> ClaimKey:
    """The claim of one record of a deal's hand-off."""
    return ClaimKey(f"handoff|{account}|{deal.record_key}|{kind}|{component}|{period}")


def record_external_id(policy: Policy, record: RecordType, source: SourceRef) -> ExternalId:
    """The external id a record of this source gets under the policy's templates."""
    parts = IdParts(
        system=source.system,
        environment=source.environment,
        object=source.object,
        source_id=source.id,
        tag=policy.sources[source.system].tag,
    )
    return external_id(policy.templates[record], parts)


def plan(checked: Checked, policy: Policy, aliases: Mapping[str, str] | None = None) -> Plan:
    """Customer → (contact) → order or invoice → write-back. Pure; the same input gives the same plan.

    `aliases`: source ids of merged accounts → id under which the customer was first claimed.
    """
    return _Planner(checked, policy, aliases or {}).plan()


class _Planner:
    def __init__(self, checked: Checked, policy: Policy, aliases: Mapping[str, str]) -> None:
        self.checked, self.policy = checked, policy
        self.order = checked.order
        payer = self.order.payer
        first = aliases.get(payer.source.id, payer.source.id)
        self.payer_ref = SourceRef(
            system=payer.source.system,
            environment=payer.source.environment,
            object=payer.source.object,
            id=first,
            version=payer.source.version,
        )
        self.bound = checked.customer.bound.id if checked.customer.bound else None
        self.claim = customer_claim(policy.account, self.payer_ref)

    def plan(self) -> Plan:
        steps: list[Step] = []
        if self.bound is None:
            steps.append(self._customer(self.order.payer))
            if self.policy.contacts and self.order.payer.contact is not None:
                steps.append(self._contact())
        extensions = self._extensions()
        steps.extend(extensions)
        steps.extend(self._records(tuple(step.claim for step in extensions)))
        steps.extend(self._write_backs(steps[-1]))
        return Plan(source=self.order.source, steps=tuple(steps), rules=self.checked.rules)

    def _trace(self, source: SourceRef) -> Trace:
        return Trace(installation=self.policy.installation, source=source)

    def _customer(self, customer: Customer) -> Step:
        checked = self.checked
        ext = record_external_id(self.policy, RecordType.CUSTOMER, self.payer_ref)
        template = self.policy.entity_id_template
        draft = CustomerDraft(
            external_id=ext,
            trace=self._trace(self.payer_ref),
            name=customer.name,
            entity_id=template.format(name=customer.name, source_id=self.payer_ref.id) if template else "",
            subsidiary=checked.subsidiary,
            currency_id=checked.currency_id,
            terms=checked.terms,
            receivables=checked.receivables,
            form=checked.forms.get(RecordType.CUSTOMER),
            email=customer.email,
            phone=customer.phone,
            website=customer.website,
            tax_id=customer.tax_id,
            billing=customer.billing,
            shipping=customer.shipping,
        )
        return Step(kind=StepKind.CREATE_CUSTOMER, claim=self.claim, draft=draft)

    def _contact(self) -> Step:
        contact = self.order.payer.contact
        assert contact is not None
        draft = ContactDraft(
            external_id=record_external_id(self.policy, RecordType.CONTACT, contact.source),
            trace=self._trace(contact.source),
            customer=self.claim,
            subsidiary=self.checked.subsidiary,
            first_name=contact.first_name,
            last_name=contact.last_name,
            email=contact.email,
            phone=contact.phone,
        )
        claim = ClaimKey(f"contact|{self.policy.account}|{contact.source.record_key}")
        return Step(kind=StepKind.CREATE_CONTACT, claim=claim, draft=draft, needs=(self.claim,))

    def _extensions(self) -> list[Step]:
        """One step an addition, one after the other: two writes to one record would meet."""
        customer = None if self.bound is not None else self.claim
        bound = self.checked.customer.bound
        steps: list[Step] = []
        for one in self.checked.extensions:
            draft = ExtendCustomerDraft(
                customer=customer,
                bound_customer=self.bound,
                extension=one,
                external_id=(bound.external_id or "")
                if bound
                else record_external_id(self.policy, RecordType.CUSTOMER, self.payer_ref),
                installation=bound.installation if bound else self.policy.installation,
            )
            claim = extension_claim(self.policy.account, customer, self.bound, one)
            needs = (*((customer,) if customer else ()), *(step.claim for step in steps))
            steps.append(Step(kind=StepKind.EXTEND_CUSTOMER, claim=claim, draft=draft, needs=needs))
        return steps

    def _records(self, first: tuple[ClaimKey, ...]) -> list[Step]:
        needs = first if self.bound is not None else (self.claim, *first)
        if self.checked.handoff is HandOff.INVOICE:
            claim = handoff_claim(self.policy.account, self.order.source, "invoice")
            draft = self._transaction(RecordType.INVOICE)
            return [Step(kind=StepKind.CREATE_INVOICE, claim=claim, draft=draft, needs=needs)]
        order_claim = handoff_claim(self.policy.account, self.order.source, "sales_order")
        invoice_claim = handoff_claim(self.policy.account, self.order.source, "invoice")
        observed = self.checked.handoff is HandOff.SALES_ORDER_OBSERVED
        kind = StepKind.OBSERVE_INVOICE if observed else StepKind.TRANSFORM_INVOICE
        return [
            Step(
                kind=StepKind.CREATE_SALES_ORDER,
                claim=order_claim,
                draft=self._transaction(RecordType.SALES_ORDER),
                needs=needs,
            ),
            Step(
                kind=kind,
                claim=invoice_claim,
                draft=self._transaction(RecordType.INVOICE, created_from=order_claim),
                needs=(*needs, order_claim),
            ),
        ]

    def _transaction(self, record: RecordType, created_from: ClaimKey | None = None) -> TransactionDraft:
        checked, order = self.checked, self.order
        return TransactionDraft(
            type=record,
            external_id=record_external_id(self.policy, record, order.source),
            trace=self._trace(order.source),
            customer=None if self.bound is not None else self.claim,
            bound_customer=self.bound,
            subsidiary=checked.subsidiary,
            currency=order.currency,
            currency_id=checked.currency_id,
            transaction_date=checked.transaction_date,
            lines=tuple(
                LineDraft(
                    source=line.source,
                    item=line.item,
                    quantity=line.quantity,
                    rate=line.rate,
                    amount=line.amount,
                    description=line.description,
                )
                for line in checked.lines
            ),
            terms=checked.terms,
            receivables=checked.receivables if record is RecordType.INVOICE else None,
            form=checked.forms.get(record),
            po_number=order.po_number,
            memo=order.name[:_MEMO_LIMIT],
            billing=order.payer.billing,
            created_from=created_from,
        )

    def _write_backs(self, last: Step) -> list[Step]:
        record = RecordType.INVOICE
        notes: list[tuple[SourceRef, ClaimKey | None, InternalId | None, RecordType]] = [
            (self.order.source, last.claim, None, record)
        ]
        customer_of = None if self.bound is not None else self.claim
        notes.append((self.order.payer.source, customer_of, self.bound, RecordType.CUSTOMER))
        return [
            Step(
                kind=StepKind.WRITE_BACK,
                claim=ClaimKey(f"write_back|{self.policy.account}|{target.record_key}"),
                draft=WriteBackDraft(
                    target=SourceRef(
                        system=target.system,
                        environment=target.environment,
                        object=target.object,
                        id=target.id,
                    ),
                    of=of,
                    external_id=record_external_id(
                        self.policy, kind, self.payer_ref if kind is RecordType.CUSTOMER else target
                    ),
                    record=kind,
                    internal_id=InternalId(known) if known else None,
                ),
                needs=(of,) if of else (),
            )
            for target, of, known, kind in notes
        ]
