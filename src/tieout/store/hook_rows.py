"""Webhooks as they came, and the polls they ask for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from tieout.store import tables as t

_H = t.hook_event
_W = t.wake_up


class HookInbox:
    """Rows of `hook_event` and `wake_up` within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, source: str, digest: str, body: bytes, headers: Mapping[str, str], now: datetime) -> bool:
        """Store a verified webhook as it came. False when this very body is there already."""
        seen = select(_H.c.id).where(_H.c.source == source, _H.c.digest == digest)
        if self._connection.execute(seen).first() is not None:
            return False
        text = json.dumps(dict(headers), sort_keys=True)
        values = {"source": source, "digest": digest, "body": body, "headers": text, "received_at": now}
        self._connection.execute(insert(_H).values(**values))
        return True

    def wake(self, source: str, now: datetime) -> None:
        """This source is to be polled soon."""
        if source not in self.woken():
            self._connection.execute(insert(_W).values(source=source, asked_at=now))

    def woken(self) -> set[str]:
        """Sources that are to be polled soon."""
        return set(self._connection.execute(select(_W.c.source)).scalars())

    def answered(self, source: str) -> None:
        """The poll that was asked for begins."""
        self._connection.execute(delete(_W).where(_W.c.source == source))
