"""What free metadata calls tell of tables, and how long it counts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pyarrow as pa
import pytest
from google.cloud.bigquery import Table

from peter_core.engine.bigquery import BigQueryEngine
from peter_core.engine.bigquery.catalog import DESCRIBED_AT_ONCE
from peter_core.engine.port import Column, Job
from peter_core.errors import EngineUnavailable, TableNotFound
from peter_core.sql.statement import parse
from tests.fakes.bigquery import FakeBigQuery, FakeTable, Fault

ROWS = pa.table({"id": [1, 2, 3], "day": [dt.date(2024, 1, 1)] * 3})
EARLY, MIDDLE, LATE = (dt.datetime(2026, month, 1, tzinfo=dt.UTC) for month in (1, 2, 3))
P = "test-project"


def view(sql: str, modified: dt.datetime = EARLY) -> FakeTable:
    return FakeTable(type="VIEW", sql=sql, schema={"id": "INT64"}, modified=modified)


TABLES = {
    "shop.orders": FakeTable(
        ROWS, modified=LATE, partition_column="day", clustering=("id",), required=frozenset({"id"})
    ),
    "shop.live": FakeTable(ROWS, streaming=True),
    "shop.sheet": FakeTable(ROWS, type="EXTERNAL"),
    "shop.snap": FakeTable(ROWS, type="SNAPSHOT", modified=EARLY),
    "shop.daily": view("SELECT id FROM shop.orders", MIDDLE),
    "shop.deep": view(f"SELECT id FROM shop.daily JOIN `{P}.shop.snap` USING (id)"),
    "shop.unsure": view("SELECT id FROM shop.daily UNION ALL SELECT id FROM shop.live"),
    "shop.events_20240101": FakeTable(ROWS),
    "shop.events_20240102": FakeTable(pa.table({"id": [1], "more": ["x"]})),
    "other.secret": FakeTable(ROWS),
    "other.denied": FakeTable(ROWS, denied=True),
    "shop.border": view("SELECT id FROM other.denied"),
}


@pytest.fixture
def fake() -> Iterator[FakeBigQuery]:
    with FakeBigQuery(TABLES) as fake:
        yield fake


def engine_of(fake: FakeBigQuery, **options: object) -> BigQueryEngine:
    settings = {"client": fake.client(), "datasets": frozenset({"shop"}), "user_salt": b"x"}
    return BigQueryEngine(fake.project, **(settings | options))  # type: ignore[arg-type]


def test_a_table_tells_its_columns_size_age_and_layout(fake: FakeBigQuery) -> None:
    found = engine_of(fake).table("shop.orders")
    assert found.id == f"{P}.shop.orders"
    assert found.columns == (Column("id", "INT64", "REQUIRED"), Column("day", "DATE"))
    assert (found.rows, found.kind, found.updated_at) == (3, "table", LATE)
    assert (found.partition_column, found.clustering) == ("day", ("id",))
    assert found.bytes


@pytest.mark.parametrize(
    "name", ["orders", "shop.orders", f"{P}.shop.orders", f"`{P}.shop.orders`"]
)
def test_a_table_is_found_by_one_two_or_three_parts(fake: FakeBigQuery, name: str) -> None:
    assert engine_of(fake, default_dataset="shop").table(name).id == f"{P}.shop.orders"


def test_a_name_without_a_dataset_needs_a_default_one(fake: FakeBigQuery) -> None:
    with pytest.raises(TableNotFound, match="dataset"):
        engine_of(fake).table("orders")


@pytest.mark.parametrize("name", ["shop.live", "shop.sheet", "shop.events_*"])
def test_what_changes_unseen_has_no_age(fake: FakeBigQuery, name: str) -> None:
    assert engine_of(fake).table(name).updated_at is None


def test_a_view_is_as_new_as_the_newest_table_under_it(fake: FakeBigQuery) -> None:
    engine = engine_of(fake, table_ttl_s=0)
    found = engine.table("shop.deep")
    assert (found.kind, found.updated_at) == ("view", LATE)
    assert set(found.sources) == {f"{P}.shop.orders", f"{P}.shop.snap"}
    assert found.view_sql is not None
    newest = LATE + dt.timedelta(days=1)
    fake.touch("shop.snap", newest)
    assert engine.table("shop.deep").updated_at == newest


@pytest.mark.parametrize("name", ["shop.unsure", "shop.border"])
def test_a_view_over_what_cannot_be_told_has_no_age(fake: FakeBigQuery, name: str) -> None:
    assert engine_of(fake).table(name).updated_at is None


class Views:
    """Views as BigQuery would not let them be made today, by the one call that is needed."""

    def __init__(self, **sql: str) -> None:
        self._sql = sql

    def get_table(self, id: str, **_: object) -> Table:
        project, dataset, name = id.split(".")
        reference = {"projectId": project, "datasetId": dataset, "tableId": name}
        return Table.from_api_repr(
            {
                "tableReference": reference, "type": "VIEW", "schema": {"fields": []},
                "lastModifiedTime": "1767225600000", "view": {"query": self._sql[name]},
            }
        )  # fmt: skip


def test_what_may_not_be_looked_at_is_asked_for_once(fake: FakeBigQuery) -> None:
    engine = engine_of(fake)
    for _ in range(3):
        assert engine.table("shop.border").sources == (f"{P}.other.denied",)
    assert len(fake.requests("tables.get")) == 2
    engine.refresh("shop.border")
    assert len(fake.requests("tables.get")) == 4


def test_a_statement_over_known_views_costs_no_metadata(fake: FakeBigQuery) -> None:
    engine = engine_of(fake)
    job = Job(parse("SELECT d.id FROM shop.deep d JOIN shop.orders o ON d.id = o.id"))
    first = engine.dry_run(job)
    before = len(fake.journal)
    again = engine.dry_run(job)
    assert again == first
    # The views it names come with what is under them.
    named = {f"{P}.shop.{name}" for name in ("deep", "orders", "daily", "snap")}
    assert {table.id for table in again.tables} == named
    assert len(fake.journal) == before


def test_views_of_each_other_end() -> None:
    views = Views(a="SELECT id FROM shop.b", b="SELECT id FROM shop.a")
    engine = BigQueryEngine(P, client=views, user_salt=b"x")  # type: ignore[arg-type]
    assert engine.table("shop.a").sources == ()
    assert engine.table("shop.a").updated_at == EARLY


def test_a_view_in_legacy_sql_has_no_age() -> None:
    views = Views(a="SELECT id FROM [test-project:shop.orders]", b="SELECT id FROM shop.a")
    engine = BigQueryEngine(P, client=views, user_salt=b"x")  # type: ignore[arg-type]
    assert engine.table("shop.a").updated_at is None
    assert engine.table("shop.b").updated_at is None


def test_a_wildcard_has_the_columns_of_its_newest_table(fake: FakeBigQuery) -> None:
    found = engine_of(fake).table("shop.events_*")
    assert found.id == f"{P}.shop.events_*"
    assert list(found.schema) == ["id", "more"]
    assert (found.rows, found.bytes) == (None, None)


def test_a_typo_names_the_nearest_tables(fake: FakeBigQuery) -> None:
    with pytest.raises(TableNotFound) as caught:
        engine_of(fake).table("shop.ordres")
    assert caught.value.message == "There is no table called shop.ordres."
    assert caught.value.hint == "Did you mean shop.orders?"


def test_a_table_outside_the_allowed_datasets_is_not_looked_at(fake: FakeBigQuery) -> None:
    with pytest.raises(TableNotFound, match="outside the datasets"):
        engine_of(fake).table("other.secret")
    assert fake.requests("tables.get") == []


def test_a_table_is_asked_for_once_in_its_time(fake: FakeBigQuery) -> None:
    engine = engine_of(fake)
    first = engine.table("shop.orders")
    assert engine.table("shop.orders") is first
    assert len(fake.requests("tables.get")) == 1


def test_a_refresh_costs_one_free_call_and_counts_for_everybody(fake: FakeBigQuery) -> None:
    engine = engine_of(fake)
    engine.table("shop.orders")
    moved = LATE + dt.timedelta(hours=1)
    fake.touch("shop.orders", moved)
    assert engine.table("shop.orders").updated_at == LATE
    assert engine.refresh("shop.orders").updated_at == moved
    assert engine.table("shop.orders").updated_at == moved
    assert [r.operation for r in fake.journal] == ["tables.get", "tables.get"]


def test_the_last_known_table_serves_while_bigquery_is_away(fake: FakeBigQuery) -> None:
    engine = engine_of(fake, table_ttl_s=0)
    first = engine.table("shop.daily")
    fake.script(Fault(on="*", kind="status", status=400, reason="blocked", times=None))
    assert engine.table("shop.daily") == first
    with pytest.raises(EngineUnavailable):
        engine.table("shop.snap")


def test_a_table_that_was_deleted_is_not_served_from_memory(fake: FakeBigQuery) -> None:
    engine = engine_of(fake, table_ttl_s=0)
    engine.table("shop.orders")
    fake.script(Fault(on="tables.get", kind="status", status=404, reason="notFound"))
    with pytest.raises(TableNotFound):
        engine.table("shop.orders")


def test_a_small_warehouse_is_listed_whole(fake: FakeBigQuery) -> None:
    found = {table.id: table for table in engine_of(fake).tables()}
    assert len(found) == sum(name.startswith("shop.") for name in TABLES)
    assert found[f"{P}.shop.orders"].rows == 3
    assert found[f"{P}.shop.deep"].sources
    assert not fake.requests("jobs.insert", "jobs.dryRun", "jobs.query")


def test_without_an_allow_list_every_dataset_of_the_project_is_listed(fake: FakeBigQuery) -> None:
    found = engine_of(fake, datasets=None).tables()
    assert {table.id.split(".")[1] for table in found} == {"shop", "other"}
    assert len(fake.requests("datasets.list")) == 1


def test_a_large_warehouse_is_listed_in_one_call() -> None:
    many = {f"shop.t{i:03}": FakeTable(ROWS) for i in range(DESCRIBED_AT_ONCE + 1)}
    with FakeBigQuery(many) as fake:
        engine = engine_of(fake)
        engine.table("shop.t007")
        found = engine.tables()
        assert len(found) == len(many)
        assert [table.id for table in found if table.columns] == [f"{P}.shop.t007"]
        assert len(fake.requests("tables.get")) == 1
        assert len(fake.requests("tables.list")) == 1


def test_a_dataset_that_may_not_be_looked_into_hides_no_other(fake: FakeBigQuery) -> None:
    engine = engine_of(fake, datasets=frozenset({"shop", "nowhere"}))
    assert {table.id.split(".")[1] for table in engine.tables()} == {"shop"}


def test_a_listing_that_cannot_be_had_is_said(fake: FakeBigQuery) -> None:
    fake.script(Fault(on="tables.list", kind="status", status=400, reason="blocked", times=None))
    with pytest.raises(EngineUnavailable):
        engine_of(fake).tables()
