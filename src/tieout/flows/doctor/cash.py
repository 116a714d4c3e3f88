"""Checks of cash application: every account that the configuration names is there, and is what it is used as."""

from __future__ import annotations

from collections.abc import Iterator

from tieout.domain.cash.policy import BankAccount, CashPolicy
from tieout.domain.doctor import CheckResult, Verdict
from tieout.domain.ids import InternalId
from tieout.flows.doctor.ground import Ground, result, some
from tieout.flows.doctor.ports import AccountSeen

_CODES = ("cash_accounts_fit", "cash_difference_accounts", "cash_accounts_named")
_OFF = "cash is not applied here: the configuration has no cash.accounts"
#: What money may be booked on: a bank, a clearing account (undeposited funds, a processor's balance), a card.
_MONEY = frozenset({"Bank", "OthCurrAsset", "CredCard"})
_RECEIVABLE = frozenset({"AcctRec"})


def accounts(ground: Ground) -> Iterator[CheckResult]:
    """The general ledger's side of `cash`, and bank accounts that nobody has mapped."""
    policy = ground.policy.cash
    if policy is None or not policy.accounts:
        yield from (result(code, "cash", Verdict.PASS, _OFF) for code in _CODES)
        return
    seen = ground.inspector.accounts(sorted(_named(policy)))
    currencies = ground.around.world.reference.currencies
    for name, bank in sorted(policy.accounts.items()):
        wrong = list(_against(bank, seen, currencies.get(bank.currency, InternalId(""))))
        booked = f"G/L account {bank.account}" if bank.account else "undeposited funds"
        told = wrong or [f"{booked}, subsidiary {bank.subsidiary}, {bank.currency}"]
        yield result("cash_accounts_fit", name, Verdict.FAIL if wrong else Verdict.PASS, *told)
    yield _differences(policy, seen)
    yield _unnamed(ground, policy)


def _named(policy: CashPolicy) -> set[InternalId]:
    banks = policy.accounts.values()
    return {
        *(bank.account for bank in banks if bank.account),
        *(InternalId(one) for bank in banks for one in bank.receivables),
        *(account for _, account in _written_off_to(policy)),
    }


def _written_off_to(policy: CashPolicy) -> list[tuple[str, InternalId]]:
    """Name of each tolerance and withholding → the account its difference goes to."""
    return [(one.name, one.account) for one in policy.tolerances] + [
        (one.name, one.account) for one in policy.withholdings
    ]


def _against(bank: BankAccount, seen: dict[InternalId, AccountSeen], currency: InternalId) -> Iterator[str]:
    """What is wrong with a row of `cash.accounts`."""
    if not currency:
        yield f"{bank.currency} is no currency of this account"
    for one, kinds in [(bank.account, _MONEY), *((one, _RECEIVABLE) for one in sorted(bank.receivables))]:
        if not one:
            continue
        account = seen.get(InternalId(one))
        if account is None:
            yield f"G/L account {one} does not exist, or our role may not see it"
            continue
        yield from _state(account)
        if account.kind not in kinds:
            yield f"{account} is of type {account.kind}, expected {' or '.join(sorted(kinds))}"
        if account.subsidiaries and bank.subsidiary not in account.subsidiaries:
            yield f"{account} is not available in subsidiary {bank.subsidiary}"
        if kinds is _MONEY and currency and account.currency not in {"", currency}:
            yield f"{account} is kept in currency {account.currency}, the row says {bank.currency} ({currency})"


def _state(account: AccountSeen) -> Iterator[str]:
    if not account.active:
        yield f"{account} is inactive"


def _differences(policy: CashPolicy, seen: dict[InternalId, AccountSeen]) -> CheckResult:
    """Where differences go: the accounts of tolerances and withholdings."""
    wrong = []
    rows = _written_off_to(policy)
    for name, number in rows:
        account = seen.get(number)
        if account is None:
            wrong.append(f"{name}: G/L account {number} does not exist, or our role may not see it")
        else:
            wrong += [f"{name}: {problem}" for problem in _state(account)]
    told = wrong or [f"{len(rows)} tolerance(s) and withholding(s), each with an account that is there"]
    verdict = Verdict.FAIL if wrong else Verdict.PASS
    return result("cash_difference_accounts", "tolerances and withholdings", verdict, *some(told))


def _unnamed(ground: Ground, policy: CashPolicy) -> CheckResult:
    """Money was told of, by a bank or a processor, on accounts that have no row."""
    with ground.context.store.read() as unit:
        told_of = {row.bank_account for row in unit.cash.movements()}
    left = [f"money was told of on {name!r}" for name in sorted(told_of - policy.accounts.keys())]
    told = left or [f"{len(told_of)} account(s) told of, all of them mapped"]
    return result("cash_accounts_named", "bank accounts", Verdict.WARN if left else Verdict.PASS, *some(told))
