"""A statement is read once, whole, and under limits."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peter_core.errors import SqlError
from peter_core.sql import reading, statement
from peter_core.sql.checking import check_sql
from peter_core.sql.columns import sql_lineage
from peter_core.sql.dialect import to_duckdb
from peter_core.sql.limits import MAX_NESTING, MAX_SET_OPERATIONS, MAX_TEXT_BYTES
from peter_core.sql.statement import parse


def _problem(sql: str) -> tuple[str, int | None, int | None, str]:
    with pytest.raises(SqlError) as caught:
        parse(sql)
    (problem,) = caught.value.problems
    return problem.rule, problem.line, problem.column, problem.message


def test_comments_layout_and_keyword_case_do_not_count() -> None:
    one = parse("select a, b -- why\nfrom d.t   where a>1")
    other = parse("SELECT a, b FROM d.t WHERE a > 1;")
    assert one.canonical == other.canonical
    assert one.fingerprint == other.fingerprint
    assert len(one.fingerprint) == 64
    assert one != other


def test_a_different_literal_is_a_different_statement() -> None:
    assert parse("SELECT 1 AS a").fingerprint != parse("SELECT 2 AS a").fingerprint


def test_a_string_with_a_comment_in_it_counts() -> None:
    one, other = parse("SELECT '-- x' AS a"), parse("SELECT '-- y' AS a")
    assert one.fingerprint != other.fingerprint


def test_tables_are_listed_once_without_ctes_and_array_paths() -> None:
    sql = """
        WITH recent AS (SELECT * FROM `p-1.shop.orders`)
        SELECT * FROM RECENT, recent.items AS i JOIN d.t ON TRUE JOIN `d`.`t` AS u ON TRUE
        JOIN d.u USING (x)
    """
    assert parse(sql).tables == ("p-1.shop.orders", "d.t", "d.u")


def test_parameters_keep_the_order_of_the_text() -> None:
    sql = "SELECT @b AS x FROM d.t WHERE a = @a AND b = @b -- @c\nAND c = '@d'"
    assert parse(sql).parameters == ("b", "a")


@pytest.mark.parametrize(
    ("sql", "volatile"),
    [
        ("SELECT CURRENT_DATE() AS d", {"CURRENT_DATE"}),
        ("SELECT CURRENT_DATE AS d, RAND() AS r", {"CURRENT_DATE", "RAND"}),
        ("SELECT CURRENT_TIMESTAMP() AS d, CURRENT_DATETIME() AS e, CURRENT_TIME() AS f",
         {"CURRENT_TIMESTAMP", "CURRENT_DATETIME", "CURRENT_TIME"}),
        ("SELECT SESSION_USER() AS u, GENERATE_UUID() AS g", {"SESSION_USER", "GENERATE_UUID"}),
        ("SELECT a FROM d.t TABLESAMPLE SYSTEM (1 PERCENT)", {"TABLESAMPLE"}),
        ("SELECT 'RAND()' AS a", set()),
    ],
)  # fmt: skip
def test_what_depends_on_the_moment_or_the_person_is_noted(sql: str, volatile: set[str]) -> None:
    assert parse(sql).volatile == volatile


def test_a_query_of_any_shape_is_a_select() -> None:
    for sql in ("(SELECT 1 AS a)", "WITH a AS (SELECT 1 AS b) SELECT b FROM a",
                "SELECT 1 AS a UNION ALL SELECT 2", "FROM d.t |> SELECT a"):  # fmt: skip
        assert parse(sql).kind == "SELECT"
    assert parse("CREATE TABLE d.t AS SELECT 1 AS a").kind == "CREATE"
    assert parse("CALL d.p()").kind == "CALL"


@pytest.mark.parametrize(
    ("sql", "line", "column", "words"),
    [
        ("SELECT 1 FROM", 1, 10, "table name"),
        ("SELECT a b c FROM t", 1, 12, "`c` is not expected"),
        ("SELCT 1", 1, 1, "starts with SELECT"),
        ("SELECT a\nFROM t\nWHERE", 3, 1, "missing after `WHERE`"),
        ("SELECT\n  'abc", 2, 3, "string that starts here is not closed"),
        ("SELECT `a", 1, 8, "name that starts here"),
        ("SELECT 1 /* x", 1, 10, "comment that starts here"),
        ("SELECT", 1, 1, "names no columns"),
        ("SELECT FROM t", 1, 1, "names no columns"),
        ("SELECT a,, b FROM t", 1, 10, "before this comma"),
        ("SELECT a FROM t GROUP", 1, 17, "reserved word"),
        ("SELECT a FROM t GROUP BY", 1, 17, "missing after `GROUP BY`"),
        ("SELECT ABS(1 FROM t", 1, 14, "closing parenthesis"),
        ("SELECT 1 AS a UNION SELECT 2", 1, 21, "ALL or DISTINCT"),
        ("SELECT 1 +", 1, 10, "missing after `+`"),
        ("", 1, 1, "no statement"),
    ],
)
def test_a_syntax_error_says_what_and_where(sql: str, line: int, column: int, words: str) -> None:
    rule, at_line, at_column, message = _problem(sql)
    assert (rule, at_line, at_column) == ("sql-syntax", line, column)
    assert words in message


def test_a_second_statement_is_placed() -> None:
    rule, line, column, _ = _problem("SELECT 1 AS a;\nSELECT 2 AS b")
    assert (rule, line, column) == ("sql-multiple-statements", 2, 1)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT " + "(" * 200 + "1" + ")" * 200,
        "SELECT " + "[" * 200 + "1" + "]" * 200,
        "SELECT " + "ABS(" * 200 + "1" + ")" * 200,
        "SELECT " + "CASE WHEN TRUE THEN " * 200 + "1" + " END" * 200,
        "SELECT * FROM " + "(SELECT * FROM " * 100 + "t" + ")" * 100,
        "SELECT " + "- " * 2000 + "1",
        "SELECT " + "NOT " * 2000 + "TRUE",
        "SELECT a" + ".b" * 2000,
        "SELECT a" + "[0]" * 2000,
        "SELECT CAST(x AS " + "ARRAY<" * 200 + "INT64" + ">" * 200 + ")",
        "SELECT " + ", ".join(f"a{n}" for n in range(50_000)),
        "SELECT 1 FROM t " + "JOIN t " * 300,
        "SELECT 1 FROM t " + "LEFT JOIN t " * 40,
        "SELECT 1 FROM t " + ", t JOIN t " * 40,
        "SELECT " + "DATE(" * 20 + "1" + ")" * 20,
        "SELECT " + "STRUCT(" * 20 + "1" + ")" * 20,
        "SELECT " + "NET.HOST(" * 20 + "a" + ")" * 20,
        "UNION ( " * 25,
        "SELECT " + "DATE(" * 8 + "1" + ", 1" * 500 + ")" * 8,
        "SELECT 1 FROM t " + "JOIN (SELECT 1 FROM t JOIN t JOIN t) " * 4,
        "FROM d.t " + "|> WHERE TRUE " * 60,
        " UNION ALL ".join(["SELECT 1 AS a"] * (MAX_SET_OPERATIONS + 2)),
        "SELECT '" + "x" * MAX_TEXT_BYTES + "'",
        "SELECT '" + "é" * (MAX_TEXT_BYTES // 2) + "'",
        "a " * 49_000,
    ],
    ids=lambda sql: sql[:24],
)  # fmt: skip
def test_hostile_text_is_stopped_before_the_parser_sees_it(
    sql: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("the parser was reached")

    monkeypatch.setattr(statement, "BigQueryReader", never)
    statement._outcome.cache_clear()
    (problem,) = check_sql(sql)
    statement._outcome.cache_clear()
    assert problem.rule == "sql-limit"


@pytest.mark.parametrize("piece", ["LIMIT NOT EXISTS( b ", "EXISTS( b ", "x IN ( ANY( b "])
def test_a_parser_that_keeps_going_back_is_stopped(piece: str) -> None:
    for count in (5, 14, 25):
        problems = check_sql("SELECT a FROM d.t " + piece * count)
        assert problems[0].rule in ("sql-limit", "sql-syntax")


def test_stars_that_multiply_columns_are_stopped() -> None:
    parts = ["a0 AS (SELECT 1 AS x, 2 AS y)"]
    parts += [f"a{n} AS (SELECT *, * FROM a{n - 1})" for n in range(1, 30)]
    sql = f"WITH {', '.join(parts)} SELECT * FROM a29"
    (problem,) = check_sql(sql, schema={})
    assert problem.rule == "sql-limit"
    assert to_duckdb(sql).problems[0].rule == "sql-limit"
    assert sql_lineage(sql).unresolved == ("*",) or not sql_lineage(sql).columns


def test_a_function_of_another_dialect_stays_a_plain_call() -> None:
    """Some of them are written in exponential time: 2 ** 20 copies of the argument."""
    (problem,) = check_sql("SELECT " + "TO_ARRAY(" * 20 + "1" + ")" * 20 + " AS a")[:1]
    assert problem.rule == "sql-refused"


def test_honest_nesting_and_joins_are_read() -> None:
    depth = MAX_NESTING - 5
    assert parse("SELECT " + "(" * depth + "1" + ")" * depth).kind == "SELECT"
    joins = " ".join(f"JOIN d.t{n} ON t0.id = t{n}.id" for n in range(1, 40))
    assert len(parse(f"SELECT 1 AS a FROM d.t0 {joins}").tables) == 40
    crosses = " ".join(f"CROSS JOIN d.t{n}" for n in range(1, 40))
    assert len(parse(f"SELECT 1 AS a FROM d.t0 {crosses}").tables) == 40
    assert check_sql("SELECT " + " + ".join(["1"] * 900) + " AS a") == ()
    assert check_sql("SELECT a FROM d.t WHERE " + " OR ".join(f"a = {n}" for n in range(900))) == ()


def test_a_long_chain_goes_through_every_stage() -> None:
    sql = "SELECT " + " || ".join(["a"] * 900) + " AS a FROM d.t"
    schema = {"d.t": {"a": "STRING"}}
    assert check_sql(sql, schema=schema) == ()
    assert len(sql_lineage(sql, schema=schema).columns["a"]) == 1
    assert to_duckdb(sql, schema=schema).problems == () or to_duckdb(sql, schema=schema).sql == ""


def test_the_parser_writes_no_statement_into_a_log(caplog: pytest.LogCaptureFixture) -> None:
    statement._outcome.cache_clear()
    check_sql("CALL secret_procedure('hunter2')")
    assert "hunter2" not in caplog.text


def test_every_reserved_word_is_refused_as_a_bare_alias() -> None:
    for word in ("GROUP", "WHERE", "SELECT", "UNNEST"):
        assert word in reading.RESERVED_WORDS
        assert check_sql(f"SELECT 1 AS {word}")


_WORDS = (
    "SELECT FROM WHERE GROUP BY ORDER JOIN ON USING ( ) [ ] , ; ' \" ` -- /* */ @ @@x @p {{ }} * . "
    "a b d.t `x.y` 1 2.5 'x' NULL CASE WHEN THEN END UNNEST STRUCT ARRAY < > = AND OR NOT AS WITH "
    "UNION ALL OVER PARTITION DATE INTERVAL DAY COUNT SUM SAFE. NET.HOST DELETE CAST |> PIVOT FOR "
    "IN LIMIT \n \x00 é"
)
_FRAGMENTS = st.sampled_from(_WORDS.split(" "))


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=200), st.lists(_FRAGMENTS, max_size=25).map(" ".join)))
def test_any_text_gives_problems_not_exceptions(sql: str) -> None:
    problems = check_sql(sql, schema={"d.t": {"a": "INT64", "b": "STRING"}}, parameters={})
    translation = to_duckdb(sql, schema={"d.t": {"a": "INT64", "b": "STRING"}})
    assert all(problem.message for problem in problems)
    assert bool(translation.sql) != bool(translation.problems)


def test_words_that_make_too_many_parts_are_told_before_the_parser_sees_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unreachable(*_: object, **__: object) -> None:
        raise AssertionError("The parser was asked.")

    monkeypatch.setattr("peter_core.sql.statement.BigQueryReader.parse", unreachable)
    with pytest.raises(SqlError, match=r"about [0-9,]+ parts; at most 5,000"):
        parse("SELECT " + "2+" * 3_900 + "2 AS words_that_make_parts")
