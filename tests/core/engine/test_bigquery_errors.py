"""BigQuery's failures by their reason, in Peter's words and at their place."""

from __future__ import annotations

import time
from typing import Any

import pytest
import requests
from google.api_core import exceptions
from google.auth.exceptions import RefreshError, TransportError

from peter_core.engine.bigquery.errors import call_error, dry_run_error, run_error
from peter_core.engine.bigquery.failures import Failure, failure_of, job_failure
from peter_core.errors import (
    BytesCapExceeded,
    EngineError,
    EngineUnavailable,
    Overloaded,
    QueryCancelled,
    QueryFailed,
    QueryTimeout,
    SqlError,
)


def answer(status: int, reason: str | None, message: str = "m") -> Exception:
    errors = [{"reason": reason, "message": message}] if reason else ()
    return exceptions.from_http_status(status, "outer", errors=errors)


@pytest.mark.parametrize(
    ("error", "reason", "retryable"),
    [
        (answer(429, None), "rateLimitExceeded", True),
        (answer(403, "rateLimitExceeded"), "rateLimitExceeded", True),
        (answer(500, "backendError"), "backendError", True),
        (answer(500, "internalError"), "internalError", True),
        (answer(502, None), "backendError", True),
        (answer(503, "somethingNew"), "somethingNew", True),
        (answer(504, None), "backendError", True),
        (answer(403, "quotaExceeded"), "quotaExceeded", False),
        (answer(429, "quotaExceeded"), "quotaExceeded", False),
        (answer(500, "bytesBilledLimitExceeded"), "bytesBilledLimitExceeded", False),
        (answer(400, "invalidQuery"), "invalidQuery", False),
        (answer(404, "notFound"), "notFound", False),
        (answer(403, "accessDenied"), "accessDenied", False),
        (answer(409, "duplicate"), "duplicate", False),
        (answer(501, None), "notImplemented", False),
        (requests.exceptions.ConnectionError(), "transport", True),
        (requests.exceptions.ReadTimeout(), "transport", True),
        (requests.exceptions.ChunkedEncodingError(), "transport", True),
        (requests.exceptions.JSONDecodeError("m", "{", 1), "transport", True),
        (ConnectionResetError(), "transport", True),
        (TransportError("down"), "transport", True),  # type: ignore[no-untyped-call]
        (requests.exceptions.SSLError(), "tls", False),
        (RefreshError("revoked"), "authError", False),  # type: ignore[no-untyped-call]
    ],
)
def test_only_what_can_pass_is_tried_again(error: Exception, reason: str, retryable: bool) -> None:
    failure = failure_of(error)
    assert failure is not None
    assert (failure.reason, failure.retryable) == (reason, retryable)


def test_a_fault_of_our_own_is_no_failure_of_bigquery() -> None:
    assert failure_of(KeyError("x")) is None
    assert failure_of(RuntimeError()) is None


def test_a_job_that_failed_is_never_tried_again() -> None:
    failure = job_failure({"reason": "backendError", "message": "again"})
    assert not failure.retryable
    assert failure.of_job


@pytest.mark.parametrize(
    ("reason", "message", "kind", "words"),
    [
        ("bytesBilledLimitExceeded", "limit", BytesCapExceeded, "cap of 38 MB (38,000,000 bytes)"),
        ("stopped", "Job execution was cancelled: User requested", QueryCancelled, "cancelled"),
        ("stopped", "Job timed out after 2 sec", QueryTimeout, "limit of 2 s"),
        ("timeout", "", QueryTimeout, "limit of 2 s"),
        ("invalidQuery", "division by zero: 1 / 0", QueryFailed, "divided by zero"),
        ("invalidQuery", "Bad int64 value: x", QueryFailed, "could not be converted"),
        ("invalidQuery", "int64 overflow: 9 * 9", QueryFailed, "out of range"),
        ("invalidQuery", "Scalar subquery produced more than one element", QueryFailed, "Scalar"),
        ("resourcesExceeded", "", QueryFailed, "more memory"),
        ("responseTooLarge", "", QueryFailed, "larger"),
        ("quotaExceeded", "", EngineUnavailable, "quota"),
        ("rateLimitExceeded", "", Overloaded, "no more requests"),
        ("backendError", "", EngineUnavailable, "internal fault"),
        ("transport", "", EngineUnavailable, "reached"),
        ("authError", "", EngineUnavailable, "credentials"),
        ("jobLost", "", EngineUnavailable, "knew nothing"),
        ("accessDenied", "Access Denied: Table p:d.t: User x@y.com", EngineError, "p.d.t"),
        ("<b>new</b>", "", EngineUnavailable, "an unknown reason"),
    ],
)
def test_a_reason_has_its_code_and_words(
    reason: str, message: str, kind: type[EngineError], words: str
) -> None:
    error = run_error(Failure(reason, message), max_bytes=38_000_000, timeout_s=2)
    assert type(error) is kind
    assert words in error.message


@pytest.mark.parametrize("reason", ["accessDenied", "invalidQuery", "notFound", "blocked"])
def test_nobodys_address_stands_in_an_error(reason: str) -> None:
    message = "Access Denied: Table p:d.t: peter@acme.iam.gserviceaccount.com may not"
    for error in (
        run_error(Failure(reason, message), max_bytes=1, timeout_s=1),
        call_error(Failure(reason, message)),
    ):
        assert "gserviceaccount" not in str(error)


def place(message: str, text: str, reason: str = "invalidQuery") -> Any:
    error = dry_run_error(Failure(reason, message), text)
    assert isinstance(error, SqlError)
    (problem,) = error.problems
    return problem


def test_an_unknown_name_is_marked_where_it_stands() -> None:
    text = "SELECT\n  amout,\n  id FROM shop.orders"
    problem = place("Unrecognized name: amout; Did you mean amount? at [2:3]", text)
    assert (problem.rule, problem.line, problem.column) == ("unknown-column", 2, 3)
    assert (problem.end_line, problem.end_column) == (2, 8)
    assert problem.message == "Unrecognized name: amout."
    assert problem.hint == "Did you mean amount?"


def test_a_tab_counts_as_bigquery_counts_it() -> None:
    problem = place("Unrecognized name: x at [1:17]", "SELECT\t\tx")
    assert (problem.column, problem.end_column) == (9, 10)


def test_the_last_place_of_a_message_counts() -> None:
    problem = place("Syntax error: in view at [9:9]; Unexpected ) at [1:8]", "SELECT )")
    assert (problem.rule, problem.line, problem.column) == ("sql-syntax", 1, 8)


def test_an_unknown_table_is_found_by_its_name() -> None:
    text = "SELECT 1\nFROM `p.shop.orderz` o"
    message = "Not found: Table p:shop.orderz was not found in location US"
    problem = place(message, text, "notFound")
    assert (problem.rule, problem.line, problem.column) == ("unknown-table", 2, 6)
    assert problem.message == "No table is called `p.shop.orderz`."


def test_a_table_peter_may_not_read_is_marked_without_anybodys_address() -> None:
    message = "Access Denied: Table p:shop.pay: User peter@acme.iam.gserviceaccount.com does not"
    problem = place(message, "SELECT 1 FROM shop.pay", "accessDenied")
    assert (problem.rule, problem.column) == ("table-denied", 15)
    assert problem.message == "Peter's account may not read the table `p.shop.pay`."


def test_a_denied_project_is_no_fault_of_the_statement() -> None:
    failure = Failure("accessDenied", "Access Denied: Project p: User may not create jobs")
    assert type(dry_run_error(failure, "SELECT 1")) is EngineError


def test_a_missing_partition_filter_says_what_to_do() -> None:
    message = (
        "Cannot query over table 'p.shop.orders' without a filter over column(s) 'day' that can "
        "be used for partition elimination"
    )
    problem = place(message, "SELECT id FROM shop.orders")
    assert problem.rule == "partition-filter"
    assert "'day'" in problem.message
    assert "WHERE" in problem.hint


def test_a_very_long_word_is_searched_in_no_time() -> None:
    began = time.process_time()
    place("Not found: Table p:d.t was not found", "a" * 100_000, "notFound")
    assert time.process_time() - began < 2


@pytest.mark.parametrize("message", ["", "x at [99:1]", "x at [1:99999]", "x at [0:0]", "\n"])
def test_a_message_without_a_usable_place_still_says_something(message: str) -> None:
    problem = place(message, "SELECT 1")
    assert problem.message
    assert problem.line == 1
