"""The ledger's database makes itself, waits briefly, and says what is wrong."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from peter_core.errors import ConfigError, StorageError
from peter_core.store.ledger import Ledger
from peter_core.store.migrations import HEAD
from peter_core.store.tables import metadata
from tests.core.store.test_ledger import entry, run


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "ledger.db"


@pytest.fixture
def ledger(path: Path):  # type: ignore[no-untyped-def]
    opened = Ledger(f"sqlite:///{path}")
    yield opened
    opened.close()


def test_the_first_use_makes_the_file_and_its_folder(ledger: Ledger, path: Path) -> None:
    assert not path.exists()
    ledger.check()
    assert path.exists()
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


def test_the_migrations_give_the_tables_of_the_program(ledger: Ledger, path: Path) -> None:
    ledger.check()
    engine = sa.create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_the_newest_migration_is_the_one_an_open_ledger_is_at() -> None:
    config = Config()
    config.set_main_option("script_location", "peter_core.store:migrations")
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD


def test_a_second_open_keeps_what_is_there(ledger: Ledger, path: Path) -> None:
    ledger.record_run(run())
    again = Ledger(f"sqlite:///{path}")
    assert len(again.last_runs()) == 1
    again.close()


OPENER = """
import sys
from peter_core.store.ledger import Ledger
ledger = Ledger(sys.argv[1])
sys.stdin.read(1)
ledger.check()
"""


def test_processes_that_open_it_at_once_all_succeed(path: Path) -> None:
    command = [sys.executable, "-c", OPENER, f"sqlite:///{path}"]
    openers = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(6)
    ]
    for opener in openers:
        assert opener.stdin is not None
        opener.stdin.write(b"x")
        opener.stdin.flush()
    answers = [opener.communicate(timeout=200)[1] for opener in openers]
    assert [opener.returncode for opener in openers] == [0] * 6, answers


def test_a_held_database_is_read_and_a_write_is_told_to_try_again(
    ledger: Ledger, path: Path
) -> None:
    ledger.index(entry())
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert ledger.entry("flights") is not None
    began = time.monotonic()
    with pytest.raises(StorageError, match=r"another process holds it. Try again"):
        ledger.record_run(run())
    # It was waited for, and is held still.
    assert 0.9 < time.monotonic() - began < 30
    other.execute("ROLLBACK")
    other.close()
    ledger.record_run(run())


def test_a_file_that_is_no_database_is_a_clear_error(ledger: Ledger, path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"no database" * 500)
    for call in (ledger.check, ledger.dashboards, lambda: ledger.record_run(run())):
        with pytest.raises(StorageError, match="its file is damaged"):
            call()
    path.unlink()
    ledger.check()


def test_damage_found_later_is_a_clear_error(ledger: Ledger, path: Path) -> None:
    ledger.record_runs([run() for _ in range(500)])
    ledger.close()
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (size - 4096))
    with pytest.raises(StorageError):
        ledger.last_runs()


def test_a_newer_schema_is_not_touched(ledger: Ledger, path: Path) -> None:
    ledger.check()
    ledger.close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    newer = Ledger(f"sqlite:///{path}")
    with pytest.raises(StorageError, match="another version of Peter"):
        newer.check()
    newer.close()


def test_a_folder_that_cannot_be_made_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    ledger = Ledger(f"sqlite:///{tmp_path}/file/ledger.db")
    with pytest.raises(StorageError, match="could not read the ledger"):
        ledger.check()


@pytest.mark.parametrize("url", ["", "nonsense", "sqlite+none:///x", "nodialect://h/d"])
def test_a_url_that_is_none_is_a_clear_error_that_does_not_repeat_it(url: str) -> None:
    with pytest.raises(ConfigError, match="database URL") as caught:
        Ledger(url)
    assert not url or url not in str(caught.value)


def test_a_password_in_the_url_is_never_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        Ledger("nodialect://ann:hunter2@host/d")
    assert "hunter2" not in str(caught.value)
