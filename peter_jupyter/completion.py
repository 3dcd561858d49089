"""What Tab offers on the line of a magic: verbs, options, dashboard files, slugs, folders."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from peter_core.errors import PeterError
from peter_jupyter.commands import DASHBOARD, SQL, VERBS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from IPython.core.interactiveshell import InteractiveShell

    from peter_jupyter.arguments import Command
    from peter_jupyter.session import Session

_MAGICS = ("%peter", "%%peter_sql", "%%peter_dashboard")
_SUMS = ("dashboard", "user", "query", "date")
_MOST = 100
_HOOKS = "complete_command"


class Asked(Protocol):
    """What IPython says of a Tab: the line up to the cursor, and the word it stands in."""

    text_until_cursor: str
    symbol: str


def register_completion(shell: InteractiveShell, session: Session) -> None:
    """Complete the magics' lines; a second call replaces the first."""
    unregister_completion(shell)
    # IPython's hooks carry no types.
    hooked: Any = shell
    for magic in _MAGICS:
        hooked.set_hook(_HOOKS, lambda _, asked: complete(asked, session), str_key=magic)


def unregister_completion(shell: InteractiveShell) -> None:
    """Offer nothing more."""
    # IPython has no call that takes a hook back.
    hooks: Any = shell.strdispatchers.get(_HOOKS)
    for magic in _MAGICS:
        if hooks is not None:
            hooks.strs.pop(magic, None)


def complete(asked: Asked, session: Session) -> list[str]:
    """The words that may stand where the cursor is."""
    line = asked.text_until_cursor
    before = line[: len(line) - len(asked.symbol)].split()
    if before == ["%peter"]:
        return [verb for verb in VERBS if verb.startswith(asked.symbol)]
    command, given = _command(before)
    if command is None:
        return []
    options = {option.name: option for option in command.options}
    if asked.symbol.startswith("-"):
        free = [one for one in options.values() if one.repeats or one.name not in given]
        return [one.name for one in free if one.name.startswith(asked.symbol)]
    last = options.get(given[-1]) if given else None
    if last is not None and last.metavar is not None:
        kind = last.metavar
    else:
        number = _positionals(given, options)
        kind = command.positionals[number] if number < len(command.positionals) else ""
    return [word for word in _words(kind, asked.symbol, session) if word.startswith(asked.symbol)]


def _command(before: list[str]) -> tuple[Command | None, list[str]]:
    match before:
        case ["%peter", verb, *given]:
            return VERBS.get(verb), given
        case ["%%peter_sql", *given]:
            return SQL, given
        case ["%%peter_dashboard", *given]:
            return DASHBOARD, given
    return None, []


def _positionals(given: list[str], options: dict[str, Any]) -> int:
    """How many of the words are neither options nor their values."""
    count, value = 0, False
    for word in given:
        option = options.get(word)
        if option is None and not value and not word.startswith("--"):
            count += 1
        value = option is not None and option.metavar is not None
    return count


def _words(kind: str, typed: str, session: Session) -> Iterator[str]:
    if kind == "WHAT":
        yield from _SUMS
    if "FILE" in kind or kind == "FOLDER":
        yield from _paths(typed, folders=kind == "FOLDER")
    if "SLUG" in kind:
        yield from _slugs(session)


def _paths(typed: str, *, folders: bool) -> Iterator[str]:
    parent = typed[: typed.rfind("/") + 1]
    found = 0
    try:
        for path in sorted(Path(parent or ".").expanduser().iterdir()):
            if path.name.startswith(".") or found == _MOST:
                continue
            if path.is_dir():
                yield f"{parent}{path.name}/"
            elif folders or path.suffix not in (".yaml", ".yml"):
                continue
            else:
                yield f"{parent}{path.name}"
            found += 1
    except OSError:
        return


def _slugs(session: Session) -> Iterator[str]:
    # A Tab opens no workspace; the first command does.
    if session.opened is None:
        return
    try:
        yield from (board.slug for board in session.opened.list(page_size=_MOST).dashboards)
    except PeterError:
        return
