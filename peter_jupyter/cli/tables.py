"""``peter tables``: what statements may read, and which files are no tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from peter_core.errors import EngineUnavailable
from peter_jupyter.cli.command import RUN, command
from peter_jupyter.cli.options import Folder, Json
from peter_jupyter.cli.terminal import note, print_json, print_table, say
from peter_jupyter.cli.work import open_peter, run
from peter_jupyter.display.values import count_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from peter_core.engine.left_out import LeftOut
    from peter_core.engine.port import TableInfo
    from peter_core.service import Peter

_MOST_LEFT_OUT = 20


@command("tables", section=RUN, example="peter tables --columns")
def tables(
    columns: Annotated[bool, typer.Option("--columns", help="List their columns, too.")] = False,
    folder: Folder = None,
    as_json: Json = False,
) -> None:
    """List the tables that statements may read, and the files that are none."""
    with open_peter(folder) as peter:
        found = run("Reading the tables", lambda *_: peter.tables())
        others = _left_out(peter)
        place = str(peter.settings.folder.resolve() / "data")
        embedded = peter.settings.engine == "duckdb"
    if as_json:
        print_json({"tables": found, "left_out": others})
        return
    _print_tables(found, columns=columns)
    if not found and embedded:
        say(
            f"There are no tables in {place}. They belong in data/<dataset>/<table>.parquet, "
            ".csv or .json."
        )
    elif not found:
        say("There are no tables that statements may read.")
    _print_left_out(others)


def _left_out(peter: Peter) -> tuple[LeftOut, ...]:
    from peter_core.engine.left_out import left_out

    if peter.settings.engine != "duckdb":
        return ()
    try:
        return left_out(peter.settings.folder)
    except OSError as error:
        raise EngineUnavailable(
            f"The workspace's data folder cannot be read: {error.strerror}."
        ) from error


def _print_left_out(others: Sequence[LeftOut]) -> None:
    if not others:
        return
    note(f"{count_text(len(others), 'file is', 'files are')} no table:", "warn")
    for other in others[:_MOST_LEFT_OUT]:
        note(f"  {other.path}: {other.reason}.")
    if len(others) > _MOST_LEFT_OUT:
        note(f"  and {len(others) - _MOST_LEFT_OUT} more")


def _print_tables(found: Sequence[TableInfo], *, columns: bool) -> None:
    if found and columns:
        _print_columns(found)
    elif found:
        from peter_core.billing import bytes_text
        from peter_jupyter.display.values import NULL, moment_text

        rows = [
            (
                table.id,
                NULL if table.rows is None else f"{table.rows:,}",
                NULL if table.bytes is None else bytes_text(table.bytes),
                str(len(table.columns)),
                moment_text(table.updated_at),
            )
            for table in found
        ]
        headings = ("TABLE", "ROWS", "SIZE", "COLUMNS", "CHANGED")
        print_table(headings, rows, right="ROWS,SIZE,COLUMNS")


def _print_columns(found: Sequence[TableInfo]) -> None:
    from peter_jupyter.display.values import type_text

    rows = [(table.id, c.name, type_text(c), c.mode) for table in found for c in table.columns]
    print_table(("TABLE", "COLUMN", "TYPE", "MODE"), rows)
