"""How one NetSuite account is reached, what our role must see, and whose fields betray another writer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tieout.domain.ids import ExternalId, RecordType


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class MachineCredentials:
    """OAuth 2.0 client credentials with a certificate (M2M): the first choice."""

    client_id: str
    certificate_id: str
    private_key_pem: str
    algorithm: str = "PS256"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class TokenCredentials:
    """Token-based authentication (OAuth 1.0a); no new integrations from 2027.1 on."""

    consumer_key: str
    consumer_secret: str
    token_id: str
    token_secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NetSuiteConfig:
    """One account. `canaries`: record type → subsidiary → external id of a record our role must see."""

    account: str
    credentials: MachineCredentials | TokenCredentials
    base_url: str = ""
    concurrency: int = 5
    deadline_seconds: int = 60
    #: NetSuite ends a request of its own after 15 minutes (reference §4)
    server_limit_seconds: int = 900
    canaries: Mapping[RecordType, Mapping[str, ExternalId]] = field(default_factory=dict)
    #: transaction body fields in which other connectors keep the source id of what they wrote
    foreign_fields: tuple[str, ...] = ()
    installation: str = ""

    @property
    def host(self) -> str:
        """Base URL: given, or the account's own host (lower case, `_` → `-`)."""
        if self.base_url:
            return self.base_url.rstrip("/")
        return f"https://{self.account.lower().replace('_', '-')}.suitetalk.api.netsuite.com"
