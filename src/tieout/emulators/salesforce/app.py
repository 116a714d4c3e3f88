"""The HTTP door of the Salesforce emulator."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

from tieout.emulators.kit.app import EmulatorApp
from tieout.emulators.kit.clock import EmulatorClock
from tieout.emulators.kit.http import Exchange, Json, Operation, Request, Response
from tieout.emulators.kit.running import Emulator
from tieout.emulators.salesforce import describe, state
from tieout.emulators.salesforce.admin import Admin
from tieout.emulators.salesforce.auth import EXPIRED, Auth
from tieout.emulators.salesforce.classify import classify
from tieout.emulators.salesforce.composite import Composite
from tieout.emulators.salesforce.errors import OAuthError, SalesforceError, not_found
from tieout.emulators.salesforce.jsonio import loads, respond
from tieout.emulators.salesforce.limits import CONCURRENT_EXCEEDED, ApiUsage
from tieout.emulators.salesforce.loading import load_dataset
from tieout.emulators.salesforce.org import Org
from tieout.emulators.salesforce.paging import Pager
from tieout.emulators.salesforce.rest import Call, Rest
from tieout.emulators.salesforce.rules import RULES
from tieout.emulators.salesforce.sample import sample_dataset
from tieout.emulators.salesforce.writes import Writer

TOKEN_PATH = "/services/oauth2/token"  # noqa: S105 - a path
MAX_TARGET = 16_384
_DATA = re.compile(r"/services/data/(v(\d+)\.0)(?:/(.*))?\Z", re.DOTALL)
_IDENTITY = re.compile(r"/id/[0-9A-Za-z]+/[0-9A-Za-z]+\Z")
SERVER_ERRORS = {
    "error_500": SalesforceError(
        500,
        "UNKNOWN_EXCEPTION",
        "An unexpected error occurred. "
        "Please include this ErrorId if you contact support: 1700000000-12345 (1234567890)",
    ),
    "throttle": CONCURRENT_EXCEEDED,
    "unauthorized": EXPIRED,
    "maintenance": SalesforceError(503, "SERVER_UNAVAILABLE", "Server temporarily unavailable"),
}  # fmt: skip


class SalesforceApp(EmulatorApp):
    """One org behind OAuth and REST. `config["org"]` overrides org settings of whatever data set is loaded."""

    system = "salesforce"
    server_limit_seconds = 600.0

    def __init__(self, clock: EmulatorClock | None = None) -> None:
        super().__init__(RULES, clock)
        self.config["org"] = {}
        self.org = Org(self.clock, self.switches)
        self.auth = Auth(self.org)
        self.pager = Pager(self.org)
        self.usage = ApiUsage(self.org)
        self.rest = Rest(self.org, self.pager, self.usage)
        Composite(self.rest)
        self._admin = Admin(self.org, self.auth)

    # --- requests

    def classify(self, request: Request) -> Operation:
        """What faults and the log match; see `classify.classify`."""
        return classify(request)

    def admit(self, exchange: Exchange, in_flight: int) -> Response | None:
        """Sessions and the daily allowance are checked before anything else."""
        del in_flight
        request = exchange.request
        if _DATA.match(request.raw_path) is None or not self.switches.on("SF-01"):
            return None
        try:
            self.auth.session(request)
            self.usage.count()
        except SalesforceError as error:
            exchange.error = str(error)
            return self._refusal(error)
        return None

    def handle(self, exchange: Exchange) -> Response:
        """Serve a request; a refused one leaves no trace in the data."""
        request = exchange.request
        path = request.raw_path.rstrip("/") or "/"
        try:
            if path == TOKEN_PATH:
                return respond(200, self.auth.token(request))
            if path == "/services/data":
                return respond(200, describe.version_list(), self.usage.header())
            if path == "/services/oauth2/userinfo" or _IDENTITY.match(path):
                return self._who(request, path)
            if len(request.target) > MAX_TARGET and self.switches.on("SF-06m"):
                return Response(414, b"URI Too Long", [("Content-Type", "text/plain")])
            return self._data(exchange, path)
        except OAuthError as error:
            exchange.error = str(error)
            return respond(error.status, {"error": error.error, "error_description": error.description})
        except SalesforceError as error:
            exchange.error = str(error)
            return self._refusal(error)

    def _data(self, exchange: Exchange, path: str) -> Response:
        store = self.org.store
        call = self._call(exchange, path)
        mark = store.begin()
        try:
            status, payload = self.rest.serve(call)
        except SalesforceError:
            store.rollback(mark)
            raise
        finally:
            store.commit()
        exchange.committed = bool(call.wrote)
        exchange.record_id = call.wrote[0] if call.wrote else None
        headers = self.usage.header()
        if status == 201 and isinstance(payload, dict):
            headers.append(
                ("Location", f"/services/data/{call.version}/sobjects/{call.path[1]}/{payload['id']}")
            )
        return respond(status, payload, headers)

    def _call(self, exchange: Exchange, path: str) -> Call:
        request = exchange.request
        match = _DATA.match(path)
        if match is None or int(match.group(2)) not in describe.VERSIONS:
            raise not_found()
        session = self.auth.known_session(request)
        allow = "allowsave=true" in request.headers.get("sforce-duplicate-rule-header", "").lower().replace(
            " ", ""
        )
        user_id = session.user_id if session is not None else self.org.settings["api_user_id"]
        return Call(
            method=request.query.get("_HttpMethod", request.method).replace("HEAD", "GET"),
            path=[unquote(part) for part in (match.group(3) or "").split("/") if part],
            query=request.query,
            headers=request.headers,
            body=_body(request),
            version=match.group(1),
            writer=Writer(self.org, user_id, "rest", exchange.n, allow_duplicates=allow),
        )

    def _who(self, request: Request, path: str) -> Response:
        """The identity endpoints refuse in plain text, unlike the rest."""
        try:
            session = self.auth.session(request)
        except SalesforceError:
            word = b"Bad_OAuth_Token" if "authorization" in request.headers else b"Missing_OAuth_Token"
            return Response(403, word, [("Content-Type", "text/html;charset=UTF-8")])
        who = self.auth.userinfo if path.endswith("userinfo") else self.auth.identity
        return respond(200, who(request, session))

    def _refusal(self, error: SalesforceError) -> Response:
        body: Any = error.rest()
        return respond(error.status, body if self.switches.on("SF-02") else body[0], self.usage.header())

    def fault_answer(self, kind: str, exchange: Exchange) -> Response:
        """Salesforce's words for the kit's faults; the token endpoint has its own."""
        error = SERVER_ERRORS[kind.replace("commit_500", "error_500")]
        if exchange.operation.kind == "token":
            return respond(400, {"error": "unknown_error", "error_description": "retry your request"})
        return self._refusal(error)

    # --- state

    def load(self, dataset: Json) -> None:
        """Replace the data. Raises ValueError, saying what is wrong with the data set."""
        overridden = {**dataset.get("org", {}), **self.config["org"]}
        load_dataset(self.org, {**dataset, "org": overridden})
        self.auth.load(dataset.get("connected_apps", []))
        self.pager.clear()
        self.usage.clear()

    def configure(self, changes: Json) -> None:
        """As the kit's; `org` changes settings of the running org (`batch_max`, `daily_api_limit` …)."""
        super().configure(changes)
        self.org.settings.update(self.config["org"])

    def truth(self) -> list[Json]:
        """Every live record."""
        return state.truth(self.org)

    def admin(self, action: str, arguments: Json) -> Json:
        """See `admin.Admin`."""
        return self._admin.act(action, arguments)

    def run_due(self) -> None:
        """Held transactions commit."""
        if self.org.pending:
            self._admin.run_due()

    def dump(self) -> Json:
        """The whole state as JSON."""
        return {"org": state.dump(self.org), "auth": self.auth.dump()}

    def restore(self, state_: Json) -> None:
        """Take back what `dump` gave."""
        state.restore(self.org, state_["org"])
        self.auth.restore(state_["auth"])
        self.pager.clear()


def _body(request: Request) -> Any:
    if not request.body or request.method not in ("POST", "PATCH", "PUT"):
        return None
    try:
        return loads(request.body)
    except ValueError as error:
        raise SalesforceError(400, "JSON_PARSER_ERROR", f"Unexpected input: {error}") from None


class SalesforceEmulator(Emulator):
    """A Salesforce org on a free local port: `with SalesforceEmulator(dataset) as sf: sf.base_url, sf.control`."""

    def __init__(
        self, dataset: Json | None = None, clock: EmulatorClock | None = None, port: int = 0
    ) -> None:
        app = SalesforceApp(clock)
        app.load(sample_dataset() if dataset is None else dataset)
        super().__init__(app, port)
