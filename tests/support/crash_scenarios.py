"""Small stories that between them pass every crash point. A story is told in steps that may be repeated.

Whoever is interrupted in a step takes it again after the restart, as an operator would; so nothing but the
database, the CRM and NetSuite remembers.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from tests.support.bank_script import deposit_canaries, payment_canaries, receipt, with_cash
from tests.support.house import House, policy
from tests.support.script import customer, order, ref

from tieout.domain.approvals import Choice
from tieout.domain.cash.movements import MovementKind, ReturnOf
from tieout.domain.cash.payouts import LineKind, Payout, PayoutAccounts, PayoutFee, PayoutLine
from tieout.domain.cash.policy import Prepayments, Tolerance
from tieout.domain.crosswalk import CrosswalkKind
from tieout.domain.documents import Contact, Order
from tieout.domain.extensions import Extends
from tieout.domain.ids import InternalId
from tieout.domain.money import Money
from tieout.domain.policy import HandOff, Policy
from tieout.domain.rules import Rule
from tieout.flows.answers import LEASE, Answering, AnswerLost, Given, Held, MarkingStore, StillRunning
from tieout.flows.cash.desk import PaymentDesk
from tieout.flows.cash.holding import HoldDesk
from tieout.flows.cash.paying_back import RefundDesk
from tieout.flows.cash.remarks import held_of
from tieout.flows.cash.teaching import teach_file
from tieout.flows.cash.writing_off import WriteOffDesk
from tieout.flows.codec import encode
from tieout.flows.context import Limits
from tieout.flows.crosswalks import import_file
from tieout.flows.customer_files import import_decisions, suggestion_rows, write_rows
from tieout.flows.hooks import Hooks
from tieout.flows.ingest import ingest_bytes, ingest_file
from tieout.flows.people import People
from tieout.flows.ports import HookRequest
from tieout.flows.stamping import Stamping

Step = Callable[[House], None]
INVOICE, CUSTOMER = "inv-D00001", "A00001"
PAID_OUT = PayoutAccounts(
    bank="US-BANK", account=InternalId("101"), clearing=InternalId("112"), fees={"other": InternalId("611")}
)

SMALL_RESTS = Tolerance(name="cents", currency="USD", account=InternalId("611"), short_minor=300)


@dataclass(frozen=True, kw_only=True)
class Story:
    """`reaches`: the durable steps and calls it is told for. `records`: (type, external id) of what Tieout
    must have made, each exactly once; `others`: type → how many records of other makers."""

    name: str
    steps: tuple[Step, ...]
    reaches: tuple[str, ...]
    records: frozenset[tuple[str, str]]
    standings: Mapping[str, tuple[str, str]] = field(default_factory=lambda: {"D00001": ("confirmed", "")})
    cases: tuple[str, ...] = ()
    notes: frozenset[str] = frozenset({"D00001", "A00001"})
    others: Mapping[str, int] = field(default_factory=dict)
    handoff: HandOff = HandOff.INVOICE
    limits: Limits = field(default_factory=Limits)
    alter: Callable[[dict[str, Any]], None] = lambda _: None
    approvals: tuple[Rule, ...] = ()
    links_need_role: str = ""
    extend: frozenset[Extends] = frozenset()
    cash: bool = False
    payouts: bool = False
    prepaid: bool = False

    @property
    def policy(self) -> Policy:
        """What was decided in this story."""
        base = policy(self.handoff)
        if self.cash:
            account, payouts = ("", PAID_OUT) if self.payouts else ("101", None)
            prepayments = Prepayments.CUSTOMER_DEPOSIT if self.prepaid else Prepayments.ON_ACCOUNT
            base = with_cash(
                base,
                account=account,
                receivables="121",
                payouts=payouts,
                tolerances=(SMALL_RESTS,),
                prepayments=prepayments,
            )
        return replace(
            base,
            approval_rules=self.approvals,
            links_need_role=self.links_need_role,
            extend=self.extend,
        )


# -- steps -------------------------------------------------------------------------------------------------


def put(*orders: Order) -> Step:
    return lambda h: h.source.put(*orders)


def rest(h: House) -> None:
    h.run()


def check(h: House) -> None:
    h.machine.poll()
    h.machine.checking.run()


def admin(action: str, **arguments: Any) -> Step:
    return lambda h: _ignore(h.ns.control.admin(action, **arguments))


def fault(kind: str, *, operation: str = "create", times: int = 1, **match: str) -> Step:
    wanted = {"operation": operation, **match}
    return lambda h: _ignore(h.ns.control.faults({"kind": kind, "match": wanted, "times": times}))


def _ignore(_: object) -> None:
    """An admin's action answers; a step has nothing to say."""


def advance(seconds: int) -> Step:
    return lambda h: h.advance(timedelta(seconds=seconds))


def until(document: str, state: str) -> Step:
    """Turn the lanes one by one until this document stands there."""

    def step(h: House) -> None:
        machine = h.machine
        lanes: tuple[Callable[[], object], ...] = (
            machine.poll,
            machine.checking.run,
            lambda: machine.looking_up.run(100),
            machine.send_one_by_one,
            machine.doubting.run,
            machine.confirming.run,
            machine.observing.run,
        )
        for _ in range(80):
            for lane in lanes:
                lane()
                if h.states().get(document) == state:
                    return
            h.advance(timedelta(seconds=5))
        raise AssertionError(f"{document} never stood in {state}: {h.states()}")

    return step


def abandon(h: House) -> None:
    """Commit the intent of one call and never make it: whoever took it is gone."""
    assert h.machine.sending.next_wave(1)


def decide(action: str, **arguments: Any) -> Step:
    """Treat every open case so; those decided before an interruption are not open any more."""

    def step(h: House) -> None:
        for view in h.cases.open_cases():
            getattr(h.cases, action)(view.case.id, by="ann", **arguments)

    return step


def load_crosswalk(h: House) -> None:
    file = h.folder / "items.csv"
    file.write_text("system,key,target\nscript,P9,502\n")
    import_file(h.machine.context, CrosswalkKind.ITEM, file, "ann", "new product")


def load_deals(h: House) -> None:
    file = h.folder / "deals.jsonl"
    file.write_text(json.dumps(json.loads(encode(order(1)))))
    ingest_file(h.machine.context, h.source, file)


def _with_contact(number: int) -> Order:
    person = Contact(source=ref("Contact", f"C{number:05d}"), first_name="Ann", last_name="Lee")
    return order(number, customer=customer(number, contact=person))


def _unmapped(number: int) -> Order:
    plain = order(number)
    line = replace(plain.lines[0], product=replace(plain.lines[0].product, id="P9"))
    return replace(plain, lines=(line,))


def _our_customer(data: dict[str, Any]) -> None:
    """An earlier life of this installation made the customer and its memory was lost."""
    data["customers"].append(
        {
            "externalId": CUSTOMER,
            "companyName": "Customer 1 Inc.",
            "subsidiary": {"id": "1"},
            "currency": {"id": "1"},
            "custentity_tieout_source_system": "script",
            "custentity_tieout_crm_account_id": CUSTOMER,
            "custentity_tieout_installation": "test-house",
        }
    )


def _foreign_invoice(data: dict[str, Any]) -> None:
    """Somebody else's invoice carries the external id we shall compute."""
    data["transactions"].append(
        {
            "type": "invoice",
            "externalId": INVOICE,
            "entity": {"id": "901"},
            "tranDate": "2026-10-03",
            "item": {"items": [{"item": {"id": "501"}, "quantity": 1, "rate": 5}]},
        }
    )


def _legacy_customer(data: dict[str, Any]) -> None:
    """The customer lives in NetSuite from before, without an external id."""
    data["customers"].append(
        {
            "id": "950",
            "companyName": "CUSTOMER 1",
            "url": "https://customer1.example",
            "subsidiary": {"id": "1"},
            "currency": {"id": "1"},
        }
    )


def _edit(h: House) -> None:
    for view in h.cases.open_cases(code="amount_negative"):
        h.cases.edit(view.case.id, {"lines.0.amount.amount": "100.00"}, by="ann", because="typed wrong")


def _plan_and_apply(h: House) -> None:
    h.machine.poll()
    h.machine.plans.apply(h.machine.plans.make("ann"), "ann")


def _staff(h: House) -> None:
    """Somebody who may approve, with a password and a key."""
    people = People(h.machine.context)
    if not people.all():
        people.put("root", ["admin"], [], "root")
    people.put("bob", ["controller"], [], "root")
    people.set_password("bob", "a long enough one", "root")
    people.make_key("bob", ["controller"], [], "", "root")


def _approve(h: House) -> None:
    bob = People(h.machine.context).named("bob")
    assert bob is not None
    for one in h.machine.approving.waiting():
        h.machine.approving.decide(one.case.id, bob, Choice.APPROVE, one.subject.content)


def _webhook(h: House) -> None:
    Hooks(h.machine.context).receive("script", HookRequest(headers={}, body=b"[]", received_at=h.clock.now()))


def _answered_once(h: House) -> None:
    """A deal is handed in under an idempotency key, by somebody who asks again until there is an answer."""
    context = replace(h.machine.context, store=MarkingStore(h.store, h.clock))
    answering = Answering(context, timedelta(days=1))
    if isinstance(held := _begun(h, answering, "nothing"), Held):
        answering.free(held)
    if isinstance(held := _begun(h, answering, "deal"), Held):
        with answering.holding(held):
            ingest_bytes(context, h.source, encode(order(1)).encode(), "deals.jsonl", "ann")
        answering.keep(held, Given(status=202, content_type="application/json", body=b"{}"))


def _begun(h: House, answering: Answering, key: str) -> Held | Given | None:
    try:
        return answering.begin("key_1", key, "POST /deals", key)
    except StillRunning:
        h.advance(LEASE)
    with suppress(AnswerLost):
        return answering.begin("key_1", key, "POST /deals", key)
    return None


def _link(h: House) -> None:
    """Link, take it back, link again: each once, however often the step is taken."""
    work = h.machine.customers
    said = [str(row.action) for row in work.history()]
    for number, action in enumerate(("link", "unlink", "link")):
        if len(said) <= number:
            if action == "link":
                work.link(CUSTOMER, InternalId("950"), "ann", "same company")
            else:
                work.unlink(CUSTOMER, "ann", "wrong row")


def _import_links(h: House) -> None:
    file = h.folder / "review.csv"
    if not file.exists():
        rows = suggestion_rows(h.machine.customers.suggest())
        write_rows([{**row, "decision": "link", "reviewer": "ann"} for row in rows], file)
    import_decisions(h.machine.context, h.machine.customers, file, "ann")


def _approve_link(h: House) -> None:
    bob = People(h.machine.context).named("bob")
    assert bob is not None
    for one in h.machine.customers.book().waiting:
        h.machine.customers.decide(CUSTOMER, bob, Choice.APPROVE, one.content)


_cannot_read_currencies = fault("error_500", operation="suiteql", contains="customercurrencybalance")


def _read_anew(h: House) -> None:
    h.machine.keeper.mark_stale()


def pay(identity: str, amount: str, *texts: str, route: str = "bai2", day: date | None = None) -> Step:
    """The bank tells of a payment of somebody with an identifier."""

    def step(h: House) -> None:
        assert h.bank is not None
        if not h.bank.has(identity):
            dated = {"value_date": day} if day else {}
            h.bank.put(receipt(identity, amount, *texts, company="77", **dated), route=route)

    return step


def came_back(identity: str, amount: str, original: str) -> Step:
    """The bank takes a receipt back."""

    def step(h: House) -> None:
        assert h.bank is not None
        if not h.bank.has(identity):
            back = ReturnOf(code="R01", original=original)
            h.bank.put(
                receipt(identity, amount, kind=MovementKind.RETURN_OF_DEBIT, credit=False, returned=back)
            )

    return step


def paid_out(identity: str, amount: str, of: str, gross: str, fee: str) -> Step:
    """The processor pays out one payment, less its fee."""
    kept = PayoutFee(type="fee", amount=Money(Decimal(fee), "USD"))
    whole = Money(Decimal(gross), "USD")
    line = PayoutLine(kind=LineKind.PAYMENT, identity=of, gross=whole, category="charge", fees=(kept,))

    def step(h: House) -> None:
        assert h.bank is not None
        if not h.bank.has(identity):
            content = Payout(state="paid", arrival=date(2026, 11, 2), paid=True, lines=(line,))
            h.bank.put(
                receipt(identity, amount, kind=MovementKind.DISBURSEMENT, credit=False, payout=content)
            )

    return step


def _desk(h: House) -> PaymentDesk:
    return PaymentDesk(h.machine.context)


def _name_payer(h: House) -> None:
    customer_id = h.documents()[CUSTOMER].internal_id
    if _desk(h).show("T1").payment is None and customer_id is not None:
        _desk(h).name_payer("T1", customer_id, "ann", "their first payment")


def _unapply(h: House) -> None:
    if _desk(h).show("T1").applications:
        _desk(h).unapply("T1", [], "ann", "it was for another")


def _apply(h: House) -> None:
    if not _desk(h).show("T1").applications:
        item = h.documents()[INVOICE].internal_id
        _desk(h).apply("T1", {str(item): "60.00"}, "ann", "as they told us")


def _apply_what_came(h: House) -> None:
    if not _desk(h).show("T1").applications:
        item = h.documents()[INVOICE].internal_id
        _desk(h).apply("T1", {str(item): "97.00"}, "ann", "as they told us")


def _write_off(h: House) -> None:
    item = h.documents()[INVOICE].internal_id
    WriteOffDesk(h.machine.context).write_off("T1", "cents", "ann", "their charges", document=str(item))


def _paid_back(h: House) -> None:
    """The processor tells that we paid T1 back."""
    assert h.bank is not None
    if not h.bank.has("F1"):
        back = ReturnOf(code="refund", original="T1")
        h.bank.put(receipt("F1", "100.00", kind=MovementKind.DISBURSEMENT, credit=False, returned=back))


def _refund_is_planned(h: House) -> bool:
    return bool(_desk(h).show("F1").refunds)


def _take_off(h: House) -> None:
    if not _refund_is_planned(h):
        _unapply(h)


def _book_refund(h: House) -> None:
    view = _desk(h).show("F1")
    if view.case is not None and not view.refunds:
        RefundDesk(h.machine.context).refund("F1", "", "ann", "returned seats")


def _let_go(h: House) -> bool:
    """Whether somebody has let T1 go: a step may be taken again after a crash."""
    with h.store.read() as unit:
        events = unit.journal.events_of(_desk(h).show("T1").record.id, [])
    return any(event["kind"] == "payment_release" for event in events)


def _hold(h: House) -> None:
    if held_of(_desk(h).show("T1").record) is None and not _let_go(h):
        HoldDesk(h.machine.context).hold("T1", "ann", "wait")


def _release(h: House) -> None:
    if held_of(_desk(h).show("T1").record) is not None:
        HoldDesk(h.machine.context).release("T1", "ann", "go on")


def _distinct(h: House) -> None:
    if _desk(h).show("T2").payment is None:
        _desk(h).say_distinct("T2", "ann", "two cheques")


def _unlearn(h: House) -> None:
    customer_id = h.documents()[CUSTOMER].internal_id
    if customer_id is not None and any(one.active for one in _desk(h).aliases()):
        _desk(h).unlearn("ach_company", "77", customer_id, "bob")


def _teach(h: House) -> None:
    file = h.folder / "payers.csv"
    customer_id = h.documents()[CUSTOMER].internal_id
    file.write_text(f"scheme,value,customer\nach_company,77,{customer_id}\n")
    teach_file(h.machine.context, file, "ann")


def _prepaying(data: dict[str, Any]) -> None:
    """A customer from before with an order that is not billed yet."""
    _legacy_customer(data)
    payment_canaries(data)
    deposit_canaries(data)
    sold = {"item": {"id": "501"}, "quantity": 1, "rate": "100.00", "amount": "100.00"}
    data["transactions"].append(
        {
            "type": "salesOrder",
            "tranId": "SO7001",
            "entity": {"id": "950"},
            "currency": {"id": "1"},
            "tranDate": "2026-10-10",
            "orderStatus": {"id": "F"},
            "item": {"items": [sold]},
        }
    )


def _teach_prepayer(h: House) -> None:
    file = h.folder / "payers.csv"
    file.write_text("scheme,value,customer\nach_company,77,950\n")
    teach_file(h.machine.context, file, "ann")


def _bill(h: House) -> None:
    """Somebody bills the order; NetSuite leaves its deposits alone."""
    h.ns.control.switches({"NS-48c": "off"})
    (sold,) = [one for one in h.ns.control.truth("salesOrder") if one["fields"]["tranId"] == "SO7001"]
    if not any(one["fields"].get("createdFrom") == sold["id"] for one in h.ns.control.truth("invoice")):
        h.ns.control.admin("human_transform", record="salesOrder", id=sold["id"], target="invoice", body={})


def _stamp(h: House) -> None:
    Stamping(h.machine.context).stamp("bank", "ch_1", [INVOICE], CUSTOMER, "ann")


def _redate(h: House) -> None:
    for view in h.cases.open_cases(code="period_closed"):
        h.cases.redate(view.case.id, date(2026, 11, 1), by="ann", because="October is closed")


BOTH = frozenset({("customer", CUSTOMER), ("invoice", INVOICE)})
ONLY_CUSTOMER = frozenset({("customer", CUSTOMER)})
ORDERED = BOTH | {("salesOrder", "so-D00001")}
EURO = "customer_extension|TSTDRV1234567|script:test:Account:A00001|currencies|2"
GERMAN = replace(customer(1).billing, country="DE")
MOVED = customer(1, email="new@customer1.example")

STORIES: tuple[Story, ...] = (
    Story(
        name="plain create",
        steps=(put(_with_contact(1)), rest, lambda h: h.machine.blocks.release()),
        reaches=(
            *("lease_slots", "lease_poll", "poll_ended", "release_leases", "seal"),
            *("receive", "lease_received", "reference", "customers", "settle_checked", "lease_ready"),
            "lease_written",
            *("plan_ready", "plan_waiting", "unblock", "clear", "send_create", "succeed", "confirm"),
            *("send_change", "create_customer", "create_contact", "create_invoice", "write_back"),
        ),
        records=BOTH | {("contact", "con-C00001")},
    ),
    Story(
        name="a payment, taken back and applied again",
        steps=(
            *(put(order(1)), rest, pay("T1", "100.00", INVOICE), rest, _name_payer, rest),
            *(_unapply, rest, _apply, rest),
        ),
        reaches=(
            *("open_items", "open_items_read", "payer_named", "create_payment", "apply_payment"),
            *("payment_unapplied", "payment_applied"),
        ),
        records=BOTH | {("customerPayment", "pay-T1")},
        standings={"D00001": ("confirmed", ""), "T1": ("confirmed", "")},
        alter=payment_canaries,
        cash=True,
    ),
    Story(
        name="a small rest, written off",
        steps=(
            *(put(order(1)), rest, pay("T1", "97.00", INVOICE), rest, _apply_what_came, rest),
            *(_write_off, rest),
        ),
        reaches=("payment_written_off",),
        records=BOTH | {("customerPayment", "pay-T1"), ("journalEntry", "je-T1-wo1")},
        standings={"D00001": ("confirmed", ""), "T1": ("confirmed", "")},
        alter=payment_canaries,
        cash=True,
    ),
    Story(
        name="a payment that came back",
        steps=(
            *(put(order(1)), rest, pay("T1", "100.00", INVOICE), rest, _name_payer, rest),
            *(came_back("R1", "100.00", "T1"), rest),
        ),
        reaches=("create_refund",),
        records=BOTH | {("customerPayment", "pay-T1"), ("customerRefund", "rf-R1")},
        standings={"D00001": ("confirmed", ""), "T1": ("confirmed", ""), "R1": ("confirmed", "")},
        alter=payment_canaries,
        cash=True,
    ),
    Story(
        name="a payment of a closed period that came back",
        steps=(
            *(
                put(order(1)),
                rest,
                pay("T1", "100.00", INVOICE, day=date(2026, 10, 30)),
                rest,
                _name_payer,
                rest,
            ),
            *(admin("close_period", date="2026-10-31"), _read_anew, came_back("R1", "100.00", "T1"), rest),
        ),
        reaches=("create_journal",),
        records=BOTH | {("customerPayment", "pay-T1"), ("journalEntry", "je-R1")},
        standings={"D00001": ("confirmed", ""), "T1": ("confirmed", ""), "R1": ("confirmed", "")},
        alter=payment_canaries,
        cash=True,
    ),
    Story(
        name="a payment, paid out to the bank",
        steps=(
            *(put(order(1)), rest, pay("T1", "100.00", INVOICE), rest, _name_payer, rest),
            *(paid_out("P1", "97.00", "T1", "100.00", "3.00"), rest),
        ),
        reaches=("create_deposit",),
        records=BOTH | {("customerPayment", "pay-T1"), ("deposit", "bd-P1")},
        standings={"D00001": ("confirmed", ""), "T1": ("confirmed", ""), "P1": ("confirmed", "")},
        alter=payment_canaries,
        cash=True,
        payouts=True,
    ),
    Story(
        name="a prepayment, and its order billed",
        steps=(
            *(_teach_prepayer, pay("T1", "60.00", "SO7001"), rest, _bill),
            *(advance(600), rest, advance(600), rest),
        ),
        reaches=("create_customer_deposit", "create_deposit_application", "deposits_looked_at"),
        records=frozenset({("customerDeposit", "cd-T1"), ("depositApplication", "da-T1")}),
        standings={"T1": ("confirmed", "")},
        notes=frozenset(),
        alter=_prepaying,
        cash=True,
        prepaid=True,
    ),
    Story(
        name="a refund that a person books",
        steps=(
            *(put(order(1)), rest, pay("T1", "100.00", INVOICE), rest, _name_payer, rest),
            *(_paid_back, rest, _take_off, rest, _book_refund, rest),
        ),
        reaches=("refund_decided",),
        records=BOTH | {("customerPayment", "pay-T1"), ("customerRefund", "rf-F1")},
        standings={"D00001": ("confirmed", ""), "T1": ("confirmed", ""), "F1": ("confirmed", "")},
        alter=payment_canaries,
        cash=True,
    ),
    Story(
        name="a payment held and let go",
        steps=(
            put(order(1)),
            rest,
            pay("T1", "100.00", INVOICE),
            rest,
            _hold,
            rest,
            _release,
            rest,
            _name_payer,
            rest,
        ),
        reaches=("payment_held", "payment_released"),
        records=BOTH | {("customerPayment", "pay-T1")},
        standings={"D00001": ("confirmed", ""), "T1": ("confirmed", "")},
        alter=payment_canaries,
        cash=True,
    ),
    Story(
        name="other money by another route",
        steps=(
            *(put(order(1)), rest, pay("T1", "100.00", INVOICE), rest, _name_payer, rest),
            *(pay("T2", "100.00", route="lockbox"), rest, _distinct, rest, _unlearn),
        ),
        reaches=("payment_distinct", "payer_unlearned"),
        records=BOTH | {("customerPayment", "pay-T1"), ("customerPayment", "pay-T2")},
        standings={
            "D00001": ("confirmed", ""),
            "T1": ("confirmed", ""),
            "T2": ("case", "cash_no_match"),
        },
        cases=("cash_no_match",),
        alter=payment_canaries,
        cash=True,
    ),
    Story(
        name="payers from a file, a stamped payment",
        steps=(put(order(1)), rest, _teach, _stamp, pay("T1", "100.00", INVOICE), rest),
        reaches=("payers_taught", "payment_stamped"),
        records=BOTH | {("customerPayment", "pay-T1")},
        standings={"D00001": ("confirmed", ""), "T1": ("confirmed", "")},
        alter=payment_canaries,
        cash=True,
    ),
    Story(
        name="answer lost after the commit",
        steps=(fault("commit_reset", record="invoice"), put(order(1)), rest),
        reaches=("doubt", "find", "doubt_looked"),
        records=BOTH,
    ),
    Story(
        name="answer lost before the commit",
        steps=(fault("reset", record="invoice"), put(order(1)), rest),
        reaches=("try_again",),
        records=BOTH,
    ),
    Story(
        name="budget spent",
        steps=(fault("reset", record="invoice", times=9), put(order(1)), rest),
        reaches=("exhaust",),
        records=ONLY_CUSTOMER,
        standings={"D00001": ("case", "attempts_exhausted")},
        cases=("attempts_exhausted",),
        notes=frozenset({"A00001"}),
        limits=Limits(max_attempts=1),
    ),
    Story(
        name="refused, corrected, retried",
        steps=(
            admin("add_mandatory_field", form="101", field="custbody_tieout_contract_id"),
            *(put(order(1)), rest),
            admin("remove_mandatory_field", form="101", field="custbody_tieout_contract_id"),
            *(decide("assign", to="bob"), decide("retry"), rest),
        ),
        reaches=("refuse", "retry", "case_assign", "case_retry"),
        records=BOTH,
    ),
    Story(
        name="somebody else's record",
        steps=(put(order(1)), rest, decide("ignore", because="billed by hand"), rest),
        reaches=("clash", "case_ignore"),
        records=ONLY_CUSTOMER,
        standings={"D00001": ("ignored", "by_decision")},
        notes=frozenset({"A00001"}),
        others={"invoice": 1},
        alter=_foreign_invoice,
    ),
    Story(
        name="look-up too old",
        steps=(put(order(1)), until(CUSTOMER, "cleared"), advance(120), rest),
        reaches=("go_stale",),
        records=BOTH,
    ),
    Story(
        name="our own record found",
        steps=(put(order(1)), rest),
        reaches=("adopt",),
        records=frozenset({("invoice", INVOICE)}),
        others={"customer": 1},
        alter=_our_customer,
    ),
    Story(
        name="sender gone",
        steps=(put(order(1)), until(INVOICE, "cleared"), abandon, rest),
        reaches=("expire",),
        records=BOTH,
    ),
    Story(
        name="throttled, then locked out",
        steps=(
            fault("throttle", record="customer"),
            fault("unauthorized", record="invoice", times=2),
            *(put(order(1)), rest),
        ),
        reaches=("give_back", "pause", "resume"),
        records=BOTH,
    ),
    Story(
        name="changed by hand while in doubt",
        steps=(
            fault("commit_reset", record="invoice"),
            *(put(order(1)), until(INVOICE, "in_doubt")),
            admin("human_edit", record="invoice", id=f"eid:{INVOICE}", fields={"otherRefNum": "by hand"}),
            rest,
        ),
        reaches=("differ",),
        records=BOTH,
        standings={"D00001": ("case", "content_differs")},
        cases=("content_differs",),
        notes=frozenset({"A00001"}),
    ),
    Story(
        name="changed by hand before the read-back",
        steps=(
            *(put(order(1)), until(INVOICE, "written")),
            admin("human_edit", record="invoice", id=f"eid:{INVOICE}", fields={"otherRefNum": "by hand"}),
            rest,
        ),
        reaches=("mismatch",),
        records=BOTH,
        standings={"D00001": ("case", "readback_mismatch")},
        cases=("readback_mismatch",),
        notes=frozenset({"A00001"}),
    ),
    Story(
        name="reads fail",
        steps=(
            *(fault("error_500", operation="suiteql"), put(order(1)), rest),
            *(fault("error_500", operation="suiteql", contains="inv-D00002"), put(order(2))),
            *(until("inv-D00002", "written"), fault("error_500", operation="suiteql"), rest),
            *(fault("commit_reset", record="invoice"), put(order(3)), until("inv-D00003", "in_doubt")),
            *(fault("error_500", operation="suiteql"), rest),
        ),
        reaches=("check_postponed", "look_up_failed", "read_back_failed", "doubt_look_failed"),
        records=frozenset(
            pair for n in (1, 2, 3) for pair in (("customer", f"A{n:05d}"), ("invoice", f"inv-D{n:05d}"))
        ),
        standings={f"D{n:05d}": ("confirmed", "") for n in (1, 2, 3)},
        notes=frozenset(f"{kind}{n:05d}" for n in (1, 2, 3) for kind in "AD"),
    ),
    Story(
        name="changed while waiting, corrected, not won after all",
        steps=(
            *(put(order(1)), check, put(_unmapped(1)), check, put(order(1, amount="100.00")), check),
            *(put(order(1, won=False, closed=False)), rest),
        ),
        reaches=("hold", "replan", "cancel"),
        records=frozenset(),
        standings={"D00001": ("ignored", "not_won")},
        notes=frozenset(),
    ),
    Story(
        name="edited and dated anew",
        steps=(
            put(order(1, close_date=date(2026, 10, 15), amount="-100.00"), order(2)),
            admin("close_period", date="2026-10-15"),
            *(rest, _edit, rest, _redate, rest),
        ),
        reaches=("case_edit", "case_redate"),
        records=frozenset(
            pair for n in (1, 2) for pair in (("customer", f"A{n:05d}"), ("invoice", f"inv-D{n:05d}"))
        ),
        standings={f"D{n:05d}": ("confirmed", "") for n in (1, 2)},
        notes=frozenset(f"{kind}{n:05d}" for n in (1, 2) for kind in "AD"),
    ),
    Story(
        name="customer from before, bound",
        steps=(put(order(1)), rest, decide("bind", customer=InternalId("950"), because="same company"), rest),
        reaches=("case_bind",),
        records=frozenset({("invoice", INVOICE)}),
        others={"customer": 1},
        alter=_legacy_customer,
    ),
    Story(
        name="customer from before, linked and taken back",
        steps=(put(order(1)), rest, _link, rest),
        reaches=("customer_link",),
        records=frozenset({("invoice", INVOICE)}),
        others={"customer": 1},
        alter=_legacy_customer,
    ),
    Story(
        name="customer from before, reviewed and approved",
        steps=(_staff, put(order(1)), rest, _import_links, _approve_link, rest),
        reaches=("customer_import", "customer_approval"),
        records=frozenset({("invoice", INVOICE)}),
        others={"customer": 1},
        alter=_legacy_customer,
        links_need_role="controller",
    ),
    Story(
        name="one more currency, one more subsidiary",
        steps=(
            *(put(order(1)), rest, put(order(2, customer=customer(1, billing=GERMAN), currency="EUR"))),
            rest,
        ),
        reaches=("extend_customer",),
        records=BOTH | {("invoice", "inv-D00002")},
        standings={f"D{n:05d}": ("confirmed", "") for n in (1, 2)},
        notes=frozenset({"D00001", "D00002", "A00001"}),
        extend=frozenset(Extends),
    ),
    Story(
        name="an extension that cannot be read back at first",
        steps=(
            *(put(order(1)), rest, put(order(2, customer=customer(1), currency="EUR"))),
            *(until(EURO, "written"), _cannot_read_currencies, rest),
        ),
        reaches=("extension_read_failed",),
        records=BOTH | {("invoice", "inv-D00002")},
        standings={f"D{n:05d}": ("confirmed", "") for n in (1, 2)},
        notes=frozenset({"D00001", "D00002", "A00001"}),
        extend=frozenset(Extends),
    ),
    Story(
        name="one more currency by decision",
        steps=(
            *(put(order(1)), rest, put(order(2, customer=customer(1), currency="EUR")), rest),
            *(decide("extend", because="they pay in euros now"), rest),
        ),
        reaches=("case_extend",),
        records=BOTH | {("invoice", "inv-D00002")},
        standings={f"D{n:05d}": ("confirmed", "") for n in (1, 2)},
        notes=frozenset({"D00001", "D00002", "A00001"}),
    ),
    Story(
        name="files",
        steps=(load_crosswalk, load_deals, rest),
        reaches=("crosswalk_import", "ingest"),
        records=BOTH,
    ),
    Story(
        name="sales order, transformed",
        steps=(put(order(1, lines=2)), rest),
        reaches=("create_sales_order", "transform_invoice"),
        records=ORDERED,
        handoff=HandOff.SALES_ORDER,
    ),
    Story(
        name="sales order, observed",
        steps=(admin("workflow_billing", on=True, delay_seconds=120), put(order(1)), rest),
        reaches=("observe",),
        records=ONLY_CUSTOMER | {("salesOrder", "so-D00001")},
        others={"invoice": 1},
        handoff=HandOff.SALES_ORDER_OBSERVED,
    ),
    Story(
        name="planned and applied",
        steps=(put(order(1)), _plan_and_apply, rest),
        reaches=("settle_unplanned", "apply_plan"),
        records=BOTH,
    ),
    Story(
        name="approved",
        steps=(_staff, put(order(1)), rest, _approve, rest),
        reaches=("person", "password", "api_key", "approval"),
        records=BOTH,
        approvals=(Rule("everything", "controller"),),
    ),
    Story(
        name="asked for over HTTP",
        steps=(_webhook, _answered_once, rest),
        reaches=("hook", "answer_begin", "answer_keep", "answer_free"),
        records=BOTH,
    ),
    Story(
        name="customer moved",
        steps=(put(order(1)), rest, put(order(1, customer=MOVED)), rest),
        reaches=("update_customer",),
        records=BOTH,
    ),
)


def story_of(point: str) -> Story | None:
    """The first story told for this point's step."""
    step = point.partition(":")[2]
    return next((story for story in STORIES if step in story.reaches), None)
