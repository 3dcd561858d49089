"""Whatever BigQuery does: one billed job at most, the deadline kept, the right rows or code."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import pytest

from peter_core.engine.bigquery import BigQueryEngine
from tests.fakes.bigquery import FakeBigQuery, Fault
from tests.faults.bigquery_runs import (
    ORDERS,
    ROWS,
    SLACK_S,
    engine_of,
    eventually,
    job_of,
    run,
    unplanned,
    warehouse,
)
from tests.faults.bigquery_scripts import SCRIPTS, STORAGE, Script

LATE_S = 2.0
"""A request that was sent in time reaches the fake this much after the deadline at most."""


@dataclass(frozen=True, slots=True)
class Played:
    """A script's run: what it gave, after how long, and the moment it had to end."""

    fake: FakeBigQuery
    result: Any
    code: str | None
    seconds: float
    deadline: float


@pytest.fixture(scope="module")
def played(request: pytest.FixtureRequest) -> Iterator[dict[str, Played]]:
    """The scripts of the chosen tests, played side by side: most of them only wait."""
    chosen = {
        item.callspec.params["script"]
        for item in request.session.items
        if item.path == request.path and "played" in getattr(item, "fixturenames", ())
    }  # type: ignore[attr-defined]
    with ExitStack() as opened, ThreadPoolExecutor(8) as pool:
        by_time = sorted(chosen, key=lambda script: script.timeout_s)
        runs = {script.name: pool.submit(_play, script, opened) for script in by_time}
        found = {name: run.result() for name, run in runs.items()}
        # Long enough for a retry nobody waits for.
        time.sleep(LATE_S + 1)
        yield found


def _play(script: Script, opened: ExitStack) -> Played:
    for _ in range(4):
        played = _play_once(script, opened)
        # The deadline came during one of its tries, which is possible and no rule.
        if not (script.tries_to_the_end and played.code == "query_timeout"):
            break
    return played


def _play_once(script: Script, opened: ExitStack) -> Played:
    fake = opened.enter_context(warehouse())
    options: dict[str, Any] = {}
    if script in STORAGE:
        reader = opened.enter_context(fake.storage_client())
        options = {"storage_read": True, "storage_client": reader}
    engine = engine_of(fake, **options)
    opened.callback(engine.close)
    fake.script(*script.faults)
    deadline = time.monotonic() + script.timeout_s
    return Played(fake, *run(engine, job_of(timeout_s=script.timeout_s)), deadline)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name.replace(" ", "-"))
def test_a_fault_costs_one_job_at_most_and_never_the_deadline(
    script: Script, played: dict[str, Played]
) -> None:
    _hold_promises(script, played[script.name])


@pytest.mark.parametrize("script", STORAGE, ids=lambda script: script.name.replace(" ", "-"))
def test_a_fault_of_the_storage_read_api_is_no_fault_of_the_query(
    script: Script, played: dict[str, Played]
) -> None:
    _hold_promises(script, played[script.name])
    assert played[script.name].fake.requests("storage.createReadSession")


def _hold_promises(script: Script, run: Played) -> None:
    fake, result = run.fake, run.result
    assert run.code == script.code
    assert run.seconds <= script.timeout_s + SLACK_S
    if script.code is None:
        assert result.table.to_pylist() == ROWS
        assert (result.row_count, result.truncated) == (100, False)
    if script.cancelled:
        assert eventually(lambda: fake.cancelled)
    if script.once:
        assert len(fake.requests(script.faults[0].on)) == 1
    inserts = fake.requests("jobs.insert")
    for request in inserts:
        limits = request.body["configuration"]
        assert limits["query"]["maximumBytesBilled"] == str(20 * 2**20)
        assert 0 < int(limits["jobTimeoutMs"]) <= script.timeout_s * 1000
    assert len(fake.billed_jobs) == script.billed
    assert len(fake.jobs_created) <= 1
    assert len({request.job_id for request in inserts}) <= 1
    assert len(inserts) <= script.inserts
    assert unplanned(fake) == []
    assert len(fake.cancelled) <= 1
    late = run.deadline + LATE_S
    assert [r for r in fake.journal if r.at > late and r.operation != "jobs.cancel"] == []
    assert not [request for request in fake.journal if request.status == 418]


MISHAPS: tuple[Fault, ...] = (
    Fault("*", "status", status=429, reason="rateLimitExceeded"),
    Fault("*", "status", status=500, reason="backendError"),
    Fault("*", "status", status=503, after=True),
    Fault("*", "status", status=403, reason="quotaExceeded"),
    Fault("*", "status", status=404, reason="notFound"),
    Fault("*", "page", status=502, after=True),
    Fault("*", "reset"),
    Fault("*", "reset", after=True),
    Fault("*", "cut"),
    Fault("*", "broken"),
    Fault("*", "delay", seconds=0.2),
    Fault("*", "hang", seconds=120, after=True),
    Fault("jobs.insert", "stay_running"),
    Fault("jobs.insert", "run_for", seconds=0.2),
    Fault("jobs.insert", "lose_job", seconds=0.3),
    Fault("jobs.insert", "job_error", reason="backendError"),
    Fault("jobs.insert", "cancel_elsewhere"),
)
CODES = {
    None, "engine_unavailable", "engine_failed", "overloaded", "query_timeout", "query_cancelled",
    "table_not_found", "sql_invalid",
}  # fmt: skip


def test_any_mix_of_faults_gives_the_rows_or_a_reason_and_bills_once() -> None:
    with ThreadPoolExecutor(8) as pool:
        broken = [text for found in pool.map(_promises_broken, range(48)) for text in found]
    assert broken == []


def _promises_broken(seed: int) -> list[str]:
    """What a run through random faults did that none may do."""
    chance = random.Random(seed)  # noqa: S311
    faults = [
        replace(chance.choice(MISHAPS), nth=chance.randint(1, 6))
        for _ in range(chance.randint(1, 4))
    ]
    faults = [replace(f, nth=1) if f.on == "jobs.insert" else f for f in faults]
    with FakeBigQuery({"sales.orders": ORDERS}, page_rows=40) as fake:
        reader = fake.storage_client() if seed % 4 == 0 else None
        fake.script(*faults)
        engine = engine_of(fake, storage_read=reader is not None, storage_client=reader)
        result, code, seconds = run(engine, job_of(timeout_s=1.5))
        engine.close()
        found = {
            f"took {seconds:.1f} s": seconds > 1.5 + SLACK_S,
            f"gave {code}": code not in CODES,
            "gave other rows": code is None and result.table.to_pylist() != ROWS,
            f"created {len(fake.jobs_created)} jobs": len(fake.jobs_created) > 1,
            "ran what was not tried": bool(unplanned(fake)),
            "broke the fake": any(request.status == 418 for request in fake.journal),
        }
    return [f"seed {seed}: {text}, {faults}" for text, is_so in found.items() if is_so]


def test_many_at_once_through_faults_each_get_their_own_rows_or_a_reason() -> None:
    chance = random.Random(7)  # noqa: S311
    usual = [fault for fault in MISHAPS if fault.on == "*" and fault.kind != "hang"]
    with FakeBigQuery({"sales.orders": ORDERS}, page_rows=40) as fake:
        fake.script(*(replace(chance.choice(usual), nth=chance.randint(1, 160)) for _ in range(30)))
        engine = engine_of(fake, project_jobs=6, user_jobs=3)
        jobs = [
            job_of(f"SELECT id + {n} AS id FROM sales.orders ORDER BY id", user=f"u{n % 3}")
            for n in range(32)
        ]
        with ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(lambda job: run(engine, job), jobs))
        engine.close()
        for n, (result, code, seconds) in enumerate(answers):
            assert code in CODES
            assert seconds < 30 + SLACK_S
            if code is None:
                assert result.table["id"].to_pylist() == list(range(n, n + 100))
        right = sum(1 for _, code, _ in answers if code is None)
        assert right >= 16
        assert right <= len(fake.jobs_created) <= 32
        assert unplanned(fake) == []


def test_there_are_scripts_for_every_part_of_a_run() -> None:
    assert len(SCRIPTS) >= 40
    assert len({script.name for script in SCRIPTS}) == len(SCRIPTS)


def test_a_wait_that_bigquery_asks_for_is_kept(fake: FakeBigQuery, engine: BigQueryEngine) -> None:
    busy = {"status": 429, "reason": "rateLimitExceeded", "retry_after": "1"}
    fake.script(Fault("jobs.insert", "status", **busy))
    assert run(engine, job_of())[1] is None
    first, second = (request.at for request in fake.requests("jobs.insert"))
    assert second - first >= 1
