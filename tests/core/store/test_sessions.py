"""Logins and tokens open what they should, for as long as they should, and are kept as hashes."""

from __future__ import annotations

import datetime as dt
import hashlib
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from peter_core.errors import InvalidRequest
from peter_core.principal import Principal
from peter_core.store.ledger import Ledger
from peter_core.store.sessions import ApiToken, SessionStore, TokenStore
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


def test_what_may_be_used_once_is_used_once_by_however_many(sessions: SessionStore) -> None:
    with ThreadPoolExecutor(8) as threads:
        found = list(
            threads.map(lambda _: sessions.spend("a login", at=NOW, lifetime=HOUR), range(16))
        )
    assert sorted(found) == [False] * 15 + [True]
    assert sessions.spend("another", at=NOW, lifetime=HOUR)


def test_what_was_spent_is_remembered_as_long_as_it_could_be_used(sessions: SessionStore) -> None:
    assert sessions.spend("a login", at=NOW, lifetime=HOUR)
    # Sessions may idle for less than that.
    assert sessions.sweep(at=NOW + HOUR - SECOND, idle=SECOND) == 0
    assert not sessions.spend("a login", at=NOW + HOUR - SECOND, lifetime=HOUR)
    assert sessions.sweep(at=NOW + HOUR + SECOND, idle=SECOND) == 1
    assert sessions.revoke_all("") == 0


def test_nothing_that_was_spent_is_a_session(sessions: SessionStore, ledger: Ledger) -> None:
    name = "a" * 38
    assert sessions.spend(name, at=NOW, lifetime=HOUR)
    for secret in (name, f"once {name}"):
        assert sessions.find(secret, at=NOW, idle=HOUR) is None
    assert name not in everything_kept(ledger)


def test_tokens_that_are_over_are_forgotten_after_a_while_and_live_ones_never(
    tokens: TokenStore,
) -> None:
    def made(name: str, **more: dt.datetime) -> ApiToken:
        return tokens.create(name, owner=ANN.email, roles={"viewer"}, at=NOW, **more)[1]

    for_ever, later = made("for ever"), made("later", expires_at=NOW + 90 * DAY)
    made("expired", expires_at=NOW + DAY)
    revoked = made("revoked")
    tokens.revoke(revoked.id, at=NOW + 2 * DAY)
    assert tokens.sweep(at=NOW + 30 * DAY, kept=30 * DAY) == 0
    assert tokens.sweep(at=NOW + 31 * DAY, kept=30 * DAY) == 1
    assert tokens.sweep(at=NOW + 32 * DAY, kept=30 * DAY) == 1
    assert {token.id for token in tokens.list()} == {for_ever.id, later.id}
