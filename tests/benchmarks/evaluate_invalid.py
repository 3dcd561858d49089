"""How many wrong statements ``check_sql`` catches, how many right ones it calls wrong, how fast.

    python tests/benchmarks/evaluate_invalid.py DIRECTORY [--show] [--tier binding|googlesql]

With ``--tier`` that tier is asked alone, of what the guard lets pass, as if ``check_sql`` had found
nothing; its warnings are counted beside its errors.

``DIRECTORY`` holds ``corpus_invalid.json`` and ``corpus_column_lineage.json``: lists of cases with
``sql`` and ``schema``, the former also with ``kind``. Warnings are counted apart.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from peter_core import check_sql
from peter_core.engine.binding import Binder
from peter_core.engine.googlesql import GoogleSql, is_installed
from peter_core.errors import SqlError
from peter_core.sql.guard import guard
from peter_core.sql.statement import parse

if TYPE_CHECKING:
    from collections.abc import Callable

    from peter_core.dashboard.problems import Problem
    from peter_core.sql.schema import SchemaMapping
    from peter_core.sql.statement import Statement

    Asking = Callable[[Statement, SchemaMapping], tuple[Problem, ...] | None]

_INVALID = "corpus_invalid.json"
_VALID = "corpus_column_lineage.json"


def main() -> int:
    """Print the figures; 0 when they could be measured."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--show", action="store_true", help="list what was judged wrongly")
    parser.add_argument("--tier", choices=("binding", "googlesql"), help="ask this tier alone")
    asked = parser.parse_args()
    if not (asked.directory / _INVALID).is_file() or not (asked.directory / _VALID).is_file():
        _say(f"{asked.directory} has no {_INVALID} and {_VALID}: nothing to measure.")
        return 2
    if asked.tier:
        return _tier(asked.tier, asked.directory, show=asked.show)
    _invalid(json.loads((asked.directory / _INVALID).read_text()), show=asked.show)
    _valid(json.loads((asked.directory / _VALID).read_text()), show=asked.show)
    return 0


def _invalid(cases: list[dict[str, Any]], *, show: bool) -> None:
    caught, more, total = Counter[str](), 0, Counter(case["kind"] for case in cases)
    for case in cases:
        found = _errors(case)
        caught[case["kind"]] += bool(found)
        more += len(found) > 1
        if show and not found:
            _say(f"  not caught: {case['id']}")
    for kind, count in sorted(total.items()):
        _say(f"{kind:18} caught {caught[kind]}/{count}")
    share = 100 * caught.total() / max(1, len(cases))
    _say(f"caught {caught.total()}/{len(cases)} = {share:.1f} %, {more} with more than one problem")


def _valid(cases: list[dict[str, Any]], *, show: bool) -> None:
    with_schema = [case for case in cases if case["schema"]]
    false, times = 0, []
    for case in with_schema:
        start = time.perf_counter()
        found = _errors(case)
        times.append((time.perf_counter() - start) * 1000)
        false += bool(found)
        if show and found:
            _say(f"  false error: {case['id']}: {found[0].message}")
    share = 100 * false / max(1, len(with_schema))
    _say(f"false errors {false}/{len(with_schema)} = {share:.1f} %")
    if len(times) > 1:
        p95 = statistics.quantiles(times, n=20)[-1]
        _say(f"check_sql: median {statistics.median(times):.1f} ms, p95 {p95:.1f} ms")


def _tier(name: str, directory: Path, *, show: bool) -> int:
    ask, close = _asking(name)
    try:
        for file, what in ((_INVALID, "invalid"), (_VALID, "valid")):
            cases = [c for c in json.loads((directory / file).read_text()) if c["schema"]]
            _count(what, cases, ask, show=show)
    finally:
        close()
    return 0


def _asking(name: str) -> tuple[Asking, Callable[[], None]]:
    if name == "binding":
        binder = Binder.of_its_own()
        return (lambda statement, schema: binder.bind(statement, schema, {})), binder.close
    if not is_installed():
        raise SystemExit("The extra googlesql is not installed: nothing to measure.")
    google = GoogleSql()
    google.problems(parse("SELECT 1 AS a"), {}, {}, patience_s=600)
    return (
        lambda statement, schema: google.problems(statement, schema, {}, patience_s=30)
    ), google.close


def _count(what: str, cases: list[dict[str, Any]], ask: Asking, *, show: bool) -> None:
    said: Counter[str] = Counter()
    times = []
    for case in cases:
        try:
            statement = parse(case["sql"])
        except SqlError:
            said["unread"] += 1
            continue
        if guard(statement):
            said["refused"] += 1
            continue
        start = time.perf_counter()
        found = ask(statement, case["schema"])
        times.append((time.perf_counter() - start) * 1000)
        kind = "silent" if found is None else found[0].severity if found else "nothing"
        said[kind] += 1
        if show and found:
            _say(f"  {case['id']}: {found[0].severity}: {found[0].message}")
    told = ", ".join(f"{kind} {count}" for kind, count in sorted(said.items()))
    p95 = statistics.quantiles(times, n=20)[-1]
    _say(f"{what} {len(cases)}: {told}; median {statistics.median(times):.1f} ms, p95 {p95:.1f} ms")


def _errors(case: dict[str, Any]) -> list[Problem]:
    found = check_sql(case["sql"], schema=case["schema"] or None)
    return [problem for problem in found if problem.is_error]


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
