"""How much of a corpus of BigQuery statements parses, and translates into SQL that DuckDB binds.

    python tests/benchmarks/evaluate_translation.py FOLDER [--show N]

``FOLDER`` holds ``corpus_parse/*.sql`` and ``corpus_column_lineage.json`` (a list of objects with
``sql`` and ``schema``, table to column to BigQuery type).
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
from sqlglot import exp

from peter_core.engine.worker_functions import register_functions
from peter_core.errors import SqlError
from peter_core.sql.dialect import to_duckdb
from peter_core.sql.guard import guard
from peter_core.sql.statement import parse


def main() -> None:
    """Print both shares, and the first failures of each kind."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("folder", type=Path)
    reader.add_argument("--show", type=int, default=10)
    options = reader.parse_args()
    if not options.folder.is_dir():
        reader.exit(0, f"There is no corpus in {options.folder}; nothing is measured.\n")
    _parsing(options.folder, options.show)
    _translation(options.folder, options.show)


def _parsing(folder: Path, show: int) -> None:
    paths = sorted((folder / "corpus_parse").glob("*.sql"))
    failures = []
    refused = []
    for path in paths:
        try:
            statement = parse(path.read_text(encoding="utf-8"))
        except SqlError as error:
            failures.append(f"{path.name}: {error.problems[0].message}")
            continue
        refused.extend(f"{path.name}: {one.message}" for one in guard(statement)[:1])
    _print("parsed", len(paths) - len(failures), len(paths), failures, show)
    _print("not refused", len(paths) - len(failures) - len(refused), len(paths), refused, show)


def _translation(folder: Path, show: int) -> None:
    text = (folder / "corpus_column_lineage.json").read_text(encoding="utf-8")
    cases = [case for case in json.loads(text) if case["schema"]]
    failures = []
    kinds: Counter[str] = Counter()
    for case in cases:
        failed = _failure(case["sql"], case["schema"])
        if failed is not None:
            kinds[failed[0]] += 1
            failures.append(f"{case['id']} [{failed[0]}] {failed[1]}")
    _print("translated and bound", len(cases) - len(failures), len(cases), failures, show)
    print(dict(kinds))


def _failure(sql: str, schema: dict[str, dict[str, str]]) -> tuple[str, str] | None:
    translation = to_duckdb(sql, schema=schema)
    if translation.problems:
        first = translation.problems[0]
        return first.rule, first.message
    connection = duckdb.connect()
    try:
        connection.execute("SET TimeZone = 'UTC'")
        register_functions(connection)
        for name, columns in schema.items():
            _create(connection, name, columns)
        connection.execute(f"EXPLAIN {translation.sql}")
    except duckdb.Error as error:
        return "duckdb", f"{str(error).splitlines()[0]} <- {translation.sql[:400]}"
    finally:
        connection.close()
    return None


def _create(connection: Any, name: str, columns: dict[str, str]) -> None:
    parts = [exp.to_identifier(part, quoted=True).sql("duckdb") for part in name.split(".")][-2:]
    if len(parts) == 2:
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {parts[0]}")
    kinds = ", ".join(
        f"{exp.to_identifier(column, quoted=True).sql('duckdb')} {_kind(kind)}"
        for column, kind in columns.items()
    )
    connection.execute(f"CREATE TABLE IF NOT EXISTS {'.'.join(parts)} ({kinds})")


def _kind(kind: str) -> str:
    if kind.upper() == "GEOGRAPHY":
        return "VARCHAR"
    return exp.DataType.build(kind, dialect="bigquery").sql("duckdb")


def _print(what: str, good: int, total: int, failures: list[str], show: int) -> None:
    print(f"{what}: {good} of {total} = {good / max(1, total):.1%}")
    for failure in failures[:show]:
        print(f"  {failure}")


if __name__ == "__main__":
    main()
