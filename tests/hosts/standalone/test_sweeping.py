"""What is over leaves the ledger, and a ledger that is gone is told in words."""

from __future__ import annotations

import asyncio
import datetime as dt
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from peter_core.config import Settings
from peter_core.principal import Principal
from peter_core.store.database import Database
from peter_core.store.sessions import SessionStore, TokenStore
from peter_jupyter.hosts.standalone.people import People
from peter_jupyter.hosts.standalone.sessions import Sessions
from peter_jupyter.hosts.standalone.sweeping import sweep_regularly
from peter_jupyter.hosts.standalone.tokens import Tokens
from peter_jupyter.http.statuses import RefusalError
from tests.hosts.standalone.house import start
from tests.servers.openid import OpenIdProvider

ADA = Principal("ada@example.com", "Ada", frozenset({"viewer"}), "standalone")
DAY = dt.timedelta(days=1)


def _fill(database: Database) -> None:
    """A session and a token that live, and some that are over."""
    sessions, tokens, now = SessionStore(database), TokenStore(database), dt.datetime.now(dt.UTC)
    sessions.create(ADA, at=now, lifetime=7 * DAY)
    sessions.create(ADA, at=now - 8 * DAY, lifetime=7 * DAY)
    sessions.create(ADA, at=now - DAY, lifetime=7 * DAY)
    sessions.spend("a login", at=now - DAY, lifetime=dt.timedelta(minutes=10))
    made = {"owner": ADA.email, "roles": ("viewer",)}
    tokens.create("lives", at=now, **made)  # type: ignore[arg-type]
    tokens.create("expired lately", at=now - 9 * DAY, expires_at=now - DAY, **made)  # type: ignore[arg-type]
    tokens.create("long over", at=now - 99 * DAY, expires_at=now - 31 * DAY, **made)  # type: ignore[arg-type]


def _kept(file: Path) -> tuple[int, int]:
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as connection:
        (kept,) = connection.execute(
            "SELECT (SELECT COUNT(*) FROM sessions), (SELECT COUNT(*) FROM api_tokens)"
        )
    return int(kept[0]), int(kept[1])


def _parts(database: Database, threads: ThreadPoolExecutor) -> tuple[Sessions, Tokens]:
    people = People(Settings(allowed_emails=frozenset({ADA.email})), {})
    sessions = Sessions(database, people, threads, idle=43_200, absolute=7 * 86_400)
    return sessions, Tokens(database, people, threads)


def test_what_is_over_is_swept_again_and_again(tmp_path: Path) -> None:
    file = tmp_path / "ledger.db"
    database = Database(f"sqlite:///{file}")

    async def swept(kept: tuple[int, int]) -> None:
        deadline = time.monotonic() + 60
        while _kept(file) != kept:
            assert time.monotonic() < deadline, _kept(file)
            await asyncio.sleep(0.01)

    async def scenario() -> None:
        with ThreadPoolExecutor(1) as threads:
            parts = _parts(database, threads)
            sweeping = asyncio.ensure_future(sweep_regularly(*parts, first_s=0, every_s=0.01))
            await swept((1, 2))
            _fill(database)
            await swept((2, 4))
            assert not sweeping.done()
            sweeping.cancel()

    _fill(database)
    assert _kept(file) == (4, 3)
    asyncio.run(scenario())
    database.close()


def test_a_ledger_that_does_not_answer_is_asked_the_next_time(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "later"
    folder.write_text("a file where the ledger's folder should be")
    file = folder / "ledger.db"
    database = Database(f"sqlite:///{file}")

    async def scenario() -> None:
        with ThreadPoolExecutor(1) as threads:
            parts = _parts(database, threads)
            sweeping = asyncio.ensure_future(sweep_regularly(*parts, first_s=0, every_s=0.01))
            deadline = time.monotonic() + 60
            while "could not be swept" not in caplog.text:
                assert time.monotonic() < deadline
                await asyncio.sleep(0.01)
            folder.unlink()
            while not file.exists():
                assert time.monotonic() < deadline
                await asyncio.sleep(0.01)
            assert not sweeping.done()
            sweeping.cancel()

    with caplog.at_level("WARNING", logger="peter.login"):
        asyncio.run(scenario())
    database.close()


def test_a_server_sweeps_when_nobody_logs_in(tmp_path: Path, google: OpenIdProvider) -> None:
    file = tmp_path / "workspace" / ".peter" / "ledger.db"
    file.parent.mkdir(parents=True)
    database = Database(f"sqlite:///{file}")
    _fill(database)
    database.close()
    assert _kept(file) == (4, 3)
    house = start(tmp_path, google)
    deadline = time.monotonic() + 60
    while _kept(file) != (1, 2):
        assert time.monotonic() < deadline, _kept(file)
        time.sleep(0.05)
    assert house.terminate() == 0


@pytest.mark.parametrize("asked", ["caller", "spend", "token"])
def test_who_comes_when_the_threads_are_gone_is_told_to_come_again(
    tmp_path: Path, asked: str
) -> None:
    database = Database(f"sqlite:///{tmp_path / 'ledger.db'}")
    threads = ThreadPoolExecutor(1)
    sessions, tokens = _parts(database, threads)
    threads.shutdown()

    async def ask() -> object:
        if asked == "spend":
            return await sessions.spend("state", 600)
        return await (tokens if asked == "token" else sessions).caller("A" * 43)

    with pytest.raises(RefusalError) as refused:
        asyncio.run(ask())
    assert (refused.value.status_code, refused.value.code) == (503, "draining")
    database.close()
