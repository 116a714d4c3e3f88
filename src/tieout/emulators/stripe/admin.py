"""What banks, customers and Stripe itself do, through the control API's `admin` route."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tieout.emulators.kit.delivery import Courier
from tieout.emulators.kit.http import Json
from tieout.emulators.stripe.errors import RATE_REASONS, StripeError
from tieout.emulators.stripe.limits import Limits
from tieout.emulators.stripe.services import Services


class Admin:
    """Actions by name. Each takes the JSON arguments of the request; all raise ValueError when they cannot.

    - `pay` (as `POST /v1/payment_intents`, confirmed): answers the intent; a declined card answers it, too
    - `end_debit` (`charge`, `outcome`: succeed, insufficient_funds …), `late_return` (`charge`, `reason`)
    - `refund` (as `POST /v1/refunds`), `fail_refund` (`refund`, `reason`), `complete_checkout` (`session`, `method`)
    - `dispute` (`charge`, `reason`, `amount`, `inquiry`), `escalate` (`dispute`), `win` (`dispute`)
    - `transfer` (`customer`, `amount`, `currency`, `reference`, `sender_name`): a bank transfer arrives
    - `sweep`: the day's automatic payouts; `fail_payout` (`payout`, `code`); `bill_fees` (`amount`, `currency`)
    - `move` (`type`, `category`, `amount`, `currency`, `source`, `fee`): a balance transaction of any type
    - `set_metadata` (`id`, `metadata`): somebody edits an object behind everybody's back
    - `set_account` (`settings`), `limit` (`on`): count requests; `throttle` (`reason`, `times`): 429 so many times
    - `roll_secret` (`endpoint`, `overlap_seconds`)
    - `deliver`: send what is due, answers `round`; `deliveries`: what waits, what was tried, `done` rounds
    - `lock` (`id`, `times`): 429 lock_timeout so many times; `forget_events`: the outage outlasted the events
    """

    def __init__(self, services: Services, courier: Courier, limits: Limits, locks: dict[str, int]) -> None:
        self._services, self._courier, self._limits, self._locks = services, courier, limits, locks
        self._actions: dict[str, Callable[[Json], Json]] = {
            "pay": self._pay, "end_debit": self._end_debit, "late_return": self._late_return,
            "refund": self._refund, "fail_refund": self._fail_refund,
            "complete_checkout": self._complete_checkout, "dispute": self._dispute,
            "escalate": lambda given: services.disputes.escalate(given["dispute"]),
            "win": lambda given: services.disputes.win(given["dispute"]), "transfer": self._transfer,
            "sweep": lambda _: {"payouts": services.payouts.sweep()}, "fail_payout": self._fail_payout,
            "bill_fees": self._bill_fees, "move": self._move, "set_metadata": self._set_metadata,
            "set_account": self._set_account, "limit": self._limit, "throttle": self._throttle,
            "roll_secret": self._roll_secret,
            "deliver": lambda _: {"round": courier.ask()}, "deliveries": self._deliveries, "lock": self._lock,
            "forget_events": self._forget_events,
        }  # fmt: skip

    def act(self, action: str, arguments: Json) -> Json:
        """Carry out one action. Raises ValueError."""
        handler = self._actions.get(action)
        if handler is None:
            raise ValueError(f"unknown action {action}; known: {', '.join(self._actions)}")
        try:
            done = handler(arguments)
        except StripeError as error:
            raise ValueError(str(error)) from None
        return {name: value for name, value in done.items() if not name.startswith("_")}

    def _pay(self, given: Json) -> Json:
        plain: Json = {name: str(value) if isinstance(value, int) else value for name, value in given.items()
                       if name != "action"}  # fmt: skip
        payments, account = self._services.payments, self._services.account
        before = set(account.objects["payment_intent"])
        try:
            return payments.create({**plain, "confirm": "true"})
        except StripeError as error:
            made = [one for one in account.objects["payment_intent"] if one not in before]
            if error.status != 402 or not made:
                raise
            return account.objects["payment_intent"][made[-1]]

    def _end_debit(self, given: Json) -> Json:
        return self._services.payments.end_debit(given["charge"], given.get("outcome", "succeed"))

    def _late_return(self, given: Json) -> Json:
        return self._services.disputes.late_return(given["charge"], given.get("reason", "insufficient_funds"))

    def _refund(self, given: Json) -> Json:
        plain: Json = {name: str(value) for name, value in given.items() if name != "action"}
        return self._services.refunds.create(plain)

    def _fail_refund(self, given: Json) -> Json:
        return self._services.refunds.end(given["refund"], given.get("reason", "expired_or_canceled_card"))

    def _complete_checkout(self, given: Json) -> Json:
        return self._services.checkout.complete(given["session"], given.get("method", "pm_card_visa"))

    def _dispute(self, given: Json) -> Json:
        return self._services.disputes.open(
            given["charge"],
            given.get("reason", "fraudulent"),
            given.get("amount"),
            inquiry=bool(given.get("inquiry")),
        )

    def _transfer(self, given: Json) -> Json:
        plain = {name: str(value) for name, value in given.items() if value is not None}
        return self._services.cash.fund(given["customer"], plain)

    def _fail_payout(self, given: Json) -> Json:
        return self._services.payouts.fail(given["payout"], given.get("code", "account_closed"))

    def _bill_fees(self, given: Json) -> Json:
        return self._services.account.transact(
            "stripe_fee", "fee", -int(given["amount"]), given.get("currency", "usd"), None,
            description="Billing - Usage Fee (2026-11)",
        )  # fmt: skip

    def _move(self, given: Json) -> Json:
        return self._services.account.transact(
            str(given["type"]), str(given.get("category", given["type"])), int(given["amount"]),
            given.get("currency", "usd"),
            given.get("source"), fee=int(given.get("fee", 0)), description=given.get("description"),
        )  # fmt: skip

    def _set_metadata(self, given: Json) -> Json:
        item = self._services.account.find(given["id"])
        if item is None:
            raise ValueError(f"there is no {given['id']}")
        event = f"{item['object']}.updated"
        return self._services.account.change(item, event, metadata={**item["metadata"], **given["metadata"]})

    def _set_account(self, given: Json) -> Json:
        settings = self._services.account.settings
        unknown = set(given["settings"]) - set(settings)
        if unknown:
            raise ValueError(f"unknown settings {', '.join(sorted(unknown))}")
        before = settings["payout_schedule"]
        settings.update(given["settings"])
        if settings["payout_schedule"] == "daily" != before:
            self._services.account.later(self._services.account.now(), "sweep")
        return {"settings": settings}

    def _limit(self, given: Json) -> Json:
        self._limits.counted = bool(given.get("on", True))
        return {"on": self._limits.counted}

    def _throttle(self, given: Json) -> Json:
        reason = str(given.get("reason", "global-rate"))
        if reason not in RATE_REASONS:
            raise ValueError(f"reasons are {', '.join(RATE_REASONS)}, not {reason}")
        self._limits.forced += [reason] * int(given.get("times", 1))
        return {"ok": True}

    def _roll_secret(self, given: Json) -> Json:
        made: Json = self._services.endpoints.roll(
            given["endpoint"], int(given.get("overlap_seconds", 86400))
        )
        return made

    def _deliveries(self, _: Json) -> Json:
        return {**self._services.outbox.status(), "done": self._courier.done}

    def _lock(self, given: Json) -> Json:
        self._locks[str(given["id"])] = int(given.get("times", 1))
        return {"ok": True}

    def _forget_events(self, _: Json) -> Json:
        forgotten: Any = len(self._services.account.objects["event"])
        self._services.account.objects["event"].clear()
        return {"forgotten": forgotten}
