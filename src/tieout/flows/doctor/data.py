"""Checks of the data two systems must agree on: crosswalk, customers, other writers, external ids."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from tieout.domain.crosswalk import CrosswalkKind
from tieout.domain.customers import view_of
from tieout.domain.doctor import CheckResult, Verdict
from tieout.domain.documents import Order, OrderLine
from tieout.domain.ids import ExternalId, InternalId, RecordGroup, RecordType, collisions
from tieout.domain.names import domain_of, normalised_name, normalised_tax_id
from tieout.domain.planning import record_external_id
from tieout.domain.policy import facts_of
from tieout.domain.reference import ExistingCustomer
from tieout.domain.rules import first_match
from tieout.flows.crosswalks import check_rows
from tieout.flows.doctor.ground import Ground, result, some
from tieout.flows.doctor.ports import OtherRecord


@dataclass
class _Mapped:
    """What a pass over the sold lines found."""

    lines: int = 0
    unmapped: Counter[str] = field(default_factory=Counter)
    unusable: Counter[str] = field(default_factory=Counter)
    used: set[InternalId] = field(default_factory=set)


def crosswalk(ground: Ground) -> Iterator[CheckResult]:
    """Everything that was sold lately leads to an item that can be sold (R83)."""
    known = ground.known_names
    sales, mapped = ground.sales, _Mapped()
    subject = f"sold since {sales.since.isoformat()}"
    for order in sales.orders:
        _terms(ground, order, mapped)
        for line in order.lines:
            mapped.lines += 1
            _line(ground, order, line, mapped)
    origin = (*sales.evidence, f"{mapped.lines} line(s) looked up")
    if not sales.orders:
        for code in ("crosswalk_complete", "crosswalk_targets"):
            yield result(code, subject, Verdict.UNVERIFIED, *origin, "no sale is known to compare with")
    else:
        yield _counted("crosswalk_complete", subject, mapped.unmapped, origin)
        yield _counted("crosswalk_targets", subject, mapped.unusable, origin)
    yield _unused(ground, mapped.used)
    yield _renamed(ground, known)


def _counted(code: str, subject: str, found: Counter[str], origin: tuple[str, ...]) -> CheckResult:
    told = [f"{what} ({count} ×)" for what, count in found.most_common()]
    return result(code, subject, Verdict.FAIL if found else Verdict.PASS, *some(told), *origin)


def _subsidiary(ground: Ground, order: Order) -> str:
    rule = first_match(ground.policy.subsidiary_rules, facts_of(order))
    return rule.then if rule else ""


def _day(ground: Ground, order: Order) -> date:
    """The day a deal like this would be looked up on: today, or later when the deal closes later."""
    return max(ground.today, order.close_date)


def _terms(ground: Ground, order: Order, mapped: _Mapped) -> None:
    terms = order.terms or order.payer.terms
    if not terms:
        return
    world, subsidiary = ground.around.world, _subsidiary(ground, order)
    row = world.crosswalk.resolve(
        CrosswalkKind.TERM, order.source.system, terms, _day(ground, order), subsidiary
    )
    if row is None:
        mapped.unmapped[f"terms {terms!r} of {order.source.system}"] += 1
    elif row.target not in world.reference.terms:
        mapped.unusable[f"terms {terms!r} → term {row.target}: NetSuite has no such active term"] += 1


def _line(ground: Ground, order: Order, line: OrderLine, mapped: _Mapped) -> None:
    product, system, subsidiary = line.product, order.source.system, _subsidiary(ground, order)
    label = f"{product.name or product.sku or product.id} ({product.sku or 'no SKU'}, {system} {product.id})"
    world = ground.around.world
    row = world.crosswalk.resolve(CrosswalkKind.ITEM, system, product.id, _day(ground, order), subsidiary)
    if row is None:
        mapped.unmapped[label] += 1
        return
    mapped.used.add(InternalId(row.target))
    item = world.reference.items.get(InternalId(row.target))
    if item is None:
        mapped.unusable[f"{label} → {row.target}: NetSuite has no such item"] += 1
    elif not item.active:
        mapped.unusable[f"{label} → {item.id} {item.name!r}: inactive"] += 1
    elif subsidiary and item.subsidiaries and subsidiary not in item.subsidiaries:
        sold_by = ", ".join(sorted(item.subsidiaries))
        mapped.unusable[f"{label} → {item.id} {item.name!r}: sold by {sold_by}, not by {subsidiary}"] += 1


def _unused(ground: Ground, used: set[InternalId]) -> CheckResult:
    problems = [one for one in check_rows(ground.machine) if one.split(" → ")[1].split(":")[0] not in used]
    told = some(problems) or ("every row leads to an active record",)
    return result("crosswalk_unused_rows", "crosswalk", Verdict.WARN if problems else Verdict.PASS, *told)


def _renamed(ground: Ground, known: dict[InternalId, str]) -> CheckResult:
    """Names are for people; a changed one is a hint that an item was put to another use."""
    code, items = "crosswalk_renames", ground.around.world.reference.items
    with ground.context.store.read() as unit:
        rows = [row for row in unit.mappings.crosswalk() if row.kind is CrosswalkKind.ITEM]
    targets = {InternalId(row.target) for row in rows}
    if not known:
        return result(
            code, "items", Verdict.UNVERIFIED, "items were never read before: nothing to compare with"
        )
    changed = [
        f"item {one}: {known[one]!r} is now {items[one].name!r}"
        for one in sorted(targets & known.keys() & items.keys())
        if normalised_name(known[one]) != normalised_name(items[one].name)
    ]
    told = some(changed) or (f"{len(targets)} mapped item(s) kept their names",)
    return result(code, "items", Verdict.WARN if changed else Verdict.PASS, *told)


def customers(ground: Ground) -> Iterator[CheckResult]:
    """Accounts are matched by external ID or by a person's link; likeness only ever asks (R81)."""
    around, counts, unclear = ground.around, Counter[str](), []
    for payer in ground.sales.payers:
        external = record_external_id(ground.policy, RecordType.CUSTOMER, payer.source)
        view = view_of(payer, external, around.directory, around.links, ground.policy.installation)
        if view.conflict:
            unclear.append(f"{payer.name} ({payer.source.id}) is linked to {', '.join(view.conflict)}")
        elif view.suspects or view.twins:
            alike = (*view.suspects, *view.twins)
            found = "; ".join(f"{s.customer.id} ({', '.join(s.evidence)})" for s in alike)
            unclear.append(f"{payer.name} ({payer.source.id}) may be NetSuite customer {found}")
        elif view.bound is not None:
            counts["linked"] += 1
        else:
            counts["ours"] += around.directory.by_external_id(external) is not None
            counts["new"] += around.directory.by_external_id(external) is None
    subject = f"accounts billed since {ground.sales.since.isoformat()}"
    told = f"{len(ground.sales.payers)} account(s): " + ", ".join(
        f"{n} {what}" for what, n in counts.items() if n
    )
    if not ground.sales.payers:
        yield result("customers_unambiguous", subject, Verdict.UNVERIFIED, *ground.sales.evidence)
    else:
        verdict = Verdict.FAIL if unclear else Verdict.PASS
        yield result("customers_unambiguous", subject, verdict, *some(unclear), told)
    yield _doubled(list(around.directory.everybody()))


def _doubled(everybody: list[ExistingCustomer]) -> CheckResult:
    """Equal tax id, or equal name *and* domain, where one has no external ID. A shared name alone is harmless."""
    groups: dict[str, list[ExistingCustomer]] = {}
    for one in everybody:
        if not one.active:
            continue
        tax, name = normalised_tax_id(one.tax_id), normalised_name(one.name)
        domain = domain_of(one.website, one.email)
        if tax:
            groups.setdefault(f"tax id {tax}", []).append(one)
        if name and domain:
            groups.setdefault(f"name {name!r} and domain {domain}", []).append(one)
    alike = [
        f"customers {', '.join(sorted(one.id for one in members))}: same {why}"
        for why, members in sorted(groups.items())
        if len(members) > 1 and not all(one.external_id for one in members)
    ]
    told = some(alike) or (f"{len(everybody)} customer(s) compared",)
    return result("customers_doubled", "NetSuite customers", Verdict.WARN if alike else Verdict.PASS, *told)


def other_writers(ground: Ground) -> Iterator[CheckResult]:
    """Signs of another integration: its fields, its transactions, its external ids (R80)."""
    found = ground.inspector.foreign_fields()
    unnamed = [name for name in found if name not in ground.inspector.known_foreign_fields]
    named = [name for name in found if name not in unnamed]
    told = [f"{name} is not named in netsuite.foreign_fields" for name in unnamed]
    told += [f"{name} is known" for name in named] or ["installed bundles cannot be read over REST"]
    yield result("foreign_fields", "custom fields", Verdict.WARN if unnamed else Verdict.PASS, *some(told))
    yield _foreign_transactions(ground)
    yield _foreign_ids(ground)


def _foreign_transactions(ground: Ground) -> CheckResult:
    since = min(source.cut_over for source in ground.policy.sources.values())
    others = [one for one in ground.inspector.others(since) if one.external_id not in ground.canary_ids]
    ours = _our_customers(ground)
    certain = [
        one for one in others if one.customer in ours and (one.marks or one.external_id or one.installation)
    ]
    by_hand = [one for one in others if one.customer in ours and one not in certain]
    verdict = Verdict.FAIL if certain else Verdict.WARN if by_hand else Verdict.PASS
    told = [_told(one) for one in (*certain, *by_hand)]
    rest = f"{len(others) - len(told)} other record(s) since {since.isoformat()} belong to customers that are not ours"
    subject = f"records since {since.isoformat()}"
    return result("foreign_transactions", subject, verdict, *some(told), rest)


def _our_customers(ground: Ground) -> set[InternalId]:
    """NetSuite customers that our sources' accounts lead to, and those Tieout made."""
    around = ground.around
    ours = {one.id for one in around.directory.everybody() if one.installation == ground.policy.installation}
    ours |= set(around.links.bindings.values())
    for payer in ground.sales.payers:
        external = record_external_id(ground.policy, RecordType.CUSTOMER, payer.source)
        carrier = around.directory.by_external_id(external)
        if carrier is not None:
            ours.add(carrier.id)
    return ours


def _told(one: OtherRecord) -> str:
    signs = [*([f"external ID {one.external_id}"] if one.external_id else []), *one.marks]
    how = ", ".join(signs) or "made by hand"
    writer = f" of installation {one.installation}" if one.installation else ""
    return f"{one.type} {one.id} ({one.number}) of {one.day} for customer {one.customer}{writer}: {how}"


def _ids(ground: Ground) -> dict[ExternalId, str]:
    """The ids known deals get, and, for other writers, the deals' bare ids. Id → what it is for."""
    found: dict[ExternalId, str] = {}
    for order in ground.sales.orders:
        for record in ground.records:
            if record.group is RecordGroup.TRANSACTION:
                found[record_external_id(ground.policy, record, order.source)] = f"{record} of {order.source}"
    return found


def _foreign_ids(ground: Ground) -> CheckResult:
    wanted = _ids(ground)
    bare = {ExternalId(order.source.id): f"bare id of {order.source}" for order in ground.sales.orders}
    every = {**bare, **wanted}
    if not every:
        return result("foreign_ids", "external IDs", Verdict.UNVERIFIED, *ground.sales.evidence)
    held = ground.inspector.holders(sorted(every))
    told = [f"{one} ({every[one]}) is on {_told(record)}" for one, record in sorted(held.items())]
    asked = f"{len(every)} id(s) looked up"
    return result("foreign_ids", "external IDs", Verdict.FAIL if held else Verdict.PASS, *some(told), asked)


def ids(ground: Ground) -> Iterator[CheckResult]:
    """Templates cannot give one id to two records; what was written still carries today's ids."""
    templates = ground.policy.templates
    shown = [f"{record}: {template}" for record, template in templates.items()]
    clashes = [f"{one} and {other} differ only in case" for one, other in collisions(sorted(_ids(ground)))]
    verdict = Verdict.FAIL if clashes else Verdict.PASS
    yield result("external_ids_distinct", "templates", verdict, *some(clashes), *shown)
    changed, count = [], 0
    with ground.context.store.read() as unit:
        for record in unit.records.all():
            for document in unit.documents.of_record(record.id):
                wanted = _expected(ground, document.external_id, document.draft)
                if wanted is not None:
                    count += 1
                    if not (document.external_id or "").startswith(wanted):
                        changed.append(f"{document.external_id} would be {wanted} today")
    told = some(changed) or (f"{count} document(s) compared",)
    yield result("external_ids_stable", "documents", Verdict.WARN if changed else Verdict.PASS, *told)


def _expected(ground: Ground, external: ExternalId | None, draft: object) -> ExternalId | None:
    """The id today's template gives; None for what has none."""
    record, trace = getattr(draft, "type", None), getattr(draft, "trace", None)
    if external is None or trace is None or trace.source.system not in ground.policy.sources:
        return None
    if not isinstance(record, RecordType):
        return None
    return record_external_id(ground.policy, record, trace.source)
