"""One finding about a document or a statement, with its place."""

from __future__ import annotations

from peter_core.dashboard.problems import Severity
from peter_jupyter.http.models.shapes import Answer


class ProblemItem(Answer):
    """A finding; lines and columns count from 1, ``end_column`` is exclusive."""

    rule: str
    severity: Severity
    message: str
    path: str = ""
    line: int | None = None
    column: int | None = None
    end_line: int | None = None
    end_column: int | None = None
    hint: str | None = None
