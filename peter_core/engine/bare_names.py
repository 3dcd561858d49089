"""Table names without a dataset: BigQuery looks for them in the default dataset alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peter_core.sql.positions import problem_at, span_of
from peter_core.sql.tables import table_uses

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from peter_core.dashboard.problems import Problem
    from peter_core.sql.statement import Statement


def bare_names(
    statement: Statement,
    ids: Iterable[str],
    is_default: Callable[[str], bool],
    dataset: str | None,
) -> list[Problem]:
    """The bare names that are none of the default dataset, with where there is such a table.

    Parameters
    ----------
    ids
        The tables there are, as ``project.dataset.table``.
    is_default
        Whether a table is of the default dataset.
    dataset
        The default dataset, ``None`` where there is none and every bare name is refused.
    """
    found = []
    for use in table_uses(statement.tree):
        if "." in use.name:
            continue
        there = [id for id in ids if _is_called(id, use.name)]
        if any(map(is_default, there)):
            continue
        said = f"The table `{use.name}` is named without its dataset."
        if dataset is not None:
            said = f"The default dataset `{dataset}` has no table `{use.name}`."
        hint = f"Write `{'.'.join(there[0].split('.')[-2:])}`." if there else None
        span = span_of(use.node)
        found.append(problem_at(statement.text, span, "unknown-table", said, hint=hint))
    return found


def _is_called(id: str, name: str) -> bool:
    """Whether a bare name, or a wildcard of one, is the last part of an id."""
    last = id.rpartition(".")[2]
    return last.startswith(name[:-1]) if name.endswith("*") else last == name
