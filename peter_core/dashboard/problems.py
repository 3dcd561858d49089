"""What is wrong with a text, and where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding about a document or a statement.

    ``line`` and ``column`` count from 1 and point into the text that was given (the file for a
    dashboard, the statement for SQL); ``end_line`` and ``end_column`` close the range, the last
    column exclusive. ``path`` names the place in a document: ``charts.delay.y``.
    """

    rule: str
    severity: Severity
    message: str
    path: str = ""
    line: int | None = None
    column: int | None = None
    end_line: int | None = None
    end_column: int | None = None
    hint: str | None = None

    @property
    def is_error(self) -> bool:
        """Whether this finding stops what was asked for."""
        return self.severity == "error"
