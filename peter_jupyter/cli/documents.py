"""Commands that write and check dashboard files."""

from __future__ import annotations

import difflib
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from peter_core.errors import DocumentError, InvalidRequest
from peter_jupyter.cli.command import FAILED, WRITE, command
from peter_jupyter.cli.files import STDIN, read_bytes, read_document, rewrite, shown_name, write_new
from peter_jupyter.cli.options import Folder, Mode
from peter_jupyter.cli.terminal import give, note, print_json, say
from peter_jupyter.cli.work import open_peter, run

if TYPE_CHECKING:
    from peter_core.service.reports import Validation

Files = Annotated[
    list[str], typer.Argument(metavar="FILE…", help="Dashboard files; - is standard input.")
]


class Format(StrEnum):
    """How problems are printed."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"


@command("init", section=WRITE, example="peter init shop-orders")
def init(
    slug: Annotated[
        str | None,
        typer.Argument(
            metavar="SLUG", help="The dashboard's name in addresses; otherwise the folder's name."
        ),
    ] = None,
    managed: Annotated[
        str | None,
        typer.Option(
            "--managed", metavar="URL", help="Where the file is kept, as in git, and changed alone."
        ),
    ] = None,
    folder: Annotated[
        Path, typer.Option("--folder", metavar="FOLDER", help="Where to write it.")
    ] = Path(),
) -> None:
    """Write a first dashboard file and its schema for editors.

    Nothing that is there already is overwritten.
    """
    from peter_jupyter.cli.starter import SCHEMA_NAME, schema_text, slug_of, starter

    if not folder.expanduser().is_dir():
        raise InvalidRequest(f"There is no folder {folder}.")
    folder = folder.expanduser()
    chosen = slug or slug_of(folder)
    path = folder / f"{chosen}.peter.yaml"
    write_new(path, starter(chosen, managed))
    say(f"{path} written", "good")
    schema = folder / SCHEMA_NAME
    if not schema.exists():
        write_new(schema, schema_text())
        say(f"{schema} written, so that editors complete and check it", "good")
    elif schema.read_bytes() != schema_text().encode():
        note(f"{schema} is another version and was left; `peter schema` prints this one.", "warn")
    say(f"Next: peter validate {path}, then peter publish {path}")


@command("validate", section=WRITE, example="peter validate *.peter.yaml --mode offline")
def validate(
    files: Files,
    mode: Annotated[
        Mode,
        typer.Option("--mode", help="offline looks at the documents alone and needs no workspace."),
    ] = Mode.WAREHOUSE,
    format_: Annotated[
        Format, typer.Option("--format", help="sarif is what code scanners read.")
    ] = Format.TEXT,
    folder: Folder = None,
) -> None:
    """Say all that is wrong with dashboard files, each problem at its place."""
    from peter_jupyter.cli.problem_reports import (
        print_validation,
        validations_json,
        validations_sarif,
    )

    texts = {name: read_document(name) for name in files}
    checked = _validations(texts, mode, folder)
    if format_ is Format.JSON:
        print_json(validations_json(checked))
    elif format_ is Format.SARIF:
        say(validations_sarif(checked))
    else:
        for name, one in checked:
            print_validation(one, name, texts[name])
    if not all(one.valid for _, one in checked):
        raise typer.Exit(FAILED)


def _validations(
    texts: dict[str, bytes], mode: Mode, folder: Path | None
) -> list[tuple[str, Validation]]:
    if mode is Mode.OFFLINE:
        from peter_core.config import load_settings
        from peter_core.service.validation import validate_offline

        settings = load_settings()
        return [(name, validate_offline(text, settings)) for name, text in texts.items()]
    with open_peter(folder) as peter:
        return [
            (name, run(f"Checking {name}", lambda *_, text=text: peter.validate(text)))
            for name, text in texts.items()
        ]


@command("fmt", section=WRITE, example="peter fmt *.peter.yaml --check")
def fmt(
    files: Files,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 1 where something would change.")
    ] = False,
    diff: Annotated[
        bool, typer.Option("--diff", help="Write nothing; print what would change.")
    ] = False,
) -> None:
    """Put the keys of dashboard files in order; comments and texts stay as they are."""
    outcomes = [_format(name, write=not (check or diff), show=diff) for name in files]
    if "broken" in outcomes or (check and "changed" in outcomes):
        raise typer.Exit(FAILED)


def _format(name: str, *, write: bool, show: bool) -> str:
    from peter_core.dashboard.formatting import format_document
    from peter_jupyter.cli.problem_reports import placed_problems

    text = read_bytes(name)
    try:
        formatted = format_document(text)
    except DocumentError as error:
        note(placed_problems(error.problems, name, text) or f"{shown_name(name)}: {error}")
        note(f"{shown_name(name)}: not formatted, for it has errors", "bad")
        return "broken"
    changed = formatted.encode() != text
    if name == STDIN and write:
        give(formatted)
    elif changed and write:
        rewrite(name, formatted)
        note(f"{name}: formatted", "good")
    elif changed and show:
        say(_difference(shown_name(name), text.decode("utf-8-sig", "replace"), formatted))
    elif changed:
        note(f"{shown_name(name)}: would be formatted", "warn")
    return "changed" if changed else "same"


def _difference(name: str, old: str, new: str) -> str:
    before, after = old.splitlines(), new.splitlines()
    return "\n".join(difflib.unified_diff(before, after, name, f"{name} (formatted)", lineterm=""))


@command("schema", section=WRITE, example="peter schema > peter-dashboard-1.json")
def schema() -> None:
    """Print the JSON Schema of dashboard files."""
    from peter_jupyter.cli.starter import schema_text

    give(schema_text())
