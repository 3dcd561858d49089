"""``peter serve``: the standalone server."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from peter_jupyter.cli.command import SERVE, command
from peter_jupyter.cli.options import Folder
from peter_jupyter.cli.terminal import say


@command("serve", section=SERVE, example="peter serve --host 0.0.0.0 --workers 2")
def serve(
    host: Annotated[
        str | None,
        typer.Option("--host", help="The address to listen at; PETER_HOST if none."),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option("--port", min=0, max=65535, help="The port; 0 takes a free one."),
    ] = None,
    workers: Annotated[
        int, typer.Option("--workers", min=1, max=64, help="Processes that share the port.")
    ] = 1,
    no_auth: Annotated[
        bool, typer.Option("--no-auth", help="No login; for this machine alone.")
    ] = False,
    folder: Folder = None,
) -> None:
    """Serve the dashboards to people who log in with Google, and to scripts with a token.

    SIGTERM or Ctrl-C ends it: what runs may finish, and the exit code is 0 within 12 seconds.
    """
    from peter_core.config import read_settings
    from peter_jupyter.hosts.standalone.serving import Options
    from peter_jupyter.hosts.standalone.serving import serve as serve_until_told

    given: dict[str, Any] = {"host": host, "port": port, "folder": folder}
    reading = read_settings({name: value for name, value in given.items() if value is not None})
    code = serve_until_told(reading, Options(workers=workers, auth=not no_auth), say)
    if code:
        raise typer.Exit(code)
