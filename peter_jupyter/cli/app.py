"""The program: its own options and every command."""

from __future__ import annotations

from typing import Annotated

import typer

from peter_core.errors import InvalidRequest
from peter_jupyter.cli import (
    analysis,
    data,
    data_export,
    database,
    documents,
    publishing,
    revisions,
    serving,
    settings,
    statements,
    tables,
    tokens,
)
from peter_jupyter.cli.command import WRONG_USE, app
from peter_jupyter.cli.terminal import print_error

__all__ = ["app"]

COMMANDS = (
    documents, statements, tables, publishing, revisions, data, data_export, serving, tokens,
    analysis, database, settings,
)  # fmt: skip
"""The modules whose commands are registered by their import."""


def _version(asked: bool) -> None:
    if asked:
        from peter_core import __version__

        typer.echo(f"peter {__version__}")
        raise typer.Exit


@app.callback()
def peter(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Dashboards as code for BigQuery: validate, verify, price, publish."""


@app.command("help", hidden=True, context_settings={"allow_extra_args": True})
def help_(ctx: typer.Context) -> None:
    """Print this help, or a command's: ``peter help publish``, as in the notebook."""
    app([*ctx.args, "--help"], prog_name="peter")


@app.command("open", hidden=True)
def open_(slug: Annotated[str, typer.Argument(metavar="SLUG")]) -> None:
    """Say where a dashboard is opened: a terminal draws none."""
    ways = f"peter export {slug} --html {slug}.html, or peter serve --no-auth"
    print_error(
        InvalidRequest(
            "A terminal draws no dashboard.", hint=f"{ways}; in a notebook %peter open {slug}."
        )
    )
    raise typer.Exit(WRONG_USE)
