"""verify, tables and cost."""

from __future__ import annotations

from pathlib import Path

import pytest

from peter_jupyter.http.models.sql import StatementCheck
from peter_jupyter.http.models.verification import VerificationAnswer
from tests.jupyter.command_line import CommandLine
from tests.jupyter.conftest import DASHBOARD

BY_CARRIER = "SELECT carrier, COUNT(*) AS n FROM nyc.flights WHERE carrier = @c GROUP BY carrier"


def test_a_statement_is_verified_as_in_the_notebook(peter: CommandLine) -> None:
    ran = peter("verify", BY_CARRIER, "--param", "c=AA")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("Verification passed · 1 row · ")
    assert "AA | 2" in ran.out


def test_the_json_is_the_api_s(peter: CommandLine) -> None:
    ran = peter("verify", BY_CARRIER, "--param", "c:STRING=AA", "--json")
    answer = VerificationAnswer.model_validate(ran.json)
    assert (answer.verdict, answer.row_count) == ("passed", 1)
    assert answer.sample_rows == ({"carrier": "AA", "n": 2},)


def test_a_statement_comes_from_a_file_or_standard_input(peter: CommandLine) -> None:
    file = peter.file("one.sql", "\ufeffSELECT 41 + 1 AS answer\n")
    assert "42" in peter("verify", "-f", file).out
    assert "43" in peter("verify", "-", input="SELECT 42 + 1 AS answer").out


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("SELECT 1", "-f", "one.sql"),
        ("-f", "missing.sql"),
        ("-",),
        ("SELECT 1", "--param", "c"),
        ("SELECT 1", "--param", "c:WORD=1"),
        ("SELECT 1", "--param", "c:DATE=yesterday"),
        ("SELECT 1", "--param", "c=1", "--param", "c=2"),
        ("SELECT 1", "--max-bytes", "1000"),
        ("SELECT 1", "--max-bytes", "0GB"),
        ("SELECT 1", "--sample", "-1"),
        ("SELECT 1", "--timeout", "0"),
    ],
)
def test_wrong_use_is_said_in_words(peter: CommandLine, words: tuple[str, ...]) -> None:
    ran = peter("verify", *words)
    assert (ran.code, ran.out) == (2, "")
    assert "Error: " in ran.err
    assert "Traceback" not in ran.err


def test_a_parameter_of_a_type_is_bound_as_that_type(peter: CommandLine) -> None:
    sql = "SELECT COUNT(*) AS n FROM nyc.flights WHERE flight_date >= @since"
    ran = peter("verify", sql, "--param", "since:DATE=2013-06-02", "--json")
    assert ran.json["sample_rows"] == [{"n": 3}]
    ran = peter("verify", "SELECT @id AS id", "--param", "id=007", "--json")
    assert ran.json["sample_rows"] == [{"id": "007"}]


def test_a_dollar_sign_is_a_character(peter: CommandLine) -> None:
    ran = peter("verify", "SELECT @t AS t", "--param", "t=$home", "--json")
    assert ran.json["sample_rows"] == [{"t": "$home"}]


def test_a_failure_exits_1_with_its_place_on_standard_error(peter: CommandLine) -> None:
    ran = peter("verify", "SELECT carrier,\n  dep_dela\nFROM nyc.flights")
    assert ran.code == 1
    assert ran.err.startswith("Error: line 2, column 3: ")
    assert "Verification could not run" in ran.out


def test_a_cap_stops_the_statement(peter: CommandLine) -> None:
    ran = peter("verify", "SELECT carrier FROM nyc.flights", "--max-bytes", "1MB", "--json")
    assert ran.code == 1
    assert (ran.json["verdict"], ran.json["reason"]) == ("could_not_run", "over_cap")


def test_a_dry_run_runs_nothing(peter: CommandLine) -> None:
    ran = peter("verify", "SELECT carrier FROM nyc.flights", "--dry-run", "--json")
    assert ran.code == 0
    assert (ran.json["dry_run"], ran.json["row_count"]) == (True, None)
    assert peter("costs", "--json").json["query_count"] == 0


def test_the_sample_is_as_long_as_asked(peter: CommandLine) -> None:
    ran = peter("verify", "SELECT carrier FROM nyc.flights", "--sample", "2", "--json")
    assert len(ran.json["sample_rows"]) == 2
    assert ran.json["row_count"] == 5


def test_tables_are_listed_with_their_columns(peter: CommandLine) -> None:
    ran = peter("tables")
    assert [line.split()[:2] for line in ran.out.splitlines()[1:]] == [
        ["local.nyc.airlines", "3"],
        ["local.nyc.flights", "5"],
    ]
    assert "local.nyc.flights   dep_delay    INT64" in peter("tables", "--columns").out
    found = {table["id"]: table for table in peter("tables", "--json").json["tables"]}
    assert [c["name"] for c in found["local.nyc.airlines"]["columns"]] == ["carrier", "name"]


def test_no_tables_says_where_they_belong(tmp_path: Path, peter: CommandLine) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    ran = peter("tables", "--folder", str(empty))
    assert ran.code == 0
    assert f"There are no tables in {empty / 'data'}" in ran.out
    assert "data/<dataset>/<table>.parquet" in ran.out


def test_files_that_became_no_table_are_named_with_their_reason(
    tmp_path: Path, peter: CommandLine
) -> None:
    own = tmp_path / "own"
    data = own / "data"
    (data / "shop").mkdir(parents=True)
    (data / "shop/towns.csv").write_bytes("town\nK\xf6ln\n".encode("latin-1"))
    (data / "shop/pointer.parquet").write_text("version https://git-lfs.github.com/spec/v1\n")
    (data / "shop/good.jsonl").write_text('{"n": 1}\n', encoding="utf-8")
    (data / "orders.csv").write_text("n\n1\n", encoding="utf-8")
    ran = peter("tables", "--folder", str(own))
    assert (ran.code, ran.out.splitlines()[1].split()[:2]) == (0, ["local.shop.good", "1"])
    assert ran.err.splitlines() == [
        "3 files are no table:",
        "  data/orders.csv: it is in no dataset; move it to data/<dataset>/orders.csv.",
        "  data/shop/pointer.parquet: it is no Parquet file, or it was cut short.",
        "  data/shop/towns.csv: it is not UTF-8 text; save it as UTF-8.",
    ]
    found = peter("tables", "--folder", str(own), "--json").json["left_out"]
    assert [one["path"] for one in found] == [
        "data/orders.csv", "data/shop/pointer.parquet", "data/shop/towns.csv",
    ]  # fmt: skip


def test_a_price_says_what_it_does_not_count(peter: CommandLine) -> None:
    file = peter.file("broken.peter.yaml", DASHBOARD.replace("nyc.airlines", "nyc.airliners"))
    ran = peter("cost", file)
    assert ran.code == 1
    assert "daily: " in ran.out
    assert "No table is called `nyc.airliners`" in ran.err
    assert "What has errors is not in the price." in ran.err
    problems = peter("cost", file, "--json").json["problems"]
    assert [problem["rule"] for problem in problems] == ["unknown-table"]


def test_a_price_is_of_a_file_or_of_what_is_published(peter: CommandLine) -> None:
    file = peter.file("small.peter.yaml", DASHBOARD)
    priced = peter("cost", file)
    assert priced.code == 0
    assert "next load" in priced.out
    assert "daily: " in priced.out
    assert peter("publish", file).code == 0
    again = peter("cost", "small-flights", "--filter", "carrier=AA", "--json").json
    assert {step["key"] for step in again["steps"]} == {"daily", "carriers"}
    assert [step["cached"] for step in again["steps"] if step["key"] == "carriers"] == [True]
    assert again["note"].startswith("The embedded engine is free")


def test_the_price_of_a_broken_file_shows_its_problems(peter: CommandLine) -> None:
    file = peter.file("wrong.peter.yaml", DASHBOARD.replace("title: Days}", "titel: Days}"))
    ran = peter("cost", file)
    assert ran.code == 1
    first, source, caret, *rest = ran.err.splitlines()
    assert first.startswith(f"{file}:22:")
    assert source.index("titel") == caret.index("^")
    assert any(line.startswith("Error: ") for line in rest)


def test_a_statement_is_checked_without_running_it(peter: CommandLine) -> None:
    ran = peter("check", "SELECT carrier FROM nyc.flights")
    assert (ran.code, ran.err) == (0, "")
    # GoogleSQL's analyzer is an extra, which need not be there.
    told = ran.out.replace("googlesql, ", "")
    assert told == "<sql>: valid (checked by syntax, guard, names, binding, dry run)\n"
    offline = peter("check", "SELECT whatever FROM d.place", "--mode", "offline")
    assert offline.out == "<sql>: valid (checked by syntax, guard)\n"


def test_a_wrong_statement_is_shown_with_a_caret_and_the_tiers_that_spoke(
    peter: CommandLine,
) -> None:
    peter.file("wrong.sql", "SELECT carrier,\n  carier\nFROM nyc.flights\n")
    ran = peter("check", "-f", "wrong.sql")
    assert ran.code == 1
    lines = ran.out.splitlines()
    assert lines[0].startswith("wrong.sql:2:3: error: ")
    assert lines[1].index("carier") == lines[2].index("^")
    assert lines[-1] == "wrong.sql: not valid (checked by syntax, guard, names)"


def test_the_json_of_a_check_is_the_api_s(peter: CommandLine) -> None:
    ran = peter("check", "SELECT carrier FROM nyc.flights", "--json")
    answer = StatementCheck.model_validate(ran.json)
    assert answer.valid
    assert {"syntax", "guard", "names", "binding", "dry_run"} <= {*answer.tiers}
    assert answer.tables == ("nyc.flights",)
