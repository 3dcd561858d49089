"""A text to a dashboard, or to its problems with their places. Never raises on any text."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from peter_core.dashboard.faults import validate
from peter_core.dashboard.marks import ListMark, MapMark, child, path_parts, place
from peter_core.dashboard.positions import source_position
from peter_core.dashboard.problems import Problem, sorted_problems
from peter_core.dashboard.reading import MAX_PROBLEMS, read

if TYPE_CHECKING:
    from peter_core.dashboard.marks import Mark, Path, Range
    from peter_core.dashboard.model import Dashboard
    from peter_core.dashboard.reading import Tree


@dataclass(frozen=True, slots=True)
class Loaded:
    """What loading gave.

    ``dashboard`` is ``None`` when a problem is an error. ``tree`` is the document as plain values
    (``None`` where reading had to stop), ``mark`` where each of them stands, ``text`` the decoded
    text.
    """

    dashboard: Dashboard | None
    problems: tuple[Problem, ...]
    tree: Tree
    mark: Mark | None = field(repr=False)
    text: str = field(repr=False)

    def place(self, path: Path | str, *, key: bool = False) -> Range | None:
        """Where the value at a path stands, or its key.

        ``path`` is a tuple, or a text such as ``charts.delay.y[1]``. What is not there is placed
        at the nearest thing above it. ``None`` only when nothing could be read.
        """
        return place(self.mark, path_parts(path) if isinstance(path, str) else path, key=key)

    def locate_sql(self, query_name: str, line: int, column: int) -> tuple[int, int]:
        """The file's line and column of a position in a query's SQL, all counted from 1.

        For a query that is kept in a file of its own, the place of ``file`` is given.
        """
        node = self.mark
        for part in ("queries", query_name, "sql"):
            node = child(node, part) if node is not None else None
        if node is None or isinstance(node, MapMark | ListMark):
            at = self.place(("queries", query_name, "file"))
            return (at.line, at.column) if at else (1, 1)
        return source_position(self.text, node, line, column)


def load_dashboard(text: str | bytes) -> Loaded:
    """Read and check a dashboard document without a warehouse.

    Parameters
    ----------
    text
        The document, at most 256 KB of UTF-8.

    Returns
    -------
    Loaded
        With ``problems`` in the order of the text, the first hundred; references between the
        parts are the matter of ``rules.check_rules``.
    """
    reading = read(text)
    if reading.mark is None:
        return Loaded(None, reading.problems, reading.tree, None, reading.text)
    dashboard, problems = validate(reading.tree, reading.mark)
    # A number that cannot be kept was read as zero, which says nothing about its place.
    unread = {problem.path for problem in reading.problems if problem.rule == "bad-number"}
    found = sorted_problems((*reading.problems, *(p for p in problems if p.path not in unread)))
    found = found[:MAX_PROBLEMS]
    return Loaded(None if found else dashboard, found, reading.tree, reading.mark, reading.text)
