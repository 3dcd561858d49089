"""Documents while they are written: their verification, and what may be written next."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from peter_jupyter.http.models.shapes import Answer, Body
from peter_jupyter.http.models.verification import VerificationAnswer


class VerifiedQuery(Answer):
    """A query of a document and its verification at the filter values that were asked for."""

    query: str
    verification: VerificationAnswer


class DraftVerification(Answer):
    """Every query of a document, in its order; ``passed`` when all of them did."""

    slug: str
    revision: str
    passed: bool
    queries: tuple[VerifiedQuery, ...]


class CompletionBody(Body):
    """A statement and where the cursor stands in it, in characters from 0."""

    sql: str = Field(max_length=1_000_000)
    offset: int = Field(ge=0)
    parameters: tuple[Annotated[str, Field(max_length=300)], ...] = Field(
        default=(), max_length=200
    )


class CompletionItem(Answer):
    """A text that may stand at ``start`` to ``end`` (exclusive, in characters)."""

    label: str
    kind: Literal["table", "column", "function", "parameter", "keyword"]
    detail: str
    start: int
    end: int


class Completions(Answer):
    """What may be written, the likeliest first."""

    completions: tuple[CompletionItem, ...]
