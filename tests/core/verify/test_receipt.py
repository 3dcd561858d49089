"""A receipt speaks for exactly what was verified, and for nothing else."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace

import pytest

from peter_core.engine.port import Column, ColumnProfile
from peter_core.errors import InvalidRequest
from peter_core.principal import Principal
from peter_core.sql.parameters import Parameter
from peter_core.verify.receipt import Receipt, make_receipt
from peter_core.verify.verification import TableStamp, Verification

ANNA = Principal("anna@example.com")
AT = dt.datetime(2026, 11, 23, 3, 0, tzinfo=dt.UTC)
SCHEMA = (Column("day", "DATE"), Column("n", "INT64"))
PARAMETERS = (
    Parameter("until", "DATE", dt.date(2013, 6, 30)),
    Parameter("big", "INT64", 2**60),
    Parameter("carriers", "ARRAY<STRING>", ("UA", "AA")),
)
VERIFICATION = Verification(
    verdict="passed",
    statement_type="SELECT",
    sql="SELECT day, n FROM nyc.daily",
    fingerprint="ab" * 32,
    engine="bigquery",
    schema=SCHEMA,
    row_count=30,
    profile=(
        ColumnProfile("day", 0, 30, "2013-06-01", "2013-06-30"),
        ColumnProfile("n", 0, 28, 1, 9, 4.5, (("x", 2),)),
    ),
    tables=(TableStamp("p.nyc.b", None), TableStamp("p.nyc.a", AT, 9)),
    bytes_scanned=100,
    bytes_billed=10 * 2**20,
    computed_at=AT,
)


@pytest.fixture
def receipt() -> Receipt:
    return make_receipt(VERIFICATION, PARAMETERS, ANNA)


def test_it_holds_what_was_verified_and_by_whom(receipt: Receipt) -> None:
    assert receipt.fingerprint == VERIFICATION.fingerprint
    assert receipt.parameters == (
        ("big", "INT64", "1152921504606846976"),
        ("carriers", "ARRAY<STRING>", ["UA", "AA"]),
        ("until", "DATE", "2013-06-30"),
    )
    assert [table.id for table in receipt.tables] == ["p.nyc.a", "p.nyc.b"]
    assert (receipt.verified_by, receipt.verified_at) == ("anna@example.com", AT)
    assert (receipt.row_count, receipt.bytes_billed) == (30, 10 * 2**20)


def test_it_survives_json(receipt: Receipt) -> None:
    text = receipt.to_json()
    assert Receipt.from_json(text) == receipt
    assert Receipt.from_json(json.dumps(json.loads(text), indent=2)) == receipt


def test_the_same_verification_gives_the_same_receipt(receipt: Receipt) -> None:
    again = make_receipt(VERIFICATION, PARAMETERS[::-1], ANNA)
    assert again == receipt


@pytest.mark.parametrize(
    "change",
    [
        {"fingerprint": "cd" * 32},
        {"engine": "duckdb"},
        {"schema": SCHEMA[:1]},
        {"row_count": 31},
        {"profile": VERIFICATION.profile[:1]},
        {"tables": (TableStamp("p.nyc.a", AT, 10),)},
        {"bytes_scanned": 101},
        {"bytes_billed": 11 * 2**20},
        {"computed_at": AT + dt.timedelta(microseconds=1)},
        {"verdict": "failed"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_any_other_content_gives_another_id(receipt: Receipt, change: dict[str, object]) -> None:
    other = make_receipt(replace(VERIFICATION, **change), PARAMETERS, ANNA)  # type: ignore[arg-type]
    assert other.id != receipt.id


def test_other_parameters_and_another_person_give_another_id(receipt: Receipt) -> None:
    assert make_receipt(VERIFICATION, PARAMETERS[:2], ANNA).id != receipt.id
    assert make_receipt(VERIFICATION, PARAMETERS, Principal("ben@example.com")).id != receipt.id


@pytest.mark.parametrize(
    "change",
    [{"bytes_billed": 0}, {"verified_by": "eve@example.com"}, {"engine": "duckdb"},
     {"verdict": "failed"}, {"parameters": []}],
    ids=lambda change: next(iter(change)),
)  # fmt: skip
def test_an_edited_receipt_is_refused(receipt: Receipt, change: dict[str, object]) -> None:
    body = {**json.loads(receipt.to_json()), **change}
    with pytest.raises(InvalidRequest, match="was changed after it was made"):
        Receipt.from_json(json.dumps(body))


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", "null", "7", '{"format": 2}', "{" * 2000, "[" * 200_000]
)
def test_what_is_no_receipt_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest, match="no verification receipt"):
        Receipt.from_json(text)


def test_it_passes_for_the_same_statement_schema_and_engine(receipt: Receipt) -> None:
    assert receipt.matches("ab" * 32, SCHEMA, "bigquery") == (True, None)
    assert receipt.matches("ab" * 32, (), "bigquery") == (True, None)


@pytest.mark.parametrize(
    ("fingerprint", "schema", "engine", "reason"),
    [
        ("cd" * 32, SCHEMA, "bigquery", "The SQL changed after it was verified."),
        ("ab" * 32, (SCHEMA[0], Column("n", "FLOAT64")), "bigquery",
         "The result changed after it was verified: n was INT64 and is FLOAT64."),
        ("ab" * 32, (SCHEMA[0], Column("m", "INT64")), "bigquery",
         "The result changed after it was verified: n is gone; m is new."),
        ("ab" * 32, SCHEMA[::-1], "bigquery",
         "The result changed after it was verified: its columns have another order or mode."),
        ("ab" * 32, SCHEMA, "duckdb",
         "It was verified on bigquery, and is served by duckdb."),
    ],
)  # fmt: skip
def test_it_says_why_it_no_longer_speaks_for_a_statement(
    receipt: Receipt, fingerprint: str, schema: tuple[Column, ...], engine: str, reason: str
) -> None:
    assert receipt.matches(fingerprint, schema, engine) == (False, reason)


def test_a_receipt_of_the_embedded_engine_never_passes_on_bigquery() -> None:
    local = make_receipt(replace(VERIFICATION, engine="duckdb"), PARAMETERS, ANNA)
    assert not local.matches("ab" * 32, SCHEMA, "bigquery")[0]


def test_a_receipt_of_a_failed_check_does_not_pass() -> None:
    failed = make_receipt(replace(VERIFICATION, verdict="failed"), PARAMETERS, ANNA)
    assert failed.matches("ab" * 32, SCHEMA, "bigquery") == (
        False, "A check failed when it was verified.",
    )  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [{"verdict": "could_not_run"}, {"dry_run": True}, {"computed_at": None}],
    ids=lambda change: next(iter(change)),
)
def test_what_was_not_run_has_no_receipt(change: dict[str, object]) -> None:
    with pytest.raises(InvalidRequest, match="was not run"):
        make_receipt(replace(VERIFICATION, **change), PARAMETERS, ANNA)  # type: ignore[arg-type]
