"""The HTTP door of the HubSpot emulator."""

from __future__ import annotations

from typing import Any

from tieout.emulators.hubspot import state
from tieout.emulators.hubspot.admin import Admin
from tieout.emulators.hubspot.associating import Associations, concerns
from tieout.emulators.hubspot.auth import Auth, Token
from tieout.emulators.hubspot.calls import Call, Route, read_route
from tieout.emulators.hubspot.dataset import load_dataset
from tieout.emulators.hubspot.errors import HubSpotError, OAuthRefusal, no_route, too_many
from tieout.emulators.hubspot.limits import Limits
from tieout.emulators.hubspot.metadata import Metadata
from tieout.emulators.hubspot.objects import object_type
from tieout.emulators.hubspot.portal import Portal
from tieout.emulators.hubspot.records import Records
from tieout.emulators.hubspot.rules import RULES
from tieout.emulators.hubspot.sample import sample_dataset
from tieout.emulators.hubspot.webhooks import DEFAULTS as WEBHOOK_DEFAULTS
from tieout.emulators.hubspot.webhooks import Outbox
from tieout.emulators.hubspot.writes import Writer
from tieout.emulators.kit.app import EmulatorApp
from tieout.emulators.kit.clock import EmulatorClock
from tieout.emulators.kit.delivery import Courier
from tieout.emulators.kit.http import Exchange, Json, Operation, Request, Response, json_response
from tieout.emulators.kit.running import Emulator

CONTENT_TYPE = "application/json;charset=utf-8"
_FAULTS = {
    "error_500": HubSpotError(500, None, "internal error"),
    "throttle": too_many("TEN_SECONDLY_ROLLING", "ten_secondly_rolling"),
    "unauthorized": HubSpotError(
        401, "EXPIRED_AUTHENTICATION", "The OAuth token used to make this call expired 5 second(s) ago."
    ),
    "maintenance": HubSpotError(503, None, "Service temporarily unavailable"),
}
_WRITES = {"create": "create", "update": "update", "upsert": "update", "archive": "delete", "merge": "update"}


class HubSpotApp(EmulatorApp):
    """One portal. `config["portal"]` overrides settings of whatever data set is loaded.

    `config["webhooks"]` is described in `webhooks`.
    """

    system = "hubspot"
    server_limit_seconds = 60.0

    def __init__(self, clock: EmulatorClock | None = None) -> None:
        super().__init__(RULES, clock)
        self.config |= {"portal": {}, "webhooks": dict(WEBHOOK_DEFAULTS)}
        self.portal = Portal(self.clock, self.switches)
        self.auth = Auth(self.portal)
        self.limits = Limits(self.portal)
        self.outbox = Outbox(self.portal)
        self.courier = Courier(self.outbox, lambda: self.config["webhooks"], "hubspot")
        self._records = Records(self.portal)
        self._associations = Associations(self.portal)
        self._metadata = Metadata(self.portal)
        self._admin = Admin(self.portal, self.auth, self.outbox, self.courier, self._emit)

    def _emit(self, event: Json) -> None:
        self.outbox.emit(event, self.config["webhooks"])

    # --- requests

    def classify(self, request: Request) -> Operation:
        """What faults and the log match: kind, object type, record id."""
        route = read_route(request.raw_path)
        if route is None:
            return Operation("other")
        if route.family == "oauth":
            return Operation("token")
        if route.family == "objects" and route.parts and not concerns(route):
            return _operation(request.method, route)
        if route.family == "associations" or concerns(route):
            spec = object_type(route.parts[0]) if route.parts else None
            reads = request.method == "GET" or route.parts[-1:] == ("read",)
            target = route.parts[1] if concerns(route) else None
            return Operation("list" if reads else "update", f"{spec.name if spec else None}.associations",
                             target=target, write=not reads)  # fmt: skip
        return Operation("metadata", route.family)

    def admit(self, exchange: Exchange, in_flight: int) -> Response | None:
        """Tokens and limits are checked before anything else."""
        del in_flight
        route = read_route(exchange.request.raw_path)
        if route is None or route.family == "oauth":
            return None
        try:
            if self.portal.migrating_until is not None and self.portal.now() < self.portal.migrating_until:
                raise HubSpotError(477, None, "This account is being migrated")
            if not self.switches.on("HS-01a"):
                return None
            token = self.auth.check(exchange.request)
            exchange.caller = token
            self.limits.count(token, search=_is_search(route))
        except HubSpotError as error:
            exchange.error = str(error)
            return self._refusal(error, exchange)
        return None

    def handle(self, exchange: Exchange) -> Response:
        """Serve a request; checks come before changes, so a refused one leaves no trace."""
        request = exchange.request
        route = read_route(request.raw_path)
        try:
            if route is None or not self._served(route):
                raise no_route()
            if route.family == "oauth":
                return self._answer(*self.auth.serve(request, route), exchange)
            return self._serve(exchange, route)
        except OAuthRefusal as error:
            exchange.error = str(error)
            return self._oauth_refusal(error, route, exchange)
        except HubSpotError as error:
            exchange.error = str(error)
            return self._refusal(error, exchange)

    def _served(self, route: Route) -> bool:
        """Both path families, unless the switch says that one has ended or does not exist yet."""
        if route.family == "oauth":
            return True
        ended = {"dated_only": "legacy", "off": "dated"}.get(self.switches.value("HS-20a"))
        return ended != ("dated" if route.dated else "legacy")

    def _serve(self, exchange: Exchange, route: Route) -> Response:
        call = self._call(exchange, route)
        if route.family == "associations" or concerns(route):
            status, payload = self._associations.serve(call)
        elif route.family == "objects":
            status, payload = self._records.serve(call)
        else:
            status, payload = self._metadata.serve(call)
        wrote = call.writer.wrote
        exchange.committed = bool(wrote)
        exchange.record_id = wrote[0] if wrote else None
        return self._answer(status, payload, exchange)

    def _call(self, exchange: Exchange, route: Route) -> Call:
        request = exchange.request
        token: Token | None = self.auth.known(request)
        writer = Writer(
            self.portal,
            self._emit,
            actor="rest",
            source_id=str(token.app_id) if token else "",
            request=exchange.n,
            version=route.version,
        )
        granted = None
        if token is not None and token.scopes is not None and self.switches.on("HS-01c"):
            granted = frozenset(token.scopes)
        return Call(request.method, route, request, writer, granted)

    # --- answers

    def _answer(self, status: int, payload: Any, exchange: Exchange) -> Response:
        headers = self._headers(exchange)
        if payload is None:
            return Response(status, b"", headers)
        return json_response(status, payload, content_type=CONTENT_TYPE, headers=headers)

    def _headers(self, exchange: Exchange) -> list[tuple[str, str]]:
        route = read_route(exchange.request.raw_path)
        token = exchange.caller if isinstance(exchange.caller, Token) else None
        limits = self.limits.headers(token, search=route is not None and _is_search(route))
        return [("X-HubSpot-Correlation-Id", self.portal.correlation_id(exchange.n)), *limits]

    def _refusal(self, error: HubSpotError, exchange: Exchange) -> Response:
        headers = self._headers(exchange)
        if error.status == 477:
            headers.append(("Retry-After", "86400"))
        body: Any = error.body(self.portal.correlation_id(exchange.n))
        if error.status == 429:
            body["requestId"] = self.portal.correlation_id(-exchange.n)
        if not self.switches.on("HS-02"):
            body = [{"message": error.message, "errorCode": error.category}]
        return json_response(error.status, body, content_type=CONTENT_TYPE, headers=headers)

    def _oauth_refusal(self, error: OAuthRefusal, route: Route | None, exchange: Exchange) -> Response:
        body: Json = {
            "status": error.word,
            "message": error.message,
            "correlationId": self.portal.correlation_id(exchange.n),
        }
        if route is not None and route.version != "v1":
            body |= {"error": error.oauth_word, "error_description": error.message}
        return json_response(400, body, content_type=CONTENT_TYPE)

    def fault_answer(self, kind: str, exchange: Exchange) -> Response:
        """HubSpot's words for the kit's faults."""
        return self._refusal(_FAULTS[kind.replace("commit_500", "error_500")], exchange)

    # --- state

    def load(self, dataset: Json) -> None:
        """Replace the data. Raises ValueError, saying what is wrong with the data set."""
        portal = {**dataset.get("portal", {}), **self.config["portal"]}
        load_dataset(self.portal, {**dataset, "portal": portal})
        self.auth.load(dataset.get("tokens", []), dataset.get("oauth_apps", []))
        self.outbox.load(dataset.get("webhooks", {}))
        self.limits.clear()

    def configure(self, changes: Json) -> None:
        """As the kit's; `portal` changes settings of the running portal, `webhooks` how events travel."""
        unknown = set(changes.get("webhooks", {})) - set(WEBHOOK_DEFAULTS)
        unknown |= set(changes.get("portal", {})) - set(self.portal.settings)
        if unknown:
            raise ValueError(f"unknown configuration {', '.join(sorted(unknown))}")
        super().configure(changes)
        self.portal.settings.update(self.config["portal"])
        if self.config["webhooks"]["mode"] == "automatic":
            self.courier.ask()

    def truth(self) -> list[Json]:
        """Every live record."""
        return state.truth(self.portal)

    def admin(self, action: str, arguments: Json) -> Json:
        """See `admin.Admin`."""
        return self._admin.act(action, arguments)

    def dump(self) -> Json:
        """The whole state as JSON."""
        return {"portal": state.dump(self.portal), "auth": self.auth.dump(), "webhooks": self.outbox.dump()}

    def restore(self, state_: Json) -> None:
        """Take back what `dump` gave."""
        state.restore(self.portal, state_["portal"])
        self.auth.restore(state_["auth"])
        self.outbox.restore(state_["webhooks"])
        self.limits.clear()


def _is_search(route: Route) -> bool:
    return route.family == "objects" and route.parts[1:] == ("search",)


def _operation(method: str, route: Route) -> Operation:
    spec = object_type(route.parts[0])
    name, rest = spec.name if spec else route.parts[0], route.parts[1:]
    if rest == ("search",):
        return Operation("query", name)
    if rest == ("merge",):
        return Operation("update", name, write=True)
    if rest[:1] == ("batch",):
        word = _WRITES.get(rest[-1])
        return Operation(word or "list", name, write=word is not None)
    target = rest[0] if rest else None
    kind = {"GET": "get" if rest else "list", "POST": "create", "PATCH": "update", "DELETE": "delete"}.get(
        method, "other"
    )
    return Operation(kind, name, target=target, write=method != "GET")


class HubSpotEmulator(Emulator):
    """A portal on a free local port: `with HubSpotEmulator(dataset) as hs: hs.base_url, hs.control`."""

    app: HubSpotApp

    def __init__(
        self, dataset: Json | None = None, clock: EmulatorClock | None = None, port: int = 0
    ) -> None:
        app = HubSpotApp(clock)
        app.load(sample_dataset() if dataset is None else dataset)
        super().__init__(app, port)

    def stop(self) -> None:
        """Drop every connection, close the port, deliver no more webhooks."""
        self.app.courier.stop()
        super().stop()
