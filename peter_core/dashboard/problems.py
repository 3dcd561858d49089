"""What is wrong with a text, and where; for people, programs and code scanners."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

Severity = Literal["error", "warning"]

_SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding about a document or a statement.

    ``line`` and ``column`` count from 1 and point into the text that was given (the file for a
    dashboard, the statement for SQL); ``end_line`` and ``end_column`` close the range, the last
    column exclusive. ``path`` names the place in a document: ``charts.delay.y``.
    """

    rule: str
    severity: Severity
    message: str
    path: str = ""
    line: int | None = None
    column: int | None = None
    end_line: int | None = None
    end_column: int | None = None
    hint: str | None = None

    @property
    def is_error(self) -> bool:
        """Whether this finding stops what was asked for."""
        return self.severity == "error"


def sorted_problems(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Problems in the order of the text; at one place errors come before warnings."""
    return tuple(sorted(problems, key=_order))


def problems_text(problems: Iterable[Problem], *, file: str | None = None) -> str:
    """One problem a line, as compilers print them, its hint indented below.

    Gives ``file:line:column: severity: message [rule]``, without what is not known, and the empty
    text for no problems.
    """
    lines: list[str] = []
    for problem in sorted_problems(problems):
        place = [file] if file else []
        if problem.line is not None:
            place += [str(problem.line), str(problem.column or 1)]
        before = f"{':'.join(place)}: " if place else ""
        lines.append(f"{before}{problem.severity}: {problem.message} [{problem.rule}]")
        if problem.hint:
            lines.append(f"    {problem.hint}")
    return "\n".join(lines)


def problems_json(problems: Iterable[Problem]) -> list[dict[str, Any]]:
    """Problems as plain JSON objects, in the order of the text, every field present."""
    return [asdict(problem) for problem in sorted_problems(problems)]


def problems_sarif(problems: Iterable[Problem], *, file: str) -> str:
    """Problems as a SARIF 2.1.0 log (OASIS standard), the format of code scanners.

    ``file`` is the document's path relative to the repository; a backslash becomes a slash.
    """
    found = sorted_problems(problems)
    rules = sorted({problem.rule for problem in found})
    run = {
        "tool": {"driver": {"name": "peter", "rules": [{"id": rule} for rule in rules]}},
        "columnKind": "unicodeCodePoints",
        "results": [_sarif_result(problem, file.replace("\\", "/"), rules) for problem in found],
    }
    log = {"$schema": _SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _order(problem: Problem) -> tuple[float, int, bool, str, str]:
    line = float("inf") if problem.line is None else problem.line
    return line, problem.column or 0, not problem.is_error, problem.rule, problem.path


def _sarif_result(problem: Problem, file: str, rules: list[str]) -> dict[str, Any]:
    from urllib.parse import quote

    physical: dict[str, Any] = {"artifactLocation": {"uri": quote(file)}}
    if problem.line is not None:
        region = {
            "startLine": problem.line,
            "startColumn": problem.column,
            "endLine": problem.end_line,
            "endColumn": problem.end_column,
        }
        physical["region"] = {name: value for name, value in region.items() if value is not None}
    location: dict[str, Any] = {"physicalLocation": physical}
    if problem.path:
        location["logicalLocations"] = [{"fullyQualifiedName": problem.path}]
    text = f"{problem.message} {problem.hint}" if problem.hint else problem.message
    return {
        "ruleId": problem.rule,
        "ruleIndex": rules.index(problem.rule),
        "level": problem.severity,
        "message": {"text": text},
        "locations": [location],
    }
