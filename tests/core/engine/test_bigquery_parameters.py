"""Parameters as BigQuery's REST interface takes them."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal

import pytest

from peter_core.engine.bigquery.parameters import query_parameters, type_resource, value_resource
from peter_core.errors import InvalidRequest
from peter_core.sql.parameters import Parameter

UTC = dt.UTC
CASES = [
    ("INT64", 2**63 - 1, "9223372036854775807"),
    ("FLOAT64", 0.1, "0.1"),
    ("FLOAT64", float("nan"), "NaN"),
    ("FLOAT64", float("-inf"), "-Infinity"),
    ("BOOL", True, "true"),
    ("BOOL", False, "false"),
    ("STRING", "O'Hare; DROP", "O'Hare; DROP"),
    ("BYTES", b"\x00\xff", "AP8="),
    ("DATE", dt.date(2024, 2, 29), "2024-02-29"),
    ("TIME", dt.time(1, 2, 3, 4), "01:02:03.000004"),
    ("DATETIME", dt.datetime(2024, 1, 2, 3, 4, 5), "2024-01-02T03:04:05"),  # noqa: DTZ001
    ("TIMESTAMP", dt.datetime(2024, 1, 2, 3, tzinfo=UTC), "2024-01-02 03:00:00+00:00"),
    ("NUMERIC", Decimal("1E+3"), "1000"),
    ("BIGNUMERIC", Decimal("0." + "1" * 38), "0." + "1" * 38),
    ("JSON", '{"a": 1}', '{"a": 1}'),
    ("GEOGRAPHY", "POINT(1 2)", "POINT(1 2)"),
    ("INTERVAL", "1-2 3 4:5:6", "1-2 3 4:5:6"),
    ("INTERVAL", dt.timedelta(days=1, seconds=3661), "0-0 1 1:1:1"),
]


@pytest.mark.parametrize(("kind", "value", "text"), CASES)
def test_a_value_travels_as_the_text_of_its_type(kind: str, value: object, text: str) -> None:
    assert value_resource(kind, value) == {"value": text}


@pytest.mark.parametrize("kind", [*sorted({case[0] for case in CASES}), "ARRAY<INT64>"])
def test_null_has_no_value_at_all(kind: str) -> None:
    assert value_resource(kind, None) == {}


def test_a_timestamp_of_another_zone_is_told_in_utc() -> None:
    tokyo = dt.timezone(dt.timedelta(hours=9))
    moment = dt.datetime(2024, 1, 1, 9, tzinfo=tokyo)
    assert value_resource("TIMESTAMP", moment) == {"value": "2024-01-01 00:00:00+00:00"}


def test_an_empty_array_is_not_null() -> None:
    assert value_resource("ARRAY<STRING>", ()) == {"arrayValues": []}


def test_an_array_holds_its_elements_in_order() -> None:
    (found,) = query_parameters([Parameter("ids", "ARRAY<INT64>", (3, 1))])
    assert found.to_api_repr() == {
        "name": "ids",
        "parameterType": {"type": "ARRAY", "arrayType": {"type": "INT64"}},
        "parameterValue": {"arrayValues": [{"value": "3"}, {"value": "1"}]},
    }


def test_structs_nest_and_are_given_by_name_or_by_order() -> None:
    kind = "STRUCT<a INT64, b ARRAY<STRUCT<c DATE>>>"
    day = dt.date(2024, 1, 1)
    wanted = {
        "structValues": {
            "a": {"value": "1"},
            "b": {"arrayValues": [{"structValues": {"c": {"value": "2024-01-01"}}}]},
        }
    }
    assert value_resource(kind, {"a": 1, "b": [{"c": day}]}) == wanted
    assert value_resource(kind, (1, [(day,)])) == wanted
    assert type_resource(kind)["structTypes"][1] == {
        "name": "b",
        "type": {
            "type": "ARRAY",
            "arrayType": {
                "type": "STRUCT",
                "structTypes": [{"name": "c", "type": {"type": "DATE"}}],
            },
        },
    }


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("MONEY", 1),
        ("ARRAY<ARRAY<INT64>>", ((1,),)),
        ("STRUCT<INT64>", (1,)),
        ("STRUCT<a INT64>", {"b": 1}),
        ("STRUCT<a INT64>", (1, 2)),
        ("STRUCT<a INT64>", "text"),
        ("ARRAY<STRING>", "text"),
        ("DATETIME", dt.datetime(2024, 1, 1, tzinfo=UTC)),
        ("INT64", object()),
    ],
)
def test_what_cannot_be_bound_names_the_parameter(kind: str, value: object) -> None:
    with pytest.raises(InvalidRequest, match="@when"):
        query_parameters([Parameter("when", kind, value)])


def test_a_resource_is_json() -> None:
    parameters = [Parameter(f"p{i}", kind, value) for i, (kind, value, _) in enumerate(CASES)]
    assert json.loads(json.dumps([p.to_api_repr() for p in query_parameters(parameters)]))
