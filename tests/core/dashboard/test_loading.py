"""Loading: what is read, where it stands, and what hostile texts get."""

from __future__ import annotations

import datetime as dt
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from peter_core.dashboard.loading import Loaded, load_dashboard
from peter_core.dashboard.marks import Range
from peter_core.dashboard.model import DateRangeFilter
from peter_core.dashboard.reading import MAX_BYTES, MAX_DEPTH, MAX_NODES, read
from peter_core.dashboard.rules import check_rules

VALID = sorted((Path(__file__).parents[2] / "fixtures" / "documents" / "valid").glob("*.yaml"))
MINIMAL = """version: 1
slug: fleet
title: Fleet
queries:
  planes: {sql: SELECT COUNT(*) AS planes FROM nyc.planes}
charts:
  planes: {type: kpi, query: planes, title: Planes, value: planes}
"""


def rules_of(loaded: Loaded) -> list[str]:
    return [problem.rule for problem in loaded.problems]


def with_sql(block: str) -> Loaded:
    """A document whose query's SQL is written as ``block``, from line 3 on."""
    text = f"""queries:
  q:
    sql: {block}
version: 1
slug: ab
title: T
charts:
  t: {{type: table, query: q, title: T}}
"""
    loaded = load_dashboard(text)
    assert loaded.dashboard is not None, loaded.problems
    return loaded


def test_a_valid_document_loads_without_problems(valid_text: str) -> None:
    loaded = load_dashboard(valid_text)
    assert loaded.problems == ()
    assert loaded.dashboard is not None
    assert check_rules(loaded.dashboard) == ()


def test_bytes_with_a_byte_order_mark_and_windows_line_ends_load_the_same(valid_text: str) -> None:
    plain = load_dashboard(valid_text)
    windows = load_dashboard(b"\xef\xbb\xbf" + valid_text.replace("\n", "\r\n").encode())
    assert windows.dashboard == plain.dashboard
    assert windows.place("slug") == plain.place("slug")


def test_dates_in_a_document_are_dates_without_yaml_having_a_say() -> None:
    path = next(path for path in VALID if path.stem == "flight-operations")
    loaded = load_dashboard(path.read_text())
    assert loaded.dashboard is not None
    period = loaded.dashboard.filters["period"]
    assert isinstance(period, DateRangeFilter)
    assert period.default.from_ == dt.date(2013, 6, 1)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", "yes"), ("No", "No"), ("on", "on"), ("OFF", "OFF"), ("y", "y"),
        ("12:30:45", "12:30:45"), ("2013-06-30", "2013-06-30"), ("1_000", "1_000"),
        ("012", 12), ("0o17", 15), ("0x1F", 31), ("-7", -7), ("+7", 7), ("0b11", "0b11"),
        ("1.5", 1.5), (".5", 0.5), ("1.", 1.0), ("1e3", 1000.0), ("-1.5E-2", -0.015), (".", "."),
        ("~", None), ("null", None), ("Null", None), ("", None), ("nUll", "nUll"),
        ("true", True), ("FALSE", False), ("tRue", "tRue"), ("'true'", "true"), ('"1"', "1"),
        ("=", "="), ("<<", "<<"), ("-", (None,)), ("[]", ()), ("{}", {}),
    ],
)  # fmt: skip
def test_scalars_are_those_of_the_yaml_1_2_core_schema(text: str, value: object) -> None:
    reading = read(f"key: {text}" if text != "-" else "key:\n- ")
    assert reading.problems == ()
    assert isinstance(reading.tree, dict)
    assert repr(reading.tree["key"]) == repr(value)


@pytest.mark.parametrize("number", ["9223372036854775807", "-9223372036854775808"])
def test_the_widest_integers_of_64_bits_are_kept(number: str) -> None:
    assert read(f"key: {number}").tree == {"key": int(number)}


@pytest.mark.parametrize(
    ("text", "rule", "line", "column"),
    [
        ("", "empty-document", 1, 1),
        ("# only a comment\n", "empty-document", 2, 1),
        ("# " + "x" * MAX_BYTES, "too-large", 1, 1),
        ("#" + "é" * (MAX_BYTES // 2), "too-large", 1, 1),
        (b"\xff" * (MAX_BYTES + 1), "too-large", 1, 1),
        (b"version: 1\ntitle: caf\xe9\n", "not-utf-8", 2, 11),
        ("version: 1\ntitle: \ud800\n", "not-utf-8", 2, 8),
        ("a: b\x00c\n", "control-character", 1, 5),
        ("a: 1\nb: \ufeff2\n", "control-character", 2, 4),
        (b"\xff\xfea\x00:\x00", "not-utf-8", 1, 1),
        ("a: " + "[" * MAX_DEPTH, "too-deep", 1, 3 + MAX_DEPTH),
        ("[" * 25_000, "too-deep", 1, MAX_DEPTH + 1),
        ("{" * 250_000, "bad-key", 1, 2),
        ("- " * 125_000, "too-deep", 1, 2 * MAX_DEPTH + 1),
        ("? " * 125_000, "bad-key", 1, 3),
        ("[a," * 80_000, "too-deep", 1, 3 * MAX_DEPTH + 1),
        ("[" + "1," * MAX_NODES + "]", "too-many-nodes", 1, 2 * MAX_NODES),
        ("- \n" * MAX_NODES, "too-many-nodes", MAX_NODES, 2),
        ("x: &x [1]\ny: *x\n", "yaml-anchor", 1, 4),
        ("y: *x\n", "yaml-alias", 1, 4),
        ("*x : 1\n", "yaml-alias", 1, 1),
        ("&k k: 1\n", "yaml-anchor", 1, 1),
        ("! a: 1\n", "yaml-tag", 1, 1),
        ("%FOO bar\n---\na: 1\n", "yaml-directive", 1, 1),
        ("a: &\nb: 1\n", "yaml-anchor", 1, 4),
        ("a: 1\nb:\n\t- c\n", "yaml-syntax", 3, 1),
        ("%YAML 3.0\n---\na: 1\n", "yaml-directive", 1, 1),
        ("a: 1\n---\nb: 1\n", "yaml-documents", 2, 1),
        ("a: 1\n...\nb: 1\n", "yaml-syntax", 3, 1),
        ("<<: {a: 1}\n", "yaml-merge-key", 1, 1),
    ],
    ids=lambda value: str(value)[:20].encode("unicode_escape").decode(),
)  # fmt: skip
def test_hostile_text_is_one_problem(text: str | bytes, rule: str, line: int, column: int) -> None:
    loaded = load_dashboard(text)
    assert loaded.dashboard is None
    assert [(p.rule, p.line, p.column) for p in loaded.problems] == [(rule, line, column)]


@pytest.mark.parametrize(
    "number", ["1e999", "-1e999", "1" + "0" * 400 + ".5", ".inf", ".nan", "9223372036854775808",
               "-9223372036854775809", "0x" + "f" * 17, "9" * 5_000]
)  # fmt: skip
def test_a_number_that_is_not_finite_or_too_wide_is_none(number: str) -> None:
    problems = load_dashboard(f"version: {number}\n").problems
    assert [(p.rule, p.line, p.column) for p in problems if p.rule == "bad-number"] == [
        ("bad-number", 1, 10)
    ]


def test_a_document_at_the_limits_is_read() -> None:
    deepest = "a: " + "[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1)
    assert read(deepest).problems == ()
    widest = "[" + "1," * (MAX_NODES - 2) + "1]"
    assert read(widest).problems == ()
    largest = "a: 1 #" + "x" * (MAX_BYTES - 6)
    assert read(largest).problems == ()


HOSTILE = {
    "brackets": "[" * 25_000,
    "braces": "{" * 250_000,
    "dashes": "- " * 125_000,
    "questions": "? " * 125_000,
    "lists in lists": "[a," * 80_000,
    "wide list": "[" + "1," * 125_000,
    "nested keys": "".join(" " * n + "a:\n" for n in range(700)),
    "merge bomb": "a: &a {x: 1}\n" + "".join(f"k{i}: &k{i} {{<<: [*a, *a]}}\n" for i in range(40)),
    "laughs": "a: &a [x]\n" + "".join(f"b{i}: [*a, *a]\n" for i in range(9000)),
    "long integer": "version: " + "9" * 200_000,
    "long key": "a" * 250_000 + ": 1",
    "many unknown keys": "".join(f"key{i}: 1\n" for i in range(9000)),
    "many duplicates": "a: 1\n" * 9000,
    "many bad charts": "charts:\n" + "".join(f"  c{i}: {{type: lien}}\n" for i in range(4000)),
    "long plain text": "a: " + "b " * 125_000,
    "one long quote": 'a: "' + "\\n" * 125_000,
    "empty lines": "\n" * 250_000,
    "comments": "#\n" * 125_000,
    "colons": "a:" * 125_000,
    "pipes": "|" * 250_000,
    "quotes": "'" * 250_000,
    "tabs": "\t" * 250_000,
    "sizes": "defaults: {max_bytes: " + "9" * 400 + "MB}",
}

PROBE = """
import resource, sys, time
from peter_core.dashboard.loading import load_dashboard
text = sys.stdin.buffer.read()
load_dashboard(b"version: 1")  # imports and first use are not the text's doing
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
start = time.process_time()
loaded = load_dashboard(text)
spent = time.process_time() - start
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(len(loaded.problems), loaded.dashboard is None, spent, (after - before) // 1024)
"""


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_neither_crashes_the_process_nor_fills_it(name: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", PROBE], input=HOSTILE[name].encode(), capture_output=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr.decode()
    problems, refused, seconds, megabytes = ran.stdout.decode().split()
    assert refused == "True"
    assert 1 <= int(problems) <= 100
    # The promise is a tenth of a second; a loaded machine gets some slack.
    assert float(seconds) < 0.5
    assert int(megabytes) < 50


def test_composing_the_same_brackets_with_the_library_kills_a_process() -> None:
    """The reason for reading events: were this to stop, the guard could be simpler."""
    ran = subprocess.run(
        [sys.executable, "-c", "import yaml; yaml.load('[' * 25_000, yaml.CSafeLoader)"],
        capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert ran.returncode != 0


def test_the_python_parser_reads_the_same(valid_text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where PyYAML was built without libyaml."""
    fast = load_dashboard(valid_text)
    monkeypatch.setattr("peter_core.dashboard.reading._PARSER", yaml.SafeLoader)
    slow = load_dashboard(valid_text)
    assert slow.dashboard == fast.dashboard
    assert slow.place("charts") == fast.place("charts")
    assert rules_of(load_dashboard("[" * 25_000)) == ["too-deep"]


def test_values_and_keys_are_placed() -> None:
    loaded = load_dashboard(MINIMAL)
    assert loaded.place("slug") == Range(2, 7, 2, 12)
    assert loaded.place("slug", key=True) == Range(2, 1, 2, 5)
    assert loaded.place(("charts", "planes", "type")) == Range(7, 18, 7, 21)
    assert loaded.place("queries") == Range(5, 3, 5, 59)
    assert loaded.place(()) == Range(1, 1, 7, 67)


def test_what_is_missing_is_placed_at_the_key_above_it() -> None:
    loaded = load_dashboard(MINIMAL)
    assert loaded.place("charts.planes.format.unit") == Range(7, 3, 7, 9)
    assert loaded.place("timezone") == Range(1, 1, 1, 8)
    assert loaded.place("title.deeper[3]") == Range(3, 8, 3, 13)


def test_nothing_is_placed_where_nothing_was_read() -> None:
    assert load_dashboard("[" * 100).place("slug") is None


@pytest.mark.parametrize(
    ("block", "line", "column", "place"),
    [
        ("|\n      SELECT a,\n        b\n      FROM t\n", 2, 3, (5, 9)),
        ("|-\n      SELECT a\n\n      FROM t\n", 3, 6, (6, 12)),
        ("|2\n        SELECT a\n        FROM t\n", 2, 3, (5, 9)),
        ("|+2 # note\n      SELECT a\n        FROM t\n\n", 2, 3, (5, 9)),
        ("|\n\n      SELECT a\n", 2, 8, (5, 14)),
        ("|\n\n      SELECT 'ü😀', b\n", 2, 14, (5, 20)),
        (">\n      SELECT a\n      FROM t\n", 1, 10, (5, 7)),
        ("SELECT a FROM t", 1, 10, (3, 19)),
        ("SELECT a\n      FROM t", 1, 10, (4, 7)),
        ("'SELECT ''a'', b FROM t'", 1, 13, (3, 25)),
        ('"SELECT \\"a\\",\\n b FROM t"', 2, 2, (3, 27)),
        ('"SELECT \\x61 FROM t"', 1, 10, (3, 23)),
        ('"SELECT a\\\n      \\ FROM t"', 1, 10, (4, 9)),
    ],
)
def test_a_place_in_sql_is_a_place_in_the_file(
    block: str, line: int, column: int, place: tuple[int, int]
) -> None:
    loaded = with_sql(block)
    assert loaded.locate_sql("q", line, column) == place


def test_every_visible_character_of_a_block_is_found_again() -> None:
    loaded = with_sql("|\n      SELECT a, -- c: d\n\n\n         'x # y'\n      FROM t\n")
    assert loaded.dashboard is not None
    sql = loaded.dashboard.queries["q"].sql or ""
    lines = loaded.text.split("\n")
    for number, text in enumerate(sql.split("\n"), 1):
        for column, char in enumerate(text, 1):
            if not char.isspace():
                line, at = loaded.locate_sql("q", number, column)
                assert lines[line - 1][at - 1] == char


def test_the_end_of_sql_and_what_lies_beyond_are_placed_behind_its_last_character() -> None:
    loaded = with_sql("|\n      SELECT a\n      FROM\n")
    assert loaded.locate_sql("q", 2, 5) == (5, 11)
    assert loaded.locate_sql("q", 3, 1) == (5, 11)
    assert loaded.locate_sql("q", 99, 99) == (5, 11)


def test_sql_in_a_file_of_its_own_is_placed_at_its_name() -> None:
    loaded = load_dashboard(MINIMAL.replace("sql: SELECT COUNT(*) AS planes FROM nyc.planes",
                                            "file: sql/planes.sql"))  # fmt: skip
    assert loaded.dashboard is not None
    assert loaded.locate_sql("planes", 7, 7) == (5, 18)


@settings(max_examples=300, deadline=None)
@given(st.text() | st.binary())
@example("a: !<tag:x> 1")
@example(b"\xfe\xff\x00a")
@example("? ")
@example("? a\n: b")
@example("---\n---\n")
@example("version: !!int 1")
def test_loading_never_raises(text: str | bytes) -> None:
    loaded = load_dashboard(text)
    assert loaded.dashboard is None
    assert loaded.problems


YAMLISH = st.text(alphabet=":-?[]{}&*!|>'\"%#\n\t ,<~ab10.", max_size=60)


@settings(max_examples=500, deadline=None)
@given(YAMLISH)
def test_loading_never_raises_on_what_looks_like_yaml(text: str) -> None:
    assert load_dashboard(text).problems


YAML_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
"""Where a line ends (YAML 1.1 section 4.2)."""


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_loading_never_raises_on_a_document_that_was_tampered_with(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(VALID)).read_text()
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        stop = data.draw(st.integers(start, min(len(text), start + 40)))
        text = text[:start] + data.draw(YAMLISH | st.text(max_size=5)) + text[stop:]
    loaded = load_dashboard(text)
    assert (loaded.dashboard is None) == bool(loaded.problems)
    for problem in loaded.problems:
        assert problem.is_error
        assert problem.line is not None
        assert 1 <= problem.line <= len(YAML_BREAK.split(text)) + 1
    if loaded.dashboard is not None:
        check_rules(loaded.dashboard)
