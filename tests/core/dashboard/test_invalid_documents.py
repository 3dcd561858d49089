"""Every wrong document gives exactly one problem: the right rule at the right place."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from peter_core.dashboard.loading import load_dashboard
from peter_core.dashboard.rules import check_rules, place_problems

FOLDER = Path(__file__).parents[2] / "fixtures" / "documents" / "invalid"
EXPECTATION = re.compile(rb"# expect: rule=(\S+) line=(\d+) column=(\d+)")
FILES = sorted(FOLDER.glob("*.yaml"))


def expected(path: Path) -> tuple[str, int, int]:
    match = EXPECTATION.match(path.read_bytes())
    assert match is not None, f"{path.name} does not say what is expected of it"
    return match[1].decode(), int(match[2]), int(match[3])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_one_fault_is_one_problem_at_its_place(path: Path) -> None:
    loaded = load_dashboard(path.read_bytes())
    problems = loaded.problems
    if loaded.dashboard is not None:
        problems = place_problems(check_rules(loaded.dashboard), loaded)
    assert [(p.rule, p.line, p.column) for p in problems] == [expected(path)]
    for problem in problems:
        assert problem.end_line is not None
        assert problem.end_column is not None
        assert (problem.end_line, problem.end_column) >= (problem.line, problem.column)
        assert problem.message.endswith(".")


def test_there_are_enough_wrong_documents() -> None:
    assert len(FILES) >= 45
