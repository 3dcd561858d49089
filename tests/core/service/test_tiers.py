"""Who speaks of a statement before it runs, in which order, and who keeps silent."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from peter_core import Peter
from peter_core.dashboard.problems import Problem
from peter_core.engine.googlesql import is_installed
from peter_core.engine.port import Column, Estimate, Job, TableInfo
from peter_core.errors import EngineUnavailable, PeterError, SqlError, TableNotFound
from peter_core.service.tiers import Tiers, with_tier
from peter_core.sql.checking import TIERS, StatementCheck
from peter_core.sql.statement import parse

FLIGHTS = TableInfo("p.nyc.flights", (Column("day", "DATE"), Column("carrier", "STRING")))
UNLISTED = TableInfo("public.weather.hours", (Column("day", "DATE"), Column("rain", "FLOAT64")))
DOCUMENT = """\
version: 1
slug: days
title: Days
queries:
  days:
    sql: |
      SELECT day,
        COUNT(*) AS n
      FROM nyc.flights
      GROUP BY day
charts:
  by_day: {type: line, query: days, title: Flights, x: day, y: n}
"""


class Warehouse:
    """A warehouse that lists one table, knows another by its name, and may refuse a dry run."""

    name, project, location = "bigquery", "p", "EU"

    def __init__(self, refusal: PeterError | None = None) -> None:
        self.refusal = refusal
        self.asked: list[str] = []

    def tables(self) -> tuple[TableInfo, ...]:
        return (FLIGHTS, TableInfo("p.nyc.not_looked_at", ()))

    def table(self, name: str) -> TableInfo:
        for known in (FLIGHTS, UNLISTED):
            if known.id == name or known.id.endswith(f".{name}"):
                return known
        raise TableNotFound(f"There is no table called {name}.")

    def dry_run(self, job: Job) -> Estimate:
        self.asked.append(job.statement.text)
        if self.refusal is not None:
            raise self.refusal
        return Estimate(0, 0, True, (), ())


def check(tiers: Tiers, sql: str, *, metadata: bool = False) -> StatementCheck:
    try:
        return tiers.check(
            sql, allowed_datasets=None, allow_information_schema=metadata, patience_s=0.01
        )
    finally:
        tiers.close()


def over(warehouse: Warehouse) -> Tiers:
    return Tiers(warehouse, max_bytes=10**9)  # type: ignore[arg-type]


def test_where_the_dry_run_of_bigquery_spoke_nobody_else_is_asked() -> None:
    found = check(over(Warehouse()), "SELECT ST_AREA(ST_GEOGPOINT(1, 2)) AS a FROM nyc.flights")
    assert found == StatementCheck((), ("syntax", "guard", "names", "dry_run"))


def test_what_the_dry_run_says_is_told() -> None:
    said = Problem("sql-invalid", "error", "No.", line=1, column=8)
    found = check(over(Warehouse(SqlError("No.", problems=(said,)))), "SELECT day FROM nyc.flights")
    assert found.problems == (said,)
    assert found.tiers[-1] == "dry_run"
    assert not found.valid


@pytest.mark.parametrize(
    ("sql", "refusal"),
    [
        ("SELECT day FROM nyc.flights WHERE day > @since", None),
        ("SELECT day FROM nyc.flights", EngineUnavailable("BigQuery cannot be reached.")),
    ],
)
def test_binding_speaks_where_the_dry_run_cannot(sql: str, refusal: PeterError | None) -> None:
    found = check(over(Warehouse(refusal)), sql)
    assert found.problems == ()
    assert {"names", "binding"} <= {*found.tiers}
    assert "dry_run" not in found.tiers


def test_a_table_outside_the_list_is_looked_up_by_its_name() -> None:
    sql = "SELECT rain FROM `public.weather.hours`"
    assert check(over(Warehouse()), sql).valid
    wrong = check(over(Warehouse()), sql.replace("rain", "rian"))
    assert [one.rule for one in wrong.problems] == ["unknown-column"]


def test_an_unknown_table_names_the_nearest_of_the_list() -> None:
    (problem,) = check(over(Warehouse()), "SELECT day FROM nyc.flihgts").problems
    assert (problem.rule, problem.hint) == ("unknown-table", "Did you mean `nyc.flights`?")


def test_a_refused_statement_reaches_no_warehouse() -> None:
    warehouse = Warehouse()
    found = check(over(warehouse), "DROP TABLE nyc.flights")
    assert (found.tiers, warehouse.asked) == (("syntax", "guard"), [])


def test_metadata_is_asked_of_the_dry_run_alone() -> None:
    sql = "SELECT table_name FROM nyc.INFORMATION_SCHEMA.TABLES"
    assert check(over(Warehouse()), sql).tiers == ("syntax", "guard")
    warehouse = Warehouse()
    assert check(over(warehouse), sql, metadata=True).valid
    assert warehouse.asked == [sql]


def test_one_fault_at_one_place_is_told_once() -> None:
    first = Problem("type-mismatch", "error", "It does not fit.", line=1, column=8)
    again = Problem("googlesql", "error", "No matching signature.", line=1, column=8)
    other = Problem("binding", "warning", "It does not bind.", line=2, column=1)
    found = with_tier(StatementCheck((first,), ("syntax", "names")), "googlesql", (again, other))
    assert found.problems == (first, other)
    assert found.tiers == ("syntax", "names", "googlesql")


@pytest.fixture(scope="module")
def peter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peter]:
    folder = tmp_path_factory.mktemp("workspace")
    (folder / "data" / "nyc").mkdir(parents=True)
    table = pa.table({"day": [dt.date(2013, 6, 1)], "carrier": ["AA"]})
    pq.write_table(table, folder / "data" / "nyc" / "flights.parquet")
    with Peter.local(folder) as opened:
        yield opened


def test_a_document_is_bound_query_by_query(peter: Peter) -> None:
    found = peter.validate(DOCUMENT)
    assert found.problems == ()
    assert found.tiers == ("syntax", "guard", "names", "binding", "dry_run")
    assert peter.validate(DOCUMENT, mode="offline").tiers == ("syntax", "guard")


def test_a_dry_run_binds_and_a_run_leaves_that_to_the_run(peter: Peter) -> None:
    sql = "SELECT day, COUNT(*) AS n FROM nyc.flights GROUP BY day"
    assert peter.verify(sql, dry_run=True).tiers == (
        "syntax", "guard", "names", "binding", "dry_run",
    )  # fmt: skip
    assert peter.verify(sql).tiers == ("syntax", "guard", "names", "dry_run")
    assert peter.verify("SELECT FROM").tiers == ("syntax",)
    assert peter.verify("DROP TABLE nyc.flights").tiers == ("syntax", "guard")


def test_a_complaint_of_binding_is_a_warning_of_the_document_at_its_line(
    peter: Peter, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = Problem("binding", "warning", "It does not bind.", line=2, column=3)
    monkeypatch.setattr(Tiers, "bind", lambda *_: (said,))
    found = peter.validate(DOCUMENT)
    assert found.valid
    assert [(one.path, one.line, one.column) for one in found.problems] == [
        ("queries.days.sql", 8, 9)
    ]
    (finding,) = [
        one
        for one in peter.verify("SELECT day FROM nyc.flights", dry_run=True).findings
        if one.rule == "binding"
    ]
    assert (finding.severity, finding.line) == ("warning", 2)


def test_a_loaded_analyzer_is_asked_by_verify_and_validate_and_named(
    peter: Peter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Tiers, "analyze", lambda *_: ())
    sql = "SELECT day, COUNT(*) AS n FROM nyc.flights GROUP BY day"
    assert peter.verify(sql).tiers == ("syntax", "guard", "names", "googlesql", "dry_run")
    assert peter.verify(sql, dry_run=True).tiers == TIERS
    assert peter.validate(DOCUMENT).tiers == TIERS


def test_what_the_analyzer_calls_wrong_is_neither_run_nor_valid(
    peter: Peter, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = Problem("googlesql", "error", "No matching signature.", line=2, column=3, hint="Cast.")
    monkeypatch.setattr(Tiers, "analyze", lambda *_: (said,))
    made = peter.verify("SELECT day FROM nyc.flights")
    assert (made.verdict, made.reason, made.error) == (
        "could_not_run", "refused", "No matching signature.",
    )  # fmt: skip
    assert (made.row_count, made.receipt, made.hint) == (None, None, "Cast.")
    found = peter.validate(DOCUMENT)
    assert not found.valid
    assert [(one.path, one.line) for one in found.problems] == [("queries.days.sql", 8)]


def test_a_warning_of_the_analyzer_is_a_finding_of_the_run(
    peter: Peter, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = Problem("googlesql", "warning", "Function not found: MAX_BY.", line=1, column=8)
    monkeypatch.setattr(Tiers, "analyze", lambda *_: (said,))
    made = peter.verify("SELECT MAX_BY(carrier, day) AS last FROM nyc.flights")
    assert made.verdict == "passed"
    assert [one.severity for one in made.findings if one.rule == "googlesql"] == ["warning"]


def test_an_analyzer_that_is_not_loaded_is_waited_for_only_when_the_settings_say_so() -> None:
    waited: list[float] = []

    class Analyzer:
        loaded = False

        def problems(self, *_: object, patience_s: float) -> tuple[Problem, ...]:
            waited.append(patience_s)
            return ()

    statement = parse("SELECT 1 AS a")
    for patience_s in (None, 20.0):
        tiers = Tiers(Warehouse(), max_bytes=1, googlesql_patience_s=patience_s)  # type: ignore[arg-type]
        tiers._googlesql = Analyzer()  # type: ignore[assignment]
        told = tiers.analyze(statement, {}, {})
        assert told == (None if patience_s is None else ())
    Analyzer.loaded = True
    tiers = Tiers(Warehouse(), max_bytes=1)  # type: ignore[arg-type]
    tiers._googlesql = Analyzer()  # type: ignore[assignment]
    assert tiers.analyze(statement, {}, {}) == ()
    assert waited == [20.0, 1.0]


@pytest.mark.skipif(not is_installed(), reason="the extra googlesql is not installed")
def test_the_real_analyzer_is_asked_once_it_is_loaded(peter: Peter) -> None:
    sql = "SELECT day FROM nyc.flights"
    assert peter.check_statement(sql, patience_s=250).tiers == TIERS
    assert "googlesql" in peter.verify(sql).tiers
    assert "googlesql" in peter.validate(DOCUMENT).tiers


def test_metadata_is_refused_unless_the_settings_allow_it(tmp_path: Path) -> None:
    sql = "SELECT table_name FROM nyc.INFORMATION_SCHEMA.TABLES"
    with (
        Peter.local(tmp_path) as closed,
        Peter.local(tmp_path, allow_information_schema=True) as opened,
    ):
        assert not closed.check_statement(sql, mode="offline").valid
        assert opened.check_statement(sql, mode="offline").valid
        # The embedded engine has none, and says so.
        assert not opened.check_statement(sql).valid
