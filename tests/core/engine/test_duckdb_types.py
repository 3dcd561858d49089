from __future__ import annotations

import duckdb
import pytest

from peter_core.engine.duckdb_types import (
    BigQueryTypeError,
    bigquery_types,
    bytes_expression,
    stored_expression,
)

CASES = [
    ("1::TINYINT", "INT64", 8),
    ("1::UBIGINT", "INT64", 8),
    ("1::HUGEINT", "INT64", 8),
    ("1.5::FLOAT", "FLOAT64", 8),
    ("true", "BOOL", 1),
    ("1.5::DECIMAL(38, 9)", "NUMERIC", 16),
    ("1.5::DECIMAL(38, 10)", "BIGNUMERIC", 32),
    ("1::DECIMAL(38, 0)", "BIGNUMERIC", 32),
    ("1::DECIMAL(29, 0)", "NUMERIC", 16),
    ("'abc'", "STRING", 5),
    ("'é€'", "STRING", 7),
    ("''", "STRING", 2),
    ("'ab'::BLOB", "BYTES", 4),
    ("DATE '2013-01-01'", "DATE", 8),
    ("TIME '10:00:00'", "TIME", 8),
    ("TIMESTAMP '2013-01-01'", "DATETIME", 8),
    ("TIMESTAMP_NS '2013-01-01'", "DATETIME", 8),
    ("TIMESTAMPTZ '2013-01-01'", "TIMESTAMP", 8),
    ("INTERVAL 1 DAY", "INTERVAL", 16),
    ("uuid()", "STRING", 38),
    ("'a'::ENUM('a', 'b')", "STRING", 3),
    ("NULL::VARCHAR", "STRING", 0),
    ("NULL::BIGINT", "INT64", 0),
    ("[1, 2, NULL]", "ARRAY<INT64>", 16),
    ("['a', 'bc']", "ARRAY<STRING>", 7),
    ("[]::VARCHAR[]", "ARRAY<STRING>", 0),
    ("array_value(1, 2)", "ARRAY<INT64>", 16),
    ("{'a': 1, 'b c': 'x'}", "STRUCT<a INT64, b c STRING>", 11),
    ("{'a': {'b': [1]}}", "STRUCT<a STRUCT<b ARRAY<INT64>>>", 8),
    ("[{'a': 1}, {'a': 2}]", "ARRAY<STRUCT<a INT64>>", 16),
    ("[{'a': ['x', 'y']}]", "ARRAY<STRUCT<a ARRAY<STRING>>>", 6),
    ("NULL::STRUCT(a BIGINT)", "STRUCT<a INT64>", 0),
    ("MAP {'k': 1}", "ARRAY<STRUCT<key STRING, value INT64>>", 11),
    ("row(1, 'x')", "STRUCT<field1 INT64, field2 STRING>", 11),
]


@pytest.mark.parametrize(("value", "kind", "size"), CASES)
def test_a_value_has_its_bigquery_type_and_size(value: str, kind: str, size: int) -> None:
    with duckdb.connect() as connection:
        source = connection.sql(f'SELECT {value} AS "the ""value"""')
        assert bigquery_types(source.columns, source.types) == [kind]
        stored = source.select(stored_expression(source.columns[0], source.types[0]))
        assert bigquery_types(stored.columns, stored.types) == [kind]
        size_of = bytes_expression('"the ""value"""', stored.types[0])
        assert stored.aggregate(f"sum({size_of})::BIGINT").fetchall() == [(size,)]


def test_a_list_of_lists_is_refused_by_the_columns_name() -> None:
    with duckdb.connect() as connection:
        relation = connection.sql("SELECT [[1]] AS matrix")
        with pytest.raises(BigQueryTypeError, match="'matrix' is a list of lists"):
            bigquery_types(relation.columns, relation.types)
