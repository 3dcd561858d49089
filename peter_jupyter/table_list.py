"""The tables of a workspace in words, for the notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peter_core.engine.left_out import left_out
from peter_jupyter.display.values import count_text, type_text

if TYPE_CHECKING:
    from peter_core.service import Peter

_MOST_LEFT_OUT = 20


def tables_text(peter: Peter) -> str:
    """Each table with its columns and rows, then the files that are no table and why.

    Raises
    ------
    EngineUnavailable
        When the tables cannot be read.
    """
    tables = peter.tables()
    embedded = peter.settings.engine == "duckdb"
    lines = []
    for table in tables:
        rows = "" if table.rows is None else f" · {count_text(table.rows, 'row')}"
        columns = ", ".join(f"{column.name} {type_text(column)}" for column in table.columns)
        lines += [f"{table.id}{rows}", f"    {columns}"]
    if not tables:
        place = f" in {peter.settings.folder.resolve() / 'data'}" if embedded else ""
        lines.append(f"There are no tables{place}.")
    if not tables and embedded:
        lines.append("They belong in data/<dataset>/<table>.parquet, .csv or .json.")
    others = left_out(peter.settings.folder) if embedded else ()
    if others:
        lines.append(f"{count_text(len(others), 'file is', 'files are')} no table:")
        lines += [f"    {one.path}: {one.reason}." for one in others[:_MOST_LEFT_OUT]]
    if len(others) > _MOST_LEFT_OUT:
        lines.append(f"    and {len(others) - _MOST_LEFT_OUT} more")
    return "\n".join(lines)
