"""Declared checks on a result that was fetched anyway: no extra bytes."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from peter_core.engine.values import json_value, plain_column, python_values
from peter_core.verify.comparison import (
    Incomparable,
    age_of,
    age_text,
    aggregate,
    apart,
    duplicates,
    failing,
    literal,
    outside,
)
from peter_core.verify.profile import bounds, typed_columns
from peter_core.verify.sentences import SHOWN, check_sentence, count_text, row_list
from peter_core.verify.verification import CheckOutcome

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    import pyarrow as pa

    from peter_core.dashboard.model import (
        AcceptedCheck,
        Check,
        EqualsCheck,
        MaxAgeCheck,
        RangeCheck,
        RowsCheck,
    )
    from peter_core.engine.port import Column


def run_checks(
    checks: Sequence[Check],
    table: pa.Table,
    columns: Sequence[Column],
    *,
    row_count: int,
    others: Mapping[str, pa.Table],
    now: dt.datetime,
) -> tuple[CheckOutcome, ...]:
    """Run declared checks on a result; one outcome a check, in their order.

    A check that cannot be answered (no such column, a bound of the wrong type, a query that was
    not run) has not passed, and its detail says why. Nulls pass ``accepted`` and ``range``; to
    ``unique`` a null is a value like any other, as it is to GROUP BY.

    Parameters
    ----------
    row_count
        All rows of the result, of which ``table`` may hold the first.
    others
        Results of the dashboard's other queries by name, for ``equals``.
    now
        The moment ages are told from, with a zone: that of DATE and DATETIME values.
    """
    rows = _Rows(table, columns, row_count, others, now)
    return tuple(_outcome(check, rows) for check in checks)


class _Answer(NamedTuple):
    passed: bool
    detail: str


@dataclass(frozen=True, slots=True)
class _Data:
    """One column: its name as the result has it, BigQuery type and Arrow data."""

    name: str
    kind: str
    values: pa.ChunkedArray


class _Rows:
    """The result under check."""

    def __init__(
        self,
        table: pa.Table,
        columns: Sequence[Column],
        row_count: int,
        others: Mapping[str, pa.Table],
        now: dt.datetime,
    ) -> None:
        self.table = table
        self.row_count = row_count
        self.kept = table.num_rows
        self.others = others
        self.now = now
        self._columns = [_Data(*column) for column in typed_columns(table, columns)]

    @property
    def cut(self) -> bool:
        """Whether rows exist that no check can look at."""
        return bool(self.kept < self.row_count)

    def column(self, name: str) -> _Data:
        return _named(name, self._columns, "the result")

    def other(self, query: str, name: str) -> _Data:
        if query not in self.others:
            raise Incomparable(
                f"Query {query} was not run, so there is nothing to compare with; verify the "
                "whole dashboard."
            )
        table = self.others[query]
        pairs = zip(table.column_names, table.columns, strict=True)
        columns = [_Data(column, "", plain_column(data)) for column, data in pairs]
        return _named(name, columns, f"query {query}")

    def of(self, number: int) -> str:
        """``3 of 30 rows``."""
        return f"{number:,} of {count_text(self.kept, 'row')}"


def _outcome(check: Check, rows: _Rows) -> CheckOutcome:
    sentence, (passed, detail) = check_sentence(check), _ask(check, rows)
    if rows.cut and check.rows is None:
        looked = f"Only the first {rows.kept:,} of {rows.row_count:,} rows were looked at."
        detail = f"{detail} {looked}"
    return CheckOutcome(check=sentence, passed=passed, detail=detail, severity=check.severity)


def _ask(check: Check, rows: _Rows) -> _Answer:
    try:
        if check.rows is not None:
            return _rows(check.rows, rows)
        if check.not_null is not None:
            return _not_null(check.not_null, rows)
        if check.unique is not None:
            return _unique(check.unique, rows)
        if check.accepted is not None:
            return _accepted(check.accepted, rows)
        if check.range is not None:
            return _range(check.range, rows)
        if check.max_age is not None:
            return _max_age(check.max_age, rows)
        assert check.equals is not None  # noqa: S101  # the model allows exactly these seven
        return _equals(check.equals, rows)
    except Incomparable as error:
        return _Answer(False, str(error))


def _rows(check: RowsCheck, rows: _Rows) -> _Answer:
    low, high = check.min or 0, check.max
    passed = low <= rows.row_count and (high is None or rows.row_count <= high)
    return _Answer(passed, f"The result has {count_text(rows.row_count, 'row')}.")


def _not_null(names: Sequence[str], rows: _Rows) -> _Answer:
    import pyarrow.compute as pc

    faults = []
    for data in [rows.column(name) for name in names]:
        nulls = data.values.null_count
        if nulls:
            where = pc.indices_nonzero(pc.is_null(data.values)).to_pylist()
            verb = "is" if nulls == 1 else "are"
            faults.append(f"{data.name}: {rows.of(nulls)} {verb} null: {row_list(where)}.")
    return _Answer(not faults, " ".join(faults) or f"No nulls in {count_text(rows.kept, 'row')}.")


def _unique(names: Sequence[str], rows: _Rows) -> _Answer:
    columns = [rows.column(name) for name in names]
    repeats = duplicates([data.values for data in columns])
    if not repeats:
        return _Answer(
            True, f"{count_text(rows.kept, 'distinct key')} in {count_text(rows.kept, 'row')}."
        )
    shown = [f"{_key(columns, where[0])} in {row_list(where)}" for where in repeats[:SHOWN]]
    more = f"; and {len(repeats) - SHOWN:,} more keys" if len(repeats) > SHOWN else ""
    affected = sum(len(where) for where in repeats)
    return _Answer(False, f"{rows.of(affected)} share a key: {'; '.join(shown)}{more}.")


def _accepted(check: AcceptedCheck, rows: _Rows) -> _Answer:
    data = rows.column(check.column)
    allowed = {literal(value, data.values.type) for value in check.values}
    where = failing(data.values, lambda value: value in allowed)
    if not where:
        return _Answer(True, f"Every value of {count_text(rows.kept, 'row')} is accepted.")
    return _Answer(
        False,
        f"{rows.of(len(where))} hold other values: {_texts(data, where)}: {row_list(where)}.",
    )


def _range(check: RangeCheck, rows: _Rows) -> _Answer:
    data = rows.column(check.column)
    kind = data.values.type
    low = None if check.min is None else literal(check.min, kind)
    high = None if check.max is None else literal(check.max, kind)
    where = outside(data.values, low, high)
    if where:
        verb = "is" if len(where) == 1 else "are"
        return _Answer(
            False,
            f"{rows.of(len(where))} {verb} outside: {_texts(data, where)}: {row_list(where)}.",
        )
    least, most = (json_value(value, data.kind) for value in bounds(data.values))
    if least is None:
        return _Answer(True, f"No values in {count_text(rows.kept, 'row')}.")
    return _Answer(True, f"The values are between {least} and {most}.")


def _max_age(check: MaxAgeCheck, rows: _Rows) -> _Answer:
    data = rows.column(check.column)
    newest = bounds(data.values)[1]
    age = age_of(newest, rows.now)
    if age is None:
        return _Answer(False, f"{data.name} has no values, so its age cannot be told.")
    told = f"The newest {data.name} is {json_value(newest, data.kind)}"
    if age < 0:
        return _Answer(True, f"{told}, {age_text(-age)} in the future.")
    return _Answer(age <= check.age, f"{told}, {age_text(age)} old.")


def _equals(check: EqualsCheck, rows: _Rows) -> _Answer:
    here, there = rows.column(check.column), rows.other(check.query, check.column)
    if rows.cut and check.aggregate not in ("min", "max"):
        raise Incomparable(f"The {check.aggregate} cannot be told from a result that was cut.")
    ours = aggregate(here.values, check.aggregate)
    theirs = aggregate(there.values, check.aggregate)
    shown = f"{json_value(ours, here.kind)} here, {json_value(theirs, here.kind)} in {check.query}"
    gap = apart(ours, theirs, check.tolerance)
    if gap is None:
        return _Answer(True, f"{shown}.")
    return _Answer(False, f"{shown}{f', {gap} apart' if gap else ''}.")


def _named(name: str, columns: Sequence[_Data], owner: str) -> _Data:
    for column in columns:
        if column.name.casefold() == name.casefold():
            return column
    known = [column.name for column in columns]
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"; did you mean {near[0]}?" if near else "."
    listed = ", ".join(known[:20]) + (", …" if len(known) > 20 else "")
    raise Incomparable(f"No column {name} in {owner} (columns: {listed}){hint}")


def _texts(data: _Data, where: Sequence[int]) -> str:
    """The first distinct values of the rows, ``…`` standing for the rest."""
    values = python_values(data.values.take(list(where[:1000])))
    found = list(dict.fromkeys(str(json_value(value, data.kind)) for value in values))
    shown = [text if len(text) <= 60 else text[:59] + "…" for text in found[:SHOWN]]
    return ", ".join([*shown, "…"] if len(found) > SHOWN else shown)


def _key(columns: Sequence[_Data], row: int) -> str:
    slices = (python_values(data.values.slice(row, 1))[0] for data in columns)
    values = [json_value(value, data.kind) for value, data in zip(slices, columns, strict=True)]
    texts = ["null" if value is None else str(value) for value in values]
    return texts[0] if len(texts) == 1 else f"({', '.join(texts)})"
