"""The HTTP door of the Stripe emulator."""

from __future__ import annotations

import base64
import binascii
from copy import deepcopy
from typing import Any

from tieout.emulators.kit.app import EmulatorApp
from tieout.emulators.kit.clock import EmulatorClock
from tieout.emulators.kit.delivery import Courier
from tieout.emulators.kit.http import Exchange, Json, Operation, Request, Response, json_response
from tieout.emulators.kit.running import Emulator
from tieout.emulators.stripe import forms, versions
from tieout.emulators.stripe.account import DEFAULT_SETTINGS, Account
from tieout.emulators.stripe.admin import Admin
from tieout.emulators.stripe.errors import (
    StripeError,
    key_in_use,
    lock_timeout,
    rate_limited,
    unknown_parameter,
)
from tieout.emulators.stripe.idempotency import HEADER, Idempotency
from tieout.emulators.stripe.limits import Limits
from tieout.emulators.stripe.listing import expand, nested, page
from tieout.emulators.stripe.routes import Listed, Route, find_route
from tieout.emulators.stripe.rules import RULES
from tieout.emulators.stripe.sample import sample_dataset
from tieout.emulators.stripe.services import Services
from tieout.emulators.stripe.webhooks import DEFAULTS as WEBHOOK_DEFAULTS

_NO_KEY = (
    "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth"
    " (e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See https://stripe.com/docs/api#authentication for details."
)


class StripeApp(EmulatorApp):
    """One account. `config["account"]` overrides settings of whatever data set is loaded.

    `config["webhooks"]` is described in `webhooks`.
    """

    system = "stripe"
    server_limit_seconds = 80.0

    def __init__(self, clock: EmulatorClock | None = None) -> None:
        super().__init__(RULES, clock)
        self.config |= {"account": {}, "webhooks": dict(WEBHOOK_DEFAULTS)}
        self.account = Account(self.clock, self.switches)
        self.services = Services(self.account)
        self.courier = Courier(self.services.outbox, lambda: self.config["webhooks"], "stripe")
        self.limits, self.idempotency = Limits(self.account), Idempotency(self.account)
        self._locks: dict[str, int] = {}
        self._admin = Admin(self.services, self.courier, self.limits, self._locks)

    # --- requests

    def classify(self, request: Request) -> Operation:
        """What faults and the log match: kind, object, id."""
        found = find_route(request.method, request.raw_path)
        if found is None:
            return Operation("other")
        route, ids = found
        write = request.method != "GET"
        return Operation(route.operation, route.kind, target=ids[0] if ids else None, write=write)

    def run_due(self) -> None:
        """What fell due."""
        self.services.run_due()

    def admit(self, exchange: Exchange, in_flight: int) -> Response | None:
        """The key and the limits are checked before anything else."""
        del in_flight
        try:
            self._check_key(exchange.request)
            self.limits.count()
            self._check_in_flight(exchange)
        except StripeError as error:
            exchange.error = str(error)
            return self._refusal(error, exchange)
        return None

    def _check_key(self, request: Request) -> None:
        if not self.switches.on("ST-01a"):
            return
        scheme, _, word = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "basic":
            try:
                word = base64.b64decode(word, validate=True).decode().split(":")[0]
            except (binascii.Error, ValueError):
                word = ""
        if not word:
            raise StripeError(401, _NO_KEY)
        if word not in self.account.settings["keys"]:
            shown = f"{word[:8]}{'*' * max(0, len(word) - 12)}{word[-4:]}"
            raise StripeError(401, f"Invalid API Key provided: {shown}")

    def _check_in_flight(self, exchange: Exchange) -> None:
        """Two requests with one key at the same time: the second is refused."""
        key = exchange.request.headers.get(HEADER)
        if not key or exchange.request.method != "POST" or not self.switches.on("ST-03e"):
            return
        for entry in self.recorder.entries:
            other = entry.exchange
            if entry.ended is None and other.n != exchange.n and other.request.headers.get(HEADER) == key:
                raise key_in_use(key)

    def handle(self, exchange: Exchange) -> Response:
        """Serve a request; a repeated idempotency key gets the first answer."""
        request = exchange.request
        try:
            version = self._version(request)
            replayed = self.idempotency.replay(request)
        except StripeError as error:
            exchange.error = str(error)
            return self._refusal(error, exchange)
        if replayed is not None:
            return replayed
        try:
            answer = self._serve(exchange, version)
        except StripeError as error:
            exchange.error = str(error)
            answer = self._refusal(error, exchange)
        self.idempotency.keep(request, answer)
        return answer

    def _version(self, request: Request) -> str:
        version = request.headers.get("stripe-version")
        if version is None:
            return str(self.account.settings["api_version"])
        if version not in versions.KNOWN and self.switches.on("ST-02c"):
            raise StripeError(400, f"Invalid Stripe API version: {version}")
        return version if self.switches.on("ST-02a") else versions.NEWEST

    def _serve(self, exchange: Exchange, version: str) -> Response:
        request = exchange.request
        found = find_route(request.method, request.raw_path)
        if found is None or version[:10] < found[0].since:
            raise StripeError(
                404,
                f"Unrecognized request URL ({request.method}: {request.path}). Please see https://stripe.com/docs or we"
                " can help at https://support.stripe.com/.",
            )
        route, ids = found
        given = self._given(request, route)
        if ids and self._locks.get(ids[0], 0) > 0:
            self._locks[ids[0]] -= 1
            raise lock_timeout()
        self.account.request = {
            "id": self._request_id(exchange),
            "idempotency_key": request.headers.get(HEADER),
        }
        try:
            result = route.handle(self.services, ids, given)
        finally:
            self.account.request = {"id": None, "idempotency_key": None}
        payload = self._shown(result, given, version)
        exchange.committed = request.method != "GET"
        exchange.record_id = str(payload.get("id") or "") or None
        return self._answer(200, payload, exchange, version)

    def _given(self, request: Request, route: Route) -> Json:
        text = request.raw_query
        if request.method == "POST":
            kind = request.headers.get("content-type", "")
            if request.body and "json" in kind and self.switches.on("ST-01c"):
                raise StripeError(400, "Invalid request: v1 bodies are application/x-www-form-urlencoded.")
            text = request.body.decode("utf-8", "replace")
        given = forms.parse(text)
        forms.check_shapes(given)
        if self.switches.on("ST-01b"):
            for name in given:
                if name not in route.takes:
                    raise unknown_parameter(name)
        return given

    # --- what is shown

    def _shown(self, result: Any, given: Json, version: str) -> Json:
        def show(item: Json) -> Json:
            return self._show(item, version)

        if isinstance(result, Listed):
            made = page(self.account, result.rows, given, result.url, show)
        else:
            made = show(result)
        paths = given.get("expand") or []
        expand(self.account, made, [paths] if isinstance(paths, str) else paths, show, self._extra)
        return made

    def _show(self, item: Json, version: str) -> Json:
        if item.get("object") == "event":
            default = item.get("api_version") or self.account.settings["api_version"]
            return self.account.shown_event(item, default)
        shown = deepcopy(versions.render(item, version, self.account.payments))
        if item.get("object") == "invoice":
            shown["lines"] = self._lines(item["id"])
        if item.get("object") == "dispute":
            rows = [self.account.get("balance_transaction", one) for one in item["balance_transactions"]]
            shown["balance_transactions"] = [
                versions.render(one, version, self.account.payments) for one in rows
            ]
        return shown

    def _lines(self, invoice_id: str) -> Json:
        return nested(
            self.services.invoices.lines(invoice_id), f"/v1/invoices/{invoice_id}/lines", self.account
        )

    def _extra(self, node: Json, name: str) -> Any:
        """What is only there when it is asked for."""
        if node.get("object") == "invoice" and name == "payments":
            rows = [versions.render(one, versions.NEWEST, self.account.payments)
                    for one in self.account.payments("invoice", node["id"])]  # fmt: skip
            return nested(rows, f"/v1/invoice_payments?invoice={node['id']}", self.account)
        if node.get("object") == "invoice" and name == "amount_paid_off_stripe":
            rows = self.account.payments("invoice", node["id"])
            return sum(one["amount_paid"] for one in rows if one["payment"]["type"] == "payment_record")
        if node.get("object") == "charge" and name == "refunds":
            rows = [versions.render(one, versions.NEWEST, self.account.payments)
                    for one in self.account.all("refund", charge=node["id"])]  # fmt: skip
            return nested(rows[::-1], f"/v1/charges/{node['id']}/refunds", self.account)
        return None

    # --- answers

    def _request_id(self, exchange: Exchange) -> str:
        return f"req_{exchange.n:014d}"

    def _answer(self, status: int, payload: Json, exchange: Exchange, version: str) -> Response:
        headers = [("Stripe-Version", version)]
        if self.switches.on("ST-01d"):
            headers.append(("Request-Id", self._request_id(exchange)))
        key = exchange.request.headers.get(HEADER)
        if key:
            headers.append(("Idempotency-Key", key))
        return json_response(status, payload, headers=headers)

    def _refusal(self, error: StripeError, exchange: Exchange) -> Response:
        version = exchange.request.headers.get("stripe-version") or str(self.account.settings["api_version"])
        answer = self._answer(error.status, error.body(self._request_id(exchange)), exchange, version)
        answer.headers += error.headers
        return answer

    def fault_answer(self, kind: str, exchange: Exchange) -> Response:
        """Stripe's words for the kit's faults."""
        answer = self._refusal(_fault(kind), exchange)
        if kind == "commit_500":
            # Execution had begun: this failure is what the key stands for from now on.
            self.idempotency.keep(exchange.request, answer)
        return answer

    # --- state

    def load(self, dataset: Json) -> None:
        """Replace the data. Raises ValueError, saying what is wrong with the data set."""
        settings = {**DEFAULT_SETTINGS, **dataset.get("account", {}), **self.config["account"]}
        unknown = set(settings) - set(DEFAULT_SETTINGS)
        if unknown:
            raise ValueError(f"unknown account settings {', '.join(sorted(unknown))}")
        self.account.clear(deepcopy(settings))
        self.services.outbox.clear()
        self.idempotency.kept.clear()
        self._locks.clear()
        for given in dataset.get("customers", []):
            customer = self.services.customers.create({name: given[name] for name in given if name != "id"})
            if "id" in given:
                del self.account.objects["customer"][customer["id"]]
                customer["id"] = given["id"]
                self.account.objects["customer"][given["id"]] = customer
        self.account.objects["event"].clear()
        for given in dataset.get("webhook_endpoints", []):
            self._load_endpoint(given)
        if settings["payout_schedule"] == "daily":
            self.account.later(self.account.now(), "sweep")

    def _load_endpoint(self, given: Json) -> None:
        made = self.services.endpoints.create(
            {"url": given["url"], "enabled_events": given.get("enabled_events", ["*"]),
             "api_version": given.get("api_version")}
        )  # fmt: skip
        endpoint = self.account.objects["webhook_endpoint"].pop(made["id"])
        endpoint |= {"id": given.get("id", made["id"])}
        if "secret" in given:
            endpoint["_secrets"] = [{"secret": given["secret"], "until": None}]
        self.account.objects["webhook_endpoint"][endpoint["id"]] = endpoint

    def configure(self, changes: Json) -> None:
        """As the kit's; `account` changes settings of the running account, `webhooks` how events travel."""
        unknown = set(changes.get("webhooks", {})) - set(WEBHOOK_DEFAULTS)
        unknown |= set(changes.get("account", {})) - set(DEFAULT_SETTINGS)
        if unknown:
            raise ValueError(f"unknown configuration {', '.join(sorted(unknown))}")
        super().configure(changes)
        self.account.settings.update(self.config["account"])
        self.services.outbox.config = self.config["webhooks"]
        if self.config["webhooks"]["mode"] == "automatic":
            self.courier.ask()

    def truth(self) -> list[Json]:
        """Every live object."""
        self.run_due()
        return [
            {
                "record": kind, "id": item["id"], "external_id": None, "lines": [],
                "fields": {name: value for name, value in item.items() if not name.startswith("_")},
                "_meta": {"created_by": "stripe"},
            }
            for kind, items in self.account.objects.items()
            for item in items.values()
        ]  # fmt: skip

    def admin(self, action: str, arguments: Json) -> Json:
        """See `admin.Admin`."""
        self.run_due()
        return self._admin.act(action, {name: value for name, value in arguments.items() if name != "action"})

    def dump(self) -> Json:
        """The whole state as JSON."""
        return {
            "account": self.account.dump(),
            "webhooks": self.services.outbox.dump(),
            "keys": self.idempotency.kept,
        }

    def restore(self, state: Json) -> None:
        """Take back what `dump` gave."""
        self.account.restore(state["account"])
        self.services.outbox.restore(state["webhooks"])
        self.idempotency.kept = state["keys"]


def _fault(kind: str) -> StripeError:
    if kind == "throttle":
        return rate_limited("global-rate")
    if kind == "unauthorized":
        return StripeError(401, "Expired API Key provided: sk_test_********out")
    if kind == "maintenance":
        return StripeError(503, "Stripe is temporarily unavailable.", kind="api_error", retry=True)
    message = "An unknown error occurred"
    return StripeError(500, message, kind="api_error")


class StripeEmulator(Emulator):
    """An account on a free local port: `with StripeEmulator(dataset) as stripe: stripe.base_url, stripe.control`."""

    app: StripeApp

    def __init__(
        self, dataset: Json | None = None, clock: EmulatorClock | None = None, port: int = 0
    ) -> None:
        app = StripeApp(clock)
        app.load(sample_dataset() if dataset is None else dataset)
        super().__init__(app, port)

    def stop(self) -> None:
        """Drop every connection, close the port, deliver no more webhooks."""
        self.app.courier.stop()
        super().stop()
