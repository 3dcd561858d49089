"""How errors end a cell."""

from __future__ import annotations

import pytest

from peter_core.dashboard.problems import Problem
from peter_core.errors import (
    BytesCapExceeded,
    DocumentError,
    NotFound,
    QueryTimeout,
    SqlError,
    SqlRefused,
    VerificationFailed,
)
from peter_core.verify.verification import Finding, Verification
from peter_jupyter.failure import failure_of, one_line
from tests.jupyter import samples


def rendered(error: Exception) -> list[str]:
    lines: list[str] = error._render_traceback_()  # type: ignore[attr-defined]
    return lines


def test_an_error_is_one_line_that_names_line_and_column() -> None:
    error = failure_of(samples.unknown_column())
    assert error is not None
    lines = rendered(one_line(error, where=" of the SQL"))
    assert len(lines) == 1
    assert "line 2, column 33 of the SQL: No column `dealy` in `nyc.flights`." in lines[0]
    assert "Did you mean `dep_delay`?" in lines[0]
    assert "\n" not in lines[0]


def test_an_error_keeps_its_class_and_its_problems() -> None:
    problem = Problem("unknown-key", "error", "No key `titel`.", line=3, column=1)
    shown = one_line(DocumentError("The document is not valid.\nSee below.", problems=[problem]))
    assert isinstance(shown, DocumentError)
    assert type(shown).__name__ == "DocumentError"
    assert shown.problems == (problem,)
    assert str(shown) == "line 3, column 1: The document is not valid. See below."


def test_a_place_is_not_said_twice() -> None:
    problem = Problem("unknown-key", "error", "No key.", line=3, column=1)
    shown = one_line(DocumentError("a.yaml: line 3, column 1: No key.", problems=[problem]))
    assert str(shown).count("line 3") == 1
    assert str(one_line(one_line(shown))) == str(shown)


def test_an_error_without_a_place_says_only_what_happened() -> None:
    assert str(one_line(NotFound("No dashboard.", hint="List them."))) == "No dashboard. List them."


@pytest.mark.parametrize(
    ("verification", "kind"),
    [
        (samples.check_failed(), VerificationFailed),
        (samples.over_cap(), BytesCapExceeded),
        (samples.unknown_column(), SqlError),
        (
            Verification(
                verdict="could_not_run", statement_type="", sql="DROP TABLE t", fingerprint="",
                engine="duckdb", reason="refused", error="Only a query may run.",
                findings=(Finding("sql-refused", "error", "Only a query may run.", 1, 1),),
            ),
            SqlRefused,
        ),
        (
            Verification(
                verdict="could_not_run", statement_type="SELECT", sql="SELECT 1", fingerprint="",
                engine="duckdb", reason="timed_out", error="It took more than 1 s.",
            ),
            QueryTimeout,
        ),
    ],
)  # fmt: skip
def test_the_class_follows_the_reason(verification: Verification, kind: type) -> None:
    assert type(failure_of(verification)) is kind


def test_what_passed_is_no_failure() -> None:
    assert failure_of(samples.passed()) is None
    assert failure_of(samples.passed(dry_run=True)) is None
