"""The OpenAPI 3.1 document of a host's routes. It is the same for everybody and holds no data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic.json_schema import models_json_schema

from peter_core import __version__
from peter_jupyter.http.accepting import PROBLEM, YAML
from peter_jupyter.http.access import access_of
from peter_jupyter.http.models.problem import ProblemDetails
from peter_jupyter.http.openapi.answers import HEADERS, grouped, problem_responses, responses
from peter_jupyter.http.openapi.examples import EXAMPLES
from peter_jupyter.http.openapi.parameters import parameters
from peter_jupyter.http.openapi.paths import operations_of, template_of
from peter_jupyter.http.openapi.security import SAFE, requirement, security_schemes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pydantic import BaseModel
    from pydantic.json_schema import JsonSchemaMode

    from peter_jupyter.http.host import HostName
    from peter_jupyter.http.operations import Operation
    from peter_jupyter.http.resource import Resource

    Part = dict[str, object]
    Routes = Sequence[tuple[str, type[Resource]]]

_ABOUT = """\
Dashboards as code for BigQuery.

Errors are problems (RFC 9457, `application/problem+json`): `code` is for programs, `trace_id` is
the request's id. What needs a login answers 401, never a redirect; the pages for people redirect.
An argument that an address does not know is an error. `HEAD` answers wherever `GET` does, and
`OPTIONS` names the methods of an address. Changes say which revision they were made from by
`If-Match`. Times are RFC 3339 in UTC, sizes are bytes, `*_usd` are decimal texts.
"""

TAGS = {
    "dashboards": "Published dashboards.",
    "documents": "Documents that are not published.",
    "history": "The revisions of a dashboard.",
    "data": "The data of dashboards.",
    "statements": "Statements of your own.",
    "lineage": "Where a number comes from and what hangs on it.",
    "costs": "What was scanned, billed and paid.",
    "cache": "Cached results.",
    "login": "Who asks.",
    "server": "The server itself.",
    "pages": "Pages for people.",
}


def openapi_document(routes: Routes, host: HostName, root: str) -> Part:
    """The document of the routes of a host that is mounted at the path ``root``."""
    known = dict(_told(routes))
    paths: dict[str, Part] = {}
    used: list[tuple[str, ...]] = []
    for (path, method), (resource, said) in known.items():
        access = access_of(getattr(resource, method)) or "anybody"
        codes = error_codes(said, access, path, method)
        if resource.problem_type == PROBLEM:
            used += grouped(codes)
        paths.setdefault(path, {})[method] = _operation(said, resource, method, path, codes, access)
    return {
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "info": {"title": "Peter", "version": __version__, "description": _ABOUT},
        "servers": [{"url": root.rstrip("/") or "/"}],
        "tags": [{"name": name, "description": about} for name, about in TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": schemas(said for _, said in known.values()),
            "responses": problem_responses(used),
            "headers": HEADERS,
            "securitySchemes": security_schemes(host),
        },
    }


def _told(routes: Routes) -> Iterator[tuple[tuple[str, str], tuple[type[Resource], Operation]]]:
    """Every operation by its path and method; of several addresses the first one is told."""
    seen: set[str] = set()
    for pattern, resource in routes:
        for method, said in operations_of(resource).items():
            if said.name not in seen:
                seen.add(said.name)
                yield (template_of(pattern, resource), method), (resource, said)


def error_codes(said: Operation, access: str, path: str, method: str) -> set[str]:
    """The codes of the problems that a verb may answer with."""
    # Every address refuses arguments that it does not know.
    found = {"internal_error", "method_not_allowed", "invalid_request", *said.errors}
    if access != "anybody":
        found |= {
            "unauthenticated", "forbidden", "too_many_requests", "overloaded", "draining",
            "engine_unavailable", "query_cancelled", "storage_unavailable", "query_timeout",
            "config_invalid", "engine_failed",
        }  # fmt: skip
    if method not in SAFE:
        found.add("cross_site_request")
    if "{slug}" in path:
        found.add("not_found")
    if said.body:
        found |= {"body_too_large", "unsupported_media_type"}
    if said.conditional:
        found |= {"precondition_required", "precondition_failed"}
    if any(len(content) > 1 for content in said.answers.values()):
        found.add("not_acceptable")
    if said.filters or (said.tag in ("data", "dashboards", "history") and "{slug}" in path):
        # A published text that this version can no longer read.
        found.add("document_invalid")
    return found


def schemas(said: Iterable[Operation]) -> Part:
    """The JSON schemas of every model that goes in or out."""
    models: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {
        (ProblemDetails, "serialization"): None
    }
    for known in said:
        if known.body:
            models[known.body, "validation"] = None
        for content in known.answers.values():
            for model in content.values():
                if model is not None:
                    models[model, "serialization"] = None
    _, made = models_json_schema(list(models), ref_template="#/components/schemas/{model}")
    found: Part = made["$defs"]
    return dict(sorted(found.items()))


def _operation(
    said: Operation, resource: type[Resource], method: str, path: str, codes: set[str], access: str
) -> Part:
    verb = getattr(resource, method)
    role = "" if access == "anybody" else f"\n\nNeeds the role `{access}`."
    made: Part = {
        "operationId": said.name,
        "summary": said.name.replace("_", " ").capitalize(),
        "description": _words(resource.__doc__, verb.__doc__) + role,
        "tags": [said.tag],
        "parameters": parameters(said, path),
        "responses": responses(said, codes, resource.problem_type),
        "security": requirement(method, access),
    }
    if said.body:
        made["requestBody"] = _body(said)
    return made


def _body(said: Operation) -> Part:
    assert said.body is not None  # noqa: S101  # the caller looked
    made: dict[str, Part] = {}
    example = EXAMPLES.get(said.name, {}).get("body")
    for kind in said.body_types:
        if kind == YAML:
            made[kind] = {"schema": {"type": "string"}}
            if isinstance(example, dict):
                made[kind]["examples"] = {"body": {"value": example["yaml"]}}
            continue
        made[kind] = {"schema": {"$ref": f"#/components/schemas/{said.body.__name__}"}}
        if example is not None:
            made[kind]["examples"] = {"body": {"value": example}}
    return {"required": not said.body_optional, "content": made}


def _words(*docstrings: str | None) -> str:
    lines = (line.strip() for text in docstrings if text for line in text.splitlines())
    return " ".join(line for line in lines if line).replace("``", "`")
