"""precompute, freshness, export, lineage and costs over a published dashboard."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from peter_core.store.budgets import Budgets
from peter_core.store.ledger import Ledger, Run
from peter_jupyter.http.models.costs import CostAnswer
from peter_jupyter.http.models.data import FreshnessAnswer, PrecomputeAnswer
from peter_jupyter.http.models.lineage import ImpactAnswer, LineageGraph
from tests.jupyter.command_line import CommandLine
from tests.jupyter.conftest import DASHBOARD
from tests.small_flights import write_tables

SLUG = "small-flights"


@pytest.fixture(scope="module")
def peter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandLine]:
    """The command line in a workspace where the small dashboard is published."""
    folder = write_tables(tmp_path_factory.mktemp("published"))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("PETER_FOLDER", str(folder))
        opened = CommandLine(folder)
        assert opened("publish", opened.file("small.peter.yaml", DASHBOARD)).code == 0
        yield opened


def test_precompute_tells_of_each_query(peter: CommandLine) -> None:
    ran = peter("precompute", SLUG, "--force")
    assert ran.code == 0
    assert sorted(line.split(":")[0] for line in ran.err.splitlines()) == ["✓ carriers", "✓ daily"]
    assert ran.out.startswith("small-flights: success · 2 queries run · 0 from the cache")
    again = peter("precompute", SLUG, "--json")
    answer = PrecomputeAnswer.model_validate(again.json)
    assert (answer.queries_executed, answer.queries_cached) == (0, 2)
    assert "✓ daily: from the cache" in again.err


def test_precompute_takes_filter_values(peter: CommandLine) -> None:
    ran = peter("precompute", SLUG, "--filter", "carrier=B6", "--json")
    assert ran.json["queries_executed"] == 1
    ran = peter("precompute", SLUG, "--filter", "airline=B6")
    assert ran.code == 2
    assert "airline" in ran.err


def test_a_query_that_fails_fails_the_precompute(peter: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "data" / "shop").mkdir(parents=True)
    table = tmp_path / "data" / "shop" / "orders.csv"
    table.write_text("id,amount\n1,10\n2,5\n")
    text = (
        "version: 1\nslug: ratios\ntitle: Ratios\nqueries:\n"
        "  good: {sql: SELECT COUNT(*) AS n FROM shop.orders}\n"
        "  bad: {sql: SELECT 1 / MIN(amount) AS r FROM shop.orders}\n"
        "charts:\n  a: {type: kpi, query: good, title: Orders, value: n}\n"
        "  b: {type: kpi, query: bad, title: Ratio, value: r}\n"
    )
    file = tmp_path / "ratios.peter.yaml"
    file.write_text(text)
    there = ("--folder", str(tmp_path))
    assert peter("publish", str(file), *there).code == 0
    table.write_text("id,amount\n1,10\n2,0\n3,4\n")
    ran = peter("precompute", "ratios", "--force", *there)
    assert ran.code == 1
    assert "ratios: partial" in ran.out
    assert "✕ bad: " in ran.err
    assert "✓ good: " in ran.err
    assert "  bad: " in ran.out


def test_freshness_names_every_chart_and_its_age(peter: CommandLine) -> None:
    assert peter("precompute", SLUG).code == 0
    rows = [line.split() for line in peter("freshness", SLUG).out.splitlines()]
    assert [row[:2] for row in rows[1:]] == [
        ["flights", "fresh"], ["delay", "fresh"], ["days", "fresh"],
    ]  # fmt: skip
    answer = FreshnessAnswer.model_validate(peter("freshness", SLUG, "--json").json)
    assert all(0 <= chart.age_seconds < 600 for chart in answer.charts if chart.age_seconds)
    unseen = FreshnessAnswer.model_validate(
        peter("freshness", SLUG, "--filter", "carrier=UA", "--json").json
    )
    assert {chart.status for chart in unseen.charts} == {"unknown"}


def test_lineage_goes_down_to_the_columns(peter: CommandLine) -> None:
    shown = peter("lineage", SLUG).out
    assert "table local.nyc.flights" in shown
    assert "column" not in shown
    answer = LineageGraph.model_validate(peter("lineage", SLUG, "--columns", "--json").json)
    edges = {(edge.source, edge.target) for edge in answer.edges}
    column = "column:local.nyc.flights/dep_delay"
    assert (column, f"chart:{SLUG}/delay") in edges


@pytest.mark.parametrize("by", ["dashboard", "user", "query", "date"])
def test_costs_count_what_was_just_run(peter: CommandLine, by: str) -> None:
    before = peter("costs", "--by", by, "--json").json["query_count"]
    assert peter("precompute", SLUG, "--force").code == 0
    answer = CostAnswer.model_validate(peter("costs", "--by", by, "--json").json)
    assert answer.query_count == before + 2
    assert sum(line.query_count for line in answer.breakdown) == answer.query_count
    shown = peter("costs", "--by", by, "--days", "1").out.splitlines()
    assert shown[0].split()[0] == by.upper()
    assert shown[-1].split()[:2] == ["total", f"{answer.query_count:,}"]


def test_costs_say_what_the_cache_saved(peter: CommandLine) -> None:
    ledger = Ledger(f"sqlite:///{peter.folder}/.peter/ledger.db")
    now = dt.datetime.now(dt.UTC)
    ledger.record_runs(
        [
            Run(now, "f", "ann", "bigquery", slug="big", cost_usd=Decimal(2), slot_ms=90_500),
            Run(now, "f", "ann", "bigquery", slug="big", cache_hit=True, saved_usd=Decimal(2)),
        ]
    )
    ledger.close()
    lines = peter("costs", "--days", "1").out.splitlines()
    assert lines[0].split()[-4:] == ["COST", "SAVED", "SLOT", "TIME"]
    (big,) = [line.split() for line in lines if line.startswith("big")]
    assert big[-4:] == ["$2.00", "$2.00", "90.5", "s"]
    answer = CostAnswer.model_validate(peter("costs", "--json").json)
    assert (answer.saved_usd, answer.slot_ms) == (2, 90_500)


def test_costs_say_where_the_budgets_stand(
    peter: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PETER_BUDGET_DAY_USD", "2")
    monkeypatch.setenv("PETER_BUDGET_DASHBOARD_MONTH_USD", "1")
    ledger = Ledger(f"sqlite:///{peter.folder}/.peter/ledger.db")
    budgets, now = Budgets(ledger.database), dt.datetime.now(dt.UTC)
    for run, cost in (("spent", "0.9"), ("waits", "0.8")):
        kept = budgets.reserve(
            run, user="ann", slug="big", cost_usd=Decimal(cost), at=now, budgets=[]
        )
        if run == "spent":
            budgets.settle(kept, kept.cost_usd)
    ledger.close()
    answer = CostAnswer.model_validate(peter("costs", "--json").json)
    day, board = answer.budgets
    assert (day.spent_usd, day.reserved_usd) == (Decimal("0.9"), Decimal("0.8"))
    assert (day.left_usd, day.level) == (Decimal("0.3"), "near")
    assert (board.subject, board.left_usd, board.level) == ("big", 0, "used_up")
    shown = peter("costs").out.splitlines()
    headings = next(line for line in shown if line.startswith("BUDGET"))
    assert headings.split() == [
        "BUDGET", "LIMIT", "SPENT", "RESERVED", "LEFT", "STATE", "BEGINS", "ANEW",
    ]  # fmt: skip
    (line,) = [line for line in shown if line.startswith("dashboard big, a month")]
    assert line.split()[4:10] == ["$1.00", "$0.90", "$0.80", "$0.00", "used", "up"]


def test_an_export_is_one_file_with_the_data_inside(peter: CommandLine, tmp_path: Path) -> None:
    target = tmp_path / "small.html"
    ran = peter("export", SLUG, "--html", str(target), "--filter", "carrier=AA")
    assert (ran.code, ran.out) == (0, f"{target} written\n")
    page = target.read_text(encoding="utf-8")
    block = page.split('id="peter-artifact">')[1].split("</script>")[0]
    artifact = json.loads(block)
    assert artifact["charts"]["flights"]["view"]["value"]["raw"] == 2


@pytest.mark.browser
def test_an_export_is_a_picture(peter: CommandLine, tmp_path: Path) -> None:
    light, dark = tmp_path / "light.png", tmp_path / "dark.png"
    assert peter("export", SLUG, "--png", str(light)).code == 0
    assert peter("export", SLUG, "--png", str(dark), "--theme", "dark").code == 0
    assert light.read_bytes()[:8] == dark.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    assert light.read_bytes() != dark.read_bytes()


def test_an_export_is_printed(peter: CommandLine, tmp_path: Path) -> None:
    target = tmp_path / "board.pdf"
    assert peter("export", SLUG, "--pdf", str(target)).code == 0
    pdf = target.read_bytes()
    assert pdf.startswith(b"%PDF-")
    # A4 lying, in points.
    assert b"/MediaBox [0 0 841.91998 594.95996]" in pdf or b"/MediaBox [0 0 842 595]" in pdf


@pytest.mark.parametrize(
    "words", [(), ("--html", "no/such/folder/x.html"), ("--png", "."), ("--filter", "carrier")]
)
def test_an_export_to_nowhere_is_wrong_use(peter: CommandLine, words: tuple[str, ...]) -> None:
    ran = peter("export", SLUG, *words)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("Error: ")


@pytest.mark.parametrize("verb", ["precompute", "freshness", "lineage", "history", "show"])
def test_a_slug_that_is_not_published_is_not_found(peter: CommandLine, verb: str) -> None:
    ran = peter(verb, "nothing-here")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.splitlines()[0] == "Error: There is no dashboard nothing-here."


def test_impact_says_what_a_drop_breaks(peter: CommandLine) -> None:
    ran = peter("impact", "--drop", "nyc.flights/dep_delay")
    assert ran.code == 0
    assert ran.out.startswith("To drop the column local.nyc.flights/dep_delay breaks ")
    assert f"{SLUG}/delay" in ran.out
    assert f"{SLUG}: queries.daily" in ran.out
    answer = ImpactAnswer.model_validate(
        peter("impact", "--rename", "nyc.flights", "nyc.departures", "--json").json
    )
    assert (answer.change, answer.new_name) == ("rename", "nyc.departures")
    assert SLUG in answer.dashboards


@pytest.mark.parametrize(("words", "code"), [
    (("--drop", "nyc.fligths"), 1), ((), 2), (("--rename", "nyc.flights", "a b c;"), 2),
])  # fmt: skip
def test_a_change_of_nothing_is_an_error(
    peter: CommandLine, words: tuple[str, ...], code: int
) -> None:
    ran = peter("impact", *words)
    assert (ran.code, ran.out) == (code, "")
    assert ran.err.startswith("Error: ")


def test_impact_of_what_nobody_reads_says_so(peter: CommandLine) -> None:
    told = peter("impact", "--drop", "nyc.flights/dep_dealy").err
    assert "No published dashboard reads the column local.nyc.flights/dep_dealy" in told
    assert "Did you mean local.nyc.flights/dep_delay" in told
    assert "--drop NAME or --rename OLD NEW" in peter("impact").err
