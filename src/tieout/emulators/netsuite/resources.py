"""`/record/v1/{type}…`: create, read, change, delete, transform, list."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import unquote

from tieout.emulators.kit.http import Exchange, Json, Request, Response, json_response
from tieout.emulators.kit.rules import Switches
from tieout.emulators.netsuite import transforms
from tieout.emulators.netsuite.advances import take_up
from tieout.emulators.netsuite.auth import Caller
from tieout.emulators.netsuite.catalog import RecordType
from tieout.emulators.netsuite.context import SaveContext
from tieout.emulators.netsuite.errors import (
    NsError,
    invalid_content,
    missing_record,
    permission_violation,
    wrong_type,
)
from tieout.emulators.netsuite.listing import list_records
from tieout.emulators.netsuite.rendering import Renderer, line_key
from tieout.emulators.netsuite.saving import create, delete, update
from tieout.emulators.netsuite.state import Record, State
from tieout.emulators.netsuite.workflow import Workflow

SINGULAR = "application/vnd.oracle.resource+json; type=singular"
CREATE_FORM = "application/vnd.oracle.resource+json; type=create-form"
_METHOD_LEVEL = {"POST": "create", "PATCH": "edit", "PUT": "edit", "DELETE": "full"}


class Resources:
    """The record service."""

    def __init__(self, state: State, switches: Switches, workflow: Workflow, refusals: list[Json]) -> None:
        self._state, self._switches, self._workflow = state, switches, workflow
        self._refusals = refusals

    def serve(self, exchange: Exchange, caller: Caller, root: str, rest: str) -> Response:
        """Route one record request. `rest` is the path after `/record/v1/`."""
        parts = [unquote(part) for part in rest.strip("/").split("/")]
        record_type = self._state.type_of(parts[0])
        if record_type is None:
            raise NsError(404, "NONEXISTENT_ID", f"Record type '{parts[0]}' does not exist.")
        request = exchange.request
        if len(parts) >= 4 and parts[2] == "!transform":
            return self._transform(exchange, caller, root, record_type, parts)
        self._permit(request, caller, record_type)
        if len(parts) == 1:
            if request.method == "POST":
                return self._create(exchange, caller, root, record_type)
            if request.method == "GET":
                return list_records(self._state, self._switches, caller, record_type, request, root)
            raise NsError(405, "METHOD_NOT_ALLOWED", f"{request.method} needs a record id.")
        if request.method == "PUT":
            return self._upsert(exchange, caller, root, record_type, parts[1])
        record = self._find(record_type, parts[1], caller)
        if request.method == "GET":
            return self._read(request, root, record, parts[2:])
        exchange.record_id = record.id
        if request.method == "PATCH":
            self._refuse_read_only(record_type)
            context = self._context(exchange, caller)
            update(context, record, self._body(request))
            if record.type == "invoice":
                take_up(context, record)
            exchange.committed = True
            return self._saved(root, record, context)
        if request.method == "DELETE":
            self._refuse_read_only(record_type)
            context = self._context(exchange, caller)
            delete(context, record)
            if record.type == "invoice":
                transforms.unbill(self._state, record, context)
            exchange.committed = True
            return Response(204)
        raise NsError(405, "METHOD_NOT_ALLOWED", f"{request.method} is not allowed here.")

    # --- verbs --------------------------------------------------------------------------------------------

    def _create(self, exchange: Exchange, caller: Caller, root: str, record_type: RecordType) -> Response:
        self._refuse_read_only(record_type)
        request = exchange.request
        context = self._context(exchange, caller)
        if _wants_form(request):
            draft = create(context, record_type, self._body(request), keep=False)
            return self._form(root, draft, request)
        record = create(context, record_type, self._body(request))
        exchange.committed, exchange.record_id = True, record.id
        if record.type == "salesOrder":
            self._workflow.order_saved(record.id)
        return self._created(root, record, context)

    def _upsert(
        self, exchange: Exchange, caller: Caller, root: str, record_type: RecordType, target: str
    ) -> Response:
        """PUT works by external id only (rule NS-15d)."""
        self._refuse_read_only(record_type)
        if not target.startswith("eid:") and self._switches.on("NS-15d"):
            raise NsError(
                400,
                "INVALID_REQUEST",
                "The PUT method is supported only with an external ID (eid:) in the URL.",
            )
        body = self._body(exchange.request)
        context = self._context(exchange, caller)
        external_id = target.removeprefix("eid:")
        holder = self._state.find_external(record_type, external_id)
        if holder is not None and holder.type != record_type.name:
            raise wrong_type() if record_type.group == "transaction" else missing_record()
        if holder is None and not target.startswith("eid:"):
            holder = self._find(record_type, target, caller)
        if holder is not None:
            update(context, holder, body)
        else:
            holder = create(context, record_type, {**body, "externalId": external_id})
        exchange.committed, exchange.record_id = True, holder.id
        return self._saved(root, holder, context)

    def _transform(
        self, exchange: Exchange, caller: Caller, root: str, record_type: RecordType, parts: list[str]
    ) -> Response:
        request = exchange.request
        target = self._state.type_of(parts[3])
        if target is None:
            raise NsError(404, "NONEXISTENT_ID", f"Record type '{parts[3]}' does not exist.")
        self._permit(request, caller, target)
        if request.method != "POST":
            raise NsError(405, "METHOD_NOT_ALLOWED", "Transforms are POST.")
        source = self._find(record_type, parts[1], caller)
        context = self._context(exchange, caller)
        preview = _wants_form(request)
        record = transforms.transform(context, source, target.name, self._body(request), keep=not preview)
        if preview:
            return self._form(root, record, request)
        exchange.committed, exchange.record_id = True, record.id
        return self._created(root, record, context)

    def _read(self, request: Request, root: str, record: Record, rest: list[str]) -> Response:
        query = {name.lower(): value for name, value in request.query.items()}
        renderer = Renderer(
            self._state, root, self._switches.on, simple_enums=query.get("simpleenumformat") == "true"
        )
        if rest:
            name = next((one for one in self._state.types[record.type.lower()].sublists
                         if one.lower() == rest[0].lower()), None)  # fmt: skip
            if name is None:
                raise missing_record()
            body = renderer.sublist(record, name, renderer.link(record.type, record.id))
            if len(rest) > 1:
                for line, row in zip(renderer.lines(record, name), body["items"], strict=True):
                    if line_key(name, line) == rest[1]:
                        return json_response(200, row, content_type=SINGULAR)
                raise missing_record()
            return json_response(200, body, content_type=SINGULAR)
        only = {one.strip().lower() for one in query["fields"].split(",")} if query.get("fields") else None
        expand = query.get("expandsubresources") == "true"
        return json_response(200, renderer.record(record, expand=expand, only=only), content_type=SINGULAR)

    # --- answers ------------------------------------------------------------------------------------------

    def _created(self, root: str, record: Record, context: SaveContext) -> Response:
        if self._switches.on("NS-03"):
            return self._saved(root, record, context)
        body = Renderer(self._state, root, self._switches.on).record(record, expand=False)
        answer = json_response(201, body, content_type=SINGULAR)
        answer.headers += self._saved(root, record, context).headers
        return answer

    def _saved(self, root: str, record: Record, context: SaveContext) -> Response:
        headers = [("Location", f"{root}/{record.type}/{record.id}")]
        headers += [("Warning", f'299 - "{_ascii(text)}"') for text in context.warnings]
        return Response(204, headers=headers)

    def _form(self, root: str, draft: Record, request: Request) -> Response:
        """The pre-filled form: nothing was saved, no id was taken (reference 1.2)."""
        query = {name.lower(): value for name, value in request.query.items()}
        expand = query.get("expandsubresources") == "true" or "expand" in query
        renderer = Renderer(self._state, root, self._switches.on)
        url = f"{root}/{draft.type}"
        body = renderer.record(draft, expand=expand, url=url)
        del body["id"]
        body["links"] = [{"rel": "self", "href": url}, {"rel": "create", "href": url}]
        return json_response(200, body, content_type=CREATE_FORM)

    # --- helpers ------------------------------------------------------------------------------------------

    def _find(self, record_type: RecordType, target: str, caller: Caller) -> Record:
        """Rules NS-04b and NS-06: what a missing or foreign id answers depends on the group."""
        transaction = record_type.group == "transaction"
        if target.startswith("eid:"):
            record = self._state.find_external(record_type, target[4:])
            if record is not None and record.type != record_type.name:
                if record_type.group == "item":
                    raise missing_record()
                if self._switches.on("NS-04b"):
                    raise wrong_type() if transaction else missing_record()
                return record
            if record is None and transaction and self._switches.value("NS-06c") != "404":
                raise wrong_type()
        else:
            record = self._state.get(record_type.name, target)
            if record is None and transaction and self._switches.on("NS-06b"):
                raise wrong_type()
        if record is None or not caller.role.sees(_subsidiary(record)):
            if not self._switches.on("NS-06"):
                raise NsError(400, "USER_ERROR", "That record does not exist.")
            raise missing_record()
        return record

    def _permit(self, request: Request, caller: Caller, record_type: RecordType) -> None:
        if not self._switches.on("NS-29"):
            return
        # A GET opens the record in edit mode (rule NS-29b), so viewing rights are not enough.
        single = request.method == "GET" and request.raw_path.count("/") > 5
        read_level = "edit" if single and record_type.writable and self._switches.on("NS-29b") else "view"
        level = _METHOD_LEVEL.get(request.method, read_level)
        name = "item" if record_type.group == "item" else record_type.name
        if not caller.role.may(name, level):
            raise permission_violation(record_type.permission)

    def _refuse_read_only(self, record_type: RecordType) -> None:
        if not record_type.writable:
            raise NsError(
                405, "METHOD_NOT_ALLOWED", f"The record type '{record_type.name}' is read-only here."
            )

    def _body(self, request: Request) -> Any:
        try:
            return request.json if request.body else {}
        except (json.JSONDecodeError, UnicodeDecodeError):
            raise invalid_content("The request body is not valid JSON.") from None

    def _context(self, exchange: Exchange, caller: Caller) -> SaveContext:
        request = exchange.request
        query = {name.lower(): value for name, value in request.query.items()}
        return SaveContext(
            self._state,
            self._switches,
            caller.role,
            caller.integration,
            request=exchange.n,
            names=request.headers.get("x-netsuite-propertynamevalidation", "warning").lower(),
            values=request.headers.get("x-netsuite-propertyvaluevalidation", "error").lower(),
            replace=frozenset(part.strip() for part in query.get("replace", "").split(",") if part.strip()),
            replace_selected=query.get("replaceselectedfields") == "true",
            refusals=self._refusals,
        )


def _wants_form(request: Request) -> bool:
    return re.search(r"type\s*=\s*create-form", request.headers.get("accept", "")) is not None


def _subsidiary(record: Record) -> str | None:
    value = record.fields.get("subsidiary")
    return value if isinstance(value, str) and record.type != "salesTaxItem" else None


def _ascii(text: str) -> str:
    return (
        text.encode("ascii", "backslashreplace")
        .decode()
        .replace('"', "'")
        .replace("\n", " ")
        .replace("\r", " ")
    )
