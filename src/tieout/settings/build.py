"""Settings → the domain's policy and the NetSuite connector's configuration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tieout.connectors.netsuite.auth import signing_key
from tieout.connectors.netsuite.config import MachineCredentials, NetSuiteConfig, TokenCredentials
from tieout.domain.errors import DomainError
from tieout.domain.ids import DEFAULT_TEMPLATES, ExternalId, TemplateError, check_templates
from tieout.domain.policy import Blackout, HandOff, Policy, SourcePolicy
from tieout.domain.rules import Condition, Operator, Rule
from tieout.flows.codec import digest
from tieout.settings.cash import build_cash
from tieout.settings.file import Loaded
from tieout.settings.model import ConditionValue, MachineAuth, RuleSettings


def build_policy(loaded: Loaded) -> Policy:
    """All decisions, with a version that changes when any of them does. Raises `ConfigurationError`."""
    settings = loaded.settings
    templates = {**DEFAULT_TEMPLATES, **settings.external_ids}
    try:
        check_templates(templates)
    except TemplateError as error:
        raise loaded.error(("external_ids",), f"{error}; give each its own beginning") from error
    for number, rule in enumerate(settings.rules.handoff):
        if rule.then not in set(HandOff):
            message = f"expected one of {', '.join(HandOff)}, found {rule.then!r}"
            raise loaded.error(("rules", "handoff", number, "then"), message)
    untagged = [name for name, source in settings.sources.items() if not source.tag]
    if len(untagged) > 1:
        message = f"only the primary CRM may go without a tag; {' and '.join(untagged)} both do: add `tag:`"
        raise loaded.error(("sources", untagged[1]), message)
    rules = settings.rules
    # A signature below the decisions does not change them, nor does an address to listen at.
    version = digest(settings.model_dump_json(exclude={"go_live", "web"}))[:12]
    try:
        return Policy(
            version=version,
            installation=settings.installation,
            account=settings.netsuite.account.upper().replace("-", "_"),
            sources={
                name: SourcePolicy(
                    name=name,
                    cut_over=source.cut_over,
                    tag=source.tag,
                    trigger=conditions(source.trigger),
                    require_billing_terms=source.require_billing_terms,
                    transaction_date=source.transaction_date,
                )
                for name, source in settings.sources.items()
            },
            subsidiary_rules=_rules(rules.subsidiary),
            handoff_rules=_rules(rules.handoff),
            receivables_rules=_rules(rules.receivables_account),
            approval_rules=_rules(rules.approvals),
            form_rules={kind: _rules(rows) for kind, rows in rules.forms.items()},
            entity_id_template=settings.customers.entity_id,
            contacts=settings.customers.contacts,
            extend=frozenset(settings.netsuite.customers.extend),
            links_need_role=settings.customers.links_need_role,
            templates=templates,
            blackouts=tuple(
                Blackout(start=window.start, end=window.end, why=window.why)
                for window in settings.netsuite.blackouts
            ),
            cash=build_cash(settings.cash, version) if settings.cash is not None else None,
        )
    except DomainError as error:
        raise loaded.error(("rules",), str(error)) from error


def check_files(loaded: Loaded) -> None:
    """Refuse to start without a file the configuration names. Raises `ConfigurationError`."""
    for kind, name in loaded.settings.crosswalks.items():
        if not loaded.beside(name).is_file():
            message = (
                f"there is no file {name}; create it (`tieout init` shows its columns) or remove this line"
            )
            raise loaded.error(("crosswalks", str(kind)), message)


def _rules(rows: Sequence[RuleSettings]) -> tuple[Rule, ...]:
    return tuple(Rule(name=row.name, then=row.then, when=conditions(row.when)) for row in rows)


def conditions(when: Mapping[str, str | list[str] | ConditionValue]) -> tuple[Condition, ...]:
    """The typed conditions of a `when` mapping."""
    result = []
    for fact, value in when.items():
        if isinstance(value, ConditionValue):
            given = value.value
            values = () if given is None else tuple(given) if isinstance(given, list) else (given,)
            result.append(Condition(fact, value.operator, values))
        elif isinstance(value, list):
            result.append(Condition(fact, Operator.IN, tuple(value)))
        else:
            result.append(Condition(fact, Operator.EQUALS, (value,)))
    return tuple(result)


def build_netsuite(loaded: Loaded) -> NetSuiteConfig:
    """The connector's configuration, secrets resolved. Raises `ConfigurationError`."""
    settings = loaded.settings.netsuite
    auth = settings.auth
    credentials: MachineCredentials | TokenCredentials
    if isinstance(auth, MachineAuth):
        path = ("netsuite", "auth", "private_key")
        credentials = MachineCredentials(
            client_id=auth.client_id,
            certificate_id=auth.certificate_id,
            private_key_pem=loaded.secret(auth.private_key, path),
            algorithm=auth.algorithm,
        )
        try:
            signing_key(credentials)
        except ValueError:  # whose text may quote the key
            kind = "an EC" if auth.algorithm.startswith("ES") else "an RSA"
            message = (
                f"{auth.private_key} is not {kind} private key in PEM form, which {auth.algorithm} needs"
            )
            raise loaded.error(path, f"{message}; see docs/start.md") from None
    else:
        parts = ("consumer_key", "consumer_secret", "token_id", "token_secret")
        secrets = {
            name: loaded.secret(getattr(auth, name), ("netsuite", "auth", name)).strip() for name in parts
        }
        credentials = TokenCredentials(**secrets)
    if settings.headroom >= settings.concurrency:
        message = (
            f"leaves no slot: concurrency is {settings.concurrency}; use at most {settings.concurrency - 1}"
        )
        raise loaded.error(("netsuite", "headroom"), message)
    return NetSuiteConfig(
        account=settings.account,
        credentials=credentials,
        base_url=settings.base_url,
        concurrency=settings.concurrency,
        deadline_seconds=settings.deadline_seconds,
        server_limit_seconds=settings.server_limit_seconds,
        canaries={
            kind: {subsidiary: ExternalId(one) for subsidiary, one in by_subsidiary.items()}
            for kind, by_subsidiary in settings.canaries.items()
        },
        foreign_fields=tuple(settings.foreign_fields),
        installation=loaded.settings.installation,
    )


@dataclass(frozen=True, slots=True)
class MetricsAccess:
    """Where figures are read without a key, if anywhere, and a token that may read them, if there is one."""

    address: tuple[str, int] | None
    token: str


def build_metrics_access(loaded: Loaded) -> MetricsAccess:
    """Who may read the figures. Raises `ConfigurationError`."""
    web = loaded.settings.web
    token = loaded.secret(web.metrics_token, ("web", "metrics_token")).strip() if web.metrics_token else ""
    if not web.metrics_address:
        return MetricsAccess(None, token)
    host, _, port = web.metrics_address.rpartition(":")
    if not 0 <= int(port) <= 65535 or (int(port) and int(port) == web.port):
        message = f"expected HOST:PORT with a port of its own up to 65535, found {web.metrics_address!r}"
        raise loaded.error(("web", "metrics_address"), message)
    return MetricsAccess((host.strip("[]"), int(port)), token)
