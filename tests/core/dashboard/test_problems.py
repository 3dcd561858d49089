"""Problems for people, programs and code scanners."""

from __future__ import annotations

import json

from peter_core.dashboard.problems import (
    Problem,
    problems_json,
    problems_sarif,
    problems_text,
    sorted_problems,
)

LATE = Problem("unused-query", "warning", "Nothing uses it.", "queries.b", 9, 3, 9, 4)
EARLY = Problem("unknown-key", "error", "Unknown key 'titel'.", "titel", 3, 1, 3, 6, "Did you?")
NOWHERE = Problem("could-not-check", "warning", "The warehouse was not reached.")


def test_problems_stand_in_the_order_of_the_text_and_those_without_a_place_last() -> None:
    assert sorted_problems([NOWHERE, LATE, EARLY]) == (EARLY, LATE, NOWHERE)


def test_text_is_a_line_a_problem_with_its_hint_below() -> None:
    assert problems_text([LATE, NOWHERE, EARLY], file="a.peter.yaml") == (
        "a.peter.yaml:3:1: error: Unknown key 'titel'. [unknown-key]\n"
        "    Did you?\n"
        "a.peter.yaml:9:3: warning: Nothing uses it. [unused-query]\n"
        "a.peter.yaml: warning: The warehouse was not reached. [could-not-check]"
    )
    assert problems_text([NOWHERE]).startswith("warning: ")
    assert problems_text([]) == ""


def test_json_holds_every_field_and_plain_values() -> None:
    first, _ = problems_json([LATE, EARLY])
    assert json.loads(json.dumps(first)) == {
        "rule": "unknown-key", "severity": "error", "message": "Unknown key 'titel'.",
        "path": "titel", "line": 3, "column": 1, "end_line": 3, "end_column": 6,
        "hint": "Did you?",
    }  # fmt: skip


def test_sarif_is_version_2_1_0_with_the_file_and_region_of_each_result() -> None:
    log = json.loads(problems_sarif([LATE, EARLY, NOWHERE], file="my boards\\a.peter.yaml"))
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert rules == ["could-not-check", "unknown-key", "unused-query"]
    first, second, third = run["results"]
    assert first["ruleId"] == rules[first["ruleIndex"]] == "unknown-key"
    assert first["level"] == "error"
    assert second["level"] == "warning"
    place = first["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "my%20boards/a.peter.yaml"
    assert place["region"] == {"startLine": 3, "startColumn": 1, "endLine": 3, "endColumn": 6}
    assert first["message"]["text"] == "Unknown key 'titel'. Did you?"
    assert "region" not in third["locations"][0]["physicalLocation"]
