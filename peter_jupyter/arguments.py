"""What a magic's line says: options, parameters and their types, read without IPython."""

from __future__ import annotations

import keyword
import re
import shlex
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import partial
from typing import TYPE_CHECKING

from peter_core.errors import InvalidRequest
from peter_jupyter.literals import typed_value, untyped_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)(?::([A-Za-z][\w<>]*))?=(.*)", re.DOTALL)
_VARIABLE = re.compile(r"\$([A-Za-z_]\w*)")


@dataclass(frozen=True, slots=True)
class Option:
    """An option of a command; without a ``metavar`` it is a switch."""

    name: str
    help: str
    metavar: str | None = None
    repeats: bool = False


@dataclass(frozen=True, slots=True)
class Command:
    """One magic or one verb of ``%peter``: what it is called, takes and does."""

    name: str
    help: str
    positionals: tuple[str, ...] = ()
    required: int = 0
    options: tuple[Option, ...] = ()

    @property
    def usage(self) -> str:
        """The command in one line, as manuals write it."""
        parts = [self.name]
        for index, positional in enumerate(self.positionals):
            parts.append(positional if index < self.required else f"[{positional}]")
        for option in self.options:
            text = option.name if option.metavar is None else f"{option.name} {option.metavar}"
            parts.append(f"[{text}]" + ("…" if option.repeats else ""))
        return " ".join(parts)


@dataclass(frozen=True, slots=True)
class Line:
    """A line taken apart: positionals in order, options by name, switches as an empty list."""

    positionals: tuple[str, ...]
    options: Mapping[str, list[str]] = field(default_factory=dict)

    def has(self, name: str) -> bool:
        """Whether the option was given."""
        return name in self.options

    def one(self, name: str) -> str | None:
        """The option's last value, ``None`` where it was not given."""
        values = self.options.get(name)
        return values[-1] if values else None

    def all(self, name: str) -> list[str]:
        """Every value of a repeated option."""
        return self.options.get(name, [])


def usage_error(command: Command, message: str) -> InvalidRequest:
    """The one-line answer to a line that cannot be read."""
    end = "" if message.endswith("?") else "."
    return InvalidRequest(f"{command.name}: {message}{end}", hint=f"Usage: {command.usage}")


def parse_line(command: Command, line: str) -> Line:
    """Take a magic's line apart by the command's options.

    Raises
    ------
    InvalidRequest
        For an unknown option (naming the nearest), a missing or an extra value; with the usage.
    """
    words = _words(command, line)
    known = {option.name: option for option in command.options}
    positionals: list[str] = []
    options: dict[str, list[str]] = {}
    while words:
        word = words.pop(0)
        if not word.startswith("--"):
            positionals.append(word)
            continue
        name, glued, value = word.partition("=")
        option = known.get(name)
        if option is None:
            raise usage_error(command, f"no option '{name}'{_nearest(name, known)}")
        if option.metavar is None:
            if glued:
                raise usage_error(command, f"'{name}' is a switch and takes no value")
            options[name] = []
            continue
        if not glued:
            if not words or words[0].startswith("--"):
                raise usage_error(command, f"'{name}' needs a value: {name} {option.metavar}")
            value = words.pop(0)
        options.setdefault(name, []).append(value)
    _check_positionals(command, positionals)
    _check_repeats(command, known, options)
    return Line(tuple(positionals), options)


def _words(command: Command, line: str) -> list[str]:
    lexer = shlex.shlex(line, posix=True, punctuation_chars=False)
    lexer.whitespace_split = True
    lexer.commenters = ""
    lexer.escape = ""  # a backslash is a character of a Windows path
    try:
        return list(lexer)
    except ValueError as error:
        raise usage_error(command, "a quotation mark is not closed") from error


def _nearest(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"; did you mean '{close[0]}'" + "?" if close else ""


def _check_positionals(command: Command, given: list[str]) -> None:
    if len(given) < command.required:
        raise usage_error(command, f"{command.positionals[len(given)]} is missing")
    if len(given) > len(command.positionals):
        extra = given[len(command.positionals)]
        raise usage_error(command, f"'{extra}' is one word too many")


def _check_repeats(
    command: Command, known: Mapping[str, Option], options: Mapping[str, list[str]]
) -> None:
    for name, values in options.items():
        if len(values) > 1 and not known[name].repeats:
            raise usage_error(command, f"'{name}' was given {len(values)} times")


def parse_assignments(
    command: Command, option: str, texts: Iterable[str], variables: Mapping[str, object]
) -> dict[str, object]:
    """Values of ``name=value`` and ``name:TYPE=value`` texts.

    Without a type, ``null``, ``true``, ``false``, integers and decimals are what they look like
    and everything else is text. ``name=$variable`` takes the value of a notebook variable, as a
    bound parameter and never as text; ``$$`` stands for a dollar sign.

    Raises
    ------
    InvalidRequest
        For a text of another form, a name given twice, an unknown type or variable.
    """
    values: dict[str, object] = {}
    for text in texts:
        name, kind, raw = _assignment(command, option, text)
        if name in values:
            raise usage_error(command, f"'{option} {name}' was given twice")
        read = untyped_value if kind is None else partial(typed_value, kind)
        values[name] = _value(command, f"{option} {name}", read, raw, variables)
    return values


def parse_filters(
    command: Command, option: str, texts: Iterable[str], variables: Mapping[str, object]
) -> dict[str, object]:
    """Filter values of ``name=value`` texts; the dashboard gives them their types.

    A name given several times is a choice of several values, ``null`` or nothing is no
    restriction, ``name=$variable`` takes the value of a notebook variable.

    Raises
    ------
    InvalidRequest
        For a text of another form or an unknown variable.
    """
    values: dict[str, list[object]] = {}
    for text in texts:
        name, kind, raw = _assignment(command, option, text)
        if kind is not None:
            raise usage_error(command, f"'{option} {text}': a filter has the dashboard's type")
        read: Callable[[str], object] = _unrestricted if raw in ("", "null") else str
        values.setdefault(name, []).append(
            _value(command, f"{option} {name}", read, raw, variables)
        )
    return {name: items[0] if len(items) == 1 else items for name, items in values.items()}


def _unrestricted(_: str) -> None:
    return None


def _assignment(command: Command, option: str, text: str) -> tuple[str, str | None, str]:
    match = _ASSIGNMENT.fullmatch(text)
    if match is None:
        raise usage_error(command, f"'{option} {text}' is not of the form name=value")
    return match[1], match[2], match[3]


def _value(
    command: Command,
    what: str,
    read: Callable[[str], object],
    raw: str,
    variables: Mapping[str, object],
) -> object:
    variable = _VARIABLE.fullmatch(raw)
    if variable is not None:
        if variable[1] not in variables:
            raise usage_error(command, f"{what}: the notebook has no variable '{variable[1]}'")
        return variables[variable[1]]
    try:
        return read(raw[1:] if raw.startswith("$$") else raw)
    except ValueError as error:
        raise usage_error(command, f"{what}: {error}") from error


def parse_number(
    command: Command, line: Line, name: str, convert: Callable[[str], float], what: str
) -> float | None:
    """The option's number, ``None`` where it was not given; above zero.

    Raises
    ------
    InvalidRequest
        When it is no such number.
    """
    text = line.one(name)
    if text is None:
        return None
    try:
        number = convert(text)
    except ValueError:
        number = -1
    # Also false for NaN.
    if not 0 < number < 10**9:
        raise usage_error(command, f"'{name} {text}' is not {what} above zero")
    return number


def parse_name(command: Command, name: str) -> str:
    """A variable's name to bind.

    Raises
    ------
    InvalidRequest
        When Python could not use it as a variable.
    """
    if not name.isidentifier() or keyword.iskeyword(name):
        raise usage_error(command, f"'{name}' cannot be the name of a variable")
    return name
