"""The commands of the notebook: their names, options and help."""

from __future__ import annotations

from difflib import get_close_matches

from peter_core.errors import InvalidRequest
from peter_jupyter.arguments import Command, Option

_FILTER = Option("--filter", "a filter's value; several times for several", "NAME=VALUE", True)

_TO = (
    Option("--to", "publish it on a Peter server: a hub's, or any Jupyter Server's", "URL"),
    Option("--if-match", "the revision it was made from; 7 digits will do", "REVISION"),
    Option("--force", "whatever was published in the meantime"),
    Option("--managed", "from the place where its file is kept, as in git"),
)

SQL = Command(
    "%%peter_sql",
    "Verify the cell's BigQuery statement and bind NAME to its rows as a DataFrame.",
    positionals=("NAME",),
    options=(
        Option("--param", "a query parameter, typed by its looks or by its type; $var takes a "
               "notebook variable", "NAME[:TYPE]=VALUE", True),
        Option("--max-bytes", "refuse to bill more than this", "1GB"),
        Option("--dry-run", "check and price it without running it"),
        Option("--sample", "rows to show, 20 by default", "N"),
        Option("--timeout", "stop after so many seconds", "SECONDS"),
    ),
)  # fmt: skip

DASHBOARD = Command(
    "%%peter_dashboard",
    "Render the cell's dashboard document, with what is wrong with it.",
    options=(
        _FILTER,
        Option("--save", "write the document to a file when it is valid", "FILE"),
        *_TO,
    ),
)

VERBS = {
    "publish": Command(
        "%peter publish",
        "Verify a dashboard file and publish it, here or on a server.",
        positionals=("FILE",),
        required=1,
        options=_TO,
    ),
    "list": Command(
        "%peter list",
        "List what is published.",
        positionals=("TEXT",),
        options=(
            Option("--tag", "only with this tag", "TAG"),
            Option("--owner", "only of this owner", "EMAIL"),
            Option("--page", "a page of fifty", "N"),
        ),
    ),
    "open": Command(
        "%peter open",
        "Show a published dashboard.",
        positionals=("SLUG",),
        required=1,
        options=(_FILTER,),
    ),
    "cost": Command(
        "%peter cost",
        "Price a dashboard before it runs: a file, or a published one.",
        positionals=("FILE|SLUG",),
        required=1,
        options=(_FILTER,),
    ),
    "tables": Command("%peter tables", "List the tables, their columns, and files that are none."),
    "costs": Command(
        "%peter costs",
        "Say what was paid, what the cache saved, and where the budgets stand.",
        options=(
            Option("--days", "so many days until now, 30 by default", "N"),
            Option("--by", "dashboard, user, query or date", "WHAT"),
        ),
    ),
    "lineage": Command(
        "%peter lineage",
        "Show what a published dashboard is made from.",
        positionals=("SLUG",),
        required=1,
        options=(Option("--columns", "down to the columns"),),
    ),
    "use": Command("%peter use", "Work with a folder.", positionals=("FOLDER",), required=1),
    "help": Command("%peter help", "Show this."),
}


def find_verb(word: str) -> str:
    """The verb of ``%peter`` that a word is.

    Raises
    ------
    InvalidRequest
        Naming the nearest verb.
    """
    if word in VERBS:
        return word
    close = get_close_matches(word, VERBS, n=1, cutoff=0.5)
    hint = f"Did you mean '%peter {close[0]}'?" if close else f"Known are {', '.join(VERBS)}."
    raise InvalidRequest(f"%peter has no command '{word}'.", hint=hint)


def help_text(*commands: Command) -> str:
    """What the commands take and do, as manuals write it."""
    lines = []
    for command in commands:
        lines += [command.usage, f"    {command.help}"]
        for option in command.options:
            name = option.name if option.metavar is None else f"{option.name} {option.metavar}"
            lines.append(f"    {name:<28} {option.help}")
    return "\n".join(lines)
