from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from peter_core.engine import folder_database
from peter_core.engine.folder_catalog import Catalog
from peter_core.engine.folder_database import FolderDatabase
from peter_core.engine.port import CancelToken
from peter_core.errors import EngineUnavailable, QueryCancelled, QueryTimeout
from tests.core.engine.workspace import make_workspace, write_parquet

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_workspace(tmp_path / "workspace")


@pytest.fixture
def database(folder: Path) -> Iterator[FolderDatabase]:
    database = FolderDatabase(folder)
    yield database
    database.close()


def state(folder: Path) -> Path:
    return folder / ".peter" / "engine"


def names(catalog: Catalog) -> list[str]:
    return [table.source.name for table in catalog.tables]


def count(database: FolderDatabase, catalog: Catalog, table: str) -> int:
    with duckdb.connect(database.path(catalog), read_only=True) as connection:
        row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    assert row is not None
    return int(row[0])


def test_the_folder_becomes_one_database(database: FolderDatabase) -> None:
    catalog = database.current()
    assert names(catalog) == ["nyc.airlines", "nyc.flights", "ops.events", "ops.log"]
    assert catalog.unreadable == ()
    assert count(database, catalog, "nyc.flights") == 1000


def test_nothing_changed_means_nothing_is_imported(database: FolderDatabase, folder: Path) -> None:
    first = database.current()
    assert database.current() is first
    other = FolderDatabase(folder)
    assert other.current() == first
    other.close()


def test_a_new_a_changed_and_a_removed_file_are_noticed(
    database: FolderDatabase, folder: Path
) -> None:
    first = database.current()
    write_parquet(folder / "data/ops/new.parquet", "SELECT 1 AS x")
    write_parquet(folder / "data/nyc/flights.parquet", "SELECT i FROM range(5) t(i)")
    (folder / "data/ops/log.ndjson").unlink()
    database.forget()
    second = database.current()
    assert names(second) == ["nyc.airlines", "nyc.flights", "ops.events", "ops.new"]
    assert count(database, second, "nyc.flights") == 5
    assert not database.path(first).exists()


def test_a_file_replaced_by_one_of_the_same_size_and_time_is_noticed(
    database: FolderDatabase, folder: Path
) -> None:
    path = folder / "data/ops/log.ndjson"
    database.current()
    facts = path.stat()
    replacement = path.with_suffix(".new")
    replacement.write_text('{"n": 3}\n{"n": 4}\n', encoding="utf-8")
    os.utime(replacement, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    replacement.replace(path)
    database.forget()
    with duckdb.connect(database.path(database.current()), read_only=True) as connection:
        assert connection.execute("SELECT sum(n) FROM ops.log").fetchone() == (7,)


def test_only_the_changed_file_is_opened_again(database: FolderDatabase, folder: Path) -> None:
    first = database.current()
    # Damaged without a trace in size, time or inode: reading it again would fail.
    path = folder / "data/nyc/flights.parquet"
    facts = path.stat()
    with path.open("r+b") as file:
        file.write(b"\0" * facts.st_size)
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    (folder / "data/ops/log.ndjson").write_text('{"n": 1}\n', encoding="utf-8")
    database.forget()
    second = database.current()
    assert second.database != first.database
    assert second.unreadable == ()
    assert count(database, second, "nyc.flights") == 1000
    assert count(database, second, "ops.log") == 1


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("bad.parquet", b"PAR1 this is none PAR1", "bad.parquet"),
        ("bad.csv", b"a,b\n1,2\n3\n", "line 3 has 1 value, the header 2"),
        ("bad.csv", b"a,b\n1,\xff\xfe\n", "UTF-8"),
        ("bad.csv", b"", "it is empty"),
        ("bad.json", b'[{"a": 1},', "cut short"),
        ("bad.json", b'[{"a": 1}, {"a": }]', "JSON"),
        ("bad.json", b"a,b", "does not begin"),
        ("bad.ndjson", b'{"a": 1}\n{"a": \n', "cut short"),
        ("bad.json", b'[{"a": [[1]]}]', "list of lists"),
        ("my table.csv", b"a\n1\n", "cannot be the name of a table"),
        ("flights.csv", b"a\n1\n", "same table as data/nyc/flights"),
    ],
)
def test_a_bad_file_is_named_with_its_reason_and_harms_no_other(
    folder: Path, database: FolderDatabase, name: str, content: bytes, reason: str
) -> None:
    (folder / "data/nyc" / name).write_bytes(content)
    catalog = database.current()
    (bad,) = catalog.unreadable
    assert reason in bad.reason
    assert "ops.events" in names(catalog)
    assert count(database, catalog, "nyc.airlines") == 3


def test_a_mended_file_becomes_a_table(folder: Path, database: FolderDatabase) -> None:
    path = folder / "data/nyc/mended.csv"
    path.write_text("a,b\n1\n", encoding="utf-8")
    assert "nyc.mended" not in names(database.current())
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    database.forget()
    catalog = database.current()
    assert "nyc.mended" in names(catalog)
    assert catalog.unreadable == ()


def test_a_folder_whose_name_looks_like_a_pattern_is_read(tmp_path: Path) -> None:
    folder = make_workspace(tmp_path / "a*[b]'#")
    database = FolderDatabase(folder)
    assert len(database.current().tables) == 4
    database.close()


def test_a_folder_duckdb_cannot_open_is_refused_in_words(tmp_path: Path) -> None:
    database = FolderDatabase(make_workspace(tmp_path / "what?"))
    with pytest.raises(EngineUnavailable, match="for its end"):
        database.current()
    database.close()


PROGRAM = """
import json, sys
from pathlib import Path
from peter_core.engine.folder_database import FolderDatabase
database = FolderDatabase(Path(sys.argv[1]))
sys.stdin.readline()
print(json.dumps(database.current().database), flush=True)
database.close()
"""


def test_two_processes_import_once(folder: Path) -> None:
    programs = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(folder)], cwd=ROOT, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )
        for _ in range(3)
    ]  # fmt: skip
    for program in programs:
        assert program.stdin is not None
        program.stdin.write("go\n")
        program.stdin.flush()
    answers = {json.loads(program.communicate(timeout=200)[0]) for program in programs}
    assert len(answers) == 1
    assert [path.name for path in state(folder).glob("peter-*")] == list(answers)


def test_many_threads_import_once(database: FolderDatabase) -> None:
    catalogs: list[Catalog] = []
    threads = [
        threading.Thread(target=lambda: catalogs.append(database.current())) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({catalog.database for catalog in catalogs}) == 1


def _slow_file(folder: Path) -> None:
    """A file that takes an importer a second or more."""
    write_parquet(
        folder / "data/nyc/slow.parquet",
        "SELECT i, repeat(md5(i::VARCHAR), 4) AS text FROM range(400000) t(i)",
    )


def _importer_of(database: FolderDatabase) -> int:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        process = database._process
        if process is not None and list(database._state.glob("peter-*.duckdb")):
            return process.pid
        time.sleep(0.005)
    raise AssertionError("no importer was started")


def test_a_killed_importer_leaves_the_old_state_whole(
    database: FolderDatabase, folder: Path
) -> None:
    first = database.current()
    before = (state(folder) / "catalog.json").read_bytes()
    _slow_file(folder)
    database.forget()
    failures: list[EngineUnavailable] = []

    def ask() -> None:
        try:
            database.current()
        except EngineUnavailable as error:
            failures.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    os.kill(_importer_of(database), signal.SIGKILL)
    asking.join()
    assert "signal 9" in failures[0].message
    assert (state(folder) / "catalog.json").read_bytes() == before
    assert count(database, first, "nyc.flights") == 1000
    # The next call tries again, and removes what the killed one left.
    catalog = database.current()
    assert "nyc.slow" in names(catalog)
    assert [path.name for path in state(folder).glob("peter-*")] == [catalog.database]


def test_a_deadline_does_not_wait_for_the_import_and_does_not_stop_it(
    database: FolderDatabase, folder: Path
) -> None:
    _slow_file(folder)
    with pytest.raises(QueryTimeout, match="imported"):
        database.current(deadline=time.monotonic() + 0.05)
    token = CancelToken()
    token.cancel()
    with pytest.raises(QueryCancelled):
        database.current(cancel=token)
    assert "nyc.slow" in names(database.current())


def test_closing_stops_an_import(folder: Path) -> None:
    _slow_file(folder)
    database = FolderDatabase(folder)
    with pytest.raises(QueryTimeout):
        database.current(deadline=time.monotonic() + 0.05)
    importer = _importer_of(database)
    database.close()
    assert not Path(f"/proc/{importer}").exists()
    assert not (state(folder) / "catalog.json").exists()
    with pytest.raises(EngineUnavailable, match="closed"):
        database.current()


def test_a_reader_that_crashes_on_a_file_spares_the_others(
    database: FolderDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        folder_database, "child_command",
        lambda _: [sys.executable, "-c", CRASHING_IMPORTER],
    )  # fmt: skip
    catalog = database.current()
    (bad,) = catalog.unreadable
    assert (bad.source.path, "crashed" in bad.reason) == ("nyc/flights.parquet", True)
    assert names(catalog) == ["nyc.airlines", "ops.events", "ops.log"]


CRASHING_IMPORTER = """
import os, signal
from peter_core.engine import duckdb_import
table_function = duckdb_import._table_function
def crash(source):
    if source.table == "flights":
        os.kill(os.getpid(), signal.SIGSEGV)
    return table_function(source)
duckdb_import._table_function = crash
raise SystemExit(duckdb_import.main())
"""


@pytest.mark.parametrize("text", ["", "{", '{"format": 1}', '{"format": 99}', "[]", "null"])
def test_a_damaged_catalog_is_made_anew(folder: Path, database: FolderDatabase, text: str) -> None:
    state(folder).mkdir(parents=True)
    (state(folder) / "catalog.json").write_text(text, encoding="utf-8")
    assert len(database.current().tables) == 4


def test_a_database_that_vanished_is_made_anew(folder: Path, database: FolderDatabase) -> None:
    first = database.current()
    database.path(first).unlink()
    database.forget()
    second = database.current()
    assert second.database != first.database
    assert count(database, second, "nyc.flights") == 1000


def test_a_damaged_database_is_made_anew(folder: Path, database: FolderDatabase) -> None:
    first = database.current()
    database.path(first).write_bytes(b"no database")
    (folder / "data/ops/log.ndjson").write_text('{"n": 1}\n', encoding="utf-8")
    database.forget()
    assert count(database, database.current(), "nyc.flights") == 1000


def test_state_of_an_older_duckdb_is_made_anew(folder: Path, database: FolderDatabase) -> None:
    first = database.current()
    path = state(folder) / "catalog.json"
    tree = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**tree, "version": "0.1.0"}), encoding="utf-8")
    other = FolderDatabase(folder)
    second = other.current()
    other.close()
    assert second.database != first.database


def test_a_folder_that_goes_away_is_told(folder: Path, database: FolderDatabase) -> None:
    database.current()
    shutil.rmtree(folder)
    database.forget()
    with pytest.raises(EngineUnavailable, match="does not exist"):
        database.current()


def test_a_fork_imports_by_itself(folder: Path, database: FolderDatabase) -> None:
    database.current()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            write_parquet(folder / "data/ops/forked.parquet", "SELECT 1 AS x")
            database.forget()
            code = 0 if "ops.forked" in names(database.current()) else 2
        finally:
            os._exit(code)
    assert os.waitpid(child, 0)[1] == 0
    database.forget()
    assert "ops.forked" in names(database.current())
