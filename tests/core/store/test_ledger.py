"""The ledger says what was run, what is published, and where it comes from."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peter_core.errors import InvalidRequest
from peter_core.lineage.graph import Edge, Node
from peter_core.store.ledger import DashboardEntry, Ledger, ReceiptRecord, Run

NOW = dt.datetime(2026, 11, 23, 3, 0, 0, 123456, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
ANN, BOB = "ann@example.com", "bob@example.com"


def run(**changed: object) -> Run:
    fields: dict[str, object] = {
        "at": NOW, "fingerprint": "f" * 64, "principal": ANN, "engine": "bigquery",
        "slug": "flights", "query": "daily", "bytes_scanned": 100, "bytes_billed": 10 * 2**20,
        "cost_usd": Decimal("0.000059605"),
    }  # fmt: skip
    return Run(**(fields | changed))  # type: ignore[arg-type]


def entry(slug: str = "flights", **changed: object) -> DashboardEntry:
    fields: dict[str, object] = {
        "title": slug.title(), "revision": "ab" * 32, "published_at": NOW, "published_by": ANN,
    }  # fmt: skip
    return DashboardEntry(slug, **(fields | changed))  # type: ignore[arg-type]


def receipt(query: str = "daily", revision: str = "ab" * 32, **changed: object) -> ReceiptRecord:
    fields: dict[str, object] = {
        "id": "1234", "slug": "flights", "fingerprint": "f" * 64, "verdict": "passed",
        "verified_at": NOW, "body": '{"id":"1234"}',
    }  # fmt: skip
    return ReceiptRecord(query=query, revision=revision, **(fields | changed))  # type: ignore[arg-type]


# Runs


def test_a_run_comes_back_as_it_went_in(ledger: Ledger) -> None:
    there = dt.timezone(dt.timedelta(hours=-5))
    one = run(
        at=NOW.astimezone(there), job_id="job", rows=7, duration_ms=1.5, status="query_failed"
    )
    own = run(at=NOW - DAY, slug=None, query=None, cache_hit=True)
    ledger.record_runs([own, one])
    assert ledger.last_runs() == (one, own)
    assert ledger.last_runs(limit=1) == (one,)
    assert ledger.last_runs(slug="flights") == (one,)


def test_a_run_is_recorded_once_however_often_it_is_sent(ledger: Ledger) -> None:
    one = run()
    ledger.record_run(one)
    ledger.record_runs([one, run(id=one.id, bytes_scanned=9)])
    assert ledger.last_runs() == (one,)


def test_no_runs_are_no_work(tmp_path: Path) -> None:
    Ledger(f"sqlite:///{tmp_path}/none/ledger.db").record_runs([])
    assert not (tmp_path / "none").exists()


def test_runs_of_many_threads_are_all_there(ledger: Ledger) -> None:
    def work() -> None:
        for _ in range(25):
            ledger.record_run(run())

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ledger.last_runs(limit=1000)) == 100


# Costs


def test_a_report_sums_by_dashboard_with_the_dearest_first(ledger: Ledger) -> None:
    ledger.record_runs(
        [
            run(cost_usd=Decimal("0.1"), bytes_scanned=1),
            run(cost_usd=Decimal("0.2"), bytes_scanned=2, bytes_billed=5),
            run(cost_usd=Decimal(0), bytes_scanned=0, bytes_billed=0, cache_hit=True),
            run(slug="weather", cost_usd=Decimal(7), bytes_scanned=9),
            run(slug=None, query=None, cost_usd=Decimal(0), cache_hit=True),
        ]
    )
    report = ledger.cost_report(NOW - DAY, NOW + DAY)
    assert [line.key for line in report.breakdown] == ["weather", "flights", None]
    flights = report.breakdown[1]
    assert (flights.bytes_scanned, flights.query_count, flights.cache_hits) == (3, 3, 1)
    assert flights.cost_usd == Decimal("0.3")
    assert (report.query_count, report.cache_hit_ratio) == (5, 0.4)
    assert report.cost_usd == Decimal("7.3")
    assert report.total_bytes_scanned == 112
    only = ledger.cost_report(NOW - DAY, NOW + DAY, slug="weather")
    assert [line.key for line in only.breakdown] == ["weather"]


def test_a_report_says_what_the_cache_saved_and_what_slots_worked(ledger: Ledger) -> None:
    hit = run(cache_hit=True, cost_usd=Decimal(0), saved_usd=Decimal("0.000000001"))
    ledger.record_runs(
        [
            run(slot_ms=1500, estimated_bytes=99),
            replace(hit, id="1"),
            replace(hit, id="2", saved_usd=Decimal("12.5"), principal=BOB),
            run(slug="weather", slot_ms=2**40),
        ]
    )
    report = ledger.cost_report(NOW, NOW + DAY)
    assert (report.saved_usd, report.slot_ms) == (Decimal("12.500000001"), 2**40 + 1500)
    lines = {line.key: (line.saved_usd, line.slot_ms) for line in report.breakdown}
    assert lines == {"flights": (Decimal("12.500000001"), 1500), "weather": (0, 2**40)}
    by_user = ledger.cost_report(NOW, NOW + DAY, "user")
    assert {line.key: line.saved_usd for line in by_user.breakdown}[BOB] == Decimal("12.5")
    assert {known.estimated_bytes for known in ledger.last_runs()} == {99, None}


@pytest.mark.parametrize(
    ("group_by", "keys"),
    [
        ("user", [BOB, ANN]),
        ("query", ["flights/other", "flights/daily"]),
        ("date", ["2026-11-22", "2026-11-23"]),
    ],
)
def test_costs_are_grouped_as_asked(ledger: Ledger, group_by: str, keys: list[str]) -> None:
    ledger.record_run(run(at=dt.datetime(2026, 11, 22, 23, 59, 59, tzinfo=dt.UTC)))
    ledger.record_run(run(principal=BOB, query="other", cost_usd=Decimal(1)))
    report = ledger.cost_report(NOW - 2 * DAY, NOW + DAY, group_by)  # type: ignore[arg-type]
    assert [line.key for line in report.breakdown] == keys


def test_a_period_has_its_start_and_not_its_end(ledger: Ledger) -> None:
    ledger.record_run(run(at=NOW))
    assert ledger.cost_report(NOW, NOW + DAY).query_count == 1
    assert ledger.cost_report(NOW - DAY, NOW).query_count == 0
    assert ledger.cost_report(NOW - DAY, NOW).cache_hit_ratio == 0


def test_a_period_or_a_grouping_that_is_none_is_refused(ledger: Ledger) -> None:
    with pytest.raises(InvalidRequest, match="ends before"):
        ledger.cost_report(NOW, NOW)
    with pytest.raises(InvalidRequest, match="time zone"):
        ledger.cost_report(NOW.replace(tzinfo=None), NOW)
    with pytest.raises(InvalidRequest, match="dashboard, user, query, date"):
        ledger.cost_report(NOW, NOW + DAY, "moon")  # type: ignore[arg-type]


RUNS = st.lists(
    st.builds(
        run,
        slug=st.sampled_from(["flights", "weather", None]),
        principal=st.sampled_from([ANN, BOB]),
        cost_usd=st.integers(0, 10**15).map(lambda n: Decimal(n).scaleb(-9)),
        bytes_scanned=st.integers(0, 10**15),
        cache_hit=st.booleans(),
        at=st.integers(-50, 50).map(lambda hours: NOW + dt.timedelta(hours=hours)),
    ),
    max_size=12,
)


@settings(max_examples=30, deadline=None)
@given(RUNS, st.sampled_from(["dashboard", "user", "query", "date"]))
def test_every_grouping_adds_up_to_the_same_exact_total(
    tmp_path_factory: pytest.TempPathFactory, runs: list[Run], group_by: str
) -> None:
    ledger = Ledger(f"sqlite:///{tmp_path_factory.mktemp('ledger')}/ledger.db")
    ledger.record_runs(runs)
    report = ledger.cost_report(NOW - DAY, NOW + DAY, group_by)  # type: ignore[arg-type]
    ledger.close()
    inside = [r for r in runs if NOW - DAY <= r.at < NOW + DAY]
    assert report.cost_usd == sum(r.cost_usd for r in inside)
    assert report.total_bytes_scanned == sum(r.bytes_scanned for r in inside)
    assert report.query_count == len(inside)
    assert sum(line.cost_usd for line in report.breakdown) == report.cost_usd


# Dashboards


def test_an_indexed_dashboard_comes_back(ledger: Ledger) -> None:
    whole = entry(description="Delays", owner=BOB, tags=("b", "a"))
    ledger.index(whole)
    assert ledger.entry("flights") == whole
    assert ledger.entry("weather") is None
    assert ledger.dashboards() == ((whole,), 1)


def test_indexing_again_replaces_everything_but_receipts(ledger: Ledger) -> None:
    edge, node = Edge("a", "b", "reads"), Node("a", "table", "a")
    ledger.index(entry(tags=("old",)), [edge], [receipt()], nodes=[node])
    later = entry(tags=("new",), revision="cd" * 32)
    ledger.index(later, [Edge("c", "d", "feeds", "x")], [receipt(revision="cd" * 32)])
    assert ledger.dashboards(tag="old") == ((), 0)
    assert ledger.entry("flights") == later
    assert ledger.edges() == (Edge("c", "d", "feeds", "x"),)
    assert ledger.nodes() == ()
    assert len(ledger.receipts("flights")) == 2


def test_an_entry_that_was_overtaken_leaves_only_its_receipts(ledger: Ledger) -> None:
    newer = entry(title="Newer", revision="cd" * 32)
    ledger.index(newer, [Edge("c", "d", "feeds")], published=lambda: True)
    ledger.index(entry(), [Edge("a", "b", "reads")], [receipt()], published=lambda: False)
    assert ledger.entry("flights") == newer
    assert ledger.edges() == (Edge("c", "d", "feeds"),)
    assert ledger.receipts("flights", "ab" * 32) == (receipt(),)
    assert not ledger.unindex("flights", gone=lambda: False)
    assert ledger.entry("flights") == newer
    assert ledger.unindex("flights", gone=lambda: True)


def test_an_index_that_fails_changes_nothing(ledger: Ledger) -> None:
    ledger.index(entry(), [Edge("a", "b", "reads")])
    with pytest.raises(ValueError, match="time zone"):
        ledger.index(entry(title="New"), [], [receipt(verified_at=NOW.replace(tzinfo=None))])
    assert ledger.entry("flights") == entry()
    assert len(ledger.edges()) == 1


def test_unindexing_leaves_the_log(ledger: Ledger) -> None:
    ledger.index(entry(tags=("a",)), [Edge("a", "b", "reads")], [receipt()])
    ledger.record_run(run())
    assert ledger.unindex("flights")
    assert not ledger.unindex("flights")
    assert ledger.dashboards() == ((), 0)
    assert ledger.edges() == ()
    assert len(ledger.receipts("flights")) == 1
    assert len(ledger.last_runs()) == 1


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("ÄPFEL", ["fruit"]),
        ("straße", ["fruit"]),
        ("STRASSE", ["fruit"]),
        ("new york flights", ["flights"]),
        ("york oslo", []),
        ("100%", ["fruit"]),
        ("10%0", []),
        ("_", []),
        ("ops@", ["flights"]),
        ("' OR 1=1 --", []),
        ("  ", ["flights", "fruit"]),
    ],
)
def test_a_search_finds_words_in_any_case_and_takes_signs_as_they_are(
    ledger: Ledger, q: str, found: list[str]
) -> None:
    ledger.index(entry("flights", description="New York", owner="ops@example.com"))
    ledger.index(entry("fruit", title="Äpfel 100%", description="Straße"))
    entries, total = ledger.dashboards(q)
    assert sorted(e.slug for e in entries) == found
    assert total == len(found)


def test_pages_follow_the_titles(ledger: Ledger) -> None:
    for slug, title in (("aa", "zebra"), ("bb", "Apple"), ("cc", "mango"), ("dd", "Apple")):
        ledger.index(entry(slug, title=title, owner=BOB, tags=("t",)))
    pages = [ledger.dashboards(tag="t", owner="BOB@example.com", offset=n, limit=2) for n in (0, 2)]
    assert [[e.slug for e in page] for page, _ in pages] == [["bb", "dd"], ["cc", "aa"]]
    assert [total for _, total in pages] == [4, 4]
    assert ledger.dashboards(owner=ANN)[1] == 0
    assert len(ledger.dashboards(offset=-5, limit=0)[0]) == 1


# Receipts and lineage


def test_the_receipts_of_a_revision_come_by_query(ledger: Ledger) -> None:
    both = (receipt("b"), receipt("a"), receipt("a", revision="cd" * 32))
    ledger.index(entry(), receipts=both)
    assert ledger.receipts("flights", "ab" * 32) == (both[1], both[0])
    assert len(ledger.receipts("flights")) == 3
    assert ledger.receipts("other") == ()


def test_a_later_receipt_of_a_query_takes_the_place_of_the_first(ledger: Ledger) -> None:
    ledger.index(entry(), receipts=[receipt()])
    newer = receipt(id="5678", verified_at=NOW + DAY, body="{}")
    ledger.index(entry(), receipts=[newer])
    assert ledger.receipts("flights") == (newer,)


def test_lineage_of_all_dashboards_names_a_shared_table_once(ledger: Ledger) -> None:
    table = Node("table:a.b.c", "table", "c", "C")
    shared, own = Edge("table:a.b.c", "column:a.b.c/d", "has"), Edge("x", "y", "reads", "z")
    ledger.index(entry("flights"), [shared, own], nodes=[table])
    ledger.index(entry("weather"), [shared], nodes=[table])
    assert ledger.edges() == (shared, own)
    assert ledger.edges("weather") == (shared,)
    assert ledger.nodes() == (table,)


# What databases do not take


@pytest.mark.parametrize("text", ["a\x00b", "\ud800", "x" * 5000, "é" * 400])
def test_no_text_that_is_looked_for_breaks_a_ledger(ledger: Ledger, text: str) -> None:
    ledger.index(entry(tags=("a",)))
    calls: list[Callable[[], object]] = [
        lambda: ledger.dashboards(text),
        lambda: ledger.dashboards(tag=text),
        lambda: ledger.dashboards(owner=text),
        lambda: ledger.entry(text),
        lambda: ledger.receipts(text, text),
        lambda: ledger.last_runs(slug=text),
        lambda: ledger.cost_report(NOW, NOW + DAY, slug=text),
    ]
    for call in calls:
        try:
            found = call()
        except InvalidRequest as error:
            assert "Leave out control characters" in str(error)
        else:
            assert found in ((), None, ((), 0)) or not getattr(found, "query_count", 1)
    assert ledger.entry("flights") is not None
