"""Stamps on payments of a processor: which NetSuite invoice and customer they are for (requirement R39)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from tieout.flows.context import Context
from tieout.flows.errors import Refused
from tieout.flows.ports import Stamped, StampingSource, StampRefused, Unstamped


class NotAStampingSource(ValueError):
    """The named source has no payments that can carry a stamp."""


class NoSuchSource(LookupError):
    """No source has this name."""


class Stamping:
    """What is done with stamps; every one that was written is in the audit log."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def metadata(self, source: str, invoices: Sequence[str], customer: str) -> Mapping[str, str]:
        """What to create a payment with. Raises `NoSuchSource`, `NotAStampingSource` and `StampRefused`."""
        return self._source(source).stamp_for(invoices, customer)

    def stamp(self, source: str, object_id: str, invoices: Sequence[str], customer: str, by: str) -> Stamped:
        """Stamp a payment that exists. Raises as `metadata`, and `CallError`s."""
        try:
            done = self._source(source).stamp(object_id, invoices, customer)
        except Refused as refused:
            raise StampRefused(str(refused)) from refused
        data: dict[str, object] = {
            "source": source,
            "object": object_id,
            "invoices": list(invoices),
            "customer": customer,
            "in_time": done.in_time,
            "by": by,
        }
        with self._context.store.write("payment_stamped") as unit:
            unit.journal.add("payment_stamped", self._context.clock.now(), data=data)
        return done

    def unstamped(self, source: str, since: date | None, most: int) -> Sequence[Unstamped]:
        """Payments without a stamp, since a day or since the cut-over, the newest first. Raises as `stamp`."""
        found = self._source(source)
        return found.unstamped(since or self._context.policy.sources[source].cut_over, most)

    def _source(self, name: str) -> StampingSource:
        source = self._context.sources.get(name)
        if source is None:
            known = ", ".join(sorted(self._context.sources))
            raise NoSuchSource(f"there is no source {name!r}; known: {known}")
        if not isinstance(source, StampingSource):
            raise NotAStampingSource(f"payments of source {name} carry no stamps; name one of type stripe")
        return source
