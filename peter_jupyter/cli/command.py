"""What every command shares: its place in the help, its exit code, its errors in one line."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperGroup

from peter_core.errors import PeterError, QueryCancelled
from peter_jupyter.cli import INTERRUPTED
from peter_jupyter.cli.terminal import print_error, print_json

if TYPE_CHECKING:
    from collections.abc import Callable

    Function = Callable[..., None]

WRITE = "Write a dashboard"
RUN = "Ask the warehouse"
PUBLISH = "Publish"
SERVE = "Keep it fresh and share it"
UNDERSTAND = "Trace and account"
SECTIONS = (WRITE, RUN, PUBLISH, SERVE, UNDERSTAND)

FAILED = 1
WRONG_USE = 2
_WRONG_USE = frozenset({"invalid_request", "config_invalid", "precondition_required"})

_EPILOG = """\b
Exit codes:
  0    done, and nothing is wrong
  1    a problem was found, a check failed or the command could not be done
  2    the command line, a file name or a setting is wrong
  130  interrupted with Ctrl-C; the running query was cancelled
"""


class Sections(TyperGroup):
    """A group whose help lists its commands by what they are for."""

    # The classes of these arguments moved between versions of Typer.
    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the commands, a section each."""
        for title in SECTIONS:
            named = [(name, self.commands[name]) for name in self.list_commands(ctx)]
            rows = [
                (name, command.get_short_help_str(limit=140))
                for name, command in named
                if getattr(command, "rich_help_panel", None) == title
            ]
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)


app = typer.Typer(
    name="peter",
    cls=Sections,
    epilog=_EPILOG,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def command(
    name: str, *, section: str, example: str, group: typer.Typer = app
) -> Callable[[Function], Function]:
    """Register a command; a `PeterError` ends it with one line and its exit code.

    With ``as_json`` among its options an error is printed as JSON, too. ``group`` is where a
    command of two words belongs.
    """

    def register(function: Function) -> Function:
        @wraps(function)
        def run(*args: Any, **options: Any) -> None:
            try:
                function(*args, **options)
            except (QueryCancelled, KeyboardInterrupt):
                print_error(QueryCancelled("Interrupted; what was running is cancelled."))
                code = INTERRUPTED
            except PeterError as error:
                if options.get("as_json"):
                    print_json({"error": _described(error)})
                print_error(error)
                code = WRONG_USE if error.code in _WRONG_USE else FAILED
            else:
                return
            raise typer.Exit(code)

        epilog = f"\b\nExample:\n  {example}"
        group.command(name, epilog=epilog, rich_help_panel=section)(run)
        return function

    return register


def _described(error: PeterError) -> dict[str, object]:
    from peter_core.dashboard.problems import problems_json

    return {
        "code": error.code,
        "message": error.message,
        "hint": error.hint,
        "problems": problems_json(error.problems),
    }
