"""Reading what a client sent: media type, size, JSON and YAML."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import orjson
from pydantic import ValidationError

from peter_core.dashboard.problems import Problem
from peter_core.errors import InvalidRequest
from peter_jupyter.http.accepting import JSON, YAML
from peter_jupyter.http.models.dashboard import DocumentBody
from peter_jupyter.http.models.shapes import Body
from peter_jupyter.http.statuses import RefusalError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tornado.httputil import HTTPHeaders

B = TypeVar("B", bound=Body)

LARGEST = 2**20
"""Bytes of a body where nobody says otherwise: far more than a dashboard may have."""


def require_size(size: int, largest: int = LARGEST) -> None:
    """Raise 413 for a body of more bytes than the largest may have."""
    if size > largest:
        raise RefusalError("body_too_large", f"A body has at most {largest:,} bytes.")


def media_type(headers: HTTPHeaders) -> str:
    """The media type of a body without its parameters; the empty text when none is said."""
    return headers.get("Content-Type", "").partition(";")[0].strip().lower()


def require_type(headers: HTTPHeaders, allowed: Sequence[str]) -> str:
    """The media type of a body.

    Raises
    ------
    RefusalError
        415: it is none of the allowed ones, or the body is encoded.
    """
    found = media_type(headers)
    if found not in allowed:
        raise RefusalError(
            "unsupported_media_type",
            f"A body of type {found[:60]!r} cannot be read here."
            if found else "The body's type is not said.",
            hint=f"Send it as {' or '.join(allowed)}.",
        )  # fmt: skip
    if headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise RefusalError("unsupported_media_type", "A body must not be compressed.")
    return found


def read_json(kind: type[B], body: bytes) -> B:
    """A JSON body as its model.

    Raises
    ------
    InvalidRequest
        It is no JSON, or not of the model's shape; each fault is a problem with its path.
    """
    try:
        orjson.loads(body)
        return kind.model_validate_json(body)
    except orjson.JSONDecodeError as error:
        raise InvalidRequest(
            f"The body is no JSON: {error.msg} (line {error.lineno}, column {error.colno})."
        ) from None
    except ValidationError as error:
        problems = [
            Problem("request-body", "error", fault["msg"], path=_path(fault["loc"]))
            for fault in error.errors(include_input=False, include_url=False, include_context=False)
        ]
        first = problems[0]
        place = f"{first.path}: " if first.path else ""
        raise InvalidRequest(
            f"The body does not fit: {place}{first.message}.", problems=problems
        ) from None


def read_document(headers: HTTPHeaders, body: bytes) -> DocumentBody:
    """A dashboard document, sent as it is or inside JSON."""
    if require_type(headers, (YAML, JSON)) == JSON:
        return read_json(DocumentBody, body)
    try:
        return DocumentBody(yaml=body.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise InvalidRequest(f"The document is not UTF-8 text (byte {error.start}).") from None


def _path(parts: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in parts)
