"""A deal as a whole: header, stage history, lines with their products, companies (crm-cpq §8.2–§8.5).

A batch read cannot return associations, and an association change moves no stamp; so a deal is always read again
with everything that belongs to it, and a removed line is seen by its absence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tieout.connectors.hubspot.client import HubSpotClient, Record
from tieout.connectors.hubspot.options import HubSpotOptions
from tieout.connectors.hubspot.properties import (
    COMPANY,
    DEAL,
    KINDS,
    LINE,
    MERGED,
    MODIFIED,
    PRODUCT,
    STAGE,
    asked,
    foreign_properties,
)
from tieout.connectors.hubspot.values import flag_of, is_id, mapping_of, number_of, prop, stamp_of, text_of
from tieout.flows.ports import Alias, Sighting

#: what is kept of a deal that is gone
GONE_PROPERTIES = ("dealname", "amount", STAGE, MERGED)


@dataclass(slots=True)
class Found:
    """Deals as they were read, and what was merged into what."""

    sightings: list[Sighting] = field(default_factory=list)
    aliases: list[Alias] = field(default_factory=list)


class Aggregates:
    """Reads whole deals of one portal."""

    def __init__(self, options: HubSpotOptions, client: HubSpotClient) -> None:
        self._options, self._client = options, client
        self._asked: dict[str, list[str]] | None = None

    def read(self, ids: Iterable[str], tick: Callable[[], str]) -> Found:
        """These deals, each with a sighting: whole, deleted, or merged away. Raises `CallError`s.

        `tick` gives the instant of a reading, as text; it orders versions.
        """
        wanted = [one for one in dict.fromkeys(ids) if is_id(one)]
        found = Found()
        if not wanted:
            return found
        at = tick()
        properties = self._properties()
        deals = self._client.batch_read(KINDS[DEAL], wanted, properties[DEAL], history=(STAGE,))
        absent = [one for one in wanted if one not in deals]
        winners = self._absent(absent, at, found)
        if missing := [one for one in winners if one not in deals]:
            deals |= self._client.batch_read(KINDS[DEAL], missing, properties[DEAL], history=(STAGE,))
        if deals:
            self._whole(deals, at, found)
        return found

    def deals_of(self, kind: str, ids: Iterable[str]) -> dict[str, list[str]]:
        """The deals of these records, by record. Raises `CallError`s."""
        known = [one for one in dict.fromkeys(ids) if is_id(one)]
        if not known:
            return {}
        rows = self._client.associations(KINDS[kind], KINDS[DEAL], known)
        return {one: [text_of(row, "toObjectId") for row in found] for one, found in rows.items()}

    # -- deals that are not there --------------------------------------------------------------------------

    def _absent(self, ids: Iterable[str], at: str, found: Found) -> list[str]:
        """What became of deals a batch did not find: merged (the winners are returned), archived, or gone."""
        winners: list[str] = []
        for one in ids:
            live = self._client.single(KINDS[DEAL], one, GONE_PROPERTIES)
            if live is not None and str(live.get("id")) != one:
                winners.append(str(live["id"]))
                self._merged(DEAL, one, winners[-1], at, found)
            elif live is not None:
                winners.append(one)  # restored since
            else:
                archived = self._client.single(KINDS[DEAL], one, GONE_PROPERTIES, archived=True)
                found.sightings.append(gone(archived or {"id": one}, at))
        return list(dict.fromkeys(winners))

    def _merged(self, kind: str, loser: str, winner: str, at: str, found: Found) -> None:
        """A merge makes a third record; the two old ids live on as aliases of it."""
        alias = Alias(object=kind, loser=loser, winner=winner)
        if loser == winner or alias in found.aliases:
            return
        found.aliases.append(alias)
        if kind == DEAL:
            payload = {"id": loser, "mergedInto": winner}
            found.sightings.append(
                Sighting(object=DEAL, object_id=loser, version=at, payload=payload, deleted=True)
            )

    # -- deals that are ------------------------------------------------------------------------------------

    def _whole(self, deals: Mapping[str, Record], at: str, found: Found) -> None:
        stages, account = _stages(self._client.pipelines()), self._client.account()
        portal = {name: account.get(name) for name in ("portalId", "companyCurrency", "timeZone")}
        lines_of, lines = self._lines(deals)
        links = self._client.associations(KINDS[DEAL], KINDS[COMPANY], deals)
        companies = self._client.batch_read(
            KINDS[COMPANY],
            (_target(row) for rows in links.values() for row in rows),
            self._properties()[COMPANY],
        )
        for one, deal in deals.items():
            payload = {
                **deal,
                "propertiesWithHistory": {STAGE: _history(deal, stages)},
                "stage": stages.get(prop(deal, STAGE), {}),
                "lineItems": [lines[line] for line in lines_of[one] if line in lines],
                "companies": [
                    {**companies[_target(row)], "associationTypes": _types(row)}
                    for row in sorted(links[one], key=_target)
                    if _target(row) in companies
                ],
                "missing": {
                    KINDS[LINE]: [line for line in lines_of[one] if line not in lines],
                    KINDS[COMPANY]: sorted({_target(row) for row in links[one]} - set(companies)),
                },
                "portal": portal,
            }
            payload["lineItems"].sort(key=_line_order)
            found.sightings.append(_sighting(payload, at))
            for loser in _merged_ids(deal):
                self._merged(DEAL, loser, one, at, found)
        for one, company in companies.items():
            for loser in _merged_ids(company):
                self._merged(COMPANY, loser, one, at, found)

    def _lines(self, deals: Iterable[str]) -> tuple[dict[str, list[str]], dict[str, Record]]:
        """The line ids of each deal, and the lines that could be read, each with its product."""
        properties = self._properties()
        lines_of = self._targets(deals)
        lines = self._read_lines(lines_of, properties[LINE])
        gaps = [one for one, ids in lines_of.items() if any(line not in lines for line in ids)]
        if gaps:
            # A line that went between the two calls is no gap; what is still named now is one.
            lines_of |= self._targets(gaps)
            again = {one: lines_of[one] for one in gaps}
            lines |= self._read_lines(again, properties[LINE])
        products = self._client.batch_read(
            KINDS[PRODUCT],
            filter(is_id, (prop(line, "hs_product_id") for line in lines.values())),
            properties[PRODUCT],
        )
        with_products = {
            one: {**line, "product": products.get(prop(line, "hs_product_id"))} for one, line in lines.items()
        }
        return lines_of, with_products

    def _targets(self, deals: Iterable[str]) -> dict[str, list[str]]:
        rows = self._client.associations(KINDS[DEAL], KINDS[LINE], deals)
        return {one: list(dict.fromkeys(map(_target, found))) for one, found in rows.items()}

    def _read_lines(
        self, lines_of: Mapping[str, Sequence[str]], properties: Sequence[str]
    ) -> dict[str, Record]:
        ids = (line for lines in lines_of.values() for line in lines)
        return self._client.batch_read(KINDS[LINE], ids, properties)

    def _properties(self) -> dict[str, list[str]]:
        if self._asked is None:
            foreign = {
                kind: foreign_properties(self._client.properties(KINDS[kind]), kind, self._options)
                for kind in (DEAL, LINE)
            }
            self._asked = asked(self._options, foreign)
        return self._asked

    def forget(self) -> None:
        """Look at the portal's properties again before the next reading."""
        self._asked = None


def gone(row: Mapping[str, Any], at: str) -> Sighting:
    """An archived deal, or one HubSpot does not find at all (`row` has only its id then)."""
    kept = {name: row[name] for name in ("id", "archived", "archivedAt") if name in row}
    properties = {name: text for name in GONE_PROPERTIES if (text := prop(row, name))}
    payload = {**kept, "properties": properties}
    return Sighting(object=DEAL, object_id=str(row.get("id")), version=at, payload=payload, deleted=True)


def _sighting(payload: Record, at: str) -> Sighting:
    """`at` orders versions: a reading shows the state at its instant or later, whatever the stamps in it say
    (a removed line takes the newest stamp with it).
    """
    newest = max(stamp_of(prop(row, MODIFIED)) for row in (payload, *payload["lineItems"]))
    return Sighting(object=DEAL, object_id=str(payload["id"]), version=f"{at}/{newest}", payload=payload)


def _stages(pipelines: Iterable[Record]) -> dict[str, Record]:
    """Stage → what it means, from the pipelines' metadata. A stage's id is unique in its portal."""
    found: dict[str, Record] = {}
    for pipeline in pipelines:
        for stage in pipeline.get("stages") or ():
            metadata = mapping_of(stage, "metadata")
            closed = flag_of(metadata, "isClosed") is True
            probability = number_of(text_of(metadata, "probability"))
            found[text_of(stage, "id")] = {
                "id": text_of(stage, "id"),
                "pipeline": text_of(pipeline, "id"),
                "label": text_of(stage, "label"),
                "closed": closed,
                "won": closed and probability == 1,
            }
    return found


def _history(deal: Record, stages: Mapping[str, Record]) -> list[Record]:
    """The stages the deal was in, oldest first, each with what it means."""
    rows = mapping_of(deal, "propertiesWithHistory").get(STAGE)
    known = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    told = [{**row, **_meaning(stages.get(text_of(row, "value")))} for row in known]
    return sorted(told, key=lambda row: (stamp_of(text_of(row, "timestamp")), text_of(row, "value")))


def _meaning(stage: Record | None) -> Record:
    return {"won": stage["won"], "label": stage["label"]} if stage else {"won": None, "label": ""}


def _merged_ids(record: Record) -> list[str]:
    """The ids merged into a record; HubSpot separates them by semicolons."""
    return [one for one in prop(record, MERGED).replace(",", ";").split(";") if is_id(one.strip())]


def _target(row: Mapping[str, Any]) -> str:
    """The associated id: a number here, text everywhere else."""
    return text_of(row, "toObjectId")


def _types(row: Mapping[str, Any]) -> list[Any]:
    types = row.get("associationTypes")
    given = types if isinstance(types, list) else []
    return sorted(given, key=lambda one: (text_of(one, "category"), text_of(one, "typeId")))


def _line_order(line: Mapping[str, Any]) -> tuple[Any, ...]:
    place = number_of(prop(line, "hs_position_on_quote"))
    return place is None, place or 0, len(str(line.get("id"))), str(line.get("id"))
