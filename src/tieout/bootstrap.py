"""The wiring: the only module that knows every concrete class."""

from __future__ import annotations

import logging
import secrets
import socket
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, TextIO, TypeVar, cast

import structlog
from pydantic import ValidationError

from tieout.connectors.bank import BANK, BankOptions, Perspective, parse_bank_file, refusal
from tieout.connectors.bank import summary as figures_of
from tieout.connectors.bank.texts import MAX_FILE_BYTES
from tieout.connectors.generic import GENERIC
from tieout.connectors.hubspot import HUBSPOT
from tieout.connectors.kit.redaction import redact
from tieout.connectors.kit.registration import Connector, Setup
from tieout.connectors.netsuite.doctoring import NetSuiteInspector
from tieout.connectors.netsuite.gateway import NetSuiteGateway
from tieout.connectors.netsuite.setup_project import project_files
from tieout.connectors.salesforce import SALESFORCE
from tieout.connectors.stripe import STRIPE
from tieout.domain.cash.movements import Severity
from tieout.domain.cash.policy import Prepayments
from tieout.domain.ids import RecordType
from tieout.domain.policy import HandOff, Policy
from tieout.flows.answers import MarkingStore
from tieout.flows.context import Context, Limits
from tieout.flows.doctor.engine import Doctor
from tieout.flows.errors import EnvironmentMismatch, MaybeSent, NotSent, StoreError, Throttled
from tieout.flows.machine import Machine
from tieout.flows.ports import Clock, NoProbe, Probe, Source
from tieout.flows.slots import Slots
from tieout.runner.clock import ScaledClock, SharedClock
from tieout.settings import ConfigurationError, build_go_live, build_netsuite, build_policy, check_files
from tieout.settings.file import Loaded, problems_of
from tieout.store import migrating
from tieout.store.database import Database, open_engine
from tieout.store.incarnation import prepare, still_ours
from tieout.store.incarnation import take_over as declare_own
from tieout.store.private_server import PrivateServer
from tieout.store.private_server import private_server as start_private_server
from tieout.store.roles import grant
from tieout.store.unit import Store

T = TypeVar("T")
_PATIENCE_SECONDS = (1, 5, 15, 30, 60)

#: One line makes a connector known.
CONNECTORS: Mapping[str, Connector] = {
    "salesforce": SALESFORCE,
    "hubspot": HUBSPOT,
    "stripe": STRIPE,
    "generic": GENERIC,
    "bank": BANK,
}


@dataclass(frozen=True, slots=True)
class Application:
    """A built machine and what has to be closed after it."""

    machine: Machine
    store: Store
    policy: Policy
    loaded: Loaded
    sources: Mapping[str, Source]
    _database: Database
    _closers: tuple[Callable[[], None], ...] = field(default=())

    def close(self) -> None:
        """Close connections."""
        for close in self._closers:
            close()


def build(
    loaded: Loaded,
    *,
    clock: Clock | None = None,
    probe: Probe | None = None,
    limits: Limits | None = None,
    starting: bool = True,
) -> Application:
    """Build everything from the configuration. `starting`: what is built will write to NetSuite.

    Raises `ConfigurationError` and `StoreError`.
    """
    policy = build_policy(loaded)
    config = build_netsuite(loaded)
    database = Database(open_engine(store_url(loaded)))
    # Several processes agree about leases only if they agree about the time.
    clock = clock or (SharedClock(database.now) if database.is_postgres else ScaledClock.real())
    sources = {name: _source(name, loaded, clock) for name in loaded.settings.sources}
    if starting:
        check_files(loaded)
    prepare(database, policy.installation, witness_of(loaded), starting=starting)
    probe = probe or NoProbe()
    store = Store(database, probe)
    netsuite = NetSuiteGateway(config, clock)
    context = Context(
        store=MarkingStore(store, clock),
        clock=clock,
        netsuite=netsuite,
        sources=sources,
        policy=policy,
        slots=Slots(config.concurrency - loaded.settings.netsuite.headroom),
        token=lambda: secrets.token_hex(8),
        limits=limits or limits_for(clock),
        probe=probe,
        holder=f"{socket.gethostname()[:40]}-{secrets.token_hex(4)}" if database.is_postgres else "",
    )
    return Application(
        machine=Machine(context),
        store=store,
        policy=policy,
        loaded=loaded,
        sources=sources,
        _database=database,
        _closers=(netsuite.close, *(source.close for source in sources.values()), database.dispose),
    )


def limits_for(clock: Clock) -> Limits:
    """Budgets and intervals. Clocks that run fast do not make the machine faster: records still gather for a moment
    of real time before they are read back together, and what was looked up still has real time to be sent in.
    """
    plain, scale = Limits(), timedelta(seconds=clock.scale)
    return Limits(
        read_back_linger=max(plain.read_back_linger, 2 * scale / 5),
        read_back_least=max(plain.read_back_least, scale / 10),
        absence_good_for=max(plain.absence_good_for, 2 * scale),
        lease_margin=max(plain.lease_margin, scale),
    )


def _source(name: str, loaded: Loaded, clock: Clock) -> Source:
    settings = loaded.settings.sources[name]
    path = ("sources", name)
    connector = CONNECTORS.get(settings.type)
    if connector is None:
        known = ", ".join(sorted(CONNECTORS))
        raise loaded.error((*path, "type"), f"expected one of {known}, found {settings.type!r}")
    try:
        options = connector.options.model_validate(settings.options)
    except ValidationError as error:
        where = (*path, "options")
        problems = problems_of(error, loaded.tree, connector.options, where)
        raise ConfigurationError(loaded.file, problems) from error

    def secret(reference: str) -> str:
        return loaded.secret(reference, (*path, "options"))

    return connector.build(
        Setup(
            name=name,
            environment=settings.environment,
            cut_over=settings.cut_over,
            options=options,
            secret=secret,
            clock=clock,
        )
    )


def store_url(loaded: Loaded) -> str:
    """The database URL; a relative SQLite path is beside the configuration file. Raises `ConfigurationError`."""
    url = loaded.settings.store
    if url.startswith(("env:", "file:")):
        url = loaded.secret(url, ("store",))
    prefix = "sqlite:///"
    if url.startswith(("postgresql://", "postgresql+psycopg://")):
        return url
    if not url.startswith(prefix) or url == prefix:
        # What follows the scheme may hold a password, so only the scheme is shown.
        found = url.partition(":")[0]
        raise loaded.error(("store",), f"expected sqlite:///PATH or postgresql://…, found {found!r}")
    if url.startswith(prefix) and not url.startswith(prefix + "/"):
        path = loaded.beside(url.removeprefix(prefix))
        path.parent.mkdir(parents=True, exist_ok=True)
        return f"{prefix}{path}"
    return url


@dataclass(frozen=True, slots=True)
class StoreUpkeep:
    """What is done to a database by its owner."""

    _database: Database

    @property
    def revision(self) -> str | None:
        """The revision it is at; None when it is empty."""
        return migrating.current(self._database)

    @property
    def newest(self) -> str:
        """The revision this version needs."""
        return migrating.head()

    def upgrade(self) -> None:
        """Raise it to the newest revision."""
        migrating.upgrade(self._database)

    def downgrade(self, to: str) -> None:
        """Take it back; what that revision cannot hold is lost."""
        migrating.downgrade(self._database, to)

    def grant(self, role: str) -> None:
        """Give a role what a worker needs. Raises `StoreError`."""
        grant(self._database, role)


@contextmanager
def store_upkeep(loaded: Loaded) -> Iterator[StoreUpkeep]:
    """The configured database, whatever its revision. Raises `ConfigurationError` and `StoreError`."""
    database = Database(open_engine(store_url(loaded)))
    try:
        yield StoreUpkeep(database)
    finally:
        database.dispose()


def private_server() -> AbstractContextManager[PrivateServer]:
    """A PostgreSQL server for as long as the block lasts. Raises `StoreError`."""
    return start_private_server()


def take_over(loaded: Loaded) -> None:
    """Make this database the installation's own after a restore or a move. Raises `StoreError`."""
    database = Database(open_engine(store_url(loaded)))
    try:
        declare_own(database, loaded.settings.installation, witness_of(loaded))
    finally:
        database.dispose()


def witness_of(loaded: Loaded) -> Path:
    """The file outside the database that betrays a restored copy."""
    return loaded.file.parent / f".tieout-{loaded.settings.installation}"


def check_pins(application: Application) -> list[str]:
    """Compare the connected environments with the pinned ones, and look the account over. Returns warnings.

    Raises `EnvironmentMismatch`; a mismatch stops the start.
    """
    warnings = []
    context = application.machine.context
    clock = context.clock
    records = records_written(context.policy)
    warnings += missing_canaries(application.loaded, records)
    application.machine.blocks.acquire()
    with context.slots.reading():
        looked_over = patiently(lambda: context.netsuite.preflight(records), clock)
    warnings += [f"netsuite: {warning}" for warning in looked_over]
    for name, source in application.sources.items():
        settings = application.loaded.settings.sources[name]
        pin = settings.options.get(CONNECTORS[settings.type].pin)
        if pin:
            found = patiently(source.fingerprint, clock)
            if found != str(pin):
                raise EnvironmentMismatch(
                    f"source {name} is connected to {found}, the configuration pins {pin}: nothing was started"
                )
        warnings += [f"{name}: {warning}" for warning in patiently(source.warnings, clock)]
    return warnings


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that has to hold before a process serves, and what is the matter when it does not."""

    name: str
    ok: bool
    detail: str


def readiness(application: Application) -> list[Check]:
    """Is the store reachable, at the revision this version needs, and still this installation's own?

    A paused account is told and is no reason not to serve: people have to see it.
    """
    database, loaded = application._database, application.loaded  # noqa: SLF001 (the wiring's own)
    try:
        at, needed = migrating.current(database), migrating.head()
        with application.store.read() as unit:
            paused = unit.mappings.paused(application.policy.account)
    except Exception as error:
        # The text may hold the address with its password.
        return [Check("store", ok=False, detail=f"the database cannot be read ({type(error).__name__})")]
    checks = [
        Check("store", ok=True, detail=""),
        Check(
            "revision",
            ok=at == needed,
            detail="" if at == needed else f"at {at}, this version needs {needed}",
        ),
    ]
    try:
        still_ours(database, loaded.settings.installation, witness_of(loaded))
        checks.append(Check("incarnation", ok=True, detail=""))
    except (StoreError, OSError, ValueError):
        detail = "not the database this installation left; see the log of a start, and `tieout take-over`"
        checks.append(Check("incarnation", ok=False, detail=detail))
    since = f"paused since {paused[1].isoformat(timespec='seconds')}" if paused else ""
    return [*checks, Check("account", ok=True, detail=since)]


def doctor(application: Application) -> Doctor:
    """The go-live examination of a built application."""
    loaded = application.loaded
    pins: dict[str, str | None] = {}
    for name, source in loaded.settings.sources.items():
        pin = CONNECTORS[source.type].pin
        pins[name] = str(source.options.get(pin) or "") if pin else None
    netsuite = cast("NetSuiteGateway", application.machine.context.netsuite)
    return Doctor(
        application.machine,
        NetSuiteInspector(netsuite.client),
        build_go_live(loaded, pins),
        records_written(application.policy),
    )


@dataclass(frozen=True, slots=True)
class BankFigures:
    """What a bank file came to: its figures, and whether something of it was refused or rejected."""

    figures: Mapping[str, Any]
    whole: bool


def bank_figures(
    file: Path, *, perspective: str = "", currency: str = "", date_order: str = ""
) -> BankFigures:
    """Read a bank file without configuration or database. Raises `OSError` when it cannot be opened."""
    with file.open("rb") as handle:
        content = handle.read(MAX_FILE_BYTES + 1)
    chosen = BankOptions(
        perspective=Perspective(perspective) if perspective else Perspective.RECEIVER,
        currency=currency or "USD",
        date_order=date_order,
    )
    read = parse_bank_file(content, file.name, chosen)
    rejected = any(finding.severity is Severity.REJECTS for finding in read.findings)
    return BankFigures({"file": str(file), **figures_of(read)}, whole=refusal(read) is None and not rejected)


def netsuite_project() -> Mapping[str, str]:
    """The SDF project an admin deploys before anything else: path → text."""
    return project_files()


def records_written(policy: Policy) -> list[RecordType]:
    """The record types this configuration can write."""
    records = [RecordType.CUSTOMER, RecordType.INVOICE]
    if any(rule.then != HandOff.INVOICE for rule in policy.handoff_rules):
        records.append(RecordType.SALES_ORDER)
    if policy.contacts:
        records.append(RecordType.CONTACT)
    if policy.cash is not None:
        records += [RecordType.CUSTOMER_PAYMENT, RecordType.CUSTOMER_REFUND, RecordType.JOURNAL_ENTRY]
        if any(one.payouts is not None for one in policy.cash.accounts.values()):
            records.append(RecordType.BANK_DEPOSIT)
        if policy.cash.prepayments is Prepayments.CUSTOMER_DEPOSIT:
            records += [RecordType.CUSTOMER_DEPOSIT, RecordType.DEPOSIT_APPLICATION]
    return records


def missing_canaries(loaded: Loaded, records: Sequence[RecordType]) -> list[str]:
    """Record type × subsidiary without a canary: look-ups there prove nothing, so writes would wait for ever."""
    settings = loaded.settings
    subsidiaries = sorted({rule.then for rule in settings.rules.subsidiary})
    return [
        f"no canary for {record} in subsidiary {subsidiary} (netsuite.canaries): nothing can be written there"
        for record in records
        for subsidiary in subsidiaries
        if subsidiary not in settings.netsuite.canaries.get(record, {})
    ]


def patiently(read: Callable[[], T], clock: Clock) -> T:
    """A read, repeated a few times when it got no answer: reads may be retried freely."""
    for pause in _PATIENCE_SECONDS:
        try:
            return read()
        except (NotSent, MaybeSent, Throttled) as error:
            if isinstance(error, Throttled) and error.stop:
                raise
            clock.sleep(pause)
    return read()


class _StandardError:
    """Standard error as it is when a line is written, not as it was when logging was configured."""

    def write(self, text: str) -> int:
        """Write to the present standard error."""
        return sys.stderr.write(text)

    def flush(self) -> None:
        """Flush it."""
        sys.stderr.flush()


def configure_logging(*, verbose: bool, as_json: bool) -> None:
    """Structured logs to standard error, every secret masked."""

    def mask(_: Any, __: str, event: Any) -> Any:
        return {key: redact(value, key) for key, value in event.items()}

    renderer: Any = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            mask,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO if verbose else logging.ERROR),
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, _StandardError())),
        cache_logger_on_first_use=False,
    )
