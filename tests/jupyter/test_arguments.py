"""What the lines of magics mean."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from peter_core.errors import InvalidRequest
from peter_jupyter.arguments import (
    parse_assignments,
    parse_filters,
    parse_line,
    parse_name,
    parse_number,
)
from peter_jupyter.commands import DASHBOARD, SQL, VERBS, find_verb, help_text
from peter_jupyter.literals import typed_value, untyped_value


def test_a_line_is_taken_apart() -> None:
    line = parse_line(SQL, "delays --param a=1 --param b='two words' --max-bytes=1GB --dry-run")
    assert line.positionals == ("delays",)
    assert line.all("--param") == ["a=1", "b=two words"]
    assert line.one("--max-bytes") == "1GB"
    assert line.has("--dry-run")
    assert not line.has("--sample")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("--parm a=1", "no option '--parm'; did you mean '--param'?"),
        ("--max-byte 1GB", "did you mean '--max-bytes'? Usage"),
        ("--qqqq", "no option '--qqqq'."),
        ("--sample", "'--sample' needs a value: --sample N"),
        ("--sample --dry-run", "'--sample' needs a value: --sample N"),
        ("--dry-run=yes", "'--dry-run' is a switch"),
        ("one two", "'two' is one word too many"),
        ("--sample 1 --sample 2", "'--sample' was given 2 times"),
        ("'open", "a quotation mark is not closed"),
    ],
)
def test_a_line_that_cannot_be_read_says_why_in_one_line(text: str, message: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        parse_line(SQL, text)
    assert message in str(caught.value)
    assert "Usage: %%peter_sql [NAME] [--param NAME[:TYPE]=VALUE]…" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_word_is_named() -> None:
    with pytest.raises(InvalidRequest, match="%peter publish: FILE is missing"):
        parse_line(VERBS["publish"], "--force")


def test_a_backslash_stays_in_a_windows_path() -> None:
    assert parse_line(VERBS["use"], r"C:\data\nyc").positionals == (r"C:\data\nyc",)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("42", 42),
        ("-7", -7),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        ("true", True),
        ("FALSE", False),
        ("null", None),
        ("007", "007"),
        ("2013-01-01", "2013-01-01"),
        ("9223372036854775808", "9223372036854775808"),
        ("", ""),
        ("nan", "nan"),
        ("AA", "AA"),
    ],
)
def test_an_untyped_value_is_what_it_looks_like(text: str, value: object) -> None:
    found = untyped_value(text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("DATE", "2013-01-01", dt.date(2013, 1, 1)),
        ("date", "2013-01-01", dt.date(2013, 1, 1)),
        ("TIMESTAMP", "2013-01-01T09:30:00Z", dt.datetime(2013, 1, 1, 9, 30, tzinfo=dt.UTC)),
        ("TIMESTAMP", "2013-01-01", dt.datetime(2013, 1, 1, tzinfo=dt.UTC)),
        ("TIME", "09:30:00", dt.time(9, 30)),
        ("STRING", "42", "42"),
        ("NUMERIC", "0.10", Decimal("0.10")),
        ("ARRAY<STRING>", "AA, UA", ["AA", "UA"]),
        ("ARRAY<INT64>", "", []),
        ("BOOL", "False", False),
    ],
)
def test_a_typed_value_has_its_type(kind: str, text: str, value: object) -> None:
    assert typed_value(kind, text) == value


@pytest.mark.parametrize(
    ("kind", "text", "message"),
    [
        ("DATE", "yesterday", "'yesterday' is not a DATE, such as 2013-01-31"),
        ("INT64", "1.5", "'1.5' is not a INT64"),
        ("INT64", "9223372036854775808", "is not a INT64"),
        ("NUMERIC", "NaN", "'NaN' is not a NUMERIC"),
        ("NUMERIC", "x", "'x' is not a NUMERIC"),
        ("DATETIME", "2013-01-01T00:00:00Z", "is not a DATETIME"),
        ("GEOGRAPHY", "x", "no parameter type is called GEOGRAPHY"),
        ("ARRAY<DATE>", "2013-01-01,x", "'x' is not a DATE"),
    ],
)
def test_a_value_that_does_not_fit_its_type_is_refused(kind: str, text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message.replace("(", r"\(")):
        typed_value(kind, text)


def test_parameters_are_values_and_notebook_variables_come_as_they_are() -> None:
    day = dt.date(2013, 1, 1)
    found = parse_assignments(
        SQL, "--param", ["a=1", "b:DATE=2013-01-31", "c=$day", "d=$$5", "e=x=y"], {"day": day}
    )
    assert found == {"a": 1, "b": dt.date(2013, 1, 31), "c": day, "d": "$5", "e": "x=y"}


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["a"], "'--param a' is not of the form name=value"),
        (["1a=2"], "is not of the form"),
        (["a=1", "a=2"], "'--param a' was given twice"),
        (["a=$missing"], "the notebook has no variable 'missing'"),
        (["a:DATE=x"], "--param a: 'x' is not a DATE"),
    ],
)
def test_a_parameter_that_cannot_be_read_is_named(texts: list[str], message: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        parse_assignments(SQL, "--param", texts, {})
    assert message in str(caught.value)


def test_filters_stay_text_for_the_dashboard_to_type() -> None:
    found = parse_filters(DASHBOARD, "--filter", ["a=007", "b=", "c=null", "d=AA", "d=UA"], {})
    assert found == {"a": "007", "b": None, "c": None, "d": ["AA", "UA"]}


@pytest.mark.parametrize("name", ["a b", "class", "1a", "a.b", "", "lambda"])
def test_a_name_python_cannot_bind_is_refused(name: str) -> None:
    with pytest.raises(InvalidRequest, match="cannot be the name of a variable"):
        parse_name(SQL, name)


@pytest.mark.parametrize("text", ["0", "-1", "x", "nan", "1e99"])
def test_a_number_of_seconds_is_above_zero(text: str) -> None:
    line = parse_line(SQL, f"--timeout={text}")
    with pytest.raises(InvalidRequest, match="a time above zero"):
        parse_number(SQL, line, "--timeout", float, "a time")


def test_a_typo_of_a_verb_names_the_nearest() -> None:
    with pytest.raises(InvalidRequest, match="Did you mean '%peter publish'"):
        find_verb("publsh")
    with pytest.raises(InvalidRequest, match="Known are publish, list"):
        find_verb("zzz")


def test_the_help_names_every_option() -> None:
    text = help_text(SQL, DASHBOARD, *VERBS.values())
    for command in (SQL, DASHBOARD, *VERBS.values()):
        assert command.usage in text
        assert all(option.help in text for option in command.options)
