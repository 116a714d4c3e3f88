"""What people, other programs and administrators do, through the control API's `admin` route."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from tieout.emulators.kit.http import Json
from tieout.emulators.salesforce.auth import Auth
from tieout.emulators.salesforce.deletes import delete, merge, undelete
from tieout.emulators.salesforce.errors import SalesforceError
from tieout.emulators.salesforce.ids import to_18
from tieout.emulators.salesforce.org import Org
from tieout.emulators.salesforce.schema import SObject, custom_field
from tieout.emulators.salesforce.values import parse_instant, stamp
from tieout.emulators.salesforce.writes import Writer

UNSERVED_AGE = timedelta(seconds=60)


class Admin:
    """Actions by name. Each takes the JSON arguments of the request; all raise ValueError when they cannot.

    Common arguments: `type` (object), `id`, `fields`, `by` (user id; default: a person, not the API user).

    - `insert`, `update` (`automated: true` moves only SystemModstamp), `delete`, `undelete`
    - `bulk_update` (`ids`, `fields`): one transaction, one stamp
    - `set_stage` (`id`, `stage`): writes history
    - `merge` (`type`, `winner`, `losers`)
    - `late_commit` (`type`, `id` or none for an insert, `fields`, and one of `stamp`, `backdate_seconds`,
      `held_seconds`): a change stamped before it can be seen. Default: just older than the newest row served
    - `arm_validation_rule` (`object`, `where`, `fields`, `message`, `error_field`),
      `arm_duplicate_rule` (`object`, `fields`, `message`, `allow_save`), `disarm_rules`
    - `lock`, `unlock` (`id`): approval lock; `busy_row` (`id`, `times`): UNABLE_TO_LOCK_ROW so many times
    - `hide_field`, `show_field` (`object`, `field`): field-level security; `add_field` (a custom field)
    - `expire_tokens`, `empty_recycle_bin` (`type`), `set_org` (`settings`)
    """

    def __init__(self, org: Org, auth: Auth) -> None:
        self._org = org
        self._auth = auth
        self._actions: dict[str, Callable[[Json], Json]] = {
            "insert": self._insert,
            "update": self._update,
            "bulk_update": self._bulk_update,
            "delete": self._delete,
            "undelete": self._undelete,
            "set_stage": self._set_stage,
            "merge": self._merge,
            "late_commit": self._late_commit,
            "arm_validation_rule": self._arm_validation_rule,
            "arm_duplicate_rule": self._arm_duplicate_rule,
            "disarm_rules": self._disarm_rules,
            "lock": self._lock,
            "unlock": self._unlock,
            "busy_row": self._busy_row,
            "hide_field": self._hide_field,
            "show_field": self._show_field,
            "add_field": self._add_field,
            "expire_tokens": self._expire_tokens,
            "empty_recycle_bin": self._empty_recycle_bin,
            "set_org": self._set_org,
        }

    def act(self, action: str, arguments: Json) -> Json:
        """Carry out one action, wholly or not at all. Raises ValueError."""
        handler = self._actions.get(action)
        if handler is None:
            raise ValueError(f"unknown action {action}; known: {', '.join(self._actions)}")
        mark = self._org.store.begin()
        try:
            return handler(arguments)
        except SalesforceError as error:
            self._org.store.rollback(mark)
            raise ValueError(str(error)) from None
        finally:
            self._org.store.commit()

    def run_due(self) -> None:
        """Let held transactions commit whose time has come."""
        now = self._org.now()
        due = [item for item in self._org.pending if item["visible_at"] <= now]
        if due:
            self._org.pending = [item for item in self._org.pending if item["visible_at"] > now]
            for item in due:
                self._commit(item)

    # Helpers

    def _writer(self, arguments: Json, *, at: str | None = None) -> Writer:
        by = arguments.get("by")
        user = to_18(by) or by if by else self._org.settings.get("person_user_id", "0055g0000000999AAA")
        return Writer(
            self._org,
            str(user),
            str(arguments.get("label", "human")),
            human=True,
            automated=bool(arguments.get("automated", False)),
            stamp=at,
        )

    def _object(self, arguments: Json, key: str = "type") -> SObject:
        found = self._org.sobject(arguments[key])
        if found is None:
            raise ValueError(f"no object {arguments[key]}")
        return found

    def _id(self, given: str) -> str:
        return to_18(given) or given

    # Rows

    def _insert(self, arguments: Json) -> Json:
        return {"id": self._writer(arguments).create(self._object(arguments), arguments["fields"])}

    def _update(self, arguments: Json) -> Json:
        record_id = self._id(arguments["id"])
        self._writer(arguments).update(self._object(arguments), record_id, arguments["fields"])
        return {"id": record_id}

    def _bulk_update(self, arguments: Json) -> Json:
        sobject, at = self._object(arguments), self._org.now()
        ids = [self._id(item) for item in arguments.get("ids") or [row["Id"] for row in self._live(sobject)]]
        for record_id in ids:
            self._writer(arguments, at=at).update(sobject, record_id, arguments["fields"])
        return {"ids": ids, "stamp": at}

    def _live(self, sobject: SObject) -> list[Json]:
        return list(self._org.store.live(sobject.name))

    def _delete(self, arguments: Json) -> Json:
        delete(self._writer(arguments), self._object(arguments), self._id(arguments["id"]))
        return {"ok": True}

    def _undelete(self, arguments: Json) -> Json:
        undelete(self._writer(arguments), self._object(arguments), self._id(arguments["id"]))
        return {"ok": True}

    def _set_stage(self, arguments: Json) -> Json:
        fields = {"StageName": arguments["stage"], **arguments.get("fields", {})}
        return self._update({**arguments, "type": "Opportunity", "fields": fields})

    def _merge(self, arguments: Json) -> Json:
        sobject = self._object({"type": "Account", **arguments})
        losers = [self._id(item) for item in arguments["losers"]]
        moved = merge(self._writer(arguments), sobject, self._id(arguments["winner"]), losers)
        return {"winner": self._id(arguments["winner"]), "losers": losers, "moved": moved}

    def _late_commit(self, arguments: Json) -> Json:
        now = self._org.clock.now()
        sobject = self._object(arguments)
        item = {**arguments, "stamp": self._late_stamp(sobject, arguments), "visible_at": stamp(now)}
        held = float(arguments.get("held_seconds", 0))
        if held:
            item["visible_at"] = stamp(now + timedelta(seconds=held))
        if not self._org.switches.on("SF-07a"):
            item["stamp"] = item["visible_at"]
        if held:
            self._org.pending.append(item)
            return {"stamp": item["stamp"], "visible_at": item["visible_at"]}
        return {"id": self._commit(item), "stamp": item["stamp"], "visible_at": item["visible_at"]}

    def _late_stamp(self, sobject: SObject, arguments: Json) -> str:
        now = self._org.clock.now()
        if "stamp" in arguments:
            return stamp(parse_instant(arguments["stamp"]))
        if "held_seconds" in arguments:
            return stamp(now)
        if "backdate_seconds" in arguments:
            return stamp(now - timedelta(seconds=float(arguments["backdate_seconds"])))
        served = self._org.served.get(sobject.name)
        newest = parse_instant(served) - timedelta(seconds=1) if served else now - UNSERVED_AGE
        return stamp(newest)

    def _commit(self, item: Json) -> str:
        writer, sobject = self._writer(item, at=item["stamp"]), self._object(item)
        if item.get("id") is None:
            return writer.create(sobject, item["fields"])
        record_id = self._id(item["id"])
        writer.update(sobject, record_id, item["fields"])
        return record_id

    # Rules, locks, field-level security

    def _arm_validation_rule(self, arguments: Json) -> Json:
        self._object(arguments, "object")
        if "message" not in arguments:
            raise ValueError("a validation rule needs the admin's message")
        self._org.armed.validation_rules.append(arguments)
        return {"armed": len(self._org.armed.validation_rules)}

    def _arm_duplicate_rule(self, arguments: Json) -> Json:
        self._object(arguments, "object")
        self._org.armed.duplicate_rules.append(arguments)
        return {"armed": len(self._org.armed.duplicate_rules)}

    def _disarm_rules(self, _: Json) -> Json:
        self._org.armed.validation_rules.clear()
        self._org.armed.duplicate_rules.clear()
        return {"ok": True}

    def _lock(self, arguments: Json) -> Json:
        self._org.armed.locked_records[self._id(arguments["id"])] = self._org.now()
        return {"ok": True}

    def _unlock(self, arguments: Json) -> Json:
        self._org.armed.locked_records.pop(self._id(arguments["id"]), None)
        return {"ok": True}

    def _busy_row(self, arguments: Json) -> Json:
        self._org.armed.busy_rows[self._id(arguments["id"])] = int(arguments.get("times", 1))
        return {"ok": True}

    def _field_key(self, arguments: Json) -> tuple[str, str]:
        sobject = self._object(arguments, "object")
        spec = sobject.get(arguments["field"])
        if spec is None:
            raise ValueError(f"{sobject.name} has no field {arguments['field']}")
        return sobject.name, spec.name

    def _hide_field(self, arguments: Json) -> Json:
        self._org.armed.hidden_fields.add(self._field_key(arguments))
        return {"ok": True}

    def _show_field(self, arguments: Json) -> Json:
        self._org.armed.hidden_fields.discard(self._field_key(arguments))
        return {"ok": True}

    def _add_field(self, arguments: Json) -> Json:
        sobject = self._object(arguments, "object")
        if arguments.get("external_id") or arguments.get("unique") or arguments.get("type") == "reference":
            raise ValueError("fields with an index belong into the data set's custom_fields")
        sobject.add(custom_field(arguments))
        self._org.shape["custom_fields"] = [*self._org.shape["custom_fields"], arguments]
        return {"ok": True}

    # The org

    def _expire_tokens(self, _: Json) -> Json:
        self._auth.expire_all()
        return {"ok": True}

    def _empty_recycle_bin(self, arguments: Json) -> Json:
        sobject = self._object(arguments)
        table = self._org.store.tables[sobject.name]
        gone = [row["Id"] for row in table.rows.values() if row.get("IsDeleted")]
        for record_id in gone:
            self._org.store.remove(sobject.name, record_id)
        return {"ids": gone}

    def _set_org(self, arguments: Json) -> Json:
        self._org.settings.update(arguments["settings"])
        return {"settings": self._org.settings}
