"""Options and arguments that several commands share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Mode(StrEnum):
    """How far a document or a statement is checked."""

    WAREHOUSE = "warehouse"
    OFFLINE = "offline"


Folder = Annotated[
    Path | None,
    typer.Option(
        "--folder",
        metavar="FOLDER",
        help="The workspace: tables in data/, dashboards in dashboards/. Otherwise PETER_FOLDER, "
        "then peter.toml, then the working directory.",
        show_default=False,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, in the API's shape.")]
File = Annotated[str, typer.Argument(metavar="FILE", help="A dashboard file; - is standard input.")]
Slug = Annotated[str, typer.Argument(metavar="SLUG", help="A published dashboard.")]
Filters = Annotated[
    list[str] | None,
    typer.Option(
        "--filter",
        metavar="NAME=VALUE",
        help="A filter's value; repeat the name for several, leave the value out for all.",
        show_default=False,
    ),
]
IfMatch = Annotated[
    str | None,
    typer.Option(
        "--if-match",
        metavar="REVISION",
        help="The revision the change was made from; its first 7 digits will do.",
        show_default=False,
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Whatever was published in the meantime.")]
Managed = Annotated[
    bool,
    typer.Option("--managed", help="From the place where the dashboard's file is kept, as in git."),
]
To = Annotated[
    str | None,
    typer.Option(
        "--to",
        metavar="URL",
        help="Publish on this server: https://host/services/peter on a JupyterHub. Its token is "
        "read from PETER_TOKEN; in a server that the hub started none is needed.",
        show_default=False,
    ),
]
