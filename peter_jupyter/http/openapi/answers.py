"""Responses: what a verb answers, and the problems it may tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peter_jupyter.http.accepting import ARROW, JSON, PROBLEM
from peter_jupyter.http.openapi.examples import EXAMPLES
from peter_jupyter.http.statuses import STATUSES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic import BaseModel

    from peter_jupyter.http.operations import Content, Operation

    Part = dict[str, object]

HEADERS: dict[str, Part] = {
    "X-Request-Id": {
        "description": "The request's id: the client's own where it sent one.",
        "schema": {"type": "string"},
    },
    "ETag": {
        "description": "The tag of what is sent, for `If-None-Match` and `If-Match`.",
        "schema": {"type": "string"},
    },
    "Location": {
        "description": "The address of what was made, or the next one.",
        "schema": {"type": "string"},
    },
    "Retry-After": {
        "description": "Seconds to wait before asking again.",
        "schema": {"type": "integer", "minimum": 1},
    },
    "WWW-Authenticate": {
        "description": "How to say who asks.",
        "schema": {"type": "string"},
    },
    "Link": {
        "description": "The pages before and after this one (RFC 8288).",
        "schema": {"type": "string"},
    },
}
_MEANINGS = {
    200: "What was asked for.",
    201: "It was made.",
    204: "It was done.",
    302: "The next address.",
    503: "A part cannot serve.",
}


def responses(known: Operation, codes: set[str], problem_type: str = PROBLEM) -> dict[str, Part]:
    """Every answer of a verb by its status; a page tells its problems in words."""
    found: dict[str, Part] = {}
    for status, content in known.answers.items():
        found[str(status)] = {
            "description": _MEANINGS[status],
            "headers": _headers(_answer_headers(known, status)),
            **({"content": _contents(known, content)} if content else {}),
        }
    if known.tagged:
        found["304"] = {
            "description": "It did not change since the tag that was sent.",
            "headers": _headers(("X-Request-Id", "ETag")),
        }
    for status, named in _by_status(codes).items():
        if str(status) in found:
            continue
        if problem_type == PROBLEM:
            found[str(status)] = {"$ref": f"#/components/responses/{response_name(named)}"}
        else:
            found[str(status)] = _told(named, {problem_type: {"schema": {"type": "string"}}})
    if problem_type != PROBLEM and "unauthenticated" in codes:
        found.setdefault(
            "302", {"description": "The login page.", "headers": _headers(("Location",))}
        )
    return dict(sorted(found.items()))


def problem_responses(used: Iterable[tuple[str, ...]]) -> dict[str, Part]:
    """The components for each set of codes that share a status."""
    return {response_name(codes): _problem(codes) for codes in sorted(set(used))}


def grouped(codes: Iterable[str]) -> list[tuple[str, ...]]:
    """The codes by their status."""
    return list(_by_status(codes).values())


def response_name(codes: tuple[str, ...]) -> str:
    """What a set of codes is called among the components."""
    return "Or".join("".join(word.title() for word in code.split("_")) for code in codes)


def _by_status(codes: Iterable[str]) -> dict[int, tuple[str, ...]]:
    found: dict[int, list[str]] = {}
    for code in sorted(set(codes)):
        found.setdefault(STATUSES[code][0], []).append(code)
    return {status: tuple(names) for status, names in sorted(found.items())}


def _problem(codes: tuple[str, ...]) -> Part:
    return _told(
        codes,
        {
            PROBLEM: {
                "schema": {"$ref": "#/components/schemas/ProblemDetails"},
                "examples": {code: {"value": _problem_example(code)} for code in codes},
            }
        },
    )


def _told(codes: tuple[str, ...], content: Part) -> Part:
    status = STATUSES[codes[0]][0]
    extra = {401: ("WWW-Authenticate",), 429: ("Retry-After",), 503: ("Retry-After",)}
    return {
        "description": "; ".join(f"`{code}`: {STATUSES[code][1].lower()}" for code in codes) + ".",
        "headers": _headers(("X-Request-Id", *extra.get(status, ()))),
        "content": content,
    }


def _problem_example(code: str) -> Part:
    status, title = STATUSES[code]
    return {
        "type": f"urn:peter:problem:{code}",
        "title": title,
        "status": status,
        "detail": f"{title}.",
        "code": code,
        "trace_id": "0f3c5d1a2b4e6f78",
        "problems": [],
    }


def _contents(known: Operation, content: Content) -> Part:
    return {kind: _media(known, kind, model) for kind, model in content.items()}


def _media(known: Operation, kind: str, model: type[BaseModel] | None) -> Part:
    if model is None:
        return {"schema": {"contentMediaType": kind} if kind == ARROW else {"type": "string"}}
    made: Part = {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}
    example = EXAMPLES.get(known.name, {}).get("answer")
    if example is not None and kind == JSON:
        made["examples"] = {"answer": {"value": example}}
    return made


def _answer_headers(known: Operation, status: int) -> tuple[str, ...]:
    found = ["X-Request-Id"]
    if known.tagged or (status < 300 and "revision" in _fields(known, status)):
        found.append("ETag")
    if status in (201, 302):
        found.append("Location")
    if "page" in known.arguments:
        found.append("Link")
    return tuple(found)


def _fields(known: Operation, status: int) -> tuple[str, ...]:
    model = known.answers[status].get(JSON)
    changes = known.conditional or status == 201
    return tuple(model.model_fields) if model is not None and changes else ()


def _headers(names: Iterable[str]) -> Part:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}
