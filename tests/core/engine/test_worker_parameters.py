from __future__ import annotations

import datetime as dt
import json
import math
from decimal import Decimal

import pytest

from peter_core.engine.worker_parameters import parameters_from_wire, parameters_to_wire
from peter_core.sql.parameters import Parameter


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("STRING", "x' OR 1=1 -- \u0000 é"),
        ("INT64", 2**63 - 1),
        ("FLOAT64", 0.1),
        ("BOOL", False),
        ("NUMERIC", Decimal("12345678901234567890.123456789")),
        ("DATE", dt.date(2013, 6, 1)),
        ("DATETIME", dt.datetime(2013, 6, 1, 12, 30, 0, 5)),  # noqa: DTZ001 - it has none
        ("TIMESTAMP", dt.datetime(2013, 6, 1, 12, 30, tzinfo=dt.UTC)),
        ("TIME", dt.time(12, 30, 1)),
        ("BYTES", b"\x00\xff"),
        ("ARRAY<DATE>", [dt.date(2013, 6, 1), None]),
        ("ARRAY<STRING>", []),
        ("DATE", None),
    ],
)
def test_a_value_survives_the_way_to_the_worker(kind: str, value: object) -> None:
    sent = json.loads(json.dumps(parameters_to_wire([Parameter("p", kind, value)])))
    assert parameters_from_wire(sent) == {"p": value}


def test_not_a_number_survives_too() -> None:
    sent = json.loads(json.dumps(parameters_to_wire([Parameter("p", "FLOAT64", math.nan)])))
    value = parameters_from_wire(sent)["p"]
    assert isinstance(value, float)
    assert math.isnan(value)


@pytest.mark.parametrize(
    ("kind", "value"), [("DATE", "tomorrow"), ("INT64", "x"), ("ARRAY<INT64>", 5), ("BYTES", "?")]
)
def test_a_value_that_does_not_fit_names_the_parameter(kind: str, value: object) -> None:
    with pytest.raises(ValueError, match="@p"):
        parameters_from_wire([{"name": "p", "type": kind, "value": value}])
