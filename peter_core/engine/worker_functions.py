"""The functions a worker's DuckDB has besides its own, for the translation alone.

Their names begin with ``peter_``; the guard knows none of them, so no author's text reaches
them. They read their arguments and nothing else, and die with the worker.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from peter_core.engine.functions import addresses, fingerprints, intervals, json_values, texts

if TYPE_CHECKING:
    from collections.abc import Callable

    import duckdb

_ARROW = {
    "BIGINT": pa.int64(), "VARCHAR": pa.string(), "BLOB": pa.binary(),
    "INTERVAL": pa.month_day_nano_interval(),
    "VARCHAR[]": pa.list_(pa.string()), "BIGINT[]": pa.list_(pa.int64()),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class WorkerFunction:
    """A function of DuckDB types, computed row by row; any NULL argument gives NULL."""

    name: str
    parameters: tuple[str, ...]
    returns: str
    compute: Callable[..., object]


_T, _B, _I, _F, _L = "VARCHAR", "BLOB", "BIGINT", "BOOLEAN", "VARCHAR[]"

WORKER_FUNCTIONS = (
    WorkerFunction("peter_base32", (_B,), _T, texts.to_base32),
    WorkerFunction("peter_bytes_literal", (_B,), _T, texts.bytes_literal),
    WorkerFunction("peter_bytes_of_points", ("BIGINT[]",), _B, texts.bytes_of_points),
    WorkerFunction("peter_escaped", (_B,), _T, texts.escaped),
    WorkerFunction("peter_from_base32", (_T,), _B, texts.from_base32),
    WorkerFunction("peter_instr", (_T, _T, _I, _I), _I, texts.instr),
    WorkerFunction("peter_interval_text", ("INTERVAL",), _T, intervals.interval_text),
    WorkerFunction("peter_ip_from_number", (_I,), _B, addresses.address_of_number),
    WorkerFunction("peter_ip_from_text", (_T,), _B, addresses.address_bytes),
    WorkerFunction("peter_ip_mask", (_I, _I), _B, addresses.net_mask),
    WorkerFunction("peter_ip_number", (_B,), _I, addresses.number_of_address),
    WorkerFunction("peter_ip_text", (_B,), _T, addresses.address_text),
    WorkerFunction("peter_ip_within", (_B, _I), _B, addresses.address_within),
    WorkerFunction("peter_justify", ("INTERVAL", _F, _F), "INTERVAL", intervals.justified),
    WorkerFunction("peter_json_keys", (_T, _I), _L, json_values.json_keys),
    WorkerFunction("peter_json_object", (_L, _L), _T, json_values.json_object),
    WorkerFunction("peter_json_remove", (_T, _L), _T, json_values.json_remove),
    WorkerFunction("peter_json_set", (_T, _L, _L, _F), _T, json_values.json_set),
    WorkerFunction("peter_json_strip_nulls", (_T, _T, _F, _F), _T, json_values.json_strip_nulls),
    WorkerFunction("peter_literal", (_T,), _T, texts.literal),
    WorkerFunction("peter_normalize", (_T, _T), _T, texts.normalize),
    WorkerFunction(
        "peter_normalize_and_casefold", (_T, _T), _T, texts.normalize_and_casefold
    ),
    WorkerFunction("peter_plain_number", (_T,), _T, texts.plain_number),
    WorkerFunction("peter_points_of_bytes", (_B,), "BIGINT[]", texts.points_of_bytes),
    WorkerFunction("peter_safe_ip_from_text", (_T,), _B, addresses.safe_address_bytes),
    WorkerFunction("peter_safe_text", (_B,), _T, texts.safe_text),
    WorkerFunction("peter_sha512", (_B,), _B, texts.sha512),
    WorkerFunction("peter_soundex", (_T,), _T, texts.soundex),
    WorkerFunction("peter_text_of_points", ("BIGINT[]",), _T, texts.text_of_points),
)  # fmt: skip


def register_functions(connection: duckdb.DuckDBPyConnection) -> None:
    """Give a connection, and every cursor of it, the functions of the translation."""
    from duckdb.func import FunctionNullHandling, PythonUDFType

    columns, nulls = PythonUDFType.ARROW, FunctionNullHandling.SPECIAL
    connection.create_function(
        "peter_farm_fingerprint", _fingerprints, ["BLOB"], "BIGINT", type=columns
    )
    for one in WORKER_FUNCTIONS:
        connection.create_function(
            one.name,
            _by_row(one),
            list(one.parameters),
            one.returns,
            type=columns,
            null_handling=nulls,
        )


def _fingerprints(values: Any) -> pa.Array:
    return pa.array(fingerprints.farm_fingerprint(values.to_pylist()))


def _by_row(function: WorkerFunction) -> Callable[..., pa.Array]:
    """A function of rows as one of Arrow columns, which DuckDB hands over by the thousand."""
    kind, compute = _ARROW[function.returns], function.compute

    def columns(*arguments: Any) -> pa.Array:
        rows = zip(*(one.to_pylist() for one in arguments), strict=True)
        return pa.array(
            [None if any(one is None for one in row) else compute(*row) for row in rows], kind
        )

    # DuckDB counts the parameters, and takes a starred one for one.
    columns.__signature__ = inspect.signature(compute)  # type: ignore[attr-defined]
    return columns
