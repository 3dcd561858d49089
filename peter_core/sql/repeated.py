"""Columns of one name in a result: BigQuery reads such a statement and refuses its result."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from sqlglot import exp

from peter_core.sql.outputs import output_name
from peter_core.sql.positions import problem_at, span_of
from peter_core.sql.relations import Relation
from peter_core.sql.resolution import resolve
from peter_core.sql.structure import first_select, is_star

if TYPE_CHECKING:
    from peter_core.dashboard.problems import Problem
    from peter_core.sql.statement import Statement

RULE = "duplicate-column"
_HINT = "Give each column an alias of its own."


def repeated_columns(statement: Statement) -> tuple[Problem, ...]:
    """What can be told of a statement without its tables."""
    try:
        relation = resolve(statement.text, statement.tree, None).relation
        return repeated_outputs(statement.text, statement.tree, relation)
    except RecursionError:
        # Whoever checks the statement as a whole says that it is nested too deeply.
        return ()


def repeated_outputs(text: str, tree: exp.Expr, relation: Relation) -> tuple[Problem, ...]:
    """A problem for each name that several columns of a query's result have.

    It stands at the second of them, or at the star that gives it.

    Parameters
    ----------
    relation
        What the query gives, as it was resolved.
    """
    select = first_select(tree)
    if select is None or select.args.get("kind") == "VALUE":
        return ()
    counts = Counter(one.key for one in relation.fields if one.key != "*")
    found = []
    for key, count in counts.items():
        place = _second(select, key) if count > 1 else None
        if place is not None:
            said = f"{count} columns are called `{key}`; BigQuery refuses such a result."
            found.append(problem_at(text, span_of(place), RULE, said, hint=_HINT))
    return tuple(found)


def _second(select: exp.Select, key: str) -> exp.Expr | None:
    """The item that gives a name once more; ``None`` for a name that BigQuery makes itself."""
    named = [one for one in select.expressions if output_name(one).lower() == key]
    stars = [one for one in select.expressions if is_star(one)]
    if len(named) > 1:
        place = named[1]
    elif stars:
        place = named[0] if named else stars[-1]
    else:
        return None
    return _name_of(place)


def _name_of(item: exp.Expr) -> exp.Expr:
    """The part of an output that names it."""
    named = item
    if isinstance(item, exp.Alias):
        named = item.args["alias"]
    elif isinstance(item, exp.Column):
        named = item.this
    elif isinstance(item, exp.Dot):
        named = item.expression
    return named if isinstance(named, exp.Expr) else item
