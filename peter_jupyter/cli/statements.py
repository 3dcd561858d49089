"""Commands that ask the warehouse: one statement, a dashboard's price."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from peter_core.errors import InvalidRequest
from peter_jupyter.cli.command import FAILED, RUN, command
from peter_jupyter.cli.files import STDIN, read_bytes, read_document
from peter_jupyter.cli.options import Filters, Folder, Json, Mode
from peter_jupyter.cli.terminal import note, print_error, print_json, say
from peter_jupyter.cli.values import filter_values, parameters, size_value
from peter_jupyter.cli.work import open_peter, run

if TYPE_CHECKING:
    from peter_core.service import Peter
    from peter_core.verify.verification import Verification

_PATIENCE_S = 300.0
"""Seconds that GoogleSQL's analyzer is waited for: its first load on a machine takes long."""


@command(
    "verify",
    section=RUN,
    example="peter verify -f daily.sql --param since:DATE=2024-01-01 --max-bytes 1GB",
)
def verify(
    sql: Annotated[
        str | None, typer.Argument(metavar="SQL", help="The statement; - is standard input.")
    ] = None,
    file: Annotated[
        str | None, typer.Option("-f", "--file", metavar="FILE", help="Read it from a file.")
    ] = None,
    param: Annotated[
        list[str] | None,
        typer.Option(
            "--param",
            metavar="NAME[:TYPE]=VALUE",
            help="A query parameter, typed by its looks or by its type; may be repeated.",
        ),
    ] = None,
    max_bytes: Annotated[
        str | None,
        typer.Option("--max-bytes", metavar="1GB", help="Refuse to bill more than this."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check and price it without running it.")
    ] = False,
    sample: Annotated[
        int, typer.Option("--sample", metavar="N", min=0, max=1000, help="Rows to show.")
    ] = 20,
    timeout: Annotated[
        float | None,
        typer.Option("--timeout", metavar="SECONDS", min=0.001, help="Stop it after so long."),
    ] = None,
    folder: Folder = None,
    as_json: Json = False,
) -> None:
    """Run one BigQuery statement under a byte cap and say all a reviewer needs."""
    text = _statement(sql, file)
    values, types = parameters(param or ())
    cap = size_value("--max-bytes", max_bytes)
    with open_peter(folder) as peter:
        verification = run(
            "Running the statement",
            lambda cancel, _: peter.verify(
                text,
                parameters=values,
                declared=types,
                max_bytes=cap,
                sample_rows=sample,
                timeout_s=timeout,
                dry_run=dry_run,
                cancel=cancel,
            ),
        )
    _give(verification, as_json)


@command("check", section=RUN, example="peter check -f daily.sql --mode offline")
def check(
    sql: Annotated[
        str | None, typer.Argument(metavar="SQL", help="The statement; - is standard input.")
    ] = None,
    file: Annotated[
        str | None, typer.Option("-f", "--file", metavar="FILE", help="Read it from a file.")
    ] = None,
    mode: Annotated[
        Mode, typer.Option("--mode", help="offline looks at the statement alone.")
    ] = Mode.WAREHOUSE,
    folder: Folder = None,
    as_json: Json = False,
) -> None:
    """Say what is wrong with one BigQuery statement without running it, and who was asked."""
    from peter_jupyter.cli.problem_reports import print_check
    from peter_jupyter.http.models.sql import StatementCheck

    text = _statement(sql, file)
    with open_peter(folder) as peter:
        found = run(
            "Checking the statement",
            lambda *_: peter.check_statement(text, mode=mode.value, patience_s=_PATIENCE_S),
        )
    if as_json:
        print_json(StatementCheck.of(text, found, mode.value).model_dump())
    else:
        print_check(found, file or "<sql>", text)
    if not found.valid:
        raise typer.Exit(FAILED)


def _give(verification: Verification, as_json: bool) -> None:
    from peter_jupyter.display.text import verification_text
    from peter_jupyter.display.verification import verification_json
    from peter_jupyter.failure import failure_of

    if as_json:
        print_json(verification_json(verification))
    else:
        say(verification_text(verification))
    if (error := failure_of(verification)) is not None:
        print_error(error)
        raise typer.Exit(FAILED)


def _statement(sql: str | None, file: str | None) -> str:
    if (sql is None) == (file is None):
        raise InvalidRequest(
            "There is no statement." if sql is None else "There are two statements.",
            hint='Give it as "SELECT …", with -f FILE, or - for standard input.',
        )
    if sql is not None and sql != STDIN:
        return sql
    try:
        text = read_bytes(file or STDIN).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidRequest(f"The statement is not UTF-8 text (byte {error.start}).") from None
    if not text.strip():
        raise InvalidRequest("The statement is empty.")
    return text


@command("cost", section=RUN, example="peter cost shop-orders.peter.yaml")
def cost(
    what: Annotated[
        str, typer.Argument(metavar="FILE|SLUG", help="A dashboard file, or a published one.")
    ],
    filters: Filters = None,
    folder: Folder = None,
    as_json: Json = False,
) -> None:
    """Price a dashboard before a byte is scanned: the next load, and a month of refreshes."""
    from peter_core.dashboard.problems import problems_json
    from peter_jupyter.cli.problem_reports import placed_problems, problems_of
    from peter_jupyter.display.reports import cost_text

    asked = filter_values(filters)
    with open_peter(folder) as peter:
        text = _document(peter, what)
        with problems_of(what, text):
            price = run(f"Pricing {what}", lambda *_: peter.price(text, filters=asked))
            plan = peter.compile(text, filters=asked)
    errors = [problem for problem in plan.problems if problem.is_error]
    if as_json:
        from peter_jupyter.cli.json_values import plain

        found = {"note": price.note, "problems": problems_json(errors)}
        print_json({**dict_of(plain(price)), **found})
    else:
        say(cost_text(price, what))
    if errors:
        note(placed_problems(errors, what, text))
        note("What has errors is not in the price.", "warn")
        raise typer.Exit(FAILED)


def _document(peter: Peter, what: str) -> bytes:
    """The file of that name where there is one or it looks like one, else the published text."""
    if what == STDIN or Path(what).suffix in (".yaml", ".yml") or Path(what).is_file():
        return read_document(what)
    return peter.get(what).text.encode()


def dict_of(value: object) -> dict[str, object]:
    """The JSON object that a dataclass became."""
    assert isinstance(value, dict)  # noqa: S101  # plain() gives a dict for a dataclass
    return value
