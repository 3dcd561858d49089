"""Addresses: the patterns of the routes as OpenAPI's templates."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, Any

from peter_jupyter.http.access import METHODS, access_of
from peter_jupyter.http.operations import operation_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from peter_jupyter.http.operations import Operation
    from peter_jupyter.http.resource import Resource

_GROUP = re.compile(r"\([^()]*\)")

PARAMETERS: dict[str, dict[str, object]] = {
    "slug": {
        "description": "What the dashboard is known by.",
        "schema": {
            "type": "string",
            "pattern": "^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$",
            "examples": ["flight-operations"],
        },
    },
    "chart": {
        "description": "The chart's name in its document.",
        "schema": {"type": "string", "minLength": 1, "examples": ["flights"]},
    },
    "direction": {
        "description": "What the node is made from, or what is made from it.",
        "schema": {"type": "string", "enum": ["upstream", "downstream"]},
    },
    "node": {
        "description": "`dashboard:slug`, `chart:slug/name`, `query:slug/name`, "
        "`table:project.dataset.name` or `column:project.dataset.name/col`.",
        "schema": {"type": "string", "minLength": 1, "examples": ["table:local.nyc.flights"]},
    },
    "name": {
        "description": "The file's name.",
        "schema": {
            "type": "string",
            "pattern": "^[A-Za-z0-9._-]+$",
            "examples": ["page.js"],
        },
    },
}
"""Parts of addresses, by the name that verbs give them."""


def template_of(pattern: str, resource: type[Resource]) -> str:
    """``/api/v1/dashboards/{slug}`` for a pattern with groups, named as the verbs name them."""
    names = iter(parameter_names(resource))
    return "/" + _GROUP.sub(lambda _: f"{{{next(names)}}}", pattern)


def parameter_names(resource: type[Resource]) -> tuple[str, ...]:
    """What the verbs of a resource call the parts of its address."""
    verb: Any = next(verb for _, verb in verbs_of(resource))
    return tuple(inspect.signature(verb).parameters)[1:]


def verbs_of(resource: type[Resource]) -> Iterator[tuple[str, object]]:
    """The methods that a resource answers, with their verbs."""
    for method in METHODS:
        verb = getattr(resource, method)
        if access_of(verb) is not None:
            yield method, inspect.unwrap(verb)


def operations_of(resource: type[Resource]) -> dict[str, Operation]:
    """What each verb of a resource takes and answers, by its method."""
    found = {method: operation_of(verb) for method, verb in verbs_of(resource)}
    return {method: known for method, known in found.items() if known is not None}
