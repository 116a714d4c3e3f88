"""What people, other programs and administrators do, through the control API's `admin` route."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from tieout.emulators.hubspot.auth import Auth
from tieout.emulators.hubspot.errors import HubSpotError
from tieout.emulators.hubspot.links import Kind
from tieout.emulators.hubspot.merging import merge
from tieout.emulators.hubspot.objects import TYPES, ObjectType, object_type
from tieout.emulators.hubspot.portal import Item, Portal, sortable
from tieout.emulators.hubspot.webhooks import Outbox
from tieout.emulators.hubspot.writes import Writer
from tieout.emulators.kit.delivery import Courier
from tieout.emulators.kit.http import Json

_CLONED = ("name", "description", "price", "quantity", "discount", "hs_discount_percentage", "hs_sku",
           "recurringbillingfrequency", "hs_recurring_billing_period", "hs_recurring_billing_start_date",
           "hs_product_id", "hs_line_item_currency_code")  # fmt: skip


class Admin:
    """Actions by name. Each takes the JSON arguments of the request; all raise ValueError when they cannot.

    Common arguments: `type` (object type), `id`, `properties`.

    - `create` (`properties`, `associations` as in an API body), `update`, `archive`, `restore`
    - `bulk_update` (`ids`, `properties`): many records, one stamp
    - `set_stage` (`id`, `stage`, `pipeline`): writes history
    - `merge` (`type`, `primary`, `other`)
    - `associate` (`from_type`, `from`, `to_type`, `to`, `types`: numbers), `dissociate` (without `types`)
    - `add_line` (`deal`, `properties`), `publish_quote` (`deal`): a quote with cloned lines
    - `rename_label` (`type_id`, `label`, `category`): an association label changes under everybody
    - `arm_validation_rule` (as in the data set), `disarm_rules`
    - `lock` (`id`, `times`): 423 so many times; `migrate` (`seconds`): 477 for so long
    - `set_rate` (`currency`, `rate`), `set_portal` (`settings`), `expire_tokens`
    - `subscribe` (a subscription), `set_target` (`target_url`, `public_url`, `client_secret`)
    - `deliver`: send what is due, answers `round`; `deliveries`: what waits, what was tried, `done` rounds
    - `duplicate` (`times`), `drop`, `emit` (`event`): spoil what waits, or send an event that never happened
    """

    def __init__(
        self, portal: Portal, auth: Auth, outbox: Outbox, courier: Courier, emit: Callable[[Json], None]
    ) -> None:
        self._portal, self._auth, self._outbox, self._courier, self._emit = (
            portal,
            auth,
            outbox,
            courier,
            emit,
        )
        self._actions: dict[str, Callable[[Json], Json]] = {
            "create": self._create, "update": self._update, "bulk_update": self._bulk_update,
            "archive": self._archive, "restore": self._restore, "set_stage": self._set_stage,
            "merge": self._merge, "associate": self._associate, "dissociate": self._dissociate,
            "add_line": self._add_line, "publish_quote": self._publish_quote, "rename_label": self._rename_label,
            "arm_validation_rule": self._arm_validation_rule, "disarm_rules": self._disarm_rules,
            "lock": self._lock, "migrate": self._migrate, "set_rate": self._set_rate,
            "set_portal": self._set_portal, "expire_tokens": self._expire_tokens, "subscribe": self._subscribe,
            "set_target": self._set_target, "deliver": self._deliver, "deliveries": self._deliveries,
            "duplicate": self._duplicate, "drop": self._drop, "emit": self._emit_raw,
        }  # fmt: skip

    def act(self, action: str, arguments: Json) -> Json:
        """Carry out one action. Raises ValueError."""
        handler = self._actions.get(action)
        if handler is None:
            raise ValueError(f"unknown action {action}; known: {', '.join(self._actions)}")
        try:
            return handler(arguments)
        except HubSpotError as error:
            raise ValueError(str(error)) from None

    # Helpers

    def _writer(self) -> Writer:
        return Writer(self._portal, self._emit, actor="human", source="CRM_UI", source_id="userId:41")

    def _type(self, word: str) -> ObjectType:
        found = object_type(word)
        if found is None:
            raise ValueError(f"no object type {word}; known: {', '.join(TYPES)}")
        return found

    def _item(self, spec: ObjectType, record_id: Any, *, archived: bool = False) -> Item:
        item = self._portal.find(spec, str(record_id), archived=archived)
        if item is None:
            raise ValueError(f"no {spec.name} {record_id}")
        return item

    # Records

    def _create(self, arguments: Json) -> Json:
        spec, writer = self._type(arguments["type"]), self._writer()
        values = writer.plan(spec, None, arguments.get("properties", {}))
        plans = writer.plan_links(spec, arguments.get("associations"))
        item = writer.create(spec, values)
        for target, other, kinds in plans:
            writer.link(spec, item.id, target, other, kinds)
        return {"id": item.id}

    def _update(self, arguments: Json) -> Json:
        spec, writer = self._type(arguments["type"]), self._writer()
        item = self._item(spec, arguments["id"])
        writer.update(spec, item, writer.plan(spec, item, arguments["properties"]))
        return {"id": item.id}

    def _bulk_update(self, arguments: Json) -> Json:
        spec = self._type(arguments["type"])
        ids = [str(one) for one in arguments.get("ids") or [item.id for item in self._portal.live(spec.name)]]
        for record_id in ids:
            self._update({**arguments, "id": record_id})
        return {"ids": ids, "stamp": self._portal.now()}

    def _archive(self, arguments: Json) -> Json:
        spec = self._type(arguments["type"])
        self._writer().archive(spec, self._item(spec, arguments["id"]))
        return {"ok": True}

    def _restore(self, arguments: Json) -> Json:
        spec = self._type(arguments["type"])
        self._writer().restore(spec, self._item(spec, arguments["id"], archived=True))
        return {"ok": True}

    def _set_stage(self, arguments: Json) -> Json:
        properties = {"dealstage": arguments["stage"]}
        if "pipeline" in arguments:
            properties["pipeline"] = arguments["pipeline"]
        return self._update({"type": "deals", "id": arguments["id"], "properties": properties})

    def _merge(self, arguments: Json) -> Json:
        spec = self._type(arguments.get("type", "deals"))
        item = merge(self._portal, self._writer(), spec, str(arguments["primary"]), str(arguments["other"]))
        return {"id": item.id}

    # Associations and quotes

    def _ends(self, arguments: Json) -> tuple[ObjectType, str, ObjectType, str]:
        source, target = self._type(arguments["from_type"]), self._type(arguments["to_type"])
        return (
            source,
            self._item(source, arguments["from"]).id,
            target,
            self._item(target, arguments["to"]).id,
        )

    def _associate(self, arguments: Json) -> Json:
        source, source_id, target, target_id = self._ends(arguments)
        known = self._portal.links.known(source.name, target.name)
        wanted = [int(one) for one in arguments.get("types", [])]
        kinds: list[Kind] = [kind for kind in known if kind[1] in wanted] or [
            self._portal.links.plain(source.name, target.name)
        ]
        self._writer().link(source, source_id, target, target_id, kinds)
        return {"types": [list(kind) for kind in kinds]}

    def _dissociate(self, arguments: Json) -> Json:
        self._writer().unlink(*self._ends(arguments))
        return {"ok": True}

    def _add_line(self, arguments: Json) -> Json:
        made = self._create({"type": "line_items", "properties": arguments["properties"]})
        ends = {"from_type": "deals", "from": arguments["deal"], "to_type": "line_items", "to": made["id"]}
        self._associate(ends)
        return made

    def _publish_quote(self, arguments: Json) -> Json:
        """The quote's lines are clones with ids of their own."""
        deal = self._item(TYPES["deals"], arguments["deal"])
        expires = sortable(self._portal.clock.now() + timedelta(days=30))
        title = f"{deal.properties.get('dealname', 'Quote')} quote"
        quote_id = self._create(
            {"type": "quotes", "properties": {"hs_title": title, "hs_expiration_date": expires}}
        )["id"]
        quote = self._item(TYPES["quotes"], quote_id)
        writer, links = self._writer(), self._portal.links
        writer.link(TYPES["deals"], deal.id, TYPES["quotes"], quote_id, [links.plain("deals", "quotes")])
        lines = []
        for line_id in list(links.of("deals", deal.id, "line_items")):
            old = self._item(TYPES["line_items"], line_id)
            copied = {name: old.properties[name] for name in _CLONED if name in old.properties}
            shared = not self._portal.switches.on("HS-27a")
            number = line_id if shared else self._create({"type": "line_items", "properties": copied})["id"]
            writer.link(
                TYPES["quotes"], quote_id, TYPES["line_items"], number, [links.plain("quotes", "line_items")]
            )
            lines.append({"deal_line": line_id, "quote_line": number})
        quote.properties |= {
            "hs_status": "APPROVAL_NOT_NEEDED", "hs_locked": "true",
            "hs_quote_amount": deal.properties.get("amount", "0"),
            "hs_currency": deal.properties.get("deal_currency_code", str(self._portal.settings["company_currency"])),
            "hs_quote_link": f"https://app.hubspot.com/quotes/{quote_id}",
        }  # fmt: skip
        self._portal.put(quote, new=False)
        return {"id": quote_id, "lines": lines}

    def _rename_label(self, arguments: Json) -> Json:
        kind = (str(arguments.get("category", "HUBSPOT_DEFINED")), int(arguments["type_id"]))
        self._portal.links.labels[kind] = arguments["label"]
        return {"ok": True}

    # Rules, locks, account

    def _arm_validation_rule(self, arguments: Json) -> Json:
        spec = self._type(arguments["object"])
        if arguments["property"] not in self._portal.definitions[spec.name]:
            raise ValueError(f"{spec.name} have no property {arguments['property']}")
        self._portal.validation_rules.append({**arguments, "object": spec.name})
        return {"armed": len(self._portal.validation_rules)}

    def _disarm_rules(self, _: Json) -> Json:
        self._portal.validation_rules.clear()
        return {"ok": True}

    def _lock(self, arguments: Json) -> Json:
        self._portal.locks[str(arguments["id"])] = int(arguments.get("times", 1))
        return {"ok": True}

    def _migrate(self, arguments: Json) -> Json:
        self._portal.migrating_until = self._portal.later(float(arguments["seconds"]))
        return {"until": self._portal.migrating_until}

    def _set_rate(self, arguments: Json) -> Json:
        rates = self._portal.settings["exchange_rates"]
        self._portal.settings["exchange_rates"] = {**rates, arguments["currency"]: str(arguments["rate"])}
        return {"ok": True}

    def _set_portal(self, arguments: Json) -> Json:
        unknown = set(arguments["settings"]) - set(self._portal.settings)
        if unknown:
            raise ValueError(f"unknown settings {', '.join(sorted(unknown))}")
        self._portal.settings.update(arguments["settings"])
        return {"settings": self._portal.settings}

    def _expire_tokens(self, _: Json) -> Json:
        self._auth.expire_all()
        return {"ok": True}

    # Webhooks

    def _subscribe(self, arguments: Json) -> Json:
        return self._outbox.subscribe(arguments)

    def _set_target(self, arguments: Json) -> Json:
        known = {"target_url", "public_url", "client_secret"}
        self._outbox.app.update({name: arguments[name] for name in known & set(arguments)})
        return {"app": {name: value for name, value in self._outbox.app.items() if name != "client_secret"}}

    def _deliver(self, _: Json) -> Json:
        return {"round": self._courier.ask()}

    def _deliveries(self, _: Json) -> Json:
        return {**self._outbox.status(), "done": self._courier.done}

    def _duplicate(self, arguments: Json) -> Json:
        with self._outbox.lock:
            waiting = list(self._outbox.waiting)
            for _ in range(int(arguments.get("times", 1))):
                self._outbox.waiting += [{**one, "event": dict(one["event"])} for one in waiting]
            return {"waiting": len(self._outbox.waiting)}

    def _drop(self, _: Json) -> Json:
        with self._outbox.lock:
            dropped = len(self._outbox.waiting)
            self._outbox.waiting = []
        return {"dropped": dropped}

    def _emit_raw(self, arguments: Json) -> Json:
        with self._outbox.lock:
            event = {"attemptNumber": 0, "portalId": self._portal.portal_id, **arguments["event"]}
            self._outbox.waiting.append({"due": self._portal.now(), "event": event})
        return {"ok": True}
