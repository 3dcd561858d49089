from __future__ import annotations

import pytest

from peter_core.engine.duckdb_errors import (
    crash_error,
    is_damage,
    plain,
    start_error,
    statement_error,
)
from peter_core.engine.worker_pool import WorkerCrashError
from peter_core.engine.worker_process import WorkerError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Conversion Error: Could not convert string 'abc' to INT32\n\nLINE 1: secret sql",
         "Could not convert string 'abc' to INT64."),
        ('IO Error: Cannot open "/home/me/my data/x.parquet": no', "Cannot open a file: no."),
        ("Cannot open /srv/work/.peter/engine/peter-00.duckdb!", "Cannot open a file!"),
        ("Catalog Error: Table peter-0123456789abcdef0123456789abcdef.nyc.t is gone",
         "Table nyc.t is gone."),
        ("Overflow in addition of INT64 (9 + 1)!", "Overflow in addition of INT64 (9 + 1)!"),
        ("a ratio 1/2/3 and a date 01/02/2013", "a ratio 1/2/3 and a date 01/02/2013."),
        ("", "no reason was given."),
    ],
)  # fmt: skip
def test_a_message_is_one_line_without_files_in_bigquerys_types(text: str, expected: str) -> None:
    assert plain(text) == expected


@pytest.mark.parametrize(
    ("kind", "message", "expected"),
    [
        ("OutOfMemoryException", "Out of Memory Error: x", "memory; the limit is 64 MiB"),
        ("InvalidInputException", "Invalid Input Error: Division by zero!", "divided by zero"),
        ("ConversionException", "Conversion Error: x", "could not be converted: x."),
        ("OutOfRangeException", "Out of Range Error: x", "out of range: x."),
        ("BinderException", "Binder Error: x", "could not run the statement it was translated to"),
        ("SomethingNew", "x", "The query failed: x."),
    ],
)  # fmt: skip
def test_each_kind_has_its_own_words(kind: str, message: str, expected: str) -> None:
    error = statement_error(WorkerError(kind, message), memory_limit_bytes=64 * 2**20)
    assert expected in error.message
    assert error.code == "query_failed"


def test_a_crash_names_its_signal_and_the_limit() -> None:
    error = crash_error(WorkerCrashError(-9), memory_limit_bytes=2**30)
    assert "signal 9" in error.message
    assert "1,024 MiB" in error.message


def test_a_worker_that_cannot_start_says_why() -> None:
    assert start_error("ImportError: no duckdb").message.endswith("ImportError: no duckdb.")
    assert start_error("").message.endswith("start.")


def test_damage_is_told_from_absence() -> None:
    assert is_damage("_duckdb.IOException: IO Error: x is not a valid DuckDB database file!")
    assert not is_damage("ModuleNotFoundError: No module named 'duckdb'")
