"""How an error ends a cell: one line, with the place, and the notebook's run stops."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peter_core.errors import (
    BudgetExceeded,
    BytesCapExceeded,
    DocumentError,
    EngineUnavailable,
    PeterError,
    QueryCancelled,
    QueryFailed,
    QueryTimeout,
    SqlError,
    SqlRefused,
    VerificationFailed,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from peter_core.dashboard.problems import Problem
    from peter_core.verify.verification import Verification

_RED, _PLAIN = "\x1b[1;31m", "\x1b[0m"

_REASONS: dict[str, type[PeterError]] = {
    "over_cap": BytesCapExceeded,
    "over_budget": BudgetExceeded,
    "failed": QueryFailed,
    "timed_out": QueryTimeout,
    "cancelled": QueryCancelled,
    "unavailable": EngineUnavailable,
}


class _OneLineError(PeterError):
    """Shows itself in one line where Python would print a stack of Peter's own calls."""

    def _render_traceback_(self) -> list[str]:
        return [f"{_RED}{type(self).__name__}{_PLAIN}: {self}"]


_one_line_kinds: dict[type[PeterError], type[PeterError]] = {}


def _one_line_kind(kind: type[PeterError]) -> type[PeterError]:
    if issubclass(kind, _OneLineError):
        return kind
    if kind not in _one_line_kinds:
        body = {"__module__": kind.__module__, "__doc__": kind.__doc__}
        _one_line_kinds[kind] = type(kind.__name__, (_OneLineError, kind), body)
    return _one_line_kinds[kind]


def one_line(error: PeterError, *, where: str = "") -> PeterError:
    """The same error, of a subclass of its class, that a notebook shows in one line.

    The line begins with the place of the first problem, where there is one: ``line 3, column 8``;
    ``where`` says of what ("of the SQL").
    """
    problem = next((p for p in error.problems if p.line is not None), None)
    place = ""
    if problem is not None and f"line {problem.line}" not in error.message.lower():
        place = f"{place_text(problem.line, problem.column)}{where}: "
    message = " ".join(f"{place}{error.message}".split())
    hint = " ".join(error.hint.split()) if error.hint else None
    return _one_line_kind(type(error))(message, hint=hint, problems=error.problems)


def failure_of(verification: Verification) -> PeterError | None:
    """The error that a verification ends its cell with; ``None`` when it passed.

    Its class follows the reason: ``SqlRefused``, ``BytesCapExceeded``, ``VerificationFailed``, …
    """
    from peter_core.dashboard.problems import Problem

    if verification.verdict == "passed":
        return None
    placed = [f for f in verification.findings if f.severity == "error"]
    problems = [
        Problem(f.rule, "error", f.message, line=f.line, column=f.column, hint=f.hint)
        for f in placed
    ]
    if verification.verdict == "failed":
        kind: type[PeterError] = VerificationFailed
        broken = [c for c in verification.checks if not c.passed and c.severity == "error"]
        message = verification.error or "; ".join(f"{c.check}: {c.detail}" for c in broken)
        message = message or "A check of the result failed."
    else:
        kind = _could_not_run_kind(verification)
        message = verification.error or "The statement could not be run."
    return kind(message, hint=verification.hint, problems=problems)


def is_refusal(verification: Verification) -> bool:
    """Whether the guard refused the statement, rather than found it wrong."""
    return any(finding.rule == "sql-refused" for finding in verification.findings)


def _could_not_run_kind(verification: Verification) -> type[PeterError]:
    if verification.reason == "refused":
        return SqlRefused if is_refusal(verification) else SqlError
    return _REASONS.get(verification.reason or "", PeterError)


def invalid_document(problems: Sequence[Problem]) -> DocumentError:
    """The error that a document with these problems ends its cell with: the first one's."""
    errors = [problem for problem in problems if problem.is_error]
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return DocumentError(f"{errors[0].message}{more}", hint=errors[0].hint, problems=errors)


def place_text(line: int | None, column: int | None) -> str:
    """``line 3, column 8``, as far as it is known."""
    if line is None:
        return ""
    return f"line {line}" if column is None else f"line {line}, column {column}"
