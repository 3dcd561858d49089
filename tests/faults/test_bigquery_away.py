"""BigQuery gone: what is cached is served, the rest fails at once, and nobody has to wait."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from peter_core import Peter
from peter_core.config import read_settings
from peter_core.engine.bigquery import BigQueryEngine, reach
from peter_core.errors import EngineUnavailable, QueryTimeout
from tests.fakes.bigquery import FakeBigQuery, Fault
from tests.faults.bigquery_runs import ROWS, eventually, job_of, run

GONE = (
    Fault("*", "reset", times=None),
    Fault("*", "status", times=None, status=503),
    Fault("*", "page", times=None, status=502),
)
OTHER_SQL = "SELECT id FROM sales.orders"
BOARD = """\
version: 1
slug: {slug}
title: Orders
queries:
  total: {{sql: SELECT SUM({column}) AS total FROM sales.orders}}
charts:
  total: {{type: kpi, query: total, value: total, title: Total}}
"""


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """A third of a second of silence is long here."""
    monkeypatch.setattr(reach, "SILENT_S", 0.3)


def _asked(fake: FakeBigQuery) -> list[str | None]:
    """What was asked of BigQuery, but for the probes."""
    return [request.sql or request.operation for request in fake.journal
            if request.sql != "SELECT 1"]  # fmt: skip


def _wait_until_away(engine: BigQueryEngine) -> None:
    """Ask until one query gives up; on a slow machine its deadline may come during a try."""

    def away() -> bool:
        try:
            engine.run(job_of(OTHER_SQL, timeout_s=1.0))
        except EngineUnavailable as error:
            return "has not answered since" in error.message
        except QueryTimeout:
            pass
        return False

    assert eventually(away)


@pytest.mark.parametrize("gone", GONE, ids=lambda fault: fault.kind)
def test_after_one_query_gave_up_the_next_ones_ask_nothing(
    gone: Fault, fake: FakeBigQuery, engine: BigQueryEngine
) -> None:
    fake.script(gone)
    _wait_until_away(engine)
    asked = _asked(fake)
    for sql in (OTHER_SQL, "SELECT amount FROM sales.orders"):
        with pytest.raises(EngineUnavailable, match=r"has not answered since .* UTC") as caught:
            engine.run(job_of(sql, timeout_s=30))
        assert caught.value.hint is not None
    for ask in (engine.tables, engine.ready, lambda: engine.table("sales.orders")):
        with pytest.raises(EngineUnavailable):
            ask()
    assert _asked(fake) == asked


def test_it_is_asked_again_as_soon_as_a_probe_is_answered(
    fake: FakeBigQuery, engine: BigQueryEngine
) -> None:
    fake.script(GONE[0])
    _wait_until_away(engine)
    assert eventually(lambda: "SELECT 1" in [r.sql for r in fake.journal], 10)
    fake.heal()
    assert eventually(lambda: run(engine, job_of())[1] is None, 20)
    result, code, _ = run(engine, job_of())
    assert code is None
    assert result.table.to_pylist() == ROWS


@pytest.mark.parametrize(
    ("status", "reason"),
    [(400, "invalidQuery"), (403, "quotaExceeded"), (403, "accessDenied"), (404, "notFound"),
     (429, "rateLimitExceeded"), (401, "authError")],
)  # fmt: skip
def test_what_bigquery_refuses_it_has_answered(
    status: int, reason: str, fake: FakeBigQuery, engine: BigQueryEngine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(reach, "SILENT_S", 0.0)
    fake.script(Fault("jobs.dryRun", "status", times=None, status=status, reason=reason))
    for n in range(4):
        assert run(engine, job_of(f"SELECT {n} AS n FROM sales.orders", timeout_s=0.5))[1]
    fake.heal()
    assert run(engine, job_of())[1] is None
    assert [r for r in fake.journal if r.sql == "SELECT 1"] == []


def test_a_job_that_failed_inside_bigquery_is_an_answer(
    fake: FakeBigQuery, engine: BigQueryEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reach, "SILENT_S", 0.0)
    fake.script(Fault("jobs.insert", "job_error", times=4, reason="backendError"))
    codes = [run(engine, job_of(f"SELECT {n} AS n FROM sales.orders"))[1] for n in range(5)]
    assert codes == ["engine_unavailable"] * 4 + [None]


def test_a_short_silence_is_waited_out(
    fake: FakeBigQuery, engine: BigQueryEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    fake.script(Fault("*", "reset", times=3))
    assert run(engine, job_of(timeout_s=20))[1] is None
    assert [r for r in fake.journal if r.sql == "SELECT 1"] == []


def test_a_job_that_runs_already_is_not_given_up(
    fake: FakeBigQuery, engine: BigQueryEngine
) -> None:
    fake.script(Fault("jobs.insert", "run_for", seconds=3.0))
    with ThreadPoolExecutor(1) as pool:
        paid = pool.submit(run, engine, job_of(timeout_s=30))
        assert eventually(lambda: fake.jobs_created, 10)
        fake.script(Fault("jobs.dryRun", "reset", times=None))
        fake.script(Fault("jobs.get", "reset", times=6))
        _wait_until_away(engine)
        with pytest.raises(EngineUnavailable, match="not answered since"):
            engine.run(job_of(OTHER_SQL, timeout_s=30))
        result, code, _ = paid.result(100)
    assert code is None
    assert result.table.to_pylist() == ROWS
    assert len(fake.billed_jobs) == 1


def _opened(fake: FakeBigQuery, folder: Path) -> Peter:
    environment = {
        "GCP_PROJECT_ID": fake.project, "BIGQUERY_DATASET": "sales", "APP_ENV": "development",
        "PETER_BIGQUERY_ENDPOINT": fake.url, "PETER_TABLE_TTL": "1s",
    }  # fmt: skip
    return Peter.open(read_settings({"folder": folder}, environment=environment).require())


@pytest.fixture
def peter(fake: FakeBigQuery, tmp_path: Path) -> Iterator[Peter]:
    with _opened(fake, tmp_path) as peter:
        yield peter


def test_cached_dashboards_are_served_with_their_stamps_and_others_fail_clearly(
    fake: FakeBigQuery, peter: Peter
) -> None:
    for slug, column in (("kept", "amount"), ("stale", "id"), ("never", "id + 1")):
        peter.publish(BOARD.format(slug=slug, column=column), create=True)
    peter.invalidate(slug="never")
    before = {slug: peter.data(slug).payload for slug in ("kept", "stale")}
    fake.script(GONE[1])
    _look_until_away(peter)
    asked = len(_asked(fake))
    for slug, seen in before.items():
        for patience_s in (0, None):
            chart = peter.data(slug, patience_s=patience_s).payload["charts"]["total"]
            assert chart["state"] == "ready"
            assert chart["computed_at"] == seen["charts"]["total"]["computed_at"]
            assert chart["view"] == seen["charts"]["total"]["view"]
    forced = peter.data("stale", refresh=True).payload["charts"]["total"]
    assert (forced["state"], forced["freshness"]) == ("ready", "stale")
    assert "has not answered since" in forced["freshness_reason"]
    never = peter.data("never").payload["charts"]["total"]
    assert (never["state"], never["problem"]["code"]) == ("failed", "engine_unavailable")
    assert len(_asked(fake)) == asked


@pytest.mark.parametrize("gone", GONE[:2], ids=lambda fault: fault.kind)
def test_a_server_that_starts_meanwhile_serves_what_is_cached(
    gone: Fault, fake: FakeBigQuery, tmp_path: Path
) -> None:
    with _opened(fake, tmp_path) as before:
        before.publish(BOARD.format(slug="kept", column="amount"), create=True)
        seen = before.data("kept").payload["charts"]["total"]
        before.publish(BOARD.format(slug="other", column="id"), create=True)
        assert before.invalidate(slug="other") == 1
    fake.script(gone)
    with _opened(fake, tmp_path) as after:
        chart = after.data("kept", patience_s=0).payload["charts"]["total"]
        assert (chart["state"], chart["view"]) == ("ready", seen["view"])
        assert chart["computed_at"] == seen["computed_at"]
        other = after.data("other").payload["charts"]["total"]
        assert (other["state"], other["problem"]["code"]) == ("failed", "engine_unavailable")


def _look_until_away(peter: Peter) -> None:
    def away() -> bool:
        found = peter.verify("SELECT 1 AS one FROM sales.orders", timeout_s=1)
        return "has not answered since" in (found.error or "")

    assert eventually(away)
