"""One line item: product, quantity, net amount, how it is billed (crm-cpq §8.4)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, localcontext
from typing import Any

from tieout.connectors.hubspot.options import HubSpotOptions
from tieout.connectors.hubspot.values import (
    is_id,
    mapping_of,
    months_of,
    number_of,
    prop,
    text_of,
)
from tieout.domain.documents import LineKind, OrderLine, Product
from tieout.domain.findings import Finding
from tieout.domain.money import Money, MoneyError, Rounding, is_currency
from tieout.domain.sources import SourceRef

_FLAT = frozenset({"", "flat", "standard"})
_DIGITS = 60


class LineReader:
    """Reads one line; `findings` say what is wrong with it."""

    def __init__(
        self, row: Mapping[str, Any], source: SourceRef, deal_currency: str, options: HubSpotOptions
    ) -> None:
        self._row, self._source, self._options = row, source, options
        # Validation refuses a line in another currency than its deal's; here it keeps its own.
        self._currency = prop(row, "hs_line_item_currency_code") or deal_currency
        self.findings: list[Finding] = []

    def add(self, code: str, cause: str, expected: str, found: str) -> None:
        """One more finding about this line."""
        self.findings.append(
            Finding(code=code, cause=cause, expected=expected, found=found, source=self._source)
        )

    def line(self) -> OrderLine | None:
        """The line, or None when it cannot be used."""
        row = self._row
        given = text_of(row, "id")
        if not is_id(given):
            expected = "an id of a line item as HubSpot issues them (a number)"
            self.add("id_malformed", given, expected, given or "none")
        product = self._product()
        amount, quantity = self._amount(), number_of(prop(row, "quantity"))
        if quantity is None:
            self.add("quantity_invalid", self._source.line, "a number", repr(prop(row, "quantity")))
        kind, months = self._kind(), self._months()
        if amount is None or quantity is None or kind is None:
            return None
        self._compare(amount, quantity)
        return OrderLine(
            source=self._source,
            product=product,
            quantity=quantity,
            amount=amount,
            kind=kind,
            description=prop(row, "description"),
            term_months=months if kind is not LineKind.ONE_TIME else None,
        )

    def _product(self) -> Product:
        """A line somebody typed in has no product; it can be mapped by its name, `custom:<name>`."""
        row, product = self._row, mapping_of(self._row, "product")
        given, name = prop(row, "hs_product_id"), prop(row, "name") or prop(product, "name")
        if given and not is_id(given):
            self.add("id_malformed", given, "an id of a product as HubSpot issues them (a number)", given)
        sku = prop(row, "hs_sku") or prop(product, "hs_sku")
        return Product(id=given or f"custom:{name}", sku=sku, name=name)

    def _amount(self) -> Money | None:
        """`amount` is net of every discount; taking `discount` off again would give it twice."""
        text = prop(self._row, "amount")
        if not is_currency(self._currency):
            if self._currency:
                self.add("currency_unknown", self._currency, "an ISO 4217 code", self._currency)
            return None
        if not text:
            self.add("amount_invalid", "amount", "a net amount", "none")
            return None
        exact = number_of(text)
        try:
            if exact is not None:
                return Money(exact, self._currency)
            reason = "not a number"
        except MoneyError as error:
            reason = str(error)
        self.add("amount_invalid", "amount", f"an amount of {self._currency}", f"{text!r}: {reason}")
        return None

    def _compare(self, amount: Money, quantity: Decimal) -> None:
        """A net amount that price, quantity and discount do not explain is looked at by a person.

        A percentage is taken from the line, an amount from each unit. Prices by tier have no price of a unit.
        """
        row = self._row
        price = number_of(prop(row, "price"))
        if price is None or prop(row, "hs_pricing_model").lower() not in _FLAT:
            return
        percent, unit = number_of(prop(row, "hs_discount_percentage")), number_of(prop(row, "discount"))
        with localcontext(prec=_DIGITS):
            full = price * quantity
            # HubSpot holds one kind of discount on a line; where it shows both, the percentage is the origin.
            off = full * percent / 100 if percent else (unit or Decimal(0)) * quantity
            exact = full - off
        try:
            expected = Money.rounded(exact, amount.currency, Rounding.HALF_UP)
            apart = abs(expected.minor - amount.minor)
        except MoneyError:
            return
        # One minor unit may be the rounding of a price with more decimals.
        if apart > 1:
            words = f"{expected} (price {price} × {quantity}, less {off.normalize():f})"
            self.add("amount_mismatch", self._source.line, words, f"amount {amount}")

    def _kind(self) -> LineKind | None:
        """A billing frequency makes a line recurring, whatever else is said of it."""
        row = self._row
        if prop(row, "recurringbillingfrequency") or prop(row, "hs_recurring_billing_period"):
            return LineKind.RECURRING
        path = self._options.line_kind_property
        if not path:
            return LineKind.ONE_TIME
        parent, _, name = path.rpartition(".")
        value = prop(mapping_of(row, parent) if parent else row, name)
        found = self._options.line_kinds.get(value)
        if found is None:
            known = ", ".join(repr(one) for one in self._options.line_kinds) or "nothing"
            expected = f"one of {known} (options.line_kinds)"
            self.add("payload_unreadable", f"{path} {value!r}", expected, f"{path} is {value!r}")
        return found

    def _months(self) -> int | None:
        text, period = prop(self._row, "hs_term_in_months"), prop(self._row, "hs_recurring_billing_period")
        exact = number_of(text)
        if exact is not None and exact == exact.to_integral_value() and 0 < exact < 1200:
            return int(exact)
        return months_of(period)
