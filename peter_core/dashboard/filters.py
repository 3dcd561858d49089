"""Filters: what a viewer may choose, and the parameters it binds."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, Tag, model_validator

from peter_core.dashboard.values import Age, Column, Date, Model, Name, Number, Title, by_shape


class LastAge(Model):
    """The days up to and including today: ``{last: 28d}``."""

    last: Age


class ThisPeriod(Model):
    """The current calendar period so far: ``{this: month}``."""

    this: Literal["day", "week", "month", "quarter", "year"]


class DateBounds(Model):
    """Two fixed days, both included."""

    from_: Date = Field(alias="from")
    to: Date

    @model_validator(mode="after")
    def _ordered(self) -> DateBounds:
        if self.from_ > self.to:
            raise ValueError("'from' must not be after 'to'")
        return self


Option = Annotated[str, StringConstraints(max_length=1000)]


class OptionsQuery(Model):
    """Options read from a query of the dashboard."""

    query: Name
    value: Column
    label: Column | None = None


class _Filter(Model):
    label: Title | None = None


class DateRangeFilter(_Filter):
    """Binds ``@<name>_start`` and ``@<name>_end`` as DATE."""

    type: Literal["date_range"]
    default: (
        Annotated[
            Annotated[DateBounds, Tag("<mapping>")]
            | Annotated[LastAge, Tag("<last>")]
            | Annotated[ThisPeriod, Tag("<this>")],
            by_shape("<mapping>", "<last>", "<this>"),
        ]
        | None
    ) = None


class DateFilter(_Filter):
    """Binds ``@<name>`` as DATE."""

    type: Literal["date"]
    default: (
        Annotated[
            Annotated[Date, Tag("<text>")]
            | Annotated[LastAge, Tag("<last>")]
            | Annotated[ThisPeriod, Tag("<this>")],
            by_shape("<text>", "<last>", "<this>"),
        ]
        | None
    ) = None


class SelectFilter(_Filter):
    """Binds ``@<name>`` as STRING, or ARRAY<STRING> with ``multiple``."""

    type: Literal["select"]
    options: Annotated[
        Annotated[tuple[Option, ...], Field(min_length=1, max_length=1000), Tag("<list>")]
        | Annotated[OptionsQuery, Tag("<mapping>")],
        by_shape("<list>", "<mapping>"),
    ]
    multiple: bool = False
    default: (
        Annotated[
            Annotated[Option, Tag("<text>")] | Annotated[tuple[Option, ...], Tag("<list>")],
            by_shape("<text>", "<list>"),
        ]
        | None
    ) = None


class NumberFilter(_Filter):
    """Binds ``@<name>`` as FLOAT64."""

    type: Literal["number"]
    default: Number | None = None


class TextFilter(_Filter):
    """Binds ``@<name>`` as STRING."""

    type: Literal["text"]
    default: str | None = None


class BooleanFilter(_Filter):
    """Binds ``@<name>`` as BOOL."""

    type: Literal["boolean"]
    default: bool | None = None


Filter = Annotated[
    DateRangeFilter | DateFilter | SelectFilter | NumberFilter | TextFilter | BooleanFilter,
    Field(discriminator="type"),
]
