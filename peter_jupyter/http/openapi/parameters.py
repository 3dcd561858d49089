"""Parameters of a verb: parts of its address, arguments, headers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from peter_jupyter.http.openapi.paths import PARAMETERS

if TYPE_CHECKING:
    from peter_jupyter.http.models.shapes import Query
    from peter_jupyter.http.operations import Operation

    Part = dict[str, object]


def parameters(said: Operation, path: str) -> list[Part]:
    """Everything that a verb reads besides its body."""
    found: list[Part] = [
        {"name": name, "in": "path", "required": True, **PARAMETERS[name]}
        for name in re.findall(r"\{(\w+)\}", path)
    ]
    if said.query:
        found += _arguments(said.query)
    if said.filters:
        found.append(_FILTERS)
    if said.conditional:
        found.append(_IF_MATCH)
    if said.tagged:
        found.append(_IF_NONE_MATCH)
    found += [
        {"name": name, "in": "header", "description": about, "schema": {"type": "string"}}
        for name, about in said.headers.items()
    ]
    return found


def _arguments(query: type[Query]) -> list[Part]:
    schema = query.model_json_schema(mode="validation")
    found = []
    for name, part in schema["properties"].items():
        about = part.pop("description", None)
        part.pop("title", None)
        found.append(
            {
                "name": name,
                "in": "query",
                "required": name in schema.get("required", ()),
                **({"description": about} if about else {}),
                "schema": _present(part),
            }
        )
    return found


def _present(schema: Part) -> Part:
    """The schema of an argument that is there: in an address nothing is ``null``."""
    choices = schema.get("anyOf")
    if not isinstance(choices, list):
        return schema
    left = [choice for choice in choices if choice.get("type") != "null"]
    rest = {name: value for name, value in schema.items() if name not in ("anyOf", "default")}
    return {**left[0], **rest} if len(left) == 1 else {"anyOf": left, **rest}


_FILTERS: Part = {
    "name": "filters",
    "in": "query",
    "description": "Values of the dashboard's filters by their names: `carrier=AA`, "
    "`period=2013-06-01..2013-06-30`; one that takes several is repeated.",
    "style": "form",
    "explode": True,
    "schema": {
        "type": "object",
        "additionalProperties": {
            "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]
        },
    },
}
_IF_MATCH: Part = {
    "name": "If-Match",
    "in": "header",
    "description": "The `ETag` of the revision that the change was made from; `*` overwrites any. "
    "Without it the answer is 428, after somebody else's change 412 with the difference.",
    "schema": {"type": "string"},
}
_IF_NONE_MATCH: Part = {
    "name": "If-None-Match",
    "in": "header",
    "description": "The `ETag` that the client holds: 304 when nothing changed.",
    "schema": {"type": "string"},
}
