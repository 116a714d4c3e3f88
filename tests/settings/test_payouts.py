"""Where payouts go is checked at the start, with the setting and what was expected."""

from __future__ import annotations

from typing import Any

import pytest

from tieout.domain.errors import DomainError
from tieout.settings.cash import CashSettings, build_cash

BANK = {"account": "101", "subsidiary": "1", "currency": "USD"}
PAYOUTS = {"bank": "US", "clearing": "112", "fees": {"other": "611"}}


def built(bank: dict[str, Any] | None = None, **balance: Any):
    row = {"subsidiary": "1", "currency": "USD", "payouts": PAYOUTS, **balance}
    rows = {"stripe:usd": row, **({"US": bank} if bank else {})}
    return build_cash(CashSettings.model_validate({"accounts": rows}), "test")


def test_the_bank_of_payouts_is_the_account_its_own_row_names():
    payouts = built(BANK).accounts["stripe:usd"].payouts
    assert payouts is not None
    assert (payouts.bank, payouts.account, payouts.clearing) == ("US", "101", "112")
    assert payouts.fee_account("whatever") == "611"


@pytest.mark.parametrize(
    ("bank", "balance", "words"),
    [
        (None, {}, "payouts.bank"),
        ({**BANK, "account": ""}, {}, "payouts.bank"),
        ({**BANK, "currency": "EUR"}, {}, "in EUR"),
        ({**BANK, "subsidiary": "2"}, {}, "subsidiary 2"),
        (BANK, {"account": "101"}, "empty with `payouts`"),
    ],
)
def test_what_does_not_fit_is_refused(bank: dict[str, Any] | None, balance: dict[str, Any], words: str):
    with pytest.raises(DomainError, match=words):
        built(bank, **balance)
