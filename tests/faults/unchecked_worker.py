"""A worker without its own check of the statement, so that only its lockdown is left."""

from __future__ import annotations

import sys
from typing import Any

from peter_core.engine import duckdb_worker


class AnyStatement(str):
    """What the worker takes for a statement: the text itself, whatever it holds."""

    named_parameters: frozenset[str] = frozenset()


def _any(sql: str) -> Any:
    return AnyStatement(sql)


if __name__ == "__main__":
    duckdb_worker._one_select = _any
    sys.exit(duckdb_worker.main(sys.argv[1:]))
