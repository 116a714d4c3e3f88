# ruff: noqa: D102 - the module docstring is the list of actions
"""What administrators, other people and other integrations do to the account (`POST /_emulator/admin`).

Actions and their arguments:
  deactivate_account(id) · deactivate_item(id) · activate_item(id) · rename_item(id, itemid?, displayname?)
  set_item_subsidiaries(id, subsidiaries)
  close_period(id | date) · open_period(id | date)
  add_mandatory_field(form, field, label?) · remove_mandatory_field(form, field)
  hide_custom_field(form, field) · show_custom_field(form, field)
  declare_custom_field(record, id, type?, label?)
  set_role(role, subsidiaries?, permissions?) · set_ar_account(account) · set_preference(name, value)
  human_edit(record, id, fields) · human_create(record, body, by?) · delete_record(record, id, force?)
  approve_invoice(id) · approve_order(id) · lock_record_by_workflow(record, id) · unlock_record(record, id)
  void_record(record, id): amounts to zero, the record stays, what it settled is open again
  touch_record(record, id): somebody saves it between your read and your write (optimistic lock, once)
  arm_user_event_refusal(text, match?, times?) · clear_user_event_refusals()
  set_concurrency(slots) · maintenance(on)
  expire_certificate(kid) · restore_certificate(kid) · revoke_tokens(integration?) · sandbox_refresh()
  workflow_billing(on, delay_seconds?): approved orders are billed by the account itself
  login_audit_trail(): why logins failed
`id` may be an internal id or `eid:…`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tieout.emulators.kit.http import Json
from tieout.emulators.netsuite import loading
from tieout.emulators.netsuite.account import Account
from tieout.emulators.netsuite.balances import settle
from tieout.emulators.netsuite.catalog import label_of
from tieout.emulators.netsuite.context import SaveContext
from tieout.emulators.netsuite.dataset import ACCOUNT_DEFAULTS
from tieout.emulators.netsuite.errors import NsError
from tieout.emulators.netsuite.loading import ADMINISTRATOR
from tieout.emulators.netsuite.rendering import truth_of
from tieout.emulators.netsuite.saving import create, delete, update
from tieout.emulators.netsuite.state import Form, Record
from tieout.emulators.netsuite.transforms import transform, unbill
from tieout.emulators.netsuite.voiding import void


class Administration:
    """Carries out admin actions; each method named `do_<action>` is one."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._state = account.state

    def act(self, action: str, arguments: Json) -> Json:
        """One action. Raises ValueError naming what is wrong."""
        method = getattr(self, f"do_{action}", None)
        if method is None:
            known = sorted(name[3:] for name in dir(self) if name.startswith("do_"))
            raise ValueError(f"unknown action {action!r}; known: {', '.join(known)}")
        try:
            answer = method(**arguments)
        except NsError as error:
            raise ValueError(error.detail) from None
        return answer if isinstance(answer, dict) else {"ok": True}

    # --- reference data -----------------------------------------------------------------------------------

    def _item(self, item_id: str) -> Record:
        item = self._state.item(str(item_id))
        if item is None:
            raise ValueError(f"no item {item_id}")
        return item

    def _alter(self, record: Record, **changes: Any) -> None:
        old = record.external_id
        record.fields.update(changes)
        record.meta["modified_at"] = self._state.clock.now()
        self._state.changed(record, old)

    def do_deactivate_account(self, id: str) -> None:  # noqa: A002
        account = self._state.get("account", id)
        if account is None:
            raise ValueError(f"no account {id}")
        self._alter(account, isInactive=True)

    def do_deactivate_item(self, id: str) -> None:  # noqa: A002 - the argument's name on the wire
        self._alter(self._item(id), isInactive=True)

    def do_activate_item(self, id: str) -> None:  # noqa: A002
        self._alter(self._item(id), isInactive=False)

    def do_rename_item(self, id: str, itemid: str | None = None, displayname: str | None = None) -> None:  # noqa: A002
        item = self._item(id)
        self._alter(item, itemId=itemid or item.fields["itemId"],
                    displayName=displayname or item.fields.get("displayName"))  # fmt: skip

    def do_set_item_subsidiaries(self, id: str, subsidiaries: list[str]) -> None:  # noqa: A002
        self._alter(self._item(id), subsidiary=[str(one) for one in subsidiaries])

    def _period(self, period_id: str | None, date: str | None) -> Record:
        period = self._state.get("accountingPeriod", str(period_id)) if period_id else None
        period = period or (self._state.period_for(date) if date else None)
        if period is None:
            raise ValueError(f"no accounting period {period_id or date}")
        return period

    def do_close_period(self, id: str | None = None, date: str | None = None) -> None:  # noqa: A002
        self._alter(self._period(id, date), closed=True, arLocked=True)

    def do_open_period(self, id: str | None = None, date: str | None = None) -> None:  # noqa: A002
        self._alter(self._period(id, date), closed=False, arLocked=False)

    # --- forms, roles, preferences ------------------------------------------------------------------------

    def _form(self, form_id: str) -> Form:
        form = self._state.forms.get(str(form_id))
        if form is None:
            raise ValueError(f"no form {form_id}")
        return form

    def do_add_mandatory_field(self, form: str, field: str, label: str | None = None) -> None:
        self._form(form).mandatory.append((field, label or label_of(field)))

    def do_remove_mandatory_field(self, form: str, field: str) -> None:
        found = self._form(form)
        found.mandatory = [pair for pair in found.mandatory if pair[0] != field]

    def do_hide_custom_field(self, form: str, field: str) -> None:
        self._form(form).hidden.add(field.lower())

    def do_show_custom_field(self, form: str, field: str) -> None:
        self._form(form).hidden.discard(field.lower())

    def do_declare_custom_field(self, **declared: Any) -> None:
        loading.declare_custom_field(self._state, declared)
        self._account.suiteql.schema_changed()

    def do_set_role(self, role: str, subsidiaries: Any = None, permissions: Any = None) -> None:
        found = self._state.roles.get(str(role))
        if found is None:
            raise ValueError(f"no role {role}")
        row = {
            "id": found.id, "name": found.name, "preferred_forms": found.preferred_forms,
            "subsidiaries": subsidiaries if subsidiaries is not None else found.subsidiaries or "all",
            "permissions": permissions if permissions is not None else found.permissions or "all",
        }  # fmt: skip
        self._state.roles[found.id] = replace(loading.role_of(row))

    def do_set_ar_account(self, account: str) -> None:
        self._state.account["default_ar_account"] = str(account)

    def do_set_preference(self, name: str, value: Any) -> None:
        if name not in ACCOUNT_DEFAULTS:
            raise ValueError(f"unknown preference {name!r}")
        self._state.account[name] = value

    def do_set_concurrency(self, slots: int) -> None:
        self._account.config["concurrency"] = slots

    def do_maintenance(self, on: bool) -> None:
        self._account.maintenance = on

    # --- other people's hands -----------------------------------------------------------------------------

    def _record(self, record: str, record_id: str) -> Record:
        record_type = self._state.type_of(record)
        if record_type is None:
            raise ValueError(f"no record type {record}")
        wanted = str(record_id)
        if wanted.startswith("eid:"):
            found = self._state.find_external(record_type, wanted[4:])
            found = found if found is not None and found.type == record_type.name else None
        else:
            found = self._state.get(record_type.name, wanted)
        if found is None:
            raise ValueError(f"no {record} {wanted}")
        return found

    def _context(self, by: str) -> SaveContext:
        return SaveContext(self._state, self._account.switches, ADMINISTRATOR, by, names="error")

    def do_human_edit(self, record: str, id: str, fields: Json, by: str = "human", replace: str = "") -> Json:  # noqa: A002
        context = self._context(by)
        context.replace = frozenset(part for part in replace.split(",") if part)
        return {"record": truth_of(update(context, self._record(record, id), fields))}

    def do_human_create(self, record: str, body: Json, by: str = "human") -> Json:
        record_type = self._state.type_of(record)
        if record_type is None or not record_type.writable:
            raise ValueError(f"no writable record type {record}")
        made = create(self._context(by), record_type, body)
        if made.type == "salesOrder":
            self._account.workflow.order_saved(made.id)
        return {"id": made.id}

    def do_human_transform(self, record: str, id: str, target: str, body: Json, by: str = "human") -> Json:  # noqa: A002
        return {"id": transform(self._context(by), self._record(record, id), target, body).id}

    def do_delete_record(self, record: str, id: str, force: bool = False) -> None:  # noqa: A002
        found = self._record(record, id)
        context = self._context("human")
        if force:
            self._state.remove(found)
            settle(context, found, removed=True)
            return
        delete(context, found)
        if found.type == "invoice":
            unbill(self._state, found, context)

    def do_approve_invoice(self, id: str) -> None:  # noqa: A002
        update(self._context("human"), self._record("invoice", id), {"approvalStatus": {"id": "2"}})

    def do_approve_order(self, id: str) -> None:  # noqa: A002
        order = self._record("salesOrder", id)
        update(self._context("human"), order, {"orderStatus": {"id": "F"}})
        self._account.workflow.order_saved(order.id)

    def do_lock_record_by_workflow(self, record: str, id: str) -> None:  # noqa: A002
        self._record(record, id).meta["locked"] = True

    def do_unlock_record(self, record: str, id: str) -> None:  # noqa: A002
        self._record(record, id).meta.pop("locked", None)

    def do_void_record(self, record: str, id: str) -> None:  # noqa: A002
        void(self._context("human"), self._record(record, id))

    def do_touch_record(self, record: str, id: str) -> None:  # noqa: A002
        found = self._record(record, id)
        found.meta["changed_under"] = True
        self._alter(found)

    def do_arm_user_event_refusal(self, text: str, match: Json | None = None, times: int = 1_000_000) -> None:
        self._account.refusals.append({"text": text, "match": match or {}, "times": times})

    def do_clear_user_event_refusals(self) -> None:
        self._account.refusals.clear()

    def do_workflow_billing(self, on: bool, delay_seconds: float = 120.0) -> None:
        self._account.workflow.automation.on = on
        self._account.workflow.automation.delay_seconds = delay_seconds

    # --- credentials --------------------------------------------------------------------------------------

    def do_expire_certificate(self, kid: str) -> None:
        self._account.auth.expired_certificates.add(kid)

    def do_restore_certificate(self, kid: str) -> None:
        self._account.auth.expired_certificates.discard(kid)

    def do_revoke_tokens(self, integration: str | None = None) -> None:
        self._account.auth.revoke(integration)

    def do_sandbox_refresh(self) -> None:
        """M2M mappings and tokens do not survive a refresh (reference 3.1, 3.2)."""
        for integration in self._state.integrations:
            integration["certificates"] = {}
            integration["token_id"] = None
        self._account.auth.revoke(None)

    def do_login_audit_trail(self) -> Json:
        return {"entries": self._account.auth.audit_trail}
