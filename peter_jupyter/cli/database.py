"""Commands over the ledger's database: move its schema, make its index anew."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from peter_core.errors import ConfigError, PreconditionRequired
from peter_jupyter.cli.command import FAILED, SERVE, Sections, app, command
from peter_jupyter.cli.options import Folder, Json
from peter_jupyter.cli.terminal import give, note, print_json, print_table, say
from peter_jupyter.cli.work import open_peter, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from peter_core.service.reindexing import Reindexed
    from peter_core.store.database import Database
    from peter_core.store.schema import Moved

db = typer.Typer(
    name="db",
    cls=Sections,
    help="Move the ledger's database to another schema.",
    epilog="\b\nExample:\n  peter db upgrade",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(db, rich_help_panel=SERVE)

Sql = Annotated[bool, typer.Option("--sql", help="Print the statements instead of running them.")]


@command("current", section=SERVE, example="peter db current", group=db)
def current(folder: Folder = None, as_json: Json = False) -> None:
    """Say which schema the database is at; the exit code is 1 unless it is this version's."""
    with _database(folder) as database:
        steps = database.migrations()
        shown = database.shown
    at = next((step.revision for step in reversed(steps) if step.applied), None)
    needed = steps[-1].revision
    if as_json:
        print_json({"database": shown, "revision": at, "needed": needed, "current": at == needed})
    elif at == needed:
        say(f"{shown} is at schema {at}, as this version of Peter needs it.", "good")
    else:
        where = "has no tables yet" if at is None else f"is at schema {at}"
        say(f"{shown} {where}; this version of Peter needs {needed}. Run: peter db upgrade", "warn")
    if at != needed:
        raise typer.Exit(FAILED)


@command("history", section=SERVE, example="peter db history", group=db)
def history(folder: Folder = None, as_json: Json = False) -> None:
    """List the revisions of the schema, the oldest first, and which are applied."""
    with _database(folder) as database:
        steps = database.migrations()
    if as_json:
        print_json(steps)
        return
    rows = [(step.revision, "applied" if step.applied else "-", step.title) for step in steps]
    print_table(("REVISION", "STATE", "WHAT IT HOLDS"), rows)


@command("upgrade", section=SERVE, example="peter db upgrade", group=db)
def upgrade(
    revision: Annotated[
        str | None,
        typer.Argument(metavar="REVISION", help="One of `peter db history`; the newest if none."),
    ] = None,
    sql: Sql = False,
    folder: Folder = None,
    as_json: Json = False,
) -> None:
    """Bring the database up to this version's schema, all of the way or not at all.

    A workspace's own SQLite file is brought up by itself.
    """
    from peter_core.store.migrations import HEAD

    target = revision or HEAD
    with _database(folder) as database:
        if sql:
            give(database.migration_sql(target))
            return
        _tell(database.shown, database.migrate(target), as_json=as_json)


@command("downgrade", section=SERVE, example="peter db downgrade 0001 --yes", group=db)
def downgrade(
    revision: Annotated[
        str,
        typer.Argument(metavar="REVISION", help="One of `peter db history`; base for no tables."),
    ],
    sql: Sql = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do it without being asked.")] = False,
    folder: Folder = None,
    as_json: Json = False,
) -> None:
    """Bring the database back to an earlier schema, for an earlier version of Peter.

    What only the later schema holds is lost. A workspace's own SQLite file is brought up again
    when this version uses it next.
    """
    with _database(folder) as database:
        statements = database.migration_sql(revision, up=False)
        if sql:
            give(statements)
            return
        if not yes:
            _confirm(database.shown, revision)
        _tell(database.shown, database.migrate(revision, up=False), as_json=as_json)


@command("reindex", section=SERVE, example="peter reindex")
def reindex(folder: Folder = None, as_json: Json = False) -> None:
    """Make lists and lineage anew from the published documents; receipts and costs stay."""
    with open_peter(folder) as peter:
        done = run(
            "Indexing",
            lambda _, progress: peter.reindex(lambda slug: progress.line(f"indexing {slug}")),
        )
    if as_json:
        print_json(done)
    else:
        _print_reindexed(done)
    if done.problems:
        raise typer.Exit(FAILED)


@contextmanager
def _database(folder: Path | None) -> Iterator[Database]:
    from peter_core.config import load_settings
    from peter_core.store.connecting import ledger_url
    from peter_core.store.database import Database

    settings = load_settings(**({} if folder is None else {"folder": folder}))
    if settings.database_url is None and not settings.folder.expanduser().is_dir():
        raise ConfigError(
            f"The workspace folder {settings.folder} does not exist.",
            hint="Make it, or set DATABASE_URL.",
        )
    database = Database(ledger_url(settings))
    try:
        yield database
    finally:
        database.close()


def _confirm(shown: str, revision: str) -> None:
    lost = f"What only the later schema holds in {shown} is lost."
    if not sys.stdin.isatty():
        raise PreconditionRequired(
            f"{shown} was not changed: nobody is there to be asked. {lost}", hint="Give --yes."
        )
    note(lost, "warn")
    if not typer.confirm(f"Bring it back to {revision}?", err=True):
        note("Nothing was changed.")
        raise typer.Exit(FAILED)


def _tell(shown: str, moved: Moved, *, as_json: bool) -> None:
    if as_json:
        print_json({"database": shown, "before": moved.before, "after": moved.after,
                    "steps": moved.steps})  # fmt: skip
        return
    after = "has no tables now" if moved.after is None else f"is at schema {moved.after} now"
    if not moved.steps:
        say(f"{shown} {after.removesuffix(' now')} already; nothing was changed.")
        return
    before = "no tables" if moved.before is None else f"schema {moved.before}"
    say(f"{shown} {after}; it had {before}. Steps: {', '.join(moved.steps)}.", "good")


def _print_reindexed(done: Reindexed) -> None:
    gone = f", {len(done.removed)} removed: {', '.join(done.removed)}" if done.removed else ""
    boards = "dashboard" if done.count == 1 else "dashboards"
    say(f"{done.count} {boards} indexed{gone}.", "warn" if done.problems else "good")
    for problem in done.problems:
        say(f"  {problem.slug}: {problem.message}", "warn")
