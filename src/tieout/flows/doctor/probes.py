"""Records we would send, to be shown as forms: the least a deal can bring, and the most."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from tieout.domain.comparison import CreateDraft, Observed
from tieout.domain.documents import Address
from tieout.domain.drafts import ContactDraft, CustomerDraft, LineDraft, Trace, TransactionDraft
from tieout.domain.ids import ClaimKey, ExternalId, InternalId, RecordType
from tieout.domain.money import Money
from tieout.domain.policy import Policy
from tieout.domain.reference import ExistingCustomer, Reference
from tieout.domain.sources import SourceRef
from tieout.flows.doctor.cash_probes import OF_CASH, cash_draft
from tieout.flows.rows import Links

_ID = ExternalId("tieout-go-live-check")
_EMAIL, _PHONE = "go-live-check@tieout.example", "+1 555 0100"
#: Records whose smallest form is drafted here; those of cash are in `cash_probes`.
OF_SALES = frozenset({RecordType.CUSTOMER, RecordType.CONTACT, RecordType.SALES_ORDER, RecordType.INVOICE})
_ADDRESS = Address(lines=("1 Main Street",), city="Boston", region="MA", postal_code="02101", country="US")


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One form to ask for: the least a deal brings, and everything a deal can bring."""

    record: RecordType
    subsidiary: InternalId
    form: InternalId | None
    least: CreateDraft
    most: CreateDraft
    links: Links

    @property
    def subject(self) -> str:
        """The record type, subsidiary and form, for people."""
        form = f", form {self.form}" if self.form else ""
        return f"{self.record} in subsidiary {self.subsidiary}{form}"


def probes(
    policy: Policy,
    reference: Reference,
    record: RecordType,
    subsidiary: InternalId,
    canaries: dict[RecordType, Observed],
    known: ExistingCustomer | None,
    today: date,
) -> list[Probe] | str:
    """A form for each custom form the rules may send, or why none can be asked for. `known`: the canary
    customer, as the list of customers has it.
    """
    if record in OF_CASH:
        return _of_cash(policy, reference, record, subsidiary, canaries, today)
    if record not in OF_SALES:
        return f"nobody has said what the smallest {record} is: its form is not asked for"
    customer, currency = _billed(reference, canaries, known)
    item = _item(reference, subsidiary, canaries)
    if record is not RecordType.CUSTOMER and customer is None:
        return "no canary customer or transaction to ask for a form with"
    if currency is None:
        return "NetSuite shows us no currency"
    if record.group.value == "transaction" and item is None:
        return f"no active item of subsidiary {subsidiary} to put on a line"
    rules = policy.form_rules.get(record, ())
    forms: list[InternalId | None] = [InternalId(one) for one in sorted({rule.then for rule in rules})]
    terms = next(iter(sorted(reference.terms)), None)
    made = []
    for form in forms or [None]:
        least, most = _drafts(policy, record, subsidiary, currency, item, form, today, terms)
        links = Links(customer=customer) if record is not RecordType.CUSTOMER else Links()
        made.append(
            Probe(record=record, subsidiary=subsidiary, form=form, least=least, most=most, links=links)
        )
    return made


def _of_cash(
    policy: Policy,
    reference: Reference,
    record: RecordType,
    subsidiary: InternalId,
    canaries: dict[RecordType, Observed],
    today: date,
) -> list[Probe] | str:
    """A payment brings as much as it does: the least is the most."""
    made = cash_draft(policy, reference, record, subsidiary, canaries, _ID, _trace(policy), today)
    if isinstance(made, str):
        return made
    draft, links = made
    return [Probe(record=record, subsidiary=subsidiary, form=None, least=draft, most=draft, links=links)]


def _trace(policy: Policy) -> Trace:
    source = SourceRef(system="doctor", environment="check", object="check", id="go-live-check", line="1")
    return Trace(installation=policy.installation, source=source)


def _billed(
    reference: Reference, canaries: dict[RecordType, Observed], known: ExistingCustomer | None
) -> tuple[InternalId | None, tuple[str, InternalId] | None]:
    """A customer and a currency it may be billed in: a canary transaction's, else the canary customer's own."""
    codes = {internal: code for code, internal in reference.currencies.items()}
    for one in canaries.values():
        currency = InternalId(one.currency_id)
        if one.customer and currency in codes:
            return one.customer, (codes[currency], currency)
    allowed = sorted(known.currencies) if known else []
    chosen = next((InternalId(one) for one in allowed if one in codes), None) or next(
        iter(sorted(codes)), None
    )
    return (known.id if known else None), ((codes[chosen], chosen) if chosen else None)


def _item(
    reference: Reference, subsidiary: InternalId, canaries: dict[RecordType, Observed]
) -> InternalId | None:
    shown = [line.item for one in canaries.values() for line in one.lines]
    usable = [
        item.id
        for item in reference.items.values()
        if item.active and (not item.subsidiaries or subsidiary in item.subsidiaries)
    ]
    return next((one for one in shown if one in usable), None) or next(iter(sorted(usable)), None)


def _drafts(
    policy: Policy,
    record: RecordType,
    subsidiary: InternalId,
    currency: tuple[str, InternalId],
    item: InternalId | None,
    form: InternalId | None,
    today: date,
    terms: InternalId | None,
) -> tuple[CreateDraft, CreateDraft]:
    trace = _trace(policy)
    if record is RecordType.CUSTOMER:
        number = "Tieout go-live check" if policy.entity_id_template else ""
        return _customers(trace, subsidiary, currency[1], number, form, terms)
    if record is RecordType.CONTACT:
        return _contacts(trace, subsidiary)
    one = Money(Decimal(1), currency[0])
    line = LineDraft(
        source=trace.source, item=item or InternalId(""), quantity=Decimal(1), rate=Decimal(1), amount=one
    )
    least = TransactionDraft(
        type=record,
        external_id=_ID,
        trace=trace,
        customer=None,
        bound_customer=None,
        subsidiary=subsidiary,
        currency=currency[0],
        currency_id=currency[1],
        transaction_date=today,
        lines=(line,),
        form=form,
        memo="Go-live check",
    )
    described = replace(line, description="Go-live check")
    return least, replace(least, terms=terms, po_number="PO-CHECK", lines=(described,))


def _customers(
    trace: Trace,
    subsidiary: InternalId,
    currency_id: InternalId,
    number: str,
    form: InternalId | None,
    terms: InternalId | None,
) -> tuple[CreateDraft, CreateDraft]:
    least = CustomerDraft(
        external_id=_ID,
        trace=trace,
        name="Tieout go-live check",
        subsidiary=subsidiary,
        currency_id=currency_id,
        entity_id=number,
        form=form,
    )
    return least, replace(
        least,
        terms=terms,
        email=_EMAIL,
        phone=_PHONE,
        website="https://tieout.example",
        tax_id="US000000000",
        billing=_ADDRESS,
        shipping=_ADDRESS,
    )


def _contacts(trace: Trace, subsidiary: InternalId) -> tuple[CreateDraft, CreateDraft]:
    least = ContactDraft(
        external_id=_ID,
        trace=trace,
        customer=ClaimKey("doctor"),
        subsidiary=subsidiary,
        first_name="Go-live",
        last_name="Check",
    )
    return least, replace(least, email=_EMAIL, phone=_PHONE)
