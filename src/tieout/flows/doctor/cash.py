"""Checks of cash application: every account that the configuration names is there, and is what it is used as."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from decimal import Decimal

from tieout.domain.cash.movements import Movement, MovementKind
from tieout.domain.cash.policy import BankAccount, CashPolicy
from tieout.domain.cash.references import OURS
from tieout.domain.doctor import CheckResult, Verdict
from tieout.domain.ids import InternalId
from tieout.flows.codec import decode_movement
from tieout.flows.doctor.ground import Ground, result, some
from tieout.flows.doctor.ports import AccountSeen
from tieout.flows.ports import StampingSource

_CODES = ("cash_accounts_fit", "cash_difference_accounts", "cash_payout_accounts", "cash_accounts_named")
_OFF = "cash is not applied here: the configuration has no cash.accounts"
#: What money may be booked on: a bank, a clearing account (undeposited funds, a processor's balance), a card.
_MONEY = frozenset({"Bank", "OthCurrAsset", "CredCard"})
_RECEIVABLE = frozenset({"AcctRec"})
#: Where a payout's money arrives, and where fees go.
_BANK = frozenset({"Bank"})
_FEES = frozenset({"Expense", "OthExpense", "COGS"})
#: What no difference is written off to: money, and the ledgers of customers and vendors.
_NO_DIFFERENCE = frozenset({"Bank", "CredCard", "AcctRec", "AcctPay"})
#: Charges of so many days are looked at for stamps; of more than this only the latest.
_STAMPED_DAYS, _MOST_CHARGES = 30, 2000


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
    yield from _payouts(policy, seen, currencies)
    yield _unnamed(ground, policy)


def _named(policy: CashPolicy) -> set[InternalId]:
    banks = policy.accounts.values()
    return {
        *(bank.account for bank in banks if bank.account),
        *(InternalId(one) for bank in banks for one in bank.receivables),
        *(account for _, account in _written_off_to(policy)),
        *(account for bank in banks for account, _, _ in _paid_out_to(bank)),
    }


def _written_off_to(policy: CashPolicy) -> list[tuple[str, InternalId]]:
    """Name of each tolerance and withholding → the account its difference goes to."""
    return [(one.name, one.account) for one in policy.tolerances] + [
        (one.name, one.account) for one in policy.withholdings
    ]


def _paid_out_to(bank: BankAccount) -> list[tuple[InternalId, frozenset[str], str]]:
    """Accounts of a balance's payouts, the types they may be of, and what they are for."""
    if bank.payouts is None:
        return []
    fees = [(account, _FEES, f"fees ({name})") for name, account in sorted(bank.payouts.fees.items())]
    return [(bank.payouts.account, _BANK, "bank"), (bank.payouts.clearing, _MONEY, "clearing"), *fees]


def _against(bank: BankAccount, seen: dict[InternalId, AccountSeen], currency: InternalId) -> Iterator[str]:
    """What is wrong with a row of `cash.accounts`."""
    if not currency:
        yield f"{bank.currency} is no currency of this account"
    for one, kinds in [(bank.account, _MONEY), *((one, _RECEIVABLE) for one in sorted(bank.receivables))]:
        if one:
            yield from _used(bank, InternalId(one), kinds, seen, currency)


def _used(
    bank: BankAccount,
    number: InternalId,
    kinds: frozenset[str],
    seen: dict[InternalId, AccountSeen],
    currency: InternalId,
) -> Iterator[str]:
    """What keeps an account from being used so."""
    account = seen.get(number)
    if account is None:
        yield f"G/L account {number} does not exist, or our role may not see it"
        return
    yield from _state(account)
    if account.kind not in kinds:
        yield f"{account} is of type {account.kind}, expected {' or '.join(sorted(kinds))}"
    if account.subsidiaries and bank.subsidiary not in account.subsidiaries:
        yield f"{account} is not available in subsidiary {bank.subsidiary}"
    if kinds <= _MONEY and currency and account.currency not in {"", currency}:
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
            if account.kind in _NO_DIFFERENCE:
                wrong.append(f"{name}: {account} is of type {account.kind}, which takes no differences")
    told = wrong or [f"{len(rows)} tolerance(s) and withholding(s), each with an account that is there"]
    verdict = Verdict.FAIL if wrong else Verdict.PASS
    return result("cash_difference_accounts", "tolerances and withholdings", verdict, *some(told))


def _payouts(
    policy: CashPolicy, seen: dict[InternalId, AccountSeen], currencies: Mapping[str, InternalId]
) -> Iterator[CheckResult]:
    """Where payouts and their fees go."""
    code = "cash_payout_accounts"
    rows = [(name, bank) for name, bank in sorted(policy.accounts.items()) if bank.payouts is not None]
    if not rows:
        yield result(code, "payouts", Verdict.PASS, "no row of cash.accounts has payouts")
    for name, bank in rows:
        currency = currencies.get(bank.currency, InternalId(""))
        wrong, told = [], []
        for number, kinds, what in _paid_out_to(bank):
            wrong += [f"{what}: {one}" for one in _used(bank, number, kinds, seen, currency)]
            told.append(f"{what}: G/L account {number}")
        yield result(code, name, Verdict.FAIL if wrong else Verdict.PASS, *some(wrong or told))


def processors(ground: Ground) -> Iterator[CheckResult]:
    """Processors of payments: each has a row that says where its money is booked, and its charges carry our stamp."""
    names = [name for name, one in sorted(ground.context.sources.items()) if isinstance(one, StampingSource)]
    if not names:
        for code in ("cash_processors_mapped", "charges_stamped"):
            yield result(code, "processors", Verdict.PASS, "no source is a processor of payments")
    for name in names:
        yield _stamped(ground, name)
        yield _mapped(ground, name)


def _mapped(ground: Ground, name: str) -> CheckResult:
    """A balance is named `stripe:<account>:<currency>`."""
    account = ground.context.sources[name].fingerprint().split("/")[0]
    policy = ground.policy.cash
    rows = policy.accounts if policy is not None else {}
    mine = {row: bank for row, bank in rows.items() if account in row.split(":")}
    wrong = [
        f"payments of {row!r} wait in undeposited funds, and nobody said where its payouts go"
        for row, bank in sorted(mine.items())
        if not bank.account and bank.payouts is None
    ]
    if not mine:
        wrong = [f"no row of cash.accounts is for {account}: all its money would wait as cases"]
    told = wrong or [f"{account}: {', '.join(sorted(mine))}"]
    return result("cash_processors_mapped", name, Verdict.FAIL if wrong else Verdict.PASS, *some(told))


def _stamped(ground: Ground, name: str) -> CheckResult:
    """The share of charges of late that carry no stamp, by what we were told of them."""
    with ground.context.store.read() as unit:
        rows = unit.cash.movements(since=ground.today - timedelta(days=_STAMPED_DAYS))
        receipts = [row.record_id for row in rows if row.kind == str(MovementKind.RECEIPT)]
        records = [unit.records.get(one) for one in receipts[-_MOST_CHARGES:]]
    mine = [one for one in records if one is not None and one.source.system == name]
    bare = [one for one in mine if not _is_stamped(decode_movement(one.raw["movement"]))]
    days = f"of the last {_STAMPED_DAYS} days"
    if not bare:
        told = f"{len(mine)} charge(s) {days}, each with its stamp"
        return result("charges_stamped", name, Verdict.PASS, told)
    share = Decimal(len(bare) * 100) / Decimal(len(mine))
    told = f"{len(bare)} of {len(mine)} charges {days} ({share:.1f} %) name no invoice"
    return result("charges_stamped", name, Verdict.WARN, told, *some([one.source.id for one in bare]))


def _is_stamped(movement: Movement) -> bool:
    return any(one.qualifier in OURS for one in movement.references)


def _unnamed(ground: Ground, policy: CashPolicy) -> CheckResult:
    """Money was told of, by a bank or a processor, on accounts that have no row."""
    with ground.context.store.read() as unit:
        told_of = {row.bank_account for row in unit.cash.movements()}
    left = [f"money was told of on {name!r}" for name in sorted(told_of - policy.accounts.keys())]
    told = left or [f"{len(told_of)} account(s) told of, all of them mapped"]
    return result("cash_accounts_named", "bank accounts", Verdict.WARN if left else Verdict.PASS, *some(told))
