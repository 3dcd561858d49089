"""Nobody is ever shown what a statement gave to somebody else because of who they are."""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path
from typing import Any

import pyarrow as pa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from peter_core.cache.results import ResultCache
from peter_core.costs import Prices
from peter_core.engine.port import Column, Estimate, Job, Result, TableInfo
from peter_core.principal import Principal
from peter_core.service.runner import Runner
from peter_core.service.spending import Spending
from peter_core.sql.parameters import bind_parameters
from peter_core.sql.statement import parse
from peter_core.store.budgets import Budgets
from peter_core.store.ledger import Ledger

USERS = ("ada@example.com", "bob@example.com", "Ada@example.org")
STATEMENTS = {
    "shared": "SELECT who, version, answer FROM d.t WHERE n = @n",
    "mine": "SELECT who, version, answer FROM d.t WHERE owner = SESSION_USER() AND n = @n",
    "mine, in other letters": (
        "select who,version,answer from d.t where session_user()=owner and n=@n"
    ),
    "random": "SELECT who, version, answer FROM d.t WHERE RAND() < 0.5 AND n = @n",
}


class Mirror:
    """An engine whose every row says who asked, for what, at which state of the table."""

    name, project, location = "bigquery", "acme", "US"

    def __init__(self) -> None:
        self.version = 0

    def table(self, name: str) -> TableInfo:
        at = dt.datetime(2026, 1, 1, tzinfo=dt.UTC) + dt.timedelta(hours=self.version)
        columns = tuple(Column(c, "STRING") for c in ("who", "owner", "answer"))
        return TableInfo("acme.d.t", (*columns, Column("n", "INT64")), updated_at=at)

    def dry_run(self, job: Job) -> Estimate:
        return Estimate(0, 0, True, (self.table("d.t"),), ())

    def run(self, job: Job, cancel: Any = None) -> Result:
        row = {
            "who": job.user,
            "version": self.version,
            "answer": f"{job.statement.canonical} {job.parameters[0].value}",
        }
        columns = (Column("who", "STRING"), Column("version", "INT64"), Column("answer", "STRING"))
        table = pa.Table.from_pylist([row])
        return Result(table, columns, 1, False, 0, 0, 1.0, tables=(self.table("d.t"),))


class Isolation(RuleBasedStateMachine):
    """Three people, four statements, two values, a table that changes, two servers."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        home = Path(self.folder.name)
        self.engine: Any = Mirror()
        self.ledger = Ledger(f"sqlite:///{home / 'ledger.db'}")
        spending = Spending(self.engine, Prices(), Budgets(self.ledger.database), ())
        self.caches = [ResultCache.open(home) for _ in range(2)]
        self.runners = [
            Runner(
                self.engine, cache, spending, timeout_s=10, max_rows=10,
                max_result_bytes=10**6, ttl_s=3600, fresh_for_s=60,
            )
            for cache in self.caches
        ]  # fmt: skip

    @rule(
        user=st.sampled_from(USERS),
        name=st.sampled_from(sorted(STATEMENTS)),
        n=st.integers(0, 1),
        server=st.integers(0, 1),
    )
    def ask(self, user: str, name: str, n: int, server: int) -> None:
        statement = parse(STATEMENTS[name])
        parameters = bind_parameters(statement.parameters, None, {"n": n}, text=statement.text)
        job = Job(statement, parameters, timeout_s=10, user=user)
        principal = Principal(email=user, roles=frozenset({"author"}))
        result, hit = self.runners[server].run_job(job, principal=principal)
        [row] = result.table.to_pylist()
        assert row["version"] == self.engine.version
        assert row["answer"].endswith(f" {n}")
        if name.startswith("mine"):
            assert row["who"] == user
        if name == "random":
            assert (row["who"], hit) == (user, False)

    @rule()
    def change_the_table(self) -> None:
        self.engine.version += 1

    @rule(server=st.integers(0, 1))
    def forget(self, server: int) -> None:
        self.caches[server].invalidate(table="acme.d.t")

    @invariant()
    def the_cache_holds_no_random_answer(self) -> None:
        assert self.caches[0].stats().entries <= 2 * (1 + 2 * len(USERS))

    def teardown(self) -> None:
        for runner in self.runners:
            runner.close()
        for cache in self.caches:
            cache.close()
        self.ledger.close()
        self.folder.cleanup()


# 20 runs of 100 steps: 2,000 in all.
Isolation.TestCase.settings = settings(
    max_examples=20,
    stateful_step_count=100,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestIsolation = Isolation.TestCase
