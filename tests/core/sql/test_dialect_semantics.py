"""Translated statements give BigQuery's documented answers in a real DuckDB."""

from __future__ import annotations

import datetime as dt
import math
import re
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from peter_core.sql.dialect import to_duckdb
from peter_core.sql.functions import FUNCTIONS
from peter_core.sql.support import NOT_IN_DUCKDB

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

CASES_FOLDER = Path(__file__).parents[2] / "fixtures" / "sql" / "semantics"


def _cases() -> list[Any]:
    cases = []
    for path in sorted(CASES_FOLDER.glob("*.yaml")):
        for index, case in enumerate(yaml.safe_load(path.read_text(encoding="utf-8"))):
            label = case.get("expr") or case["sql"]
            cases.append(pytest.param(case, id=f"{path.stem}-{index}-{label[:60]}"))
    return cases


def _statement(case: dict[str, Any]) -> str:
    if "sql" in case:
        return str(case["sql"])
    source = f" FROM ({case['from']})" if "from" in case else ""
    return f"SELECT {case['expr']} AS value{source}"


def _run(connection: duckdb.DuckDBPyConnection, sql: str) -> pa.Table:
    return connection.sql(sql).to_arrow_table()


def _plain(value: object) -> object:
    """A result value as the fixtures write it."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dt.datetime):
        written = value.strftime("%Y-%m-%d %H:%M:%S")
        return f"{written}+00" if value.tzinfo else written
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, float) and math.isinf(value):
        return "inf"
    return value


@pytest.mark.parametrize("case", _cases())
def test_translated_sql_answers_as_bigquery_documents(
    case: dict[str, Any], memory: duckdb.DuckDBPyConnection
) -> None:
    translation = to_duckdb(_statement(case))
    assert translation.problems == ()
    if "error" in case:
        with pytest.raises(Exception, match=re.escape(case["error"])):
            _run(memory, translation.sql)
        return
    table = _run(memory, translation.sql)
    rows = [[_plain(value) for value in row.values()] for row in table.to_pylist()]
    expected = case["rows"] if "rows" in case else [[case["value"]]]
    assert rows == [[_plain(value) for value in row] for row in expected]
    assert [type(value) for row in rows for value in row] == [
        type(_plain(value)) for row in expected for value in row
    ]
    if "names" in case:
        assert table.column_names == case["names"]
    if "type" in case:
        assert str(table.schema.field(0).type) == case["type"]


def test_every_supported_function_has_a_case() -> None:
    words = set(re.findall(r"[A-Z_0-9]+", " ".join(_statement(p.values[0]) for p in _cases())))
    supported = {name for name in FUNCTIONS - NOT_IN_DUCKDB if "." not in name}
    syntax = {"ARRAY", "UNNEST"}
    assert sorted(supported - words - syntax) == []
