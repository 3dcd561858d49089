"""Logins and tokens open what they should, for as long as they should, and are kept as hashes."""

from __future__ import annotations

import datetime as dt
import hashlib

import pytest
import sqlalchemy as sa

from peter_core.errors import InvalidRequest
from peter_core.principal import Principal
from peter_core.store.ledger import Ledger
from peter_core.store.sessions import SessionStore, TokenStore
from peter_core.store.tables import metadata

NOW = dt.datetime(2026, 11, 23, 3, 0, tzinfo=dt.UTC)
SECOND, HOUR, DAY = dt.timedelta(seconds=1), dt.timedelta(hours=1), dt.timedelta(days=1)
ANN = Principal("ann@example.com", "Ann", frozenset({"author", "admin"}), "standalone")
BOB = Principal("bob@example.com")


@pytest.fixture
def sessions(ledger: Ledger) -> SessionStore:
    return SessionStore(ledger.database)


@pytest.fixture
def tokens(ledger: Ledger) -> TokenStore:
    return TokenStore(ledger.database)


def everything_kept(ledger: Ledger) -> str:
    with ledger.database.reading() as connection:
        rows = [connection.execute(sa.select(table)).all() for table in metadata.sorted_tables]
    return repr(rows)


def test_a_session_comes_back_by_its_id(sessions: SessionStore) -> None:
    secret, made = sessions.create(ANN, at=NOW, lifetime=DAY, user_agent="Firefox")
    assert sessions.find(secret, at=NOW, idle=HOUR) == made
    assert made.principal == ANN
    assert made.agent_hash == hashlib.sha256(b"Firefox").hexdigest()
    assert len(secret) == 43
    other, _ = sessions.create(ANN, at=NOW, lifetime=DAY)
    assert other != secret


def test_neither_ids_nor_secrets_nor_browsers_are_kept(
    ledger: Ledger, sessions: SessionStore, tokens: TokenStore
) -> None:
    session, _ = sessions.create(ANN, at=NOW, lifetime=DAY, user_agent="Firefox/133 on Plan 9")
    token, _ = tokens.create("ci", owner=ANN.email, roles=["author"], at=NOW)
    kept = everything_kept(ledger)
    assert "ann@example.com" in kept
    for secret in (session, token, token.removeprefix("peter_"), "Plan 9"):
        assert secret not in kept
    assert hashlib.sha256(session.encode()).hexdigest() in kept


def test_a_session_ends_when_it_is_idle_and_at_the_latest_after_its_lifetime(
    sessions: SessionStore,
) -> None:
    secret, _ = sessions.create(ANN, at=NOW, lifetime=3 * HOUR)
    assert sessions.find(secret, at=NOW + HOUR - SECOND, idle=HOUR) is not None
    assert sessions.find(secret, at=NOW + HOUR, idle=HOUR) is None
    for hours in (0.9, 1.8, 2.7):
        sessions.touch(secret, at=NOW + hours * HOUR)
    assert sessions.find(secret, at=NOW + 3 * HOUR - SECOND, idle=HOUR) is not None
    assert sessions.find(secret, at=NOW + 3 * HOUR, idle=HOUR) is None


def test_a_use_is_written_once_a_minute(sessions: SessionStore) -> None:
    secret, _ = sessions.create(ANN, at=NOW, lifetime=DAY)
    for seconds, seen in ((30, 0), (61, 61), (90, 61)):
        sessions.touch(secret, at=NOW + seconds * SECOND)
        found = sessions.find(secret, at=NOW + HOUR, idle=DAY)
        assert found is not None
        assert found.seen_at == NOW + seen * SECOND


def test_a_logout_ends_one_session_or_all_of_a_person(sessions: SessionStore) -> None:
    first, second, other = (
        sessions.create(who, at=NOW, lifetime=DAY)[0] for who in (ANN, ANN, BOB)
    )
    assert sessions.revoke(first)
    assert not sessions.revoke(first)
    assert sessions.find(first, at=NOW, idle=HOUR) is None
    assert sessions.find(second, at=NOW, idle=HOUR) is not None
    assert sessions.revoke_all(ANN.email) == 1
    assert sessions.find(second, at=NOW, idle=HOUR) is None
    assert sessions.find(other, at=NOW, idle=HOUR) is not None


def test_what_is_over_is_swept_away(ledger: Ledger, sessions: SessionStore) -> None:
    sessions.create(ANN, at=NOW, lifetime=HOUR)
    sessions.create(ANN, at=NOW, lifetime=9 * DAY)
    kept, _ = sessions.create(BOB, at=NOW + DAY, lifetime=9 * DAY)
    assert sessions.sweep(at=NOW + DAY + HOUR, idle=DAY) == 2
    assert sessions.sweep(at=NOW + DAY + HOUR, idle=DAY) == 0
    assert sessions.find(kept, at=NOW + DAY + HOUR, idle=DAY) is not None


@pytest.mark.parametrize(
    "secret",
    ["", "x", "a" * 43, "a" * 10_000, "\x00" * 43, "\ud800" * 43, "é" * 43, "' OR 1=1 --", "a\n"],
)
def test_what_is_no_secret_opens_nothing(
    sessions: SessionStore, tokens: TokenStore, secret: str
) -> None:
    sessions.create(ANN, at=NOW, lifetime=DAY)
    assert sessions.find(secret, at=NOW, idle=DAY) is None
    sessions.touch(secret, at=NOW)
    assert not sessions.revoke(secret)
    assert tokens.find(secret, at=NOW) is None
    assert tokens.find(f"peter_{secret}", at=NOW) is None


def test_a_token_opens_until_it_expires_or_is_revoked(tokens: TokenStore) -> None:
    roles = frozenset({"viewer", "author"})
    secret, made = tokens.create("ci", owner=ANN.email, roles=roles, at=NOW, expires_at=NOW + DAY)
    assert secret.startswith("peter_")
    assert tokens.find(secret, at=NOW) == made
    assert made.roles == roles
    assert tokens.find(secret.removeprefix("peter_"), at=NOW) is None
    assert tokens.find(secret, at=NOW + DAY) is None
    assert tokens.revoke(made.id, at=NOW + HOUR)
    assert not tokens.revoke(made.id, at=NOW + 2 * HOUR)
    assert tokens.find(secret, at=NOW) is None
    (listed,) = tokens.list()
    assert listed.revoked_at == NOW + HOUR


def test_a_token_belongs_to_its_owner(tokens: TokenStore) -> None:
    secret, of_ann = tokens.create("a", owner=ANN.email, roles=["viewer"], at=NOW)
    _, of_bob = tokens.create("b", owner=BOB.email, roles=["viewer"], at=NOW + SECOND)
    assert tokens.list() == (of_bob, of_ann)
    assert tokens.list(ANN.email) == (of_ann,)
    assert not tokens.revoke(of_ann.id, at=NOW, owner=BOB.email)
    assert tokens.find(secret, at=NOW) == of_ann


def test_the_last_use_of_a_token_is_noted(tokens: TokenStore) -> None:
    _, made = tokens.create("a", owner=ANN.email, roles=["viewer"], at=NOW)
    assert made.last_used_at is None
    for seconds, used in ((0, 0), (30, 0), (90, 90)):
        tokens.touch(made.id, at=NOW + seconds * SECOND)
        assert tokens.list()[0].last_used_at == NOW + used * SECOND


def test_a_token_that_makes_no_sense_is_not_made(tokens: TokenStore) -> None:
    for name in ("", " ", "x" * 121, "a\nb", "a\x00"):
        with pytest.raises(InvalidRequest, match="printable"):
            tokens.create(name, owner=ANN.email, roles=["viewer"], at=NOW)
    for roles in ([], ["root"], ["viewer", "viewer,admin"]):
        with pytest.raises(InvalidRequest, match="viewer, author, admin"):
            tokens.create("a", owner=ANN.email, roles=roles, at=NOW)  # type: ignore[arg-type]
    with pytest.raises(InvalidRequest, match="expired already"):
        tokens.create("a", owner=ANN.email, roles=["viewer"], at=NOW, expires_at=NOW)
    assert tokens.list() == ()
