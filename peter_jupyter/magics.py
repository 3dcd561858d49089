"""The magics: they read their line, call the service and show the answer."""

from __future__ import annotations

import datetime as dt
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from IPython.core.magic import Magics, cell_magic, line_magic, magics_class, no_var_expand

from peter_core.errors import InvalidRequest, PeterError
from peter_jupyter.arguments import (
    Line,
    parse_assignments,
    parse_filters,
    parse_line,
    parse_name,
    parse_number,
    usage_error,
)
from peter_jupyter.cell_output import CellOutput
from peter_jupyter.commands import DASHBOARD, SQL, VERBS, find_verb, help_text
from peter_jupyter.failure import failure_of, invalid_document, one_line
from peter_jupyter.interruption import run_interruptibly
from peter_jupyter.revisions import precondition
from peter_jupyter.session import (
    Session,
    file_or_published,
    read_document,
    write_document,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from IPython.core.interactiveshell import InteractiveShell

    from peter_core.dashboard.problems import Problem
    from peter_core.engine.port import CancelToken
    from peter_core.plan.artifact import Artifact
    from peter_core.store.records import GroupBy
    from peter_core.verify.verification import Verification
    from peter_jupyter.arguments import Command
    from peter_jupyter.widget import Ask


T = TypeVar("T")

_MOST_DAYS = 3660
"""Ten years, as far back as `peter costs` looks."""


def _magic(*commands: Command) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A magic whose help is its commands' and whose errors show in one line."""

    def decorate(magic: Callable[..., None]) -> Callable[..., None]:
        @wraps(magic)
        def run(self: PeterMagics, *texts: str) -> None:
            try:
                magic(self, *texts)
            except PeterError as error:
                ended = one_line(error)
            else:
                return
            # Outside the handler, so that the notebook keeps no chain of Peter's own calls.
            raise ended

        run.__doc__ = help_text(*commands)
        return run

    return decorate


@magics_class
class PeterMagics(Magics):
    """``%%peter_sql``, ``%%peter_dashboard`` and ``%peter``."""

    magics: dict[str, dict[str, str]]

    def __init__(self, shell: InteractiveShell) -> None:
        super().__init__(shell)
        self._shell = shell
        self.session = Session()
        self._output = CellOutput(shell, "")

    @no_var_expand
    @cell_magic
    @_magic(SQL)
    def peter_sql(self, line: str, cell: str) -> None:
        """Verify a BigQuery statement: run it under a byte cap, profile it, show a sample."""
        read = parse_line(SQL, line)
        name = parse_name(SQL, read.positionals[0]) if read.positionals else None
        asked = self._sql_options(read)
        if not cell.strip():
            raise InvalidRequest("The cell holds no SQL.", hint=f"Usage: {SQL.usage}")
        verification = self._run(
            "Running the statement",
            lambda cancel: self.session.peter.verify(cell, cancel=cancel, **asked),
        )
        self._show_verification(verification)
        error = failure_of(verification)
        if error is not None:
            raise one_line(error, where=" of the SQL")
        if name is not None and verification.table is not None and not verification.dry_run:
            from peter_jupyter.frames import data_frame

            self._shell.user_ns[name] = data_frame(verification.table)

    @no_var_expand
    @cell_magic
    @_magic(DASHBOARD)
    def peter_dashboard(self, line: str, cell: str) -> None:
        """Render a dashboard's YAML live, with what is wrong with it."""
        read = parse_line(DASHBOARD, line)
        filters = self._filters(DASHBOARD, read)
        if not cell.strip():
            raise InvalidRequest("The cell holds no document.", hint=f"Usage: {DASHBOARD.usage}")
        from peter_core.dashboard.files import inline_files

        peter = self.session.peter
        written, cell = cell, str(inline_files(cell, Path()))
        checked = self._run("Checking the dashboard", lambda _: peter.validate(cell))
        if checked.problems:
            self._show_problems(checked.problems, cell)
        if checked.revision is not None:
            # What is well is drawn even where something is not: the author sees both.
            artifact = self._run(
                "Computing the dashboard",
                lambda cancel: peter.preview(cell, filters=filters, cancel=cancel),
            )
            self._show_dashboard(
                artifact,
                lambda asked, charts, cancel: peter.preview(
                    cell, filters=asked, charts=charts, cancel=cancel
                ),
                filters,
                with_sql=True,
            )
        if not checked.valid:
            raise invalid_document(checked.problems)
        if (target := read.one("--save")) is not None:
            write_document(target, written)
        if read.has("--to"):
            self._publish_to(read, cell)
        elif any(map(read.has, ("--force", "--if-match", "--managed"))):
            raise usage_error(
                DASHBOARD, "'--force', '--if-match' and '--managed' belong to '--to URL'"
            )

    @no_var_expand
    @line_magic
    @_magic(*VERBS.values())
    def peter(self, line: str) -> None:
        """Publish, list, open, price and trace dashboards; ``%peter help`` shows how."""
        word, _, rest = line.strip().partition(" ")
        verb = find_verb(word or "help")
        read = parse_line(VERBS[verb], rest)
        getattr(self, f"_{verb}")(read)

    def _publish(self, read: Line) -> None:
        name = read.positionals[0]
        text = read_document(name)
        if read.has("--to"):
            self._publish_to(read, text, name)
            return
        peter = self.session.peter
        slug, given = self._slug(text), read.one("--if-match")
        base = precondition(peter, slug, given, force=read.has("--force"))
        base = base or self.session.seen.get(slug)
        try:
            done = self._run(
                f"Publishing {name}",
                lambda _: peter.publish(text, if_match=base, managed=read.has("--managed")),
            )
        except PeterError as error:
            if error.problems:
                self._show_problems(error.problems, text, name)
            raise
        self.session.seen[done.slug] = done.revision
        self._show("publication_bundle", done)

    def _publish_to(self, read: Line, text: str, name: str = "") -> None:
        """Publish on the server that the line names, from the revision this notebook saw there."""
        from peter_jupyter.remote import PublishRefused, publish_to

        url = (read.one("--to") or "").rstrip("/")
        place = (url, self._slug(text))
        try:
            sent = self._run(
                f"Publishing {name or place[1]} to {url}",
                lambda cancel: publish_to(
                    url, text, seen=self.session.seen_at.get(place),
                    if_match=read.one("--if-match"), force=read.has("--force"),
                    managed=read.has("--managed"), cancel=cancel,
                ),
            )  # fmt: skip
        except PeterError as error:
            if isinstance(error, PublishRefused) and error.comparison is not None:
                self._show("comparison_bundle", error.comparison)
            if error.problems:
                self._show_problems(error.problems, text, name)
            raise
        self.session.seen_at[place] = sent.answer.revision
        self._show("sent_bundle", sent)

    def _list(self, read: Line) -> None:
        query = read.positionals[0] if read.positionals else None
        tag, owner = read.one("--tag"), read.one("--owner")
        page = parse_number(VERBS["list"], read, "--page", int, "a page") or 1
        self._show(
            "listing_bundle",
            self.session.peter.list(q=query, tag=tag, owner=owner, page=int(page)),
        )

    def _open(self, read: Line) -> None:
        slug = read.positionals[0]
        filters = self._filters(VERBS["open"], read)
        peter = self.session.peter
        artifact = self._run(
            f"Computing {slug}", lambda cancel: peter.data(slug, filters=filters, cancel=cancel)
        )
        self.session.seen[slug] = artifact.revision
        self._show_dashboard(
            artifact,
            lambda asked, charts, cancel: peter.data(
                slug, filters=asked, charts=charts, cancel=cancel
            ),
            filters,
            with_sql=False,
        )

    def _cost(self, read: Line) -> None:
        name = read.positionals[0]
        filters = self._filters(VERBS["cost"], read)
        peter = self.session.peter
        text = file_or_published(peter, name)
        try:
            cost = self._run(f"Pricing {name}", lambda _: peter.price(text, filters=filters))
            problems = peter.compile(text, filters=filters).problems
        except PeterError as error:
            if error.problems:
                self._show_problems(error.problems, text, name)
            raise
        self._show("cost_bundle", cost, name)
        if any(problem.is_error for problem in problems):
            # A price that leaves a query out is too low.
            self._show_problems(problems, text, name)
            raise invalid_document(problems)

    def _tables(self, _: Line) -> None:
        from peter_jupyter.table_list import tables_text

        text = self._run("Reading the tables", lambda _: tables_text(self.session.peter))
        self._show("message_bundle", text)

    def _costs(self, read: Line) -> None:
        asked = parse_number(VERBS["costs"], read, "--days", int, "a number of days") or 30
        # A moment later than now, so that what was just recorded counts.
        end = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=1)
        start = end - dt.timedelta(days=min(int(asked), _MOST_DAYS))
        by = cast("GroupBy", read.one("--by") or "dashboard")
        peter = self.session.peter
        report = self._run("Adding up", lambda _: peter.costs(start, end, group_by=by))
        self._show("costs_bundle", report)

    def _lineage(self, read: Line) -> None:
        slug = read.positionals[0]
        columns = read.has("--columns")
        peter = self.session.peter
        graph = self._run(f"Tracing {slug}", lambda _: peter.lineage(slug, columns=columns))
        board = peter.read(slug)[1].dashboard
        from peter_jupyter.live import live_lineage

        shown = live_lineage(
            graph,
            lambda columns: peter.lineage(slug, columns=columns),
            lambda node: peter.whole_lineage().downstream(node),
            columns=columns,
            language=board.locale if board else "en",
        )
        self._end(shown)

    def _use(self, read: Line) -> None:
        name = read.positionals[0]
        folder = self._run(f"Opening {name}", lambda _: self.session.use(name))
        tables = self._run(f"Reading {name}", lambda _: self.session.peter.tables())
        names = ", ".join(table.id for table in tables) or "no tables yet, they belong in data/"
        self._show("message_bundle", f"Peter works with {folder}: {names}.")

    def _help(self, _: Line) -> None:
        self._show("message_bundle", help_text(SQL, DASHBOARD, *VERBS.values()))

    def _slug(self, text: str) -> str:
        """The slug that the text names; the empty text when it cannot be read."""
        from peter_core.dashboard.loading import load_dashboard

        board = load_dashboard(text).dashboard
        return board.slug if board is not None else ""

    def _sql_options(self, read: Line) -> dict[str, Any]:
        from peter_core.dashboard.model import parse_size

        asked: dict[str, Any] = {
            "parameters": parse_assignments(
                SQL, "--param", read.all("--param"), self._shell.user_ns
            ),
            "dry_run": read.has("--dry-run"),
        }
        if (size := read.one("--max-bytes")) is not None:
            try:
                asked["max_bytes"] = parse_size(size)
            except ValueError as error:
                raise InvalidRequest(f"{SQL.name}: '--max-bytes {size}': {error}.") from None
        if (rows := parse_number(SQL, read, "--sample", int, "a number of rows")) is not None:
            asked["sample_rows"] = int(rows)
        if (limit := parse_number(SQL, read, "--timeout", float, "a time in seconds")) is not None:
            asked["timeout_s"] = limit
        return asked

    def _filters(self, command: Command, read: Line) -> dict[str, object]:
        return parse_filters(command, "--filter", read.all("--filter"), self._shell.user_ns)

    def _run(self, doing: str, call: Callable[[CancelToken], T]) -> T:
        self._output = self._output.then(doing)
        try:
            return run_interruptibly(call, on_wait=self._output.progress)
        except PeterError:
            self._output.clear()
            raise

    def _show(self, bundle: str, *shown: object) -> None:
        from peter_jupyter.display import bundles

        self._end(getattr(bundles, bundle)(*shown))

    def _show_verification(self, verification: Verification) -> None:
        self._show("verification_bundle", verification)

    def _show_problems(self, problems: Sequence[Problem], text: str, name: str = "") -> None:
        self._show("problems_bundle", problems, text, name)

    def _show_dashboard(
        self, artifact: Artifact, ask: Ask, filters: Mapping[str, object], *, with_sql: bool
    ) -> None:
        from peter_jupyter.live import live_dashboard

        self._end(live_dashboard(artifact, ask, filters, with_sql=with_sql))

    def _end(self, shown: object) -> None:
        """Show it in the place of the progress line."""
        output, self._output = self._output, CellOutput(self._shell, "")
        output.show(shown)
