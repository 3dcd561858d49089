"""Receipts: proof of what was verified, bound to its content."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from peter_core.engine.port import Column
from peter_core.engine.values import element_type, json_value
from peter_core.errors import InvalidRequest
from peter_core.verify.verification import TableStamp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from peter_core.engine.port import ColumnProfile
    from peter_core.principal import Principal
    from peter_core.sql.parameters import Parameter
    from peter_core.verify.verification import Verification

FORMAT = 1
ID_LENGTH = 16
"""Hex digits of a receipt's id: 64 bits of the SHA-256 of its content."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was verified: the statement by its fingerprint, and what it gave.

    ``parameters`` are name, type and JSON value; ``profile_digest`` is a SHA-256 over the column
    statistics; times are UTC. ``id`` follows from all the rest, so a receipt that was edited
    cannot be read back.
    """

    id: str
    fingerprint: str
    parameters: tuple[tuple[str, str, object], ...]
    schema: tuple[Column, ...]
    tables: tuple[TableStamp, ...]
    profile_digest: str
    row_count: int
    bytes_scanned: int
    bytes_billed: int
    engine: str
    verdict: str
    verified_at: dt.datetime
    verified_by: str

    def to_json(self) -> str:
        """The receipt as canonical JSON: sorted keys, no white space."""
        return _canonical({"id": self.id, **_content(self)})

    @classmethod
    def from_json(cls, text: str) -> Receipt:
        """Read a receipt back.

        Raises
        ------
        InvalidRequest
            It is no receipt, or its content does not belong to its id.
        """
        try:
            receipt = _read(json.loads(text))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise InvalidRequest("The text is no verification receipt.") from error
        if receipt.id != _id(receipt):
            raise InvalidRequest(
                f"Receipt {receipt.id} was changed after it was made.",
                hint="Verify the query again for a new receipt.",
            )
        return receipt

    def matches(
        self, fingerprint: str, schema: Sequence[Column], engine: str
    ) -> tuple[bool, str | None]:
        """Whether the receipt still speaks for a statement; the reason in a sentence if not.

        Parameters
        ----------
        schema
            The columns the statement gives now; empty when they are not known, which leaves them
            out of the comparison.
        engine
            The engine that serves it: a receipt of the embedded engine never passes on BigQuery.
        """
        if self.engine != engine:
            return False, f"It was verified on {self.engine}, and is served by {engine}."
        if self.fingerprint != fingerprint:
            return False, "The SQL changed after it was verified."
        if schema and _shape(self.schema) != _shape(schema):
            return (
                False,
                f"The result changed after it was verified: {_change(self.schema, schema)}.",
            )
        if self.verdict != "passed":
            return False, "A check failed when it was verified."
        return True, None


def make_receipt(
    verification: Verification, parameters: Sequence[Parameter], principal: Principal
) -> Receipt:
    """The receipt of a statement that ran; the same verification always gives the same one.

    Raises
    ------
    InvalidRequest
        It did not run, so there is nothing to vouch for.
    """
    computed_at = verification.computed_at
    if verification.verdict == "could_not_run" or verification.dry_run or computed_at is None:
        raise InvalidRequest(
            "A receipt is made of a run; this statement was not run.",
            hint=verification.hint or "Verify it without the dry run.",
        )
    draft = Receipt(
        id="",
        fingerprint=verification.fingerprint,
        parameters=tuple(
            (each.name, each.type, json_value(each.value, element_type(each.type)))
            for each in sorted(parameters, key=lambda each: each.name)
        ),
        schema=verification.schema,
        tables=tuple(sorted(verification.tables, key=lambda table: table.id)),
        profile_digest=_digest(_canonical([_statistics(p) for p in verification.profile])),
        row_count=verification.row_count or 0,
        bytes_scanned=verification.bytes_scanned,
        bytes_billed=verification.bytes_billed,
        engine=verification.engine,
        verdict=verification.verdict,
        verified_at=computed_at.astimezone(dt.UTC),
        verified_by=principal.email,
    )
    return replace(draft, id=_id(draft))


def _content(receipt: Receipt) -> dict[str, object]:
    return {
        "format": FORMAT,
        "fingerprint": receipt.fingerprint,
        "parameters": [list(parameter) for parameter in receipt.parameters],
        "schema": [[column.name, column.type, column.mode] for column in receipt.schema],
        "tables": [[t.id, _text(t.updated_at), t.rows] for t in receipt.tables],
        "profile_digest": receipt.profile_digest,
        "row_count": receipt.row_count,
        "bytes_scanned": receipt.bytes_scanned,
        "bytes_billed": receipt.bytes_billed,
        "engine": receipt.engine,
        "verdict": receipt.verdict,
        "verified_at": _text(receipt.verified_at),
        "verified_by": receipt.verified_by,
    }


def _read(body: dict[str, Any]) -> Receipt:
    if body["format"] != FORMAT:
        raise ValueError("a receipt of another format")
    return Receipt(
        id=body["id"],
        fingerprint=body["fingerprint"],
        parameters=tuple((name, kind, value) for name, kind, value in body["parameters"]),
        schema=tuple(Column(name, kind, mode) for name, kind, mode in body["schema"]),
        tables=tuple(TableStamp(id, _moment(at), rows) for id, at, rows in body["tables"]),
        profile_digest=body["profile_digest"],
        row_count=body["row_count"],
        bytes_scanned=body["bytes_scanned"],
        bytes_billed=body["bytes_billed"],
        engine=body["engine"],
        verdict=body["verdict"],
        verified_at=dt.datetime.fromisoformat(body["verified_at"]),
        verified_by=body["verified_by"],
    )


def _id(receipt: Receipt) -> str:
    return _digest(_canonical(_content(receipt)))[:ID_LENGTH]


def _statistics(profile: ColumnProfile) -> list[object]:
    top = [list(pair) for pair in profile.top]
    # Twelve digits: a parallel mean differs in the last ones from run to run.
    mean = None if profile.mean is None else f"{profile.mean:.12g}"
    return [profile.name, profile.nulls, profile.distinct, profile.min, profile.max, mean, top]


def _shape(columns: Sequence[Column]) -> list[tuple[str, str, str]]:
    return [(column.name, column.type, column.mode) for column in columns]


def _change(then: Sequence[Column], now: Sequence[Column]) -> str:
    before = {column.name: column for column in then}
    after = {column.name: column for column in now}
    parts = [f"{name} is gone" for name in before if name not in after]
    parts += [f"{name} is new" for name in after if name not in before]
    parts += [
        f"{name} was {before[name].type} and is {column.type}"
        for name, column in after.items()
        if name in before and before[name].type != column.type
    ]
    return "; ".join(parts[:3]) or "its columns have another order or mode"


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _text(moment: dt.datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(dt.UTC).isoformat()


def _moment(text: str | None) -> dt.datetime | None:
    return None if text is None else dt.datetime.fromisoformat(text)
