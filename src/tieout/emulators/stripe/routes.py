"""Which requests are served, and which parameters each takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tieout.emulators.kit.http import Json
from tieout.emulators.stripe.account import KINDS
from tieout.emulators.stripe.errors import missing
from tieout.emulators.stripe.services import Services

Handler = Callable[[Services, list[str], Json], Any]


@dataclass(frozen=True)
class Route:
    """One endpoint. `path` has `*` for an id; `kind` is what it is about; `since` a version it came with."""

    method: str
    path: str
    kind: str
    operation: str
    handle: Handler
    takes: frozenset[str]
    since: str = ""

    def match(self, parts: list[str]) -> list[str] | None:
        """The ids of a path, or None when it is another."""
        mine = self.path.split("/")
        if len(mine) != len(parts):
            return None
        if any(own not in {"*", part} for own, part in zip(mine, parts, strict=True)):
            return None
        return [part for own, part in zip(mine, parts, strict=True) if own == "*"]


@dataclass(frozen=True)
class Listed:
    """A list to be cut into a page: its rows, oldest first, and its address."""

    rows: list[Json]
    url: str


_PAGE = "limit starting_after ending_before created expand"
_INTENT = (
    "amount currency customer payment_method payment_method_types payment_method_data payment_method_options confirm"
    " capture_method metadata description off_session shipping statement_descriptor receipt_email mandate_data"
    " setup_future_usage automatic_payment_methods transfer_group payment_details confirmation_method return_url expand"
)
_CUSTOMER = (
    "description email name phone metadata invoice_settings payment_method cash_balance address expand"
)
_INVOICE = (
    "customer description metadata currency collection_method days_until_due auto_advance"
    " pending_invoice_items_behavior payment_settings default_payment_method expand"
)
_FILTERS = {
    "charge": "customer payment_intent transfer_group", "refund": "charge payment_intent", "payment_intent": "customer",
    "dispute": "charge payment_intent", "payout": "status arrival_date destination", "invoice": "customer status",
    "balance_transaction": "type source payout currency", "invoice_payment": "invoice status", "customer": "email",
    "invoiceitem": "customer invoice", "checkout.session": "customer payment_intent status", "webhook_endpoint": "",
    "event": "type types delivery_success",
}  # fmt: skip
_PLURALS = {
    "customer": "customers", "payment_method": "payment_methods", "payment_intent": "payment_intents",
    "charge": "charges", "refund": "refunds", "dispute": "disputes", "payout": "payouts", "invoice": "invoices",
    "invoiceitem": "invoiceitems", "invoice_payment": "invoice_payments", "checkout.session": "checkout/sessions",
    "balance_transaction": "balance_transactions", "event": "events", "webhook_endpoint": "webhook_endpoints",
}  # fmt: skip
_BASIL = "2025-03-31"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _list(kind: str) -> Route:
    path = f"v1/{_PLURALS[kind]}"

    def rows(services: Services, _: list[str], given: Json) -> Listed:
        return Listed(_rows(services, kind, given), f"/{path}")

    takes = _words(f"{_PAGE} {_FILTERS.get(kind, '')}") | (
        {"payment"} if kind == "invoice_payment" else frozenset()
    )
    since = _BASIL if kind == "invoice_payment" else ""
    return Route("GET", path, kind, "list", rows, takes, since)


def _rows(services: Services, kind: str, given: Json) -> list[Json]:
    account = services.account
    if kind == "event":
        return _events(services, given)
    if kind == "balance_transaction" and "payout" in given:
        return services.payouts.rows(given["payout"])
    items = list(account.objects[kind].values())
    for name in _FILTERS.get(kind, "").split():
        if name in given and name != "arrival_date":
            items = [one for one in items if one.get(name) == given[name]]
    payment = given.get("payment") or {}
    for name in ("type", "payment_intent"):
        if name in payment:
            items = [one for one in items if one["payment"].get(name) == payment[name]]
    return items


def _events(services: Services, given: Json) -> list[Json]:
    items = services.account.events()
    wanted = given.get("types") or ([given["type"]] if "type" in given else [])
    if wanted and services.account.switches.on("ST-06b"):
        items = [
            one
            for one in items
            if any(
                one["type"] == name or (name.endswith("*") and one["type"].startswith(name[:-1]))
                for name in wanted
            )
        ]
    if "delivery_success" in given:
        failed = {one["event"] for one in services.outbox.status()["attempts"] if not _ok(one["status"])}
        done = given["delivery_success"] == "true"
        items = [one for one in items if (one["id"] not in failed) == done]
    return items


def _ok(status: int | None) -> bool:
    return status is not None and 200 <= status < 300


def _get(kind: str) -> Route:
    def one(services: Services, ids: list[str], _: Json) -> Json:
        services.account.get(kind, ids[0])
        if kind == "event" and ids[0] not in {event["id"] for event in services.account.events()}:
            raise missing("event", ids[0])
        return services.account.objects[kind][ids[0]]

    since = _BASIL if kind == "invoice_payment" else ""
    return Route("GET", f"v1/{_PLURALS[kind]}/*", kind, "get", one, _words("expand"), since)


def _post(path: str, kind: str, operation: str, takes: str, handle: Handler) -> Route:
    return Route("POST", f"v1/{path}", kind, operation, handle, _words(takes + " expand"))


def _cash(services: Services, ids: list[str], _: Json) -> Listed:
    services.account.get("customer", ids[0], "customer")
    rows = list(services.account.all("customer_cash_balance_transaction", customer=ids[0]))
    return Listed(rows, f"/v1/customers/{ids[0]}/cash_balance_transactions")


def _lines(services: Services, ids: list[str], _: Json) -> Listed:
    services.account.get("invoice", ids[0], "invoice")
    return Listed(services.invoices.lines(ids[0])[::-1], f"/v1/invoices/{ids[0]}/lines")


def _refunds(services: Services, ids: list[str], _: Json) -> Listed:
    return Listed(list(services.account.all("refund", charge=ids[0])), f"/v1/charges/{ids[0]}/refunds")


def _account(services: Services, _: list[str], __: Json) -> Json:
    settings = services.account.settings
    return {"id": settings["id"], "object": "account", "country": "US",
    "default_currency": settings["default_currency"],
            "charges_enabled": True, "payouts_enabled": True, "type": "standard"}  # fmt: skip


ROUTES: tuple[Route, ...] = (
    *(_list(kind) for kind in _PLURALS if kind != "payment_method"),
    *(_get(kind) for kind in _PLURALS if kind in KINDS),
    Route("GET", "v1/account", "account", "metadata", _account, _words("expand")),
    Route("GET", "v1/balance", "balance", "get", lambda s, _, __: s.account.balance(), _words("expand")),
    Route("GET", "v1/customers/*/cash_balance", "cash_balance", "get",
          lambda s, ids, _: s.cash.shown(ids[0]), _words("expand")),
    Route("GET", "v1/customers/*/cash_balance_transactions", "customer_cash_balance_transaction", "list",
          _cash, _words(_PAGE)),
    Route("GET", "v1/invoices/*/lines", "line_item", "list", _lines, _words(_PAGE)),
    Route("GET", "v1/charges/*/refunds", "refund", "list", _refunds, _words(_PAGE)),
    _post("customers", "customer", "create", _CUSTOMER, lambda s, _, g: s.customers.create(g)),
    _post("customers/*", "customer", "update", _CUSTOMER, lambda s, ids, g: s.customers.update(ids[0], g)),
    Route("DELETE", "v1/customers/*", "customer", "delete", lambda s, ids, _: s.customers.delete(ids[0]), _words("")),
    _post("payment_methods", "payment_method", "create",
          "type card us_bank_account sepa_debit customer_balance billing_details metadata",
          lambda s, _, g: s.methods.create(g)),
    _post("payment_methods/*/attach", "payment_method", "update", "customer",
          lambda s, ids, g: s.methods.attach(ids[0], g.get("customer", ""))),
    _post("payment_intents", "payment_intent", "create", _INTENT, lambda s, _, g: s.payments.create(g)),
    _post("payment_intents/*", "payment_intent", "update", _INTENT, lambda s, ids, g: s.payments.update(ids[0], g)),
    _post("payment_intents/*/confirm", "payment_intent", "update", _INTENT,
          lambda s, ids, g: s.payments.confirm(ids[0], g)),
    _post("payment_intents/*/capture", "payment_intent", "update", "amount_to_capture metadata",
          lambda s, ids, g: s.payments.capture(ids[0], g)),
    _post("payment_intents/*/cancel", "payment_intent", "update", "cancellation_reason",
          lambda s, ids, g: s.payments.cancel(ids[0], g)),
    _post("charges/*", "charge", "update", "description metadata receipt_email shipping transfer_group customer",
          lambda s, ids, g: s.payments.update_charge(ids[0], g)),
    _post("refunds", "refund", "create", "charge payment_intent amount reason metadata",
          lambda s, _, g: s.refunds.create(g)),
    _post("refunds/*", "refund", "update", "metadata", lambda s, ids, g: s.refunds.update(ids[0], g)),
    _post("disputes/*", "dispute", "update", "metadata evidence submit", lambda s, ids,
    g: s.disputes.update(ids[0], g)),
    _post("disputes/*/close", "dispute", "update", "", lambda s, ids, _: s.disputes.close(ids[0])),
    _post("payouts", "payout", "create", "amount currency description metadata statement_descriptor method source_type",
          lambda s, _, g: s.payouts.create(g)),
    _post("payouts/*", "payout", "update", "metadata", lambda s, ids, g: s.payouts.update(ids[0], g)),
    _post("invoiceitems", "invoiceitem", "create", "customer amount currency description invoice metadata",
          lambda s, _, g: s.invoices.add_item(g)),
    _post("invoices", "invoice", "create", _INVOICE, lambda s, _, g: s.invoices.create(g)),
    _post("invoices/*", "invoice", "update", _INVOICE, lambda s, ids, g: s.invoices.update(ids[0], g)),
    _post("invoices/*/finalize", "invoice", "update", "auto_advance", lambda s, ids, _: s.invoices.finalize(ids[0])),
    _post("invoices/*/pay", "invoice", "update", "payment_method paid_out_of_band off_session source",
          lambda s, ids, g: s.invoices.pay(ids[0], g)),
    _post("invoices/*/send", "invoice", "update", "", lambda s, ids, _: s.invoices.send(ids[0])),
    _post("invoices/*/void", "invoice", "update", "",
          lambda s, ids, _: s.invoices.end(ids[0], "void", "invoice.voided", "voided_at")),
    _post("invoices/*/mark_uncollectible", "invoice", "update", "",
          lambda s, ids, _: s.invoices.end(ids[0], "uncollectible", "invoice.marked_uncollectible",
                                           "marked_uncollectible_at")),
    _post("invoices/*/attach_payment", "invoice", "update", "payment_intent payment_record",
          lambda s, ids, g: s.invoices.attach(ids[0], g)),
    _post("checkout/sessions", "checkout.session", "create",
          "mode line_items customer metadata payment_intent_data success_url cancel_url client_reference_id"
          " payment_method_types", lambda s, _, g: s.checkout.create(g)),
    _post("checkout/sessions/*", "checkout.session", "update", "metadata",
          lambda s, ids, g: s.checkout.update(ids[0], g)),
    _post("webhook_endpoints", "webhook_endpoint", "create", "url enabled_events api_version description metadata",
          lambda s, _, g: s.endpoints.create(g)),
    _post("webhook_endpoints/*", "webhook_endpoint", "update", "url enabled_events description metadata disabled",
          lambda s, ids, g: s.endpoints.update(ids[0], g)),
    Route("DELETE", "v1/webhook_endpoints/*", "webhook_endpoint", "delete",
          lambda s, ids, _: s.endpoints.delete(ids[0]), _words("")),
    _post("test_helpers/customers/*/fund_cash_balance", "customer_cash_balance_transaction", "create",
          "amount currency reference", lambda s, ids, g: s.cash.fund(ids[0], g)),
)  # fmt: skip


def find_route(method: str, raw_path: str) -> tuple[Route, list[str]] | None:
    """The endpoint of a request, and the ids in its path."""
    parts = raw_path.strip("/").split("/")
    for route in ROUTES:
        if route.method == method and (ids := route.match(parts)) is not None:
            return route, ids
    return None
