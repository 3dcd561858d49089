"""A process whose threads spend from one budget: ``spender.py URL THREADS EACH LIMIT``.

Prints, as JSON, the cents that were reserved and settled, and the refusals with what was asked.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
import threading
import uuid
from decimal import Decimal

from peter_core.errors import BudgetExceeded
from peter_core.store.budgets import Budget, Budgets
from peter_core.store.database import Database

AT = dt.datetime(2026, 11, 23, 3, 0, tzinfo=dt.UTC)


def main() -> None:
    url, threads, each, limit = sys.argv[1], *map(int, sys.argv[2:5])
    database = Database(url)
    budgets = Budgets(database)
    whole = Budget("whole", "day", Decimal(limit) / 100)
    spent: list[int] = []
    refused: list[int] = []
    failed: list[str] = []

    def work(seed: int) -> None:
        for n in range(each):
            cents = 1 + (seed * 7 + n * 5) % 9
            try:
                held = budgets.reserve(
                    uuid.uuid4().hex, user="ann", slug=None, cost_usd=Decimal(cents) / 100,
                    at=AT, budgets=[whole],
                )  # fmt: skip
                budgets.settle(held, Decimal(cents) / 100)
                spent.append(cents)
            except BudgetExceeded:
                refused.append(cents)
            except Exception as error:
                failed.append(repr(error))

    sys.stdin.readline()
    workers = [threading.Thread(target=work, args=(n,)) for n in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    database.close()
    print(json.dumps({"spent": spent, "refused": refused, "failed": failed}))  # noqa: T201


if __name__ == "__main__":
    main()
