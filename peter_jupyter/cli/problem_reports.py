"""Problems of files: under their source lines, as JSON, and as one SARIF log."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from peter_core.dashboard.problems import (
    problems_json,
    problems_sarif,
    problems_text,
    sorted_problems,
)
from peter_core.errors import PeterError
from peter_jupyter.cli.files import shown_name
from peter_jupyter.cli.json_values import plain
from peter_jupyter.cli.terminal import note, say
from peter_jupyter.display.values import count_text, source_lines, tiers_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from peter_core.dashboard.problems import Problem
    from peter_core.service.reports import Validation
    from peter_core.sql.checking import StatementCheck
    from peter_jupyter.cli.terminal import Tone


def placed_problems(problems: Sequence[Problem], name: str, text: bytes) -> str:
    """The problems in the order of the file, each above its source line and a caret."""
    source = text.decode("utf-8", "replace")
    lines: list[str] = []
    for problem in sorted_problems(problems):
        first, *hint = problems_text([problem], file=shown_name(name)).split("\n")
        shown = source_lines(source, problem.line, problem.column) if problem.line else None
        lines += [first, *(f"    {line}" for line in shown or ()), *hint]
    return "\n".join(lines)


@contextmanager
def problems_of(name: str, text: bytes) -> Iterator[None]:
    """Show the problems that an error carries before it ends the command."""
    try:
        yield
    except PeterError as error:
        if error.problems:
            note(placed_problems(error.problems, name, text))
        raise


def print_validation(checked: Validation, name: str, text: bytes) -> None:
    """Print a file's problems, then whether it is valid and how far that was checked."""
    if checked.problems:
        say(placed_problems(checked.problems, name, text))
    errors = sum(problem.is_error for problem in checked.problems)
    warnings = len(checked.problems) - errors
    parts = [count_text(errors, "error")] if errors else []
    parts += [count_text(warnings, "warning")] if warnings else []
    where = "against the warehouse" if checked.mode == "warehouse" else "offline"
    parts.append(f"{where}: {tiers_text(checked.tiers)}" if checked.tiers else where)
    verdict = "valid" if checked.valid else "not valid"
    tone: Tone = "bad" if errors else "warn" if warnings else "good"
    say(f"{shown_name(name)}: {verdict} ({', '.join(parts)})", tone)
    if checked.note:
        note(f"{shown_name(name)}: {checked.note}", "warn")


def print_check(found: StatementCheck, name: str, text: str) -> None:
    """Print a statement's problems, then whether it is valid and who was asked."""
    if found.problems:
        say(placed_problems(found.problems, name, text.encode()))
    errors = sum(problem.is_error for problem in found.problems)
    tone: Tone = "bad" if errors else "warn" if found.problems else "good"
    verdict = "valid" if found.valid else "not valid"
    say(f"{shown_name(name)}: {verdict} (checked by {tiers_text(found.tiers)})", tone)


def validations_json(checked: Sequence[tuple[str, Validation]]) -> dict[str, object]:
    """The answers for several files; each has the API's members and its file's name."""
    files = [
        {
            "file": shown_name(name),
            "valid": one.valid,
            "mode": one.mode,
            "tiers": one.tiers,
            "problems": problems_json(one.problems),
            "revision": one.revision,
            "note": one.note,
        }
        for name, one in checked
    ]
    return {"valid": all(one.valid for _, one in checked), "files": plain(files)}


def validations_sarif(checked: Sequence[tuple[str, Validation]]) -> str:
    """One SARIF log with one run over all files, as code scanners want it."""
    logs: list[dict[str, Any]] = [
        json.loads(problems_sarif(one.problems, file=shown_name(name))) for name, one in checked
    ]
    results = [result for log in logs for result in log["runs"][0]["results"]]
    rules = sorted({result["ruleId"] for result in results})
    log = logs[0]
    run = log["runs"][0]
    run["tool"]["driver"]["rules"] = [{"id": rule} for rule in rules]
    run["results"] = [{**found, "ruleIndex": rules.index(found["ruleId"])} for found in results]
    return json.dumps(log, indent=2, ensure_ascii=False)
