"""Who a session cookie belongs to, and how sessions begin and end."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from peter_core.errors import StorageError
from peter_core.principal import Principal
from peter_core.store.sessions import SessionStore
from peter_jupyter.http.statuses import RefusalError

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor

    from peter_core.store.database import Database
    from peter_jupyter.hosts.standalone.id_tokens import Identity
    from peter_jupyter.hosts.standalone.people import People

T = TypeVar("T")

log = logging.getLogger("peter.login")

HOST = "standalone"
_SEEN_EVERY = dt.timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, and when what let them in ends by itself."""

    principal: Principal
    expires_at: dt.datetime | None


def utc_now() -> dt.datetime:
    """The moment, in UTC."""
    return dt.datetime.now(dt.UTC)


async def asked_of_ledger(threads: Executor, work: Callable[[], T]) -> T:
    """What ``work`` returns or raises, off the event loop.

    Raises
    ------
    RefusalError
        503: the server is going down, and the threads are gone.
    """
    try:
        future = asyncio.get_running_loop().run_in_executor(threads, work)
    except RuntimeError:
        raise RefusalError(
            "draining", "The server is going down.", hint="Try again shortly."
        ) from None
    return await future


class Sessions:
    """The ledger's sessions, asked off the event loop; the same on every worker and server.

    Parameters
    ----------
    idle, absolute
        Seconds a session lives without a request, and at most.
    """

    def __init__(
        self,
        database: Database,
        people: People,
        threads: Executor,
        *,
        idle: float,
        absolute: float,
        now: Callable[[], dt.datetime] = utc_now,
    ) -> None:
        self._store = SessionStore(database)
        self._people = people
        self._threads = threads
        self._idle = dt.timedelta(seconds=idle)
        self.lifetime = dt.timedelta(seconds=absolute)
        self._now = now

    async def caller(self, secret: str) -> Caller | None:
        """Who a session's id belongs to; ``None`` for none, and for who may not come in any more.

        Raises
        ------
        StorageError
        """
        return await self._run(lambda: self._find(secret))

    async def begin(self, identity: Identity, *, instead_of: str | None) -> str:
        """Begin a session under a new id, which is given back, and end the one before.

        Raises
        ------
        StorageError
        """

        def begun() -> str:
            if instead_of is not None:
                self._store.revoke(instead_of)
            roles = self._people.roles_of(identity.email)
            who = Principal(identity.email, identity.name, roles, HOST)
            secret, _ = self._store.create(who, at=self._now(), lifetime=self.lifetime)
            return secret

        return await self._run(begun)

    async def spend(self, state: str, lifetime_s: float) -> bool:
        """Whether a login is finished for the first time, on any worker and server.

        Parameters
        ----------
        lifetime_s
            Seconds its cookie could be shown again.

        Raises
        ------
        StorageError
        """
        lifetime = dt.timedelta(seconds=lifetime_s)
        return await self._run(
            lambda: self._store.spend(f"login {state}", at=self._now(), lifetime=lifetime)
        )

    async def sweep(self) -> None:
        """Forget sessions that are over. Raises ``StorageError``."""
        await self._run(lambda: self._store.sweep(at=self._now(), idle=self._idle))

    async def end(self, secret: str) -> None:
        """End one session, everywhere. Raises ``StorageError``."""
        await self._run(lambda: self._store.revoke(secret))

    async def end_all(self, email: str) -> int:
        """End every session of a person; returns how many. Raises ``StorageError``."""
        return await self._run(lambda: self._store.revoke_all(email))

    async def _run(self, work: Callable[[], T]) -> T:
        return await asked_of_ledger(self._threads, work)

    def _find(self, secret: str) -> Caller | None:
        at = self._now()
        session = self._store.find(secret, at=at, idle=self._idle)
        if session is None or session.principal.host != HOST:
            return None
        kept = session.principal
        # What a person may do is what the lists say now, not what they said at the login.
        roles = self._people.roles_of(kept.email)
        if not roles:
            return None
        if at - session.seen_at > _SEEN_EVERY:
            self._touch(secret, at)
        who = Principal(kept.email, kept.name, roles, HOST)
        return Caller(who, min(session.expires_at, at + self._idle))

    def _touch(self, secret: str, at: dt.datetime) -> None:
        try:
            self._store.touch(secret, at=at)
        except StorageError as error:
            # A full or busy ledger is no reason to turn a reader away.
            log.warning("a session's last use was not written: %s", error.code)
