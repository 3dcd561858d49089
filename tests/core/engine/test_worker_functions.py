"""The functions a worker has besides DuckDB's own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from peter_core.engine.duckdb import DuckDBEngine
from peter_core.engine.port import Job
from peter_core.engine.worker_functions import WORKER_FUNCTIONS
from peter_core.errors import QueryFailed
from peter_core.sql.functions import FUNCTIONS
from peter_core.sql.guard import guard
from peter_core.sql.statement import parse
from tests.core.engine.workspace import make_workspace


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckDBEngine]:
    """An engine that reads nothing but what a statement holds."""
    folder = make_workspace(tmp_path_factory.mktemp("workspace"))
    engine = DuckDBEngine(folder, memory_limit_bytes=256 * 2**20)
    yield engine
    engine.close()


def value(engine: DuckDBEngine, expression: str) -> object:
    table = engine.run(Job(parse(f"SELECT {expression} AS value"))).table
    return table.column("value")[0].as_py()


def test_the_locked_worker_has_them(engine: DuckDBEngine) -> None:
    assert value(engine, "FARM_FINGERPRINT('alphabet')") == -2427165924636348523
    assert value(engine, 'JSON_KEYS(JSON \'{"b": {"c": 1}, "a": 2}\')') == ["a", "b", "b.c"]


def test_many_rows_come_in_batches_on_every_thread(engine: DuckDBEngine) -> None:
    sql = """
        SELECT COUNT(DISTINCT FARM_FINGERPRINT(CAST(n AS STRING))) AS value
        FROM UNNEST(GENERATE_ARRAY(1, 200000)) AS n
    """
    assert engine.run(Job(parse(sql))).table.to_pylist() == [{"value": 200_000}]


def test_a_null_gives_null_and_not_an_error(engine: DuckDBEngine) -> None:
    assert value(engine, "NET.IP_TO_STRING(NULL)") is None
    assert value(engine, "SOUNDEX(NULL)") is None


def test_a_bad_value_is_the_statements_failure_in_plain_words(engine: DuckDBEngine) -> None:
    with pytest.raises(QueryFailed, match="The text is no IP address") as caught:
        value(engine, "NET.IP_FROM_STRING('a.b')")
    assert "Python" not in caught.value.message
    assert value(engine, "1") == 1


def test_what_needs_too_much_memory_ends_the_statement_and_not_the_engine(
    engine: DuckDBEngine,
) -> None:
    text = "REPEAT('[', 100000000)"
    with pytest.raises(QueryFailed):
        value(engine, f"LENGTH(TO_BASE32(CAST({text} || {text} || {text} AS BYTES)))")
    assert value(engine, "SOUNDEX('Ashcraft')") == "A261"


def test_json_of_any_depth_is_an_answer_or_a_failure(engine: DuckDBEngine) -> None:
    deep = "PARSE_JSON(REPEAT('[', 900) || REPEAT(']', 900))"
    assert value(engine, f"JSON_KEYS({deep})") == []
    with pytest.raises(QueryFailed):
        deeper = deep.replace("900", "100000")
        value(engine, f"JSON_STRIP_NULLS({deeper})")
    assert value(engine, "1") == 1


@pytest.mark.parametrize("name", [one.name for one in WORKER_FUNCTIONS])
def test_no_text_of_an_author_reaches_them(name: str) -> None:
    assert name.startswith("peter_")
    assert name.upper() not in FUNCTIONS
    for written in (name, name.upper(), f"`{name}`", f"SAFE.{name}", f"main.{name}"):
        assert guard(parse(f"SELECT {written}(a) AS b FROM d.t"))
