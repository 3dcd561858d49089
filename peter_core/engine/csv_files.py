"""What a CSV file looks like, and where it breaks its own shape.

DuckDB guesses at both: it takes a row of another length for the end of a preamble and drops what
is above it. So the shape is fixed here: the first line names the columns.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Final

_DELIMITERS: Final = (",", ";", "\t", "|")
_HEADER_BYTES = 1 << 20


def csv_options(path: Path) -> str:
    """The options of ``read_csv`` that leave only the columns' types to be guessed."""
    delimiter = csv_delimiter(path).replace("\t", "\\t")
    return (
        f", header = true, skip = 0, delim = '{delimiter}', quote = '\"', escape = '\"', "
        # The whole file decides on a column's type, so that a late row cannot contradict it.
        "comment = '', sample_size = -1"
    )


def csv_delimiter(path: Path) -> str:
    """The delimiter that is most frequent in the first line, a comma when there is none."""
    if path.suffix.lower() == ".tsv":
        return "\t"
    with path.open("rb") as file:
        header = file.readline(_HEADER_BYTES).decode("utf-8", "replace")
    bare = "".join(header.split('"')[::2])
    return max(_DELIMITERS, key=bare.count)


def csv_fault(path: Path) -> str | None:
    """The first line that does not fit the header, in words; ``None`` when every line does."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(file, delimiter=csv_delimiter(path), strict=True)
            header = next(rows, [])
            for row in rows:
                if row and len(row) != len(header):
                    values = f"{len(row)} value" if len(row) == 1 else f"{len(row)} values"
                    return f"line {rows.line_num} has {values}, the header {len(header)}"
    except UnicodeDecodeError:
        return "it is not UTF-8 text; save it as UTF-8"
    except csv.Error as error:
        return f"line {rows.line_num} is broken ({error})"
    return None
