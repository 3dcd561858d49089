"""The magics against a real workspace."""

from __future__ import annotations

from pathlib import Path

import pytest

from peter_core.errors import DocumentError, InvalidRequest, PeterError
from tests.jupyter.conftest import DASHBOARD, Notebook


@pytest.fixture
def cells(notebook: Notebook, workspace: Path) -> Notebook:
    notebook.run(f"%peter use {workspace}")
    assert notebook.result.success, notebook.error
    return notebook


def test_help_shows_every_command(notebook: Notebook) -> None:
    assert notebook.run("%peter help").success
    assert "%%peter_sql [NAME]" in notebook.shown()
    assert "--max-bytes 1GB" in notebook.shown()
    assert notebook.run("%peter").success


def test_a_line_that_cannot_be_read_is_one_line_and_breaks_no_later_cell(
    notebook: Notebook,
) -> None:
    notebook.run("%%peter_sql --parm a=1\nSELECT 1")
    assert isinstance(notebook.result.error_in_exec, InvalidRequest)
    assert "did you mean '--param'?" in notebook.error
    assert notebook.output.stdout.count("\n") == 1
    assert notebook.run("1 + 1").result == 2


def test_a_statement_passes_and_is_bound(cells: Notebook) -> None:
    cells.run("%%peter_sql delays\nSELECT carrier, dep_delay FROM nyc.flights ORDER BY carrier")
    assert cells.result.success, cells.error
    assert cells.shown().startswith("Verification passed · 5 rows")
    frame = cells.shell.user_ns["delays"]
    assert list(frame.columns) == ["carrier", "dep_delay"]
    assert len(frame) == 5
    assert str(frame["dep_delay"].dtype) == "Int64"


def test_dollars_and_braces_stay_sql(cells: Notebook) -> None:
    cells.shell.user_ns["name"] = "wrong"
    cells.run("%%peter_sql out\nSELECT '{name} $name' AS text")
    assert cells.result.success, cells.error
    assert cells.shell.user_ns["out"]["text"].tolist() == ["{name} $name"]


def test_parameters_are_bound_with_their_types(cells: Notebook) -> None:
    cells.run("import datetime\nday = datetime.date(2013, 6, 2)")
    cells.run(
        "%%peter_sql out --param day=$day --param carrier=AA --param least:INT64=0\n"
        "SELECT COUNT(*) AS n FROM nyc.flights\n"
        "WHERE flight_date >= @day AND carrier = @carrier AND dep_delay > @least"
    )
    assert cells.result.success, cells.error
    assert cells.shell.user_ns["out"]["n"].tolist() == [1]


def test_a_dry_run_binds_nothing(cells: Notebook) -> None:
    cells.run("%%peter_sql out --dry-run\nSELECT carrier FROM nyc.flights")
    assert cells.result.success, cells.error
    assert cells.shown().startswith("Dry run: would run")
    assert "out" not in cells.shell.user_ns


def test_a_failure_names_line_and_column_binds_nothing_and_breaks_no_later_cell(
    cells: Notebook,
) -> None:
    cells.run("%%peter_sql out\nSELECT carrier,\n       dealy\nFROM nyc.flights")
    assert isinstance(cells.result.error_in_exec, PeterError)
    assert "line 2, column 8 of the SQL" in cells.error
    assert "dealy" in cells.error
    assert cells.output.stdout.count("\n") == 1
    assert "dealy" in cells.shown()
    assert "out" not in cells.shell.user_ns
    assert cells.run("%%peter_sql out\nSELECT 1 AS one").success
    assert cells.shell.user_ns["out"]["one"].tolist() == [1]


@pytest.mark.parametrize(
    ("cell", "kind", "words"),
    [
        ("%%peter_sql\nDROP TABLE nyc.flights", "SqlRefused", "line 1"),
        ("%%peter_sql\nSELECT FROM WHERE", "SqlError", "line 1"),
        ("%%peter_sql --max-bytes 1B\nSELECT carrier FROM nyc.flights", "BytesCapExceeded", "1 B"),
        ("%%peter_sql\n ", "InvalidRequest", "holds no SQL"),
        ("%%peter_sql --max-bytes 1\nSELECT 1", "InvalidRequest", "--max-bytes 1"),
        ("%%peter_sql\nSELECT * FROM nyc.flight", "SqlError", "flight"),
        ("%%peter_sql\nSELECT @missing", "SqlError", "missing"),
        ("%peter costs --by colour", "InvalidRequest", "dashboard, user, query, date"),
        ("%peter costs --days 0", "InvalidRequest", "'--days 0'"),
        ("%peter open nothing-here", "NotFound", "nothing-here"),
        ("%peter cost nothing.yaml", "InvalidRequest", "There is no file nothing.yaml."),
        ("%peter use nowhere", "InvalidRequest", "There is no folder nowhere."),
        ("%peter opn x", "InvalidRequest", "Did you mean '%peter open'"),
    ],
)
def test_every_failure_has_its_class_and_one_line(
    cells: Notebook, cell: str, kind: str, words: str
) -> None:
    cells.run(cell)
    assert type(cells.result.error_in_exec).__name__ == kind, cells.error
    assert words in cells.error
    assert cells.output.stdout.count("\n") == 1


def test_a_dashboard_renders_and_is_saved(cells: Notebook, workspace: Path) -> None:
    cells.run(f"%%peter_dashboard --save small.peter.yaml\n{DASHBOARD}")
    assert cells.result.success, cells.error
    assert "Dashboard Small flights (small-flights @ " in cells.shown()
    assert "Departures" in cells.shown("text/html")
    assert (workspace / "small.peter.yaml").read_text().strip() == DASHBOARD.strip()


def test_a_broken_dashboard_shows_its_line_and_is_not_saved(
    cells: Notebook, workspace: Path
) -> None:
    cells.run(f"%%peter_dashboard --save bad.yaml\n{DASHBOARD.replace('y: delay}', 'y: dealy}')}")
    assert isinstance(cells.result.error_in_exec, DocumentError)
    line = next(i for i, text in enumerate(DASHBOARD.splitlines(), 1) if "y: delay}" in text)
    assert f"line {line}" in cells.error
    assert "^" in cells.shown()
    assert "- Departures [flights, kpi]: " in cells.shown()
    assert not (workspace / "bad.yaml").exists()


def test_an_unreadable_document_is_one_line(cells: Notebook) -> None:
    cells.run("%%peter_dashboard\nversion: 1\nslug: [\n")
    assert isinstance(cells.result.error_in_exec, DocumentError)
    assert cells.output.stdout.count("\n") == 1
    assert "Dashboard" not in cells.shown()


def test_a_dashboard_is_priced_published_listed_opened_and_traced(
    cells: Notebook, workspace: Path
) -> None:
    (workspace / "small.peter.yaml").write_text(DASHBOARD)
    assert cells.run("%peter cost small.peter.yaml").success, cells.error
    assert "daily: " in cells.shown()
    assert cells.run("%peter publish small.peter.yaml").success, cells.error
    assert cells.shown().startswith("published, new · small-flights @ ")
    assert cells.run("%peter publish small.peter.yaml").success, cells.error
    assert "nothing changed" in cells.shown()
    assert cells.run("%peter list").success, cells.error
    assert "small-flights: Small flights" in cells.shown()
    assert cells.run("%peter list --tag nothing").success, cells.error
    assert "No dashboard" in cells.shown()
    assert cells.run("%peter open small-flights --filter carrier=AA").success, cells.error
    assert "Carrier: American" in cells.shown()
    assert cells.run("%peter lineage small-flights").success, cells.error
    assert "query daily <- local.nyc.flights" in cells.shown()


def test_a_publish_over_what_was_not_seen_needs_force(cells: Notebook, workspace: Path) -> None:
    path = workspace / "small.peter.yaml"
    path.write_text(DASHBOARD)
    assert cells.run("%peter publish small.peter.yaml").success, cells.error
    path.write_text(DASHBOARD.replace("title: Days", "title: Each day"))
    assert cells.run("%peter publish small.peter.yaml").success, cells.error
    assert cells.shown().startswith("published · ")
    cells.run(f"%peter use {workspace}")
    path.write_text(DASHBOARD.replace("title: Days", "title: All days"))
    cells.run("%peter publish small.peter.yaml")
    assert type(cells.result.error_in_exec).__name__ == "PreconditionRequired"
    assert cells.run("%peter publish small.peter.yaml --force").success, cells.error


def test_costs_show_what_was_run_by_what_is_asked(cells: Notebook) -> None:
    cells.run("%%peter_sql\nSELECT carrier FROM nyc.flights")
    cells.run("%peter costs --days 2 --by user")
    assert cells.shown().startswith("$0.00 paid · $0.00 saved by the cache · ")


def test_tables_are_listed_with_their_columns_and_the_files_that_are_none(
    cells: Notebook, workspace: Path
) -> None:
    (workspace / "data" / "loose.csv").write_text("n\n1\n", encoding="utf-8")
    assert cells.run("%peter tables").success, cells.error
    assert "local.nyc.airlines · 3 rows\n    carrier STRING, name STRING" in cells.shown()
    assert "1 file is no table:\n    data/loose.csv: it is in no dataset" in cells.shown()


def test_a_published_dashboard_is_priced_by_its_slug(cells: Notebook, workspace: Path) -> None:
    (workspace / "small.peter.yaml").write_text(DASHBOARD)
    assert cells.run("%peter publish small.peter.yaml").success, cells.error
    assert cells.run("%peter cost small-flights").success, cells.error
    assert "daily: " in cells.shown()
    cells.run("%peter cost small-flihgts")
    assert "Did you mean small-flights?" in cells.error


def test_a_price_that_leaves_a_query_out_says_so(cells: Notebook, workspace: Path) -> None:
    (workspace / "bad.yaml").write_text(DASHBOARD.replace("nyc.airlines", "nyc.airliners"))
    cells.run("%peter cost bad.yaml")
    assert "next load" in cells.shown()
    assert "No table is called `nyc.airliners`" in cells.error
