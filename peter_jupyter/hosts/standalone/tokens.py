"""Who an API token belongs to: never more than its owner is now."""

from __future__ import annotations

import datetime as dt
import logging
from typing import TYPE_CHECKING

from peter_core.errors import StorageError
from peter_core.principal import Principal
from peter_core.store.sessions import TokenStore
from peter_jupyter.hosts.standalone.sessions import HOST, Caller, asked_of_ledger, utc_now

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor

    from peter_core.principal import Role
    from peter_core.store.database import Database
    from peter_jupyter.hosts.standalone.people import People

log = logging.getLogger("peter.login")

_SEEN_EVERY = dt.timedelta(seconds=60)
_LISTED_AFTER = dt.timedelta(days=30)
"""How long lists show a token that is over."""
_ORDER: tuple[Role, ...] = ("viewer", "author", "admin")


class Tokens:
    """The ledger's API tokens, asked off the event loop."""

    def __init__(
        self,
        database: Database,
        people: People,
        threads: Executor,
        *,
        now: Callable[[], dt.datetime] = utc_now,
    ) -> None:
        self._store = TokenStore(database)
        self._people = people
        self._threads = threads
        self._now = now

    async def caller(self, secret: str) -> Caller | None:
        """Who a token's secret belongs to; ``None`` for none, an expired and a revoked one, and
        one whose owner may not come in any more.

        Raises
        ------
        StorageError
        """
        return await asked_of_ledger(self._threads, lambda: self._find(secret))

    async def sweep(self) -> None:
        """Forget tokens that opened nothing for a month. Raises ``StorageError``."""
        await asked_of_ledger(
            self._threads, lambda: self._store.sweep(at=self._now(), kept=_LISTED_AFTER)
        )

    def _find(self, secret: str) -> Caller | None:
        at = self._now()
        token = self._store.find(secret, at=at)
        if token is None:
            return None
        roles = lesser_roles(token.roles, self._people.roles_of(token.owner))
        if not roles:
            return None
        if token.last_used_at is None or at - token.last_used_at > _SEEN_EVERY:
            try:
                self._store.touch(token.id, at=at)
            except StorageError as error:
                log.warning("a token's last use was not written: %s", error.code)
        return Caller(Principal(token.owner, token.name, roles, HOST), token.expires_at)


def lesser_roles(asked: frozenset[Role], held: frozenset[Role]) -> frozenset[Role]:
    """The lower one of what is asked for and what is held; nothing when nothing is held."""
    if not asked or not held:
        return frozenset()
    return frozenset({min(max(asked, key=_ORDER.index), max(held, key=_ORDER.index),
                          key=_ORDER.index)})  # fmt: skip
