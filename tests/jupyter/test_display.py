"""Cards, Markdown and text of what the core gives."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from peter_core.dashboard.problems import Problem
from peter_core.engine.port import Column, ColumnProfile
from peter_core.lineage.graph import Edge, Graph, Node
from peter_core.verify.verification import CheckOutcome, Finding, Verification
from peter_jupyter.display.reports import graph_text, problems_html, problems_text
from peter_jupyter.display.text import LIMIT, verification_markdown, verification_text
from peter_jupyter.display.values import seconds_text, source_lines, value_text
from peter_jupyter.display.verification import verification_html, verification_json
from tests.jupyter import samples

EVERY = [
    samples.passed(),
    samples.check_failed(),
    samples.unknown_column(),
    samples.over_cap(),
    samples.passed(dry_run=True, estimated_bytes=2_700_000, bytes_scanned=0, row_count=None),
    samples.passed(truncated=True, row_count=1_200_000),
]
HOSTILE = "<img src=x onerror=alert(1)>\"'|`*_[x](javascript:alert(1))</style><script>"


class Words(HTMLParser):
    """The text a reader sees, and every tag and attribute there is."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text, self.tags, self.open = "", [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag != "img":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.text += data + "\n"


def hostile() -> Verification:
    values = {
        "schema": (Column(HOSTILE, HOSTILE), Column("n", "INT64")),
        "sample_rows": ({HOSTILE: HOSTILE, "n": 1},),
        "profile": (ColumnProfile(HOSTILE, 1, 1, HOSTILE, HOSTILE, None, ((HOSTILE, 3),)),),
        "checks": (CheckOutcome(HOSTILE, False, HOSTILE),),
        "findings": (Finding(HOSTILE, "error", HOSTILE, 1, 1, HOSTILE),),
        "sql": HOSTILE,
        "error": HOSTILE + "!",
        "hint": HOSTILE,
        "engine": HOSTILE,
        "job_id": HOSTILE,
        "receipt": HOSTILE,
        "fingerprint": HOSTILE,
    }
    return samples.passed(**values)


@pytest.mark.parametrize("verification", EVERY)
def test_a_card_has_one_status_line_and_closes_what_it_opens(verification: Verification) -> None:
    words = Words(verification_html(verification))
    assert words.open == []
    assert sum(attrs.get("class") == "pt-status" for _, attrs in words.tags) == 1


def test_the_status_line_says_rows_bytes_cost_cache_and_seconds() -> None:
    text = verification_text(samples.passed(cache_hit=True, cost_usd="0"))
    first = text.splitlines()[0]
    assert first == ("Verification passed · 30 rows · 2.7 MB of 1 GB · $0.00 · from cache · 0.04 s")


def test_a_failure_shows_its_line_with_a_caret() -> None:
    words = Words(verification_html(samples.unknown_column()))
    assert "Line 2, column 33" in words.text
    assert "AVG(dealy)" in words.text
    lines = verification_text(samples.unknown_column()).splitlines()
    at = next(i for i, line in enumerate(lines) if "AVG(dealy)" in line)
    assert lines[at].index("dealy") == lines[at + 1].index("^")


def test_no_value_becomes_markup() -> None:
    for html in (
        verification_html(hostile()),
        problems_html([Problem(HOSTILE, "error", HOSTILE, HOSTILE, 1, 1, hint=HOSTILE)], HOSTILE),
    ):
        words = Words(html)
        assert {tag for tag, _ in words.tags} <= {
            "div", "style", "span", "p", "pre", "b", "i", "code", "details", "summary", "small",
            "table", "thead", "tbody", "tr", "th", "td", "ul", "li",
        }  # fmt: skip
        assert not any(name.startswith("on") for _, attrs in words.tags for name in attrs)
        assert "<img src=x" in words.text


def test_markdown_shows_values_as_they_are() -> None:
    text = verification_markdown(hostile())
    assert "<img" not in text
    assert not re.search(r"(?<!\\)\]\(", text)
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {8, 3}


@pytest.mark.parametrize("verification", [*EVERY, hostile()])
def test_the_text_holds_what_a_reviewer_needs(verification: Verification) -> None:
    text = verification_text(verification)
    assert len(text) <= LIMIT
    assert verification.verdict.replace("could_not_run", "could not run") in text or (
        verification.dry_run and "would run" in text
    )
    assert verification.cost_usd in text
    if verification.error:
        assert verification.error in text
    for finding in verification.findings:
        assert finding.message in text
    for column in verification.schema:
        assert column.name in text
    for check in verification.checks:
        assert check.check in text
    assert ("Sample" in text) == bool(verification.sample_rows)


def test_a_wide_and_long_result_still_fits_and_counts_what_it_leaves_out() -> None:
    names = [f"column_{i}" for i in range(200)]
    wide = samples.passed(
        schema=tuple(Column(name, "STRING") for name in names),
        profile=tuple(ColumnProfile(name, 0, 9, "a" * 200, "z" * 200) for name in names),
        sample_rows=tuple(dict.fromkeys(names, "x" * 300) for _ in range(100)),
        findings=tuple(Finding("all-null", "warning", "m" * 300, 1, 1) for _ in range(90)),
        checks=tuple(CheckOutcome("c" * 200, False, "d" * 200) for _ in range(50)),
        error="e" * 5000,
        hint="h" * 900,
    )
    text = verification_text(wide)
    assert len(text) <= LIMIT
    for word in ("Reason", "Findings", "Checks", "Columns", "Tables", "Sample", "column_0 STRING"):
        assert word in text
    assert re.search(r"… and \d+ more", text)


def test_a_cut_result_is_never_silent() -> None:
    cut = samples.passed(truncated=True, row_count=1_200_000)
    assert "1,200,000 rows, truncated" in verification_text(cut)
    assert "1,200,000 rows, truncated" in Words(verification_html(cut)).text


def test_the_json_is_the_payload_without_the_table() -> None:
    found = verification_json(samples.passed())
    assert json.loads(json.dumps(found)) == found
    assert "table" not in found
    assert found["computed_at"] == "2026-11-23T03:00:00Z"
    assert found["tables"] == [
        {"id": "local.nyc.flights", "updated_at": "2026-11-23T03:00:00Z", "rows": 336_776}
    ]
    assert found["profile"][3]["top"][0] == ["UA", 14]


def test_problems_stand_under_their_line_the_gravest_first() -> None:
    text = "charts:\n  delay: {y: dealy}\n"
    found = problems_text(
        [
            Problem("unused-query", "warning", "Unused.", "queries.a", 1, 1),
            Problem("unknown-column", "error", "No column.", "charts.delay.y", 2, 14,
                    hint="Did you mean `delay`?"),
        ],
        text,
    )  # fmt: skip
    assert found.splitlines()[:3] == [
        "2:14 charts.delay.y error unknown-column: No column. Did you mean `delay`?",
        "      delay: {y: dealy}",
        "                 ^",
    ]


@pytest.mark.parametrize(("line", "column"), [(0, 1), (9, 1), (1, 99), (1, None), (-1, -1)])
def test_a_place_outside_the_source_is_no_crash(line: int, column: int | None) -> None:
    found = source_lines("SELECT 1", line, column)
    assert (found is None) == (line != 1)


def test_a_long_line_is_cut_around_its_column() -> None:
    found = source_lines("x" * 500 + "HERE" + "y" * 500, 1, 501)
    assert found is not None
    shown, caret = found
    assert len(shown) <= 110
    assert shown[caret.index("^") :].startswith("HERE")


def test_lineage_names_what_each_thing_is_made_from() -> None:
    graph = Graph(
        (Node("chart:a/b", "chart", "b", "Delay"), Node("query:a/q", "query", "q"),
         Node("table:local.nyc.flights", "table", "local.nyc.flights")),
        (Edge("query:a/q", "chart:a/b", "feeds"),
         Edge("table:local.nyc.flights", "query:a/q", "reads")),
    )  # fmt: skip
    assert graph_text(graph).splitlines() == [
        "Lineage · 1 chart · 1 query · 1 table",
        "  chart b · Delay <- q",
        "  query q <- local.nyc.flights",
        "  table local.nyc.flights",
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (True, "true"), (1.0, "1"), (0.1 + 0.2, "0.3"), (float("nan"), "nan"),
     ("", "''"), ("a\nb", "a b"), ([1, None], "[1, null]"), (12345.678, "12345.68"),
     (2**63 - 1, "9223372036854775807"), ("x" * 99, "x" * 79 + "…")],
)  # fmt: skip
def test_values_are_written_in_one_line(value: object, text: str) -> None:
    assert value_text(value) == text


def test_short_times_are_said_to_be_short() -> None:
    assert seconds_text(2) == "< 0.01 s"
    assert seconds_text(41) == "0.04 s"
    assert seconds_text(61_000) == "61 s"


def test_a_passed_verification_without_profile_or_sample_is_still_a_card() -> None:
    bare = replace(samples.passed(), profile=(), sample_rows=(), checks=(), findings=())
    assert "Columns" in Words(verification_html(bare)).text
