"""The base of every body and answer, and the values that are written in one way only."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer, WithJsonSchema

from peter_core.costs import usd


def _written(moment: dt.datetime) -> str:
    # Only who writes moments needs what artifacts are made of: a client reads them.
    from peter_core.plan.artifact import rfc3339

    return rfc3339(moment)


Moment = Annotated[
    dt.datetime,
    PlainSerializer(_written, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""A moment, written as RFC 3339 in UTC."""

Usd = Annotated[
    Decimal,
    PlainSerializer(usd, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^-?\d+(\.\d+)?$"}),
]
"""An amount of US dollars, written as a decimal string."""


def _flag(value: object) -> object:
    if isinstance(value, str) and value not in ("true", "false"):
        raise ValueError("It is true or false")
    return value == "true" if isinstance(value, str) else value


Flag = Annotated[bool, BeforeValidator(_flag, json_schema_input_type=bool)]
"""An argument of an address that is ``true`` or ``false``."""


class Query(BaseModel):
    """The arguments of an address."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Body(BaseModel):
    """What a client sends: no key that is not known, no value of another JSON type."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Answer(BaseModel):
    """What the server sends; may be read off an object with attributes of the same names."""

    model_config = ConfigDict(extra="forbid", frozen=True, from_attributes=True)
