"""What went wrong in a worker, in Peter's words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from peter_core.errors import EngineError, EngineUnavailable, QueryFailed

if TYPE_CHECKING:
    from peter_core.engine.worker_pool import WorkerCrashError
    from peter_core.engine.worker_process import WorkerError

_PATH = re.compile(
    r"""
    "/[^"]*/[^"]*" | '/[^']*/[^']*'      # quoted: the name may hold anything
    | (?<![\w.])/(?:[^\s"'/]+/)+[^\s"':,;!)]*
    """,
    re.VERBOSE,
)
_OWN_NAME = re.compile(r'"?peter-[0-9a-f]{32}(?:\.duckdb)?"?\.?')
_DAMAGE = re.compile(r"valid DuckDB|corrupt|checksum|IO Error|Serialization", re.IGNORECASE)
_PREFIX = re.compile(
    r"^[A-Z][A-Za-z -]* Error: "
    r"(?:Python exception occurred while executing the UDF: (?:[A-Za-z]+: )?)?"
)
_TYPES = {
    "INT8": "INT64", "INT16": "INT64", "INT32": "INT64", "INT128": "INT64", "BIGINT": "INT64",
    "INTEGER": "INT64", "HUGEINT": "INT64", "DOUBLE": "FLOAT64", "VARCHAR": "STRING",
    "BOOLEAN": "BOOL", "BLOB": "BYTES", "TIMESTAMP WITH TIME ZONE": "TIMESTAMP",
}  # fmt: skip
_TYPE = re.compile(r"\b(" + "|".join(sorted(_TYPES, key=len, reverse=True)) + r")\b")
_TRANSLATION = frozenset(
    {"ParserException", "BinderException", "CatalogException", "NotImplementedException",
     "InternalException", "PermissionException"}
)  # fmt: skip


def statement_error(error: WorkerError, *, memory_limit_bytes: int) -> EngineError:
    """The error of a statement that failed in a worker."""
    text = plain(error.message)
    if error.kind == "OutOfMemoryException":
        return out_of_memory(memory_limit_bytes)
    if "division by zero" in text.lower() or "divide by zero" in text.lower():
        return QueryFailed(
            "The query divided by zero.", hint="Use SAFE_DIVIDE, or NULLIF on the divisor."
        )
    if error.kind == "ConversionException":
        return QueryFailed(
            f"A value could not be converted: {text}", hint="Use SAFE_CAST to get NULL instead."
        )
    if error.kind == "OutOfRangeException":
        return QueryFailed(
            f"A value is out of range: {text}",
            hint="Cast to NUMERIC or FLOAT64 before it grows so large.",
        )
    if error.kind in _TRANSLATION:
        return QueryFailed(
            f"The embedded engine could not run the statement it was translated to: {text}",
            hint="BigQuery may run it; here, write this part in another way.",
        )
    return QueryFailed(f"The query failed: {text}")


def out_of_memory(memory_limit_bytes: int) -> QueryFailed:
    """The error of a statement that needed more memory than it may have."""
    return QueryFailed(
        f"The query ran out of memory; the limit is {memory_limit_bytes / 2**20:,.0f} MiB.",
        hint="Read fewer rows or columns, aggregate before joining, or raise the engine's memory.",
    )


def crash_error(crash: WorkerCrashError, *, memory_limit_bytes: int) -> EngineError:
    """The error of a statement during which the worker's process ended."""
    code = crash.exit_code
    how = f"signal {-code}" if code < 0 else f"exit code {code}"
    return QueryFailed(
        f"The engine's process ended while it ran the query ({how}); most likely it needed more "
        f"memory than the {memory_limit_bytes / 2**20:,.0f} MiB it may use.",
        hint="Read fewer rows or columns, or raise the engine's memory.",
    )


def is_damage(reason: str) -> bool:
    """Whether a worker could not start because its database is damaged."""
    return _DAMAGE.search(reason) is not None


def start_error(reason: str) -> EngineUnavailable:
    """The error of a worker that could not start."""
    detail = f": {plain(reason)}" if reason else "."
    return EngineUnavailable(f"The embedded engine's worker could not start{detail}")


def plain(message: str) -> str:
    """The first line of DuckDB's message, with BigQuery's types and without names of files."""
    lines = message.strip().splitlines()
    text = _PREFIX.sub("", lines[0]) if lines else "no reason was given"
    text = _OWN_NAME.sub("", _PATH.sub("a file", text))
    text = _TYPE.sub(lambda match: _TYPES[match[1]], text).strip()
    return text if text.endswith((".", "!", "?")) else f"{text}."
