"""What the guard lets through, and what it costs.

    python tests/benchmarks/guard.py [FOLDER]

Counts the hostile statements, their disguises and the ordinary statements of the test set; times
the reading and guarding of every ``*.sql`` and every ``"sql"`` of the ``*.json`` below ``FOLDER``,
each for the first time; then time and memory for texts that are meant to exhaust a reader.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import statistics
import sys
import time
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from peter_core.errors import SqlError  # noqa: E402
from peter_core.sql import guard, reading, statement  # noqa: E402
from peter_core.sql.checking import check_sql  # noqa: E402
from tests.core.sql.test_guard_mutations import FIXTURES, mutants  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def main() -> None:
    """Print all figures."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("folder", type=Path, nargs="?")
    folder = reader.parse_args().folder
    _verdicts()
    check_sql("SELECT 1 AS a")
    _ordinary_time("own ordinary statements", list(_files(FIXTURES / "accepted")))
    if folder is not None and folder.is_dir():
        _ordinary_time(f"statements of {folder.name}", list(_files(folder)))
    _hostile_texts()


def _verdicts() -> None:
    refused = [path.read_text(encoding="utf-8") for path in (FIXTURES / "refused").glob("*.sql")]
    disguised = [sql for _, sql in mutants()]
    ordinary = list(_files(FIXTURES / "accepted"))
    for name, texts in (("hostile", refused), ("disguised", disguised), ("ordinary", ordinary)):
        count = sum(not _has_error(sql) for sql in texts)
        print(f"{name}: {count} of {len(texts)} accepted")


def _has_error(sql: str) -> bool:
    return any(problem.is_error for problem in check_sql(sql))


def _files(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("*.sql")):
        yield path.read_text(encoding="utf-8", errors="replace")
    for path in sorted(folder.rglob("*.json")):
        cases = json.loads(path.read_text(encoding="utf-8"))
        yield from (case["sql"] for case in cases if isinstance(case, dict) and "sql" in case)


def _ordinary_time(name: str, texts: Sequence[str]) -> None:
    _print(f"{name}, read, guarded and checked", [_cold(sql) for sql in texts])
    _print(f"{name}, read and guarded", [_read_and_guard(sql) for sql in texts])
    _print(f"{name}, guarded alone", [span for sql in texts for span in _guard_alone(sql)])


def _print(name: str, spans: Sequence[float]) -> None:
    print(f"{name}: {len(spans)}, median {statistics.median(spans):.2f} ms, "
          f"p95 {_quantile(spans, 0.95):.2f} ms, most {max(spans):.2f} ms")  # fmt: skip


def _guard_alone(sql: str) -> Iterator[float]:
    """Milliseconds of the guard over a statement that is read already; none if it cannot be."""
    try:
        read = statement.parse(sql)
    except SqlError:
        return
    guard._refusals.cache_clear()
    began = time.perf_counter()
    guard.guard(read)
    yield (time.perf_counter() - began) * 1000


def _cold(sql: str) -> float:
    """Milliseconds of a first reading: nothing of it is kept from before."""
    _forget()
    began = time.perf_counter()
    check_sql(sql)
    return (time.perf_counter() - began) * 1000


def _read_and_guard(sql: str) -> float:
    """Milliseconds of a first reading and the guard, as before a run."""
    _forget()
    began = time.perf_counter()
    with contextlib.suppress(SqlError):
        guard.guard(statement.parse(sql))
    return (time.perf_counter() - began) * 1000


def _forget() -> None:
    statement._outcome.cache_clear()
    guard._refusals.cache_clear()
    reading._tokens.cache_clear()


def _hostile_texts() -> None:
    for name, sql in _bombs().items():
        span = min(_cold(sql) for _ in range(2))
        tracemalloc.start()
        _cold(sql)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        print(f"{name}: {len(sql):,} characters, {span:.1f} ms, {peak / 2**20:.1f} MB")


def _bombs() -> dict[str, str]:
    fill = 99_000
    return {
        "a megabyte of text": "SELECT " + "1," * 500_000 + "1",
        "open parentheses": "SELECT " + "(" * fill,
        "open brackets": "SELECT " + "[" * fill,
        "nested CASE": "SELECT " + "CASE WHEN a THEN " * (fill // 17),
        "nested STRUCT types": "SELECT CAST(a AS " + "STRUCT<a " * (fill // 9),
        "minus signs": "SELECT " + "- " * (fill // 2) + "1",
        "NOT of NOT": "SELECT " + "NOT " * (fill // 4) + "a",
        "dots": "SELECT a" + ".a" * (fill // 2),
        "joins that wait": "SELECT * FROM t" + " JOIN t" * (fill // 7),
        "set operations": "SELECT 1" + " UNION ALL SELECT 1" * (fill // 19),
        "pipes": "FROM t" + " |> WHERE a" * (fill // 11),
        "many columns": "SELECT " + ", ".join(f"c{n}" for n in range(13_000)) + " FROM d.t",
        "a long sum": "SELECT " + "1+" * 3_900 + "1 AS a",
        "a long AND": "SELECT 1 FROM d.t WHERE " + "a AND " * 3_900 + "a",
        "many calls": "SELECT " + ", ".join(f"IF(c{n}=1,2,3)" for n in range(700)) + " FROM d.t",
        "many joins": "SELECT 1 AS a FROM t0 "
        + " ".join(f"JOIN t{n} ON t{n}.a = t0.a" for n in range(1, 450)),
        "date calls": "SELECT " + "DATE(" * 25 + "a" + ")" * 25,
        "one string": "SELECT '" + "x" * fill + "'",
        "one comment": "SELECT 1 /*" + "x" * fill,
        "open quotes": "'" * fill,
        "backticks": "SELECT " + "`a" * (fill // 2),
        "control characters": "\x00\x01\x02" * (fill // 3),
        "look-alikes": "ЅELECT " + "ѕ" * (fill // 2),
        "semicolons": "SELECT 1" + ";" * fill,
        "templates": "{{" * (fill // 2),
        "subqueries": "SELECT (" * (fill // 8),
        "with queries": "WITH " + ", ".join(f"a{n} AS (SELECT 1 AS x)" for n in range(3_000)),
    }


def _quantile(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


if __name__ == "__main__":
    main()
