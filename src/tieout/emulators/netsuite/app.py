"""The NetSuite emulator: routes, authentication, concurrency, and the control API's hooks."""

from __future__ import annotations

import re
from typing import Any, ClassVar
from urllib.parse import unquote

from tieout.emulators.kit.app import EmulatorApp
from tieout.emulators.kit.clock import EmulatorClock
from tieout.emulators.kit.http import Exchange, Json, Operation, Request, Response, json_response
from tieout.emulators.netsuite import loading, statefile
from tieout.emulators.netsuite.account import Account
from tieout.emulators.netsuite.admin import Administration
from tieout.emulators.netsuite.auth import TOKEN_PATH, Authenticator, Caller, TokenRefused
from tieout.emulators.netsuite.errors import (
    CONCURRENCY,
    MAINTENANCE,
    NsError,
    login_failed,
    unexpected,
)
from tieout.emulators.netsuite.metadata import Metadata
from tieout.emulators.netsuite.rendering import truth_of
from tieout.emulators.netsuite.resources import Resources
from tieout.emulators.netsuite.rules import RULES
from tieout.emulators.netsuite.state import State
from tieout.emulators.netsuite.suiteql.engine import SuiteQl
from tieout.emulators.netsuite.suiteql.service import QueryService
from tieout.emulators.netsuite.workflow import Workflow

SERVICES = "/services/rest"
RECORDS = f"{SERVICES}/record/v1"
_TRANSFORM = re.compile(r"^([^/]+)/([^/]+)/!transform/([^/]+)$")


class NetSuiteApp(EmulatorApp):
    """One NetSuite account. `account_id` decides realm, host name and JWT audience."""

    system = "netsuite"
    server_limit_seconds = 900.0
    extra_fault_kinds: ClassVar[dict[str, str]] = {
        "missing_location": "commits, answers 204 without the Location header"
    }
    extra_profile_kinds = ("missing_location",)

    def __init__(
        self,
        dataset: Json | None = None,
        *,
        clock: EmulatorClock | None = None,
        account_id: str = "TSTDRV1234567",
        audiences: list[str] | None = None,
    ) -> None:
        super().__init__(RULES, clock)
        self.account_id = account_id
        self.state = State(self.clock)
        self.auth = Authenticator(self.state, self.switches, self.clock, account_id)
        self.auth.audiences = audiences or []
        self._errors = 0
        self._start_state(dataset or {})

    def _start_state(self, dataset: Json) -> None:
        self.state = State(self.clock)
        self.auth.adopt(self.state)
        self.suiteql = SuiteQl(self.state, self.switches)
        self.state.on_change = self.suiteql.changed
        self.workflow = Workflow(self.state, self.switches)
        self.account = Account(
            self.state, self.switches, self.auth, self.suiteql, self.workflow, refusals=[], config=self.config
        )
        self.resources = Resources(self.state, self.switches, self.workflow, self.account.refusals)
        self.queries = QueryService(self.suiteql, self.switches)
        self.metadata = Metadata(self.state)
        self.administration = Administration(self.account)
        self.state.shared_external = lambda: self.switches.value("NS-04") != "per_type"
        if dataset:
            loading.fill(self.state, self.switches, dataset)
        self.config["concurrency"] = self.state.account["concurrency"]

    # --- the kit's hooks ----------------------------------------------------------------------------------

    def classify(self, request: Request) -> Operation:
        """Name the operation for logs and faults; never raises."""
        path = request.raw_path
        if path == TOKEN_PATH:
            return Operation("token")
        if path == f"{SERVICES}/query/v1/suiteql":
            return Operation("suiteql")
        if not path.startswith(RECORDS + "/"):
            return Operation("other")
        rest = path[len(RECORDS) + 1 :]
        if rest.startswith("metadata-catalog"):
            return Operation("metadata")
        return self._classify_record(request, rest)

    def _classify_record(self, request: Request, rest: str) -> Operation:
        external = request.json_object.get("externalId") if request.body else None
        external = str(external) if external is not None else None
        preview = "type=create-form" in request.headers.get("accept", "").replace(" ", "")
        transform = _TRANSFORM.match(rest)
        if transform:
            source, source_id, target = transform.groups()
            kind = "get" if preview else "transform"
            return Operation(kind, target, external, unquote(f"{source}/{source_id}"), write=not preview)
        record, _, target = rest.partition("/")
        target_id = unquote(target) or None
        kind = {"POST": "create", "PATCH": "update", "PUT": "update", "DELETE": "delete"}.get(
            request.method, "get"
        )
        if kind == "get" and target_id is None:
            kind = "list"
        if preview and kind == "create":
            kind = "get"
        return Operation(kind, record, external, target_id, write=kind not in ("get", "list"))

    def admit(self, exchange: Exchange, in_flight: int) -> Response | None:
        """Concurrency first (rule NS-02), as the gate stands before the login; then who calls."""
        limit = self.config["concurrency"]
        if limit is not None and in_flight > limit and self.switches.on("NS-02"):
            exchange.error = CONCURRENCY
            return self.fault_answer("throttle", exchange)
        request = exchange.request
        if request.method == "OPTIONS":
            return None
        if self.account.maintenance:
            return self.fault_answer("maintenance", exchange)
        if request.raw_path == TOKEN_PATH:
            return None
        try:
            exchange.caller = self.auth.caller(request)
        except NsError as error:
            exchange.error = error.detail
            return error.response(self.switches)
        exchange.actor = exchange.caller.integration
        return None

    def holds_slot_after_client_left(self) -> bool:
        """Rule NS-02b: the server works on for up to 15 minutes though nobody listens any more."""
        return self.switches.on("NS-02b")

    def fault_answer(self, kind: str, exchange: Exchange) -> Response:  # noqa: ARG002 - every caller gets the same
        """NetSuite's own words for a fault."""
        if kind == "throttle":
            return NsError(429, "CONCURRENCY_LIMIT_EXCEEDED", CONCURRENCY).response(self.switches)
        if kind == "unauthorized":
            return login_failed().response(self.switches)
        if kind == "maintenance":
            return NsError(503, "ACCT_TEMP_UNAVAILABLE", MAINTENANCE).response(self.switches)
        self._errors += 1
        return unexpected(self._errors).response(self.switches)

    def apply_special_fault(self, kind: str, response: Response, exchange: Exchange) -> Response:  # noqa: ARG002
        """`missing_location`: the id of what was just created is lost."""
        if kind == "missing_location":
            response.headers = [pair for pair in response.headers if pair[0].lower() != "location"]
        return response

    def run_due(self) -> None:
        """Let the account's workflows do what is due."""
        self.workflow.run_due()

    def load(self, dataset: Json) -> None:
        """Replace everything: data, tokens, locks."""
        self._start_state(dataset)
        self.auth.reset()

    def truth(self) -> list[Json]:
        """Live customers, contacts, transactions and relationships (reference data stays out)."""
        kinds = [kind.name for kind in self.state.types.values() if kind.writable]
        return [truth_of(record) for kind in kinds for record in self.state.all(kind)]

    def admin(self, action: str, arguments: Json) -> Json:
        """What people and other integrations do; see `admin.Administration`."""
        return self.administration.act(action, arguments)

    def dump(self) -> Json:
        """The whole state."""
        return statefile.dump(self.account)

    def restore(self, state: Json) -> None:
        """Take back what `dump` gave."""
        self._start_state({})
        statefile.restore(self.account, state)

    # --- serving ------------------------------------------------------------------------------------------

    def handle(self, exchange: Exchange) -> Response:
        """Serve one request."""
        try:
            response = self._route(exchange)
        except NsError as error:
            exchange.error = error.detail
            response = error.response(self.switches)
        response.headers.append(("x-netsuite-operation-id", f"{self.account_id.lower()}-{exchange.n:08d}"))
        return response

    def _route(self, exchange: Exchange) -> Response:
        request = exchange.request
        path = request.raw_path
        if request.method == "OPTIONS":
            return Response(204)
        if path == TOKEN_PATH:
            return self._token(exchange)
        caller: Caller = exchange.caller
        root = f"{self._origin(request)}{RECORDS}"
        if path == f"{SERVICES}/query/v1/suiteql":
            return self.queries.serve(request, caller, f"{self._origin(request)}{path}", self.state.account)
        if path.startswith(f"{RECORDS}/metadata-catalog"):
            return self.metadata.serve(request, root)
        if path.startswith(f"{RECORDS}/"):
            return self.resources.serve(exchange, caller, root, path[len(RECORDS) + 1 :])
        if path.startswith(f"{SERVICES}/system/v1/"):
            return self._system(path.rsplit("/", 1)[1], caller)
        raise NsError(
            400,
            "INVALID_REQUEST",
            "The request could not be understood by the server due to malformed syntax.",
        )

    def _token(self, exchange: Exchange) -> Response:
        try:
            return json_response(200, self.auth.issue(exchange.request))
        except TokenRefused as refusal:
            exchange.error = str(refusal)
            status = 401 if refusal.code == "invalid_client" else 400
            return json_response(status, {"error": refusal.code})

    def _system(self, name: str, caller: Caller) -> Response:
        if name == "serverTime":
            return json_response(200, {"serverTime": self.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")})
        if name == "governanceLimits":
            if caller.role.permissions is not None:
                raise NsError(
                    403, "INSUFFICIENT_PERMISSION", "Only an administrator can read governance limits."
                )
            limit = self.config["concurrency"]
            body: dict[str, Any] = {
                "accountConcurrencyLimit": limit,
                "accountUnallocatedConcurrencyLimit": limit,
                "integrationLimitType": "accountLimit",
            }
            return json_response(200, body)
        raise NsError(404, "NONEXISTENT_ID", f"Record type '{name}' does not exist.")

    def _origin(self, request: Request) -> str:
        host = request.headers.get("host", "")
        return f"https://{host}" if host.endswith("netsuite.com") else f"http://{host}"
