"""Declared checks on a result that was fetched anyway: no extra bytes."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from peter_core.engine.values import json_value, plain_column, python_values
from peter_core.plan.words import say
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
        return say("{number} of {rows}", number=number, rows=count_text(self.kept, "row"))


def _outcome(check: Check, rows: _Rows) -> CheckOutcome:
    sentence, (passed, detail) = check_sentence(check), _ask(check, rows)
    if rows.cut and check.rows is None:
        told = "Only the first {kept} of {rows} rows were looked at."
        looked = say(told, kept=rows.kept, rows=rows.row_count)
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
    return _Answer(passed, say("The result has {rows}.", rows=count_text(rows.row_count, "row")))


def _not_null(names: Sequence[str], rows: _Rows) -> _Answer:
    import pyarrow.compute as pc

    faults = []
    for data in [rows.column(name) for name in names]:
        nulls = data.values.null_count
        if nulls:
            where = pc.indices_nonzero(pc.is_null(data.values)).to_pylist()
            told = "{name}: {some} is null: {where}." if nulls == 1 \
                else "{name}: {some} are null: {where}."  # fmt: skip
            faults.append(say(told, name=data.name, some=rows.of(nulls), where=row_list(where)))
    none = say("No nulls in {names}", names=count_text(rows.kept, "row"))
    return _Answer(not faults, " ".join(faults) or f"{none}.")


def _unique(names: Sequence[str], rows: _Rows) -> _Answer:
    columns = [rows.column(name) for name in names]
    repeats = duplicates([data.values for data in columns])
    if not repeats:
        return _Answer(
            True,
            say("{keys} in {rows}.", keys=count_text(rows.kept, "distinct key"),
                rows=count_text(rows.kept, "row")),
        )  # fmt: skip
    keys = [
        say("{key} in {rows}", key=_key(columns, where[0]), rows=row_list(where))
        for where in repeats[:SHOWN]
    ]
    if len(repeats) > SHOWN:
        keys.append(say("and {more} more keys", more=len(repeats) - SHOWN))
    affected = rows.of(sum(len(where) for where in repeats))
    return _Answer(False, say("{some} share a key: {keys}.", some=affected, keys="; ".join(keys)))


def _accepted(check: AcceptedCheck, rows: _Rows) -> _Answer:
    data = rows.column(check.column)
    allowed = {literal(value, data.values.type) for value in check.values}
    where = failing(data.values, lambda value: value in allowed)
    if not where:
        return _Answer(
            True, say("Every value of {rows} is accepted.", rows=count_text(rows.kept, "row"))
        )
    return _Answer(False, say(
        "{some} hold other values: {values}: {where}.",
        some=rows.of(len(where)), values=_texts(data, where), where=row_list(where),
    ))  # fmt: skip


def _range(check: RangeCheck, rows: _Rows) -> _Answer:
    data = rows.column(check.column)
    kind = data.values.type
    low = None if check.min is None else literal(check.min, kind)
    high = None if check.max is None else literal(check.max, kind)
    where = outside(data.values, low, high)
    if where:
        told = "{some} is outside: {values}: {where}." if len(where) == 1 \
            else "{some} are outside: {values}: {where}."  # fmt: skip
        return _Answer(False, say(
            told, some=rows.of(len(where)), values=_texts(data, where), where=row_list(where),
        ))  # fmt: skip
    least, most = (json_value(value, data.kind) for value in bounds(data.values))
    if least is None:
        return _Answer(True, say("No values in {rows}.", rows=count_text(rows.kept, "row")))
    told = "The values are between {least} and {most}."
    return _Answer(True, say(told, least=str(least), most=str(most)))


def _max_age(check: MaxAgeCheck, rows: _Rows) -> _Answer:
    data = rows.column(check.column)
    newest = bounds(data.values)[1]
    age = age_of(newest, rows.now)
    if age is None:
        return _Answer(False, say("{name} has no values, so its age cannot be told.",
                                  name=data.name))  # fmt: skip
    told = "The newest {name} is {value}, {age} in the future." if age < 0 \
        else "The newest {name} is {value}, {age} old."  # fmt: skip
    value = str(json_value(newest, data.kind))
    return _Answer(age <= check.age, say(told, name=data.name, value=value,
                                         age=age_text(abs(age))))  # fmt: skip


def _equals(check: EqualsCheck, rows: _Rows) -> _Answer:
    here, there = rows.column(check.column), rows.other(check.query, check.column)
    if rows.cut and check.aggregate not in ("min", "max"):
        raise Incomparable(f"The {check.aggregate} cannot be told from a result that was cut.")
    ours = aggregate(here.values, check.aggregate)
    theirs = aggregate(there.values, check.aggregate)
    one, two = str(json_value(ours, here.kind)), str(json_value(theirs, here.kind))
    shown = say("{one} here, {two} in {query}", one=one, two=two, query=check.query)
    gap = apart(ours, theirs, check.tolerance)
    if gap:
        shown = f"{shown}, {say('{gap} apart', gap=gap)}"
    return _Answer(gap is None, f"{shown}.")


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
