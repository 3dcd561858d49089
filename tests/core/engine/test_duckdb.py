from __future__ import annotations

import datetime as dt
import os
import threading
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from peter_core.billing import MINIMUM_BYTES
from peter_core.engine.duckdb import DuckDBEngine
from peter_core.engine.port import CancelToken, Column, Engine, Job
from peter_core.errors import (
    BytesCapExceeded,
    EngineUnavailable,
    QueryCancelled,
    QueryFailed,
    QueryTimeout,
    SqlError,
    TableNotFound,
)
from peter_core.sql.parameters import Parameter
from peter_core.sql.statement import parse
from tests.core.engine.workspace import make_workspace, write_parquet


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckDBEngine]:
    """One engine that only reads its workspace."""
    engine = DuckDBEngine(make_workspace(tmp_path_factory.mktemp("workspace")))
    yield engine
    engine.close()


@pytest.fixture
def own(tmp_path: Path) -> Iterator[tuple[DuckDBEngine, Path]]:
    """An engine of a test's own, and its folder."""
    engine = DuckDBEngine(make_workspace(tmp_path), memory_limit_bytes=256 * 2**20)
    yield engine, tmp_path
    engine.close()


def job(sql: str, *parameters: Parameter, **options: object) -> Job:
    return Job(parse(sql), parameters, **options)  # type: ignore[arg-type]


def rows(engine: DuckDBEngine, sql: str, *parameters: Parameter) -> list[dict[str, object]]:
    found: list[dict[str, object]] = engine.run(job(sql, *parameters)).table.to_pylist()
    return found


def test_the_engine_keeps_the_ports_promise(engine: DuckDBEngine) -> None:
    port: Engine = engine
    assert (port.name, port.project, port.location) == ("duckdb", "local", "local")


def test_files_are_tables_with_bigquerys_names_and_types(engine: DuckDBEngine) -> None:
    tables = {table.id: table for table in engine.tables()}
    assert list(tables) == [
        "local.nyc.airlines", "local.nyc.flights", "local.ops.events", "local.ops.log",
    ]  # fmt: skip
    assert tables["local.nyc.flights"].columns == (
        Column("id", "INT64"),
        Column("carrier", "STRING"),
        Column("day", "DATE"),
        Column("delay", "FLOAT64"),
        Column("fare", "NUMERIC"),
        Column("departed", "TIMESTAMP"),
    )
    assert tables["local.ops.events"].columns == (
        Column("id", "INT64"),
        Column("tags", "STRING", "REPEATED"),
        Column("place", "STRUCT<x INT64>"),
    )
    assert tables["local.ops.log"].rows == 2


def test_sizes_follow_bigquerys_rules(engine: DuckDBEngine) -> None:
    flights = engine.table("nyc.flights")
    assert flights.column_bytes == {
        "id": 8000, "carrier": 11_000, "day": 8000, "delay": 8000, "fare": 16_000, "departed": 8000,
    }  # fmt: skip
    assert flights.bytes == 59_000
    # An accent is two bytes, a null none.
    assert engine.table("nyc.airlines").column_bytes == {"carrier": 33, "name": 12 + 6}
    assert engine.table("ops.events").column_bytes == {"id": 16, "tags": 3 + 4, "place": 8}


def test_a_table_says_when_its_file_was_written(own: tuple[DuckDBEngine, Path]) -> None:
    engine, folder = own
    os.utime(folder / "data/nyc/flights.parquet", (1_700_000_000, 1_700_000_000))
    engine.close()
    again = DuckDBEngine(folder)
    assert again.table("nyc.flights").updated_at == dt.datetime(
        2023, 11, 14, 22, 13, 20, tzinfo=dt.UTC
    )
    again.close()


@pytest.mark.parametrize("name", ["local.nyc.flights", "nyc.flights", "flights", "`nyc.flights`"])
def test_a_table_is_found_by_one_two_or_three_parts(engine: DuckDBEngine, name: str) -> None:
    assert engine.table(name).id == "local.nyc.flights"


def test_an_unknown_table_names_the_nearest(engine: DuckDBEngine) -> None:
    with pytest.raises(TableNotFound) as caught:
        engine.table("nyc.flihgts")
    assert caught.value.hint == "Did you mean nyc.flights?"


def test_a_name_that_two_datasets_have_asks_for_the_dataset(
    own: tuple[DuckDBEngine, Path],
) -> None:
    engine, folder = own
    write_parquet(folder / "data/ops/flights.parquet", "SELECT 1 AS id")
    with pytest.raises(TableNotFound, match="More than one"):
        engine.table("flights")


def test_bigquery_sql_runs_with_bigquerys_types(engine: DuckDBEngine) -> None:
    result = engine.run(
        job(
            "SELECT carrier, COUNT(*) AS flights, SUM(id) AS ids, AVG(delay) AS delay, "
            "SUM(fare) AS fares, MAX(departed) AS last, MAX(day) AS day "
            "FROM `local.nyc.flights` GROUP BY carrier ORDER BY carrier"
        )
    )
    assert result.table.schema.types == [
        pa.string(), pa.int64(), pa.int64(), pa.float64(), pa.decimal128(38, 9),
        pa.timestamp("us", tz="UTC"), pa.date32(),
    ]  # fmt: skip
    assert [column.type for column in result.columns] == [
        "STRING", "INT64", "INT64", "FLOAT64", "NUMERIC", "TIMESTAMP", "DATE",
    ]  # fmt: skip
    ids = range(0, 1000, 3)
    assert result.table.to_pylist()[0] == {
        "carrier": "carrier 0", "flights": 334, "ids": sum(ids),
        "delay": pytest.approx(sum(i % 100 for i in ids) / 334),
        "fares": sum(ids) * Decimal("1.5"),
        "last": dt.datetime(2013, 1, 1, 16, 39, tzinfo=dt.UTC), "day": dt.date(2013, 1, 31),
    }  # fmt: skip
    assert (result.row_count, result.truncated, result.bytes_billed) == (3, False, 0)
    assert [table.id for table in result.tables] == ["local.nyc.flights"]


def test_nested_data_comes_back_nested(engine: DuckDBEngine) -> None:
    result = engine.run(job("SELECT id, tags, place FROM ops.events ORDER BY id"))
    assert result.table.to_pylist() == [
        {"id": 1, "tags": ["a", "bc"], "place": {"x": 1}},
        {"id": 2, "tags": [], "place": None},
    ]
    assert result.columns[1] == Column("tags", "STRING", "REPEATED")


def test_parameters_are_typed_values(engine: DuckDBEngine) -> None:
    sql = (
        "SELECT COUNT(*) AS n FROM nyc.flights WHERE day BETWEEN @from AND @to "
        "AND carrier IN UNNEST(@carriers) AND delay < @delay"
    )
    parameters = (
        Parameter("from", "DATE", dt.date(2013, 1, 1)),
        Parameter("to", "DATE", dt.date(2013, 1, 2)),
        Parameter("carriers", "ARRAY<STRING>", ("carrier 0", "' OR 1=1 --")),
        Parameter("delay", "FLOAT64", 1000.0),
    )
    expected = sum(1 for i in range(1000) if i % 31 < 2 and i % 3 == 0)
    assert rows(engine, sql, *parameters) == [{"n": expected}]


def test_a_null_parameter_is_a_typed_null(engine: DuckDBEngine) -> None:
    sql = "SELECT COUNT(*) AS n FROM nyc.flights WHERE @day IS NULL OR day = @day"
    assert rows(engine, sql, Parameter("day", "DATE", None)) == [{"n": 1000}]


def test_one_statement_runs_with_many_values(engine: DuckDBEngine) -> None:
    sql = "SELECT COUNT(*) AS n FROM nyc.flights WHERE id < @limit"
    for limit in (0, 7, 999):
        assert rows(engine, sql, Parameter("limit", "INT64", limit)) == [{"n": limit}]


def test_rows_past_the_limit_are_counted_and_not_kept(engine: DuckDBEngine) -> None:
    result = engine.run(job("SELECT id FROM nyc.flights", max_rows=10))
    assert (result.table.num_rows, result.row_count, result.truncated) == (10, 1000, True)


def test_a_dry_run_prices_the_columns_that_are_read(engine: DuckDBEngine) -> None:
    estimate = engine.dry_run(
        job("SELECT f.carrier, a.name FROM nyc.flights f JOIN nyc.airlines a USING (carrier)")
    )
    assert estimate.bytes == 11_000 + 33 + 18
    assert estimate.billed_bytes == 2 * MINIMUM_BYTES
    assert estimate.exact is False
    assert [column.name for column in estimate.columns] == ["carrier", "name"]
    assert {table.id for table in estimate.tables} == {"local.nyc.flights", "local.nyc.airlines"}


def test_a_dry_run_places_what_does_not_exist(engine: DuckDBEngine) -> None:
    with pytest.raises(SqlError) as caught:
        engine.dry_run(job("SELECT id,\n  dealy\nFROM nyc.flights"))
    (problem,) = caught.value.problems
    assert (problem.rule, problem.line, problem.column) == ("unknown-column", 2, 3)


def test_a_cap_below_the_price_stops_the_run_and_names_both(engine: DuckDBEngine) -> None:
    with pytest.raises(BytesCapExceeded) as caught:
        engine.run(job("SELECT id FROM nyc.flights", max_bytes=1_000_000))
    assert "would bill 10.5 MB" in caught.value.message
    assert "its cap is 1 MB" in caught.value.message
    assert "10.5 MB" in str(caught.value.hint)


def test_a_cap_of_exactly_the_price_lets_it_run(engine: DuckDBEngine) -> None:
    result = engine.run(job("SELECT id FROM nyc.flights", max_bytes=MINIMUM_BYTES))
    assert (result.row_count, result.bytes_scanned) == (1000, 8000)


def test_a_sum_that_leaves_int64_is_an_error(engine: DuckDBEngine) -> None:
    with pytest.raises(QueryFailed, match="INT64"):
        engine.run(job("SELECT SUM(id + 9223372036854770000) AS s FROM nyc.flights"))


def test_a_failing_cast_says_what_to_write_instead(engine: DuckDBEngine) -> None:
    with pytest.raises(QueryFailed, match="could not be converted") as caught:
        engine.run(job("SELECT CAST(carrier AS INT64) AS c FROM nyc.flights"))
    assert "SAFE_CAST" in str(caught.value.hint)
    assert "INT32" not in caught.value.message


def test_a_division_by_zero_says_so(engine: DuckDBEngine) -> None:
    with pytest.raises(QueryFailed, match="divided by zero"):
        engine.run(job("SELECT 1 / (id - id) AS x FROM nyc.flights"))


def test_a_memory_bomb_says_its_limit_and_the_next_query_works(
    own: tuple[DuckDBEngine, Path],
) -> None:
    engine, _ = own
    bomb = "SELECT LENGTH(REPEAT('a', 4000000000 + id)) AS x FROM nyc.flights"
    with pytest.raises(QueryFailed, match="ran out of memory; the limit is 256 MiB"):
        engine.run(job(bomb))
    assert rows(engine, "SELECT COUNT(*) AS n FROM nyc.flights") == [{"n": 1000}]


ENDLESS = (
    "SELECT COUNT(*) AS n FROM nyc.flights a, nyc.flights b, nyc.flights c, nyc.flights d "
    "WHERE SIN(a.id + b.id + c.id + d.id) > 2"
)


def test_the_deadline_stops_a_query(engine: DuckDBEngine) -> None:
    started = time.monotonic()
    with pytest.raises(QueryTimeout):
        engine.run(job(ENDLESS, timeout_s=1.0))
    # It would run for hours.
    assert time.monotonic() - started < 30
    assert rows(engine, "SELECT 1 AS x") == [{"x": 1}]


def test_cancelling_stops_a_query(engine: DuckDBEngine) -> None:
    rows(engine, "SELECT 1 AS x")
    token = CancelToken()
    threading.Timer(0.3, token.cancel).start()
    # Otherwise it ends at its time limit, which is another error.
    with pytest.raises(QueryCancelled):
        engine.run(job(ENDLESS, timeout_s=60), token)


def test_a_changed_file_is_read_anew(own: tuple[DuckDBEngine, Path]) -> None:
    engine, folder = own
    assert rows(engine, "SELECT COUNT(*) AS n FROM nyc.flights") == [{"n": 1000}]
    before = engine.table("nyc.flights").updated_at
    write_parquet(folder / "data/nyc/flights.parquet", "SELECT 7 AS id, 'new' AS word")
    assert rows(engine, "SELECT id, word FROM nyc.flights") == [{"id": 7, "word": "new"}]
    after = engine.table("nyc.flights").updated_at
    assert before is not None
    assert after is not None
    assert after > before


def test_a_file_that_cannot_be_read_harms_only_its_own_table(
    own: tuple[DuckDBEngine, Path],
) -> None:
    engine, folder = own
    (folder / "data/nyc/broken.csv").write_text("a,b\n1,2\n3,4,5\n", encoding="utf-8")
    assert rows(engine, "SELECT COUNT(*) AS n FROM nyc.flights") == [{"n": 1000}]
    with pytest.raises(TableNotFound, match=r"data/nyc/broken.csv.*line 3 has 3 values"):
        engine.table("nyc.broken")
    with pytest.raises(SqlError) as caught:
        engine.dry_run(job("SELECT a FROM nyc.broken"))
    (problem,) = caught.value.problems
    assert "line 3 has 3 values" in problem.message
    assert (problem.rule, problem.line) == ("unknown-table", 1)
    assert "local.nyc.broken" in engine.ready()["unreadable"]


def test_an_unknown_table_with_none_near_names_those_there_are(
    engine: DuckDBEngine, tmp_path: Path
) -> None:
    with pytest.raises(SqlError) as raised:
        engine.dry_run(job("SELECT 1 FROM sales.quarters"))
    assert raised.value.hint is not None
    assert raised.value.hint.startswith("Tables that are there: `nyc.airlines`, `nyc.flights`")
    bare = DuckDBEngine(tmp_path)
    with pytest.raises(SqlError) as raised:
        bare.dry_run(job("SELECT 1 FROM sales.quarters"))
    assert "There are no tables; they belong in data/" in str(raised.value.hint)
    bare.close()


def test_a_table_without_its_dataset_is_refused_as_bigquery_refuses_it(
    engine: DuckDBEngine,
) -> None:
    statement = "WITH few AS (SELECT 1 AS n) SELECT * FROM few, flights"
    for ask in (engine.dry_run, engine.run):
        with pytest.raises(SqlError) as raised:
            ask(job(statement))
        (problem,) = raised.value.problems
        assert problem.message == "The table `flights` is named without its dataset."
        assert problem.hint == "Write `nyc.flights`."
        assert (problem.line, problem.column) == (1, statement.index("flights") + 1)


@pytest.fixture(scope="module")
def at_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckDBEngine]:
    """An engine with a default dataset; another dataset, which sorts first, has its names too."""
    folder = make_workspace(tmp_path_factory.mktemp("at-home"))
    for dataset in ("abroad", "nyc"):
        place = folder / "data" / dataset
        write_parquet(place / "events_1.parquet", f"SELECT 1 AS n, '{dataset}' AS place")
    write_parquet(folder / "data/abroad/events_2.parquet", "SELECT 2 AS n, 'abroad' AS place")
    write_parquet(folder / "data/abroad/flights.parquet", "SELECT 'abroad' AS carrier")
    write_parquet(folder / "data/abroad/hotels.parquet", "SELECT 'Ritz' AS hotel")
    engine = DuckDBEngine(folder, default_dataset="nyc")
    yield engine
    engine.close()


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT COUNT(*) AS n FROM flights",
        "SELECT COUNT(flights.id) AS n FROM `flights`",
        "SELECT (SELECT COUNT(*) FROM flights AS f) AS n",
        "WITH airlines AS (SELECT id FROM flights) SELECT COUNT(*) AS n FROM airlines",
        "SELECT COUNT(id) AS n FROM abroad.flights AS a RIGHT JOIN flights AS h"
        " ON a.carrier = h.carrier",
    ],
)
def test_a_name_without_a_dataset_is_of_the_default_one(at_home: DuckDBEngine, sql: str) -> None:
    assert rows(at_home, sql) == [{"n": 1000}]
    estimate = at_home.dry_run(job(sql))
    assert estimate.tables[0].id == "local.nyc.flights"


def test_a_wildcard_without_a_dataset_is_of_the_default_one(at_home: DuckDBEngine) -> None:
    assert rows(at_home, "SELECT place FROM `events_*`") == [{"place": "nyc"}]
    assert len(rows(at_home, "SELECT place FROM `abroad.events_*`")) == 2


@pytest.mark.parametrize("name", ["flights", "nyc.flights", "local.nyc.flights", "`flights`"])
def test_a_bare_name_is_that_of_the_default_dataset(at_home: DuckDBEngine, name: str) -> None:
    assert at_home.table(name).id == "local.nyc.flights"


def test_only_the_default_dataset_is_looked_through(at_home: DuckDBEngine) -> None:
    with pytest.raises(TableNotFound):
        at_home.table("hotels")
    with pytest.raises(SqlError) as raised:
        at_home.run(job("SELECT hotel FROM hotels"))
    (problem,) = raised.value.problems
    assert problem.message == "The default dataset `nyc` has no table `hotels`."
    assert (problem.hint, problem.line, problem.column) == ("Write `abroad.hotels`.", 1, 19)


def test_a_column_of_the_default_dataset_is_checked_and_sized(at_home: DuckDBEngine) -> None:
    with pytest.raises(SqlError) as raised:
        at_home.dry_run(job("SELECT hotel FROM flights"))
    assert raised.value.problems[0].rule == "unknown-column"
    bare = at_home.dry_run(job("SELECT delay FROM flights"))
    assert bare == at_home.dry_run(job("SELECT delay FROM nyc.flights"))
    assert bare.bytes == 8000


def test_an_engine_of_a_missing_folder_says_so(tmp_path: Path) -> None:
    engine = DuckDBEngine(tmp_path / "nowhere")
    with pytest.raises(EngineUnavailable, match="does not exist"):
        engine.ready()
    engine.close()


def test_a_folder_whose_name_looks_like_a_pattern_works(tmp_path: Path) -> None:
    engine = DuckDBEngine(make_workspace(tmp_path / "a*[b]'#"))
    assert rows(engine, "SELECT COUNT(*) AS n FROM nyc.airlines") == [{"n": 3}]
    engine.close()


def test_a_folder_without_data_still_answers(tmp_path: Path) -> None:
    engine = DuckDBEngine(tmp_path)
    assert engine.tables() == ()
    assert rows(engine, "SELECT 1 + 1 AS two") == [{"two": 2}]
    assert engine.dry_run(job("SELECT 1 AS x")).billed_bytes == 0
    engine.close()


def test_a_closed_engine_says_so(tmp_path: Path) -> None:
    engine = DuckDBEngine(make_workspace(tmp_path))
    engine.run(job("SELECT 1 AS x"))
    engine.close()
    engine.close()
    with pytest.raises(EngineUnavailable, match="closed"):
        engine.run(job("SELECT 1 AS x"))


def test_another_engine_that_imports_does_not_disturb_this_one(
    own: tuple[DuckDBEngine, Path],
) -> None:
    engine, folder = own
    other = DuckDBEngine(folder)
    for number in range(4):
        write_parquet(folder / "data/nyc/turn.parquet", f"SELECT {number} AS n")
        for one in (other, engine):
            assert rows(one, "SELECT n FROM nyc.turn") == [{"n": number}]
    other.close()


def test_many_threads_get_their_own_answers(engine: DuckDBEngine) -> None:
    answers: dict[int, object] = {}

    def ask(number: int) -> None:
        parameter = Parameter("id", "INT64", number)
        answers[number] = rows(engine, "SELECT id FROM nyc.flights WHERE id = @id", parameter)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {number: [{"id": number}] for number in range(30)}


def test_a_damaged_database_is_made_anew(own: tuple[DuckDBEngine, Path]) -> None:
    engine, folder = own
    assert len(engine.tables()) == 4
    (database,) = (folder / ".peter/engine").glob("peter-*.duckdb")
    database.write_bytes(b"no database at all")
    assert rows(engine, "SELECT COUNT(*) AS n FROM nyc.flights") == [{"n": 1000}]


def test_an_error_names_no_file_of_this_machine(own: tuple[DuckDBEngine, Path]) -> None:
    engine, folder = own
    (folder / "data/nyc/broken.parquet").write_bytes(b"PAR1 not really PAR1")
    with pytest.raises(TableNotFound) as caught:
        engine.table("nyc.broken")
    assert str(folder) not in str(caught.value)
