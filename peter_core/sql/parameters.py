"""Typed values of a statement's named parameters. A value is bound, never written into the SQL."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from peter_core.dashboard.model import (
    BooleanFilter,
    DateFilter,
    DateRangeFilter,
    NumberFilter,
    SelectFilter,
)
from peter_core.dashboard.problems import Problem
from peter_core.errors import InvalidRequest, SqlError
from peter_core.sql.values import coerce, infer_type, is_known_type, short

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from peter_core.dashboard.model import Dashboard, Filter


@dataclass(frozen=True, slots=True)
class Parameter:
    """A named parameter: ``type`` is a BigQuery type, ``value`` a Python value of it or ``None``.

    DATE, DATETIME, TIMESTAMP (UTC) and TIME hold ``datetime`` values, NUMERIC and BIGNUMERIC
    ``Decimal``, BYTES ``bytes``, ``ARRAY<T>`` a tuple.
    """

    name: str
    type: str
    value: object


def bind_parameters(
    names: Iterable[str],
    declared: Mapping[str, str] | None,
    values: Mapping[str, object],
    *,
    text: str | None = None,
) -> tuple[Parameter, ...]:
    """The parameters of a statement with their types and values, in the order of ``names``.

    Parameters
    ----------
    names
        The names the statement uses; BigQuery does not care for their case.
    declared
        Name to BigQuery type. A declared parameter without a value is ``NULL``.
    values
        Name to Python, JSON or text value. One without a declared type gets the type of its
        value: a text stays ``STRING``, also when it looks like a date.
    text
        The statement, to place the problems in.

    Raises
    ------
    SqlError
        A name is neither declared nor given: rule ``unknown-parameter``.
    InvalidRequest
        A value does not fit its type: rule ``parameter-type``.
    """
    types = {name.lower(): kind for name, kind in (declared or {}).items()}
    given = {name.lower(): value for name, value in values.items()}
    known = [*(declared or {}), *values]
    unknown = [name for name in names if name.lower() not in types.keys() | given.keys()]
    if unknown:
        problems = [unknown_parameter(name, known, text) for name in unknown]
        raise SqlError(problems[0].message, hint=problems[0].hint, problems=problems)
    return tuple(_bind(name, types.get(name.lower()), given.get(name.lower())) for name in names)


def filter_parameters(dashboard: Dashboard) -> dict[str, str]:
    """Name to BigQuery type of every parameter that a dashboard's filters bind."""
    return {
        parameter: kind
        for name, one in dashboard.filters.items()
        for parameter, kind in _of_filter(name, one).items()
    }


def filters_behind(dashboard: Dashboard, names: Iterable[str]) -> tuple[str, ...]:
    """The filters that bind any of these parameters, in the document's order."""
    asked = {name.lower() for name in names}
    return tuple(
        name
        for name, one in dashboard.filters.items()
        if not asked.isdisjoint(parameter.lower() for parameter in _of_filter(name, one))
    )


def unknown_parameter(name: str, known: Iterable[str], text: str | None = None) -> Problem:
    """The problem of a ``@name`` that nobody declares, placed where ``text`` first uses it."""
    spelled = list(dict.fromkeys(known))
    near = get_close_matches(name, spelled, 1, 0.6)
    if near:
        hint = f"Did you mean @{near[0]}?"
    elif spelled:
        hint = "There are " + ", ".join(f"@{one}" for one in spelled[:8]) + "."
    else:
        hint = f"Declare a filter for it, or give it a value: --param {name}=VALUE."
    message = f"No parameter is called @{name}."
    match = re.search(rf"@{re.escape(name)}\b", text) if text else None
    if match is None or text is None:
        return Problem("unknown-parameter", "error", message, hint=hint)
    line = text.count("\n", 0, match.start()) + 1
    column = match.start() - (text.rfind("\n", 0, match.start()) + 1) + 1
    return Problem(
        "unknown-parameter",
        "error",
        message,
        line=line,
        column=column,
        end_line=line,
        end_column=column + len(match[0]),
        hint=hint,
    )


def _of_filter(name: str, one: Filter) -> dict[str, str]:
    if isinstance(one, DateRangeFilter):
        return {f"{name}_start": "DATE", f"{name}_end": "DATE"}
    if isinstance(one, DateFilter):
        return {name: "DATE"}
    if isinstance(one, SelectFilter):
        return {name: "ARRAY<STRING>" if one.multiple else "STRING"}
    if isinstance(one, NumberFilter):
        return {name: "FLOAT64"}
    return {name: "BOOL" if isinstance(one, BooleanFilter) else "STRING"}


def _bind(name: str, declared: str | None, value: object) -> Parameter:
    kind = declared.upper().replace(" ", "") if declared is not None else infer_type(value)
    if kind is None or not is_known_type(kind):
        what = f"the type {declared}" if declared else f"a {type(value).__name__}"
        raise _unfit(f"The parameter @{name} cannot be bound as {what}.", _KNOWN)
    try:
        return Parameter(name, kind, coerce(kind, value))
    except (TypeError, ValueError, OverflowError) as error:
        raise _unfit(
            f"The value {short(value)} of the parameter @{name} is no {kind}.", str(error)
        ) from error


_KNOWN = (
    "Use INT64, FLOAT64, NUMERIC, BIGNUMERIC, STRING, BYTES, BOOL, DATE, DATETIME, TIMESTAMP, "
    "TIME, JSON or an ARRAY of one of them."
)


def _unfit(message: str, hint: str) -> InvalidRequest:
    problem = Problem("parameter-type", "error", message, hint=hint or None)
    return InvalidRequest(message, hint=hint or None, problems=(problem,))
