"""What BigQuery bills for bytes read, and how sizes are written for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

MEBIBYTE = 2**20
MINIMUM_BYTES = 10 * MEBIBYTE
_UNITS = ("B", "KB", "MB", "GB", "TB", "PB", "EB")


def billed_bytes(bytes_by_table: Mapping[str, int]) -> int:
    """What BigQuery bills for the bytes read of each table.

    At least 10 MB a table that is read at all, the sum rounded up to a whole MB (both of 2^20
    bytes, as ``totalBytesBilled`` has them); metadata answers read nothing and are free.

    See https://cloud.google.com/bigquery/pricing#on_demand_pricing
    """
    total = sum(max(read, MINIMUM_BYTES) for read in bytes_by_table.values() if read > 0)
    return -(-total // MEBIBYTE) * MEBIBYTE


def bytes_text(count: int) -> str:
    """A size for people in decimal units: ``512 B``, ``2.7 MB``, ``38 MB``, ``1 GB``."""
    if count < 1000:
        return f"{count} B"
    value, unit = float(count), 0
    while unit < len(_UNITS) - 1 and value >= 999.5:
        value /= 1000
        unit += 1
    digits = 1 if value < 99.95 else 0
    number = f"{value:.{digits}f}"
    return f"{number.removesuffix('.0')} {_UNITS[unit]}"
