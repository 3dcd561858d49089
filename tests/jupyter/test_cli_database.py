"""``peter db`` says what it did to the database; ``peter reindex`` makes the index anew."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.jupyter.command_line import CommandLine
from tests.jupyter.conftest import DASHBOARD
from tests.servers.postgres import Servers
from tests.small_flights import write_tables


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    opened = Servers()
    yield opened
    opened.close()


@pytest.fixture
def peter(tmp_path: Path) -> CommandLine:
    return CommandLine(write_tables(tmp_path / "work"))


@pytest.fixture
def url(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty PostgreSQL database, configured as the seed's name does it."""
    made = servers.database("15")
    monkeypatch.setenv("DATABASE_URL", made.replace("postgres@", "postgres:hunter2@"))
    return made


def test_a_new_database_is_brought_up_by_its_operator(peter: CommandLine, url: str) -> None:
    folder = ("--folder", str(peter.folder))
    refused = peter("costs", *folder)
    assert refused.code == 1
    assert "has no tables yet; this version of Peter needs 0003" in refused.err
    assert "peter db upgrade" in refused.err
    before = peter("db", "current", *folder)
    assert (before.code, "has no tables yet" in before.out) == (1, True)
    done = peter("db", "upgrade", *folder)
    assert done.code == 0
    assert "is at schema 0003 now; it had no tables. Steps: 0001, 0002, 0003." in done.out
    assert "hunter2" not in done.out + before.out + refused.err
    assert peter("db", "upgrade", *folder).out.endswith("already; nothing was changed.\n")
    assert peter("db", "current", "--json", *folder).json["current"] is True
    assert peter("costs", *folder).code == 0


def test_an_older_schema_is_refused_with_what_to_do(peter: CommandLine, url: str) -> None:
    folder = ("--folder", str(peter.folder))
    assert peter("db", "upgrade", "0001", *folder).code == 0
    refused = peter("list", *folder)
    assert "is at schema 0001, an older one; this version of Peter needs 0003" in refused.err
    states = [(step["revision"], step["applied"])
              for step in peter("db", "history", "--json", *folder).json]  # fmt: skip
    assert states == [("0001", True), ("0002", False), ("0003", False)]


def test_a_downgrade_is_asked_for_and_says_what_is_lost(peter: CommandLine, url: str) -> None:
    folder = ("--folder", str(peter.folder))
    peter("db", "upgrade", *folder)
    refused = peter("db", "downgrade", "0001", *folder)
    assert (refused.code, "Give --yes" in refused.err) == (2, True)
    assert peter("db", "current", *folder).code == 0
    done = peter("db", "downgrade", "base", "--yes", *folder)
    assert "has no tables now; it had schema 0003. Steps: 0003, 0002, 0001." in done.out
    wrong = peter("db", "downgrade", "0001", "--yes", *folder)
    assert (wrong.code, "is before 0001" in wrong.err) == (2, True)
    unknown = peter("db", "upgrade", "0x", *folder)
    assert (unknown.code, "The revisions are base, 0001, 0002, 0003" in unknown.err) == (2, True)


def test_the_statements_can_be_read_before_they_are_run(
    peter: CommandLine, url: str, servers: Servers
) -> None:
    import psycopg

    folder = ("--folder", str(peter.folder))
    script = peter("db", "upgrade", "--sql", *folder).out
    assert "CREATE TABLE runs" in script
    assert peter("db", "current", *folder).code == 1
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(script)  # type: ignore[arg-type]
    assert peter("db", "current", *folder).code == 0
    back = peter("db", "downgrade", "0001", "--sql", *folder).out
    assert "DROP TABLE sessions" in back
    assert peter("db", "current", *folder).code == 0


def test_a_workspaces_file_can_be_moved_too(peter: CommandLine) -> None:
    folder = ("--folder", str(peter.folder))
    assert "has no tables yet" in peter("db", "current", *folder).out
    assert "Steps: 0001, 0002, 0003." in peter("db", "upgrade", *folder).out
    assert "Steps: 0003, 0002." in peter("db", "downgrade", "0001", "--yes", *folder).out
    with sqlite3.connect(peter.folder / ".peter" / "ledger.db") as connection:
        names = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
    connection.close()
    assert "runs" in names
    assert not {"sessions", "api_tokens", "budget_entries", "budget_windows"} & names
    assert peter("list", *folder).code == 0
    assert "ledger.db is at schema 0003, as" in peter("db", "current", *folder).out


def test_a_folder_that_is_none_is_not_made(peter: CommandLine) -> None:
    nowhere = peter.folder / "nowhere"
    ran = peter("db", "upgrade", "--folder", str(nowhere))
    assert (ran.code, "does not exist" in ran.err) == (2, True)
    assert not nowhere.exists()


def test_a_lost_index_is_made_anew(peter: CommandLine) -> None:
    folder = ("--folder", str(peter.folder))
    peter("publish", peter.file("board.yaml", DASHBOARD), *folder)
    for name in ("ledger.db", "ledger.db-wal", "ledger.db-shm"):
        (peter.folder / ".peter" / name).unlink(missing_ok=True)
    assert "small-flights" not in peter("list", *folder).out
    done = peter("reindex", *folder)
    assert (done.code, done.out) == (0, "1 dashboard indexed.\n")
    assert "indexing small-flights" in done.err
    assert "small-flights" in peter("list", *folder).out
    assert peter("reindex", "--json", *folder).json == {"count": 1, "removed": [], "problems": []}


def test_every_command_explains_itself(peter: CommandLine) -> None:
    words = peter("db", "--help").out
    for name in ("upgrade", "downgrade", "current", "history"):
        assert name in words
        shown = peter("db", name, "--help")
        assert shown.code == 0
        assert f"peter db {name}" in shown.out
    assert "reindex" in peter("--help").out
    assert "Move the ledger's database" in peter("--help").out
