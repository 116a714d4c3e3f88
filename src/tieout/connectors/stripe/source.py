"""One Stripe account as a source of movements."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from tieout.connectors.kit.registration import Setup
from tieout.connectors.stripe.client import StripeClient
from tieout.connectors.stripe.facts import Books
from tieout.connectors.stripe.hooks import Hook
from tieout.connectors.stripe.options import StripeOptions
from tieout.connectors.stripe.payers import is_stamped
from tieout.connectors.stripe.polling import Poller
from tieout.connectors.stripe.preflight import warnings
from tieout.connectors.stripe.stamps import NotAStamp, place_of, stamp
from tieout.connectors.stripe.values import day_of, id_of, metadata_of, money_of, text_of
from tieout.domain.documents import Order
from tieout.domain.findings import Finding
from tieout.domain.sources import SourceRef
from tieout.flows.errors import Paused
from tieout.flows.ports import Batch, Clock, Note, NoteResult, Sighting, Stamped, StampRefused, Unstamped


class StripeSource:
    """Implements `flows.ports.Source`, `HookSource` and `StampingSource`."""

    writes_back = False

    def __init__(
        self,
        name: str,
        environment: str,
        options: StripeOptions,
        client: StripeClient,
        clock: Clock,
        cut_over: date = date.min,
        hook: Hook | None = None,
    ) -> None:
        self._name, self._environment, self._options = name, environment, options
        self._client, self._clock, self._hook, self._cut_over = client, clock, hook, cut_over
        self._zone = ZoneInfo(options.time_zone)
        self._poller: Poller | None = None

    @property
    def name(self) -> str:
        """The configured name."""
        return self._name

    @property
    def environment(self) -> str:
        """The configured environment."""
        return self._environment

    @property
    def hook(self) -> Hook | None:
        """What verifies webhooks; None when none are configured."""
        return self._hook

    def fingerprint(self) -> str:
        """The account and its mode, `acct_…/live` or `acct_…/test`. Raises `CallError`s."""
        live = self._client.read("/v1/balance").get("livemode")
        if not isinstance(live, bool):
            raise Paused("Stripe's balance does not say whether it is live")
        return f"{self._account()}/{'live' if live else 'test'}"

    def _account(self) -> str:
        account = text_of(self._client.read("/v1/account"), "id")
        if not account:
            raise Paused("Stripe's account has no id")
        return account

    def warnings(self) -> list[str]:
        """See `preflight`."""
        return warnings(self._options, self._client)

    def poll(self, cursor: str | None) -> Batch:
        """See `polling`."""
        if self._poller is None:
            pinned = self._options.account.partition("/")[0]
            books = Books(
                account=pinned or self._account(),
                zone=self._zone,
                customer_key=self._options.customer_metadata_key,
                by_availability=self._options.payment_day == "available",
            )
            self._poller = Poller(self._options, self._client, books, self._clock, self._cut_over)
        return self._poller.poll(cursor)

    def read(self, sighting: Sighting) -> Order | list[Finding]:
        """Money that moved is no order."""
        ref = SourceRef(
            system=self._name, environment=self._environment, object=sighting.object, id=sighting.object_id
        )
        return [
            Finding(
                code="payload_unreadable", cause=sighting.object_id, expected="a deal",
                found=f"a {sighting.object} of Stripe's", source=ref,
            )
        ]  # fmt: skip

    def write_back(self, notes: Sequence[Note]) -> list[NoteResult]:
        """Nothing is written back."""
        return [NoteResult(target=note.target, done=False, skipped=True) for note in notes]

    # -- stamps --------------------------------------------------------------------------------------------

    def stamp_for(self, invoices: Sequence[str], customer: str) -> dict[str, str]:
        """The metadata to give when a payment is created. Raises `StampRefused`."""
        try:
            return dict(stamp(invoices, customer, self._options.customer_metadata_key))
        except NotAStamp as error:
            raise StampRefused(str(error)) from error

    def stamp(self, object_id: str, invoices: Sequence[str], customer: str) -> Stamped:
        """Write the stamp on a payment intent, Checkout session or invoice. Raises `StampRefused` and `CallError`s.

        `in_time` is false when the intent's charge exists already: the charge keeps the metadata it was made with, and
        the stamp is found on the intent alone.
        """
        metadata = self.stamp_for(invoices, customer)
        try:
            place = place_of(object_id)
        except NotAStamp as error:
            raise StampRefused(str(error)) from error
        written = self._client.write_metadata(place, metadata)
        kept = metadata_of(written)
        missing = [name for name, value in metadata.items() if kept.get(name) != value]
        if missing:
            raise StampRefused(
                f"expected {', '.join(missing)} in the metadata of {object_id}, found it without"
            )
        return Stamped(object_id=object_id, metadata=metadata, in_time=not id_of(written, "latest_charge"))

    def unstamped(self, since: date, most: int) -> list[Unstamped]:
        """Charges since a day that name no invoice of ours, the newest first. Raises `CallError`s."""
        start = int(datetime.combine(since, time(), tzinfo=self._zone).astimezone(UTC).timestamp())
        params = {"limit": str(self._options.page_size), "created[gte]": str(max(0, start))}
        found: list[Unstamped] = []
        while len(found) < most:
            rows, more = self._client.page("/v1/charges", params, ("data.payment_intent",))
            for row in rows:
                if text_of(row, "status") in {"succeeded", "pending"} and not is_stamped(row):
                    money, _ = money_of(row)
                    found.append(
                        Unstamped(
                            charge=str(row["id"]), intent=id_of(row, "payment_intent"), amount=money,
                            day=day_of(row, "created", self._zone), payer=id_of(row, "customer"),
                            description=text_of(row, "description"),
                        )
                    )  # fmt: skip
            if not more:
                break
            params["starting_after"] = str(rows[-1]["id"])
        return found[:most]

    def close(self) -> None:
        """Close idle connections."""
        self._client.close()


def build(setup: Setup) -> StripeSource:
    """The source of a configured account."""
    options: StripeOptions = setup.options
    hook = None
    if options.webhooks is not None:
        mode = options.account.partition("/")[2]
        hook = Hook(
            secrets=[setup.secret(one) for one in options.webhooks.secrets],
            tolerance_seconds=options.webhooks.tolerance_seconds,
            live=mode == "live" if mode else None,
        )
    client = StripeClient(options, setup.secret(options.api_key), setup.clock)
    return StripeSource(setup.name, setup.environment, options, client, setup.clock, setup.cut_over, hook)
