"""Logins and API tokens; only the hashes of their secrets are kept."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from peter_core.errors import InvalidRequest
from peter_core.principal import Principal
from peter_core.store.database import insert_into
from peter_core.store.tables import api_tokens, sessions

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.engine import Connection, Row

    from peter_core.principal import Role
    from peter_core.store.database import Database

_BYTES = 32
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")
_PREFIX = "peter_"
_ROLES: tuple[Role, ...] = ("viewer", "author", "admin")
_MOST_NAME = 120
_MOST_TEXT = 320
_SEEN_EVERY = dt.timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Session:
    """One login. Moments are UTC; ``agent_hash`` is the SHA-256 of the browser's user agent."""

    principal: Principal
    created_at: dt.datetime
    seen_at: dt.datetime
    expires_at: dt.datetime
    agent_hash: str | None = None


@dataclass(frozen=True, slots=True)
class ApiToken:
    """One API token as lists show it; its secret is known to nobody but its holder.

    ``id`` is public and names it in `TokenStore.revoke`. Moments are UTC.
    """

    id: str
    name: str
    owner: str
    roles: frozenset[Role]
    created_at: dt.datetime
    last_used_at: dt.datetime | None = None
    expires_at: dt.datetime | None = None
    revoked_at: dt.datetime | None = None

    def is_live(self, at: dt.datetime) -> bool:
        """Whether it opens anything at the moment."""
        return self.revoked_at is None and (self.expires_at is None or at < self.expires_at)


class SessionStore:
    """Sessions by a secret id of 32 random bytes; safe from any thread, shared by all servers.

    A session is found by the hash of its id, so what a database or its backup tells opens
    nothing, and no timing tells how much of a guess was right. Every method raises
    ``StorageError`` when the database cannot answer.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(
        self,
        principal: Principal,
        *,
        at: dt.datetime,
        lifetime: dt.timedelta,
        user_agent: str | None = None,
    ) -> tuple[str, Session]:
        """A new session, and its id for the cookie; it ends after ``lifetime`` at the latest."""
        secret = secrets.token_urlsafe(_BYTES)
        agent = None if user_agent is None else _hash(user_agent)
        session = Session(principal, at, at, at + lifetime, agent)
        row = {
            "hash": _hash(secret),
            "principal": principal.email,
            "name": principal.name[:_MOST_TEXT],
            "roles": _roles_text(principal.roles),
            "host": principal.host,
            "created_at": at,
            "seen_at": at,
            "expires_at": session.expires_at,
            "agent_hash": agent,
        }
        with self._database.writing() as connection:
            connection.execute(sa.insert(sessions), row)
        return secret, session

    def find(self, secret: str, *, at: dt.datetime, idle: dt.timedelta) -> Session | None:
        """The session of that id; ``None`` for none, and for one that expired or was idle."""
        if not _SECRET.fullmatch(secret):
            return None
        query = sa.select(sessions).where(
            sessions.c.hash == _hash(secret),
            sessions.c.expires_at > at,
            sessions.c.seen_at > at - idle,
        )
        row = self._database.read(lambda connection: connection.execute(query).first())
        return None if row is None else _session(row)

    def touch(self, secret: str, *, at: dt.datetime) -> None:
        """Note that the session was used; written at most once a minute."""
        query = (
            sa.update(sessions)
            .where(sessions.c.hash == _hash(secret), sessions.c.seen_at < at - _SEEN_EVERY)
            .values(seen_at=at)
        )
        self._change(query)

    def revoke(self, secret: str) -> bool:
        """End one session; true when there was one."""
        return self._change(sa.delete(sessions).where(sessions.c.hash == _hash(secret))) > 0

    def revoke_all(self, email: str) -> int:
        """End every session of a person, everywhere; returns how many."""
        return self._change(sa.delete(sessions).where(sessions.c.principal == email))

    def spend(self, name: str, *, at: dt.datetime, lifetime: dt.timedelta) -> bool:
        """Use something up that may be used once, on whichever server; false when it was.

        ``lifetime`` is how long it would be accepted at all: `sweep` forgets it then.
        """
        until = at + lifetime
        row = {
            # No session's id has a space.
            "hash": _hash(f"once {name}"),
            "principal": "",
            "name": "",
            "roles": "",
            "host": "once",
            "created_at": at,
            # However short sessions may idle, it is remembered until then.
            "seen_at": until,
            "expires_at": until,
        }

        def spent(connection: Connection) -> bool:
            made = insert_into(connection, sessions).on_conflict_do_nothing().values(row)
            return connection.execute(made.returning(sessions.c.hash)).first() is not None

        return self._database.write_idempotent(spent)

    def sweep(self, *, at: dt.datetime, idle: dt.timedelta) -> int:
        """Forget sessions that expired or were idle, and what was spent; returns how many."""
        over = (sessions.c.expires_at <= at) | (sessions.c.seen_at <= at - idle)
        return self._change(sa.delete(sessions).where(over))

    def _change(self, query: sa.Update | sa.Delete) -> int:
        return self._database.write_idempotent(
            lambda connection: connection.execute(query).rowcount
        )


class TokenStore:
    """API tokens by a secret of 32 random bytes behind ``peter_``; kept as `SessionStore` does."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(
        self,
        name: str,
        *,
        owner: str,
        roles: Iterable[Role],
        at: dt.datetime,
        expires_at: dt.datetime | None = None,
    ) -> tuple[str, ApiToken]:
        """A new token, and its secret, which is shown this once.

        Raises
        ------
        InvalidRequest
            The name or the roles are none, or it would have expired already.
        """
        if not 0 < len(name.strip()) <= _MOST_NAME or not name.isprintable():
            raise InvalidRequest(f"A token needs a name of 1 to {_MOST_NAME} printable characters.")
        held = frozenset(roles)
        if not held or not held <= set(_ROLES):
            raise InvalidRequest(f"A token needs roles among {', '.join(_ROLES)}.")
        if expires_at is not None and expires_at <= at:
            raise InvalidRequest("The token would have expired already.")
        secret = _PREFIX + secrets.token_urlsafe(_BYTES)
        token = ApiToken(secrets.token_hex(6), name, owner, held, at, None, expires_at)
        row = {
            "hash": _hash(secret),
            "id": token.id,
            "name": name,
            "owner": owner,
            "roles": _roles_text(held),
            "created_at": at,
            "expires_at": expires_at,
        }
        with self._database.writing() as connection:
            connection.execute(sa.insert(api_tokens), row)
        return secret, token

    def find(self, secret: str, *, at: dt.datetime) -> ApiToken | None:
        """The live token of that secret; ``None`` for none, an expired and a revoked one."""
        if not secret.startswith(_PREFIX) or not _SECRET.fullmatch(secret[len(_PREFIX) :]):
            return None
        query = sa.select(api_tokens).where(api_tokens.c.hash == _hash(secret))
        row = self._database.read(lambda connection: connection.execute(query).first())
        token = None if row is None else _token(row)
        return token if token is not None and token.is_live(at) else None

    def touch(self, id: str, *, at: dt.datetime) -> None:
        """Note that the token was used; written at most once a minute."""
        used = api_tokens.c.last_used_at
        query = sa.update(api_tokens).where(
            api_tokens.c.id == id, used.is_(None) | (used < at - _SEEN_EVERY)
        )
        self._database.write_idempotent(
            lambda connection: connection.execute(query.values(last_used_at=at))
        )

    def list(self, owner: str | None = None) -> tuple[ApiToken, ...]:
        """The tokens of one person, or of all, the newest first."""
        query = sa.select(api_tokens).order_by(api_tokens.c.created_at.desc(), api_tokens.c.id)
        if owner is not None:
            query = query.where(api_tokens.c.owner == owner)
        rows = self._database.read(lambda connection: connection.execute(query).all())
        return tuple(_token(row) for row in rows)

    def revoke(self, id: str, *, at: dt.datetime, owner: str | None = None) -> bool:
        """End one token, of that owner where one is given; true when it had been live."""
        live = (api_tokens.c.id == id) & api_tokens.c.revoked_at.is_(None)
        if owner is not None:
            live &= api_tokens.c.owner == owner
        query = sa.update(api_tokens).where(live).values(revoked_at=at)
        with self._database.writing() as connection:
            return connection.execute(query).rowcount > 0

    def sweep(self, *, at: dt.datetime, kept: dt.timedelta) -> int:
        """Forget tokens that opened nothing for so long; returns how many. Lists show the others.

        A token that expired or was revoked is refused whether it is remembered or not.
        """
        over = (api_tokens.c.expires_at <= at - kept) | (api_tokens.c.revoked_at <= at - kept)
        query = sa.delete(api_tokens).where(over)
        return self._database.write_idempotent(
            lambda connection: connection.execute(query).rowcount
        )


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _roles_text(roles: Iterable[Role]) -> str:
    return ",".join(sorted(roles))


def _roles(text: str) -> frozenset[Role]:
    held = text.split(",")
    return frozenset(role for role in _ROLES if role in held)


def _session(row: Row[*tuple[Any, ...]]) -> Session:
    who = Principal(row.principal, row.name, _roles(row.roles), row.host)
    return Session(who, row.created_at, row.seen_at, row.expires_at, row.agent_hash)


def _token(row: Row[*tuple[Any, ...]]) -> ApiToken:
    return ApiToken(
        id=row.id,
        name=row.name,
        owner=row.owner,
        roles=_roles(row.roles),
        created_at=row.created_at,
        last_used_at=row.last_used_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
    )
