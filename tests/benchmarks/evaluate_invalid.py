"""How many wrong statements ``check_sql`` catches, how many right ones it calls wrong, how fast.

    python tests/benchmarks/evaluate_invalid.py DIRECTORY [--show]

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

if TYPE_CHECKING:
    from peter_core.dashboard.problems import Problem

_INVALID = "corpus_invalid.json"
_VALID = "corpus_column_lineage.json"


def main() -> int:
    """Print the figures; 0 when they could be measured."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--show", action="store_true", help="list what was judged wrongly")
    asked = parser.parse_args()
    if not (asked.directory / _INVALID).is_file() or not (asked.directory / _VALID).is_file():
        _say(f"{asked.directory} has no {_INVALID} and {_VALID}: nothing to measure.")
        return 2
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


def _errors(case: dict[str, Any]) -> list[Problem]:
    found = check_sql(case["sql"], schema=case["schema"] or None)
    return [problem for problem in found if problem.is_error]


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
