"""How exact column lineage is, and how long it takes.

    python tests/benchmarks/lineage.py FOLDER

``FOLDER`` holds ``corpus_column_lineage.json`` (a list of objects with ``sql`` and ``schema``) and,
if exactness is to be measured, an ``evaluate.py`` that takes ``module:function``. Cold is the
first time a statement is seen, warm is a repeat in the same process.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from peter_core.errors import SqlError  # noqa: E402
from peter_core.sql import columns, statement  # noqa: E402
from peter_core.sql.columns import sql_lineage  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Sequence

    from peter_core.sql.schema import SchemaMapping


def lineage(sql: str, schema: SchemaMapping | None, dialect: str = "bigquery") -> dict[str, Any]:
    """The lineage in the shape an evaluation compares: tables, and sources by output."""
    found = sql_lineage(sql, schema=schema)
    return {
        "tables": list(found.tables),
        "columns": {
            name: [[source.table, source.column] for source in sources]
            for name, sources in found.columns.items()
        },
    }


def main() -> None:
    """Print exactness where it can be measured, and both times."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("folder", type=Path)
    folder = reader.parse_args().folder.resolve()
    corpus = folder / "corpus_column_lineage.json"
    if not corpus.is_file():
        reader.exit(0, f"There is no corpus in {folder}; nothing is measured.\n")
    _exactness(folder / "evaluate.py")
    _times(json.loads(corpus.read_text(encoding="utf-8")))


def _exactness(evaluation: Path) -> None:
    if not evaluation.is_file():
        print("exactness: there is no evaluate.py beside the corpus")
        return
    here = Path(__file__).resolve()
    paths = os.pathsep.join([str(here.parent), str(ROOT)])
    command = [sys.executable, str(evaluation), f"{here.stem}:lineage"]
    subprocess.run(command, check=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": paths})


def _times(cases: Sequence[dict[str, Any]]) -> None:
    first = cases[0]
    began = time.perf_counter()
    _timed(first["sql"], first["schema"])
    print(f"first call of the process: {(time.perf_counter() - began) * 1000:.1f} ms")
    cold, warm, unread = [], [], 0
    for case in cases:
        columns._lineage.cache_clear()
        statement._outcome.cache_clear()
        span = _timed(case["sql"], case["schema"])
        if span is None:
            unread += 1
            continue
        cold.append(span)
        repeat = _timed(case["sql"], case["schema"])
        warm.append(repeat if repeat is not None else span)
    print(f"statements: {len(cold)} read, {unread} not")
    for name, spans in (("cold", cold), ("warm", warm)):
        ordered = sorted(spans)
        p95 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
        print(f"{name}: median {statistics.median(spans):.3f} ms, p95 {p95:.3f} ms, "
              f"most {ordered[-1]:.3f} ms")  # fmt: skip


def _timed(sql: str, schema: SchemaMapping | None) -> float | None:
    """Milliseconds of one answer; ``None`` for a statement that cannot be read."""
    began = time.perf_counter()
    try:
        sql_lineage(sql, schema=schema)
    except SqlError:
        return None
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    main()
