"""What a verb takes and answers, said once: requests are read by it and OpenAPI is made of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from pydantic import ValidationError

from peter_core.errors import InvalidRequest
from peter_jupyter.http.accepting import JSON, YAML

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from pydantic import BaseModel

    from peter_jupyter.http.models.shapes import Body, Query

    Arguments = Mapping[str, str | list[str]]
    Content = Mapping[str, type[BaseModel] | None]
    V = TypeVar("V", bound=Callable[..., object])

Q = TypeVar("Q", bound="Query")

_MARK = "_peter_operation"


@dataclass(frozen=True, slots=True)
class Operation:
    """One verb of one address. ``None`` as the model of a media type stands for text or bytes.

    Parameters
    ----------
    name
        What clients call it; unique.
    answers
        Status to media type to model; an empty mapping for an answer without a body.
    query
        The arguments of the address, besides the filters of a dashboard.
    filters
        Whether every other argument is a filter of the dashboard.
    body, body_types
        The model of the body, and how it may be written.
    conditional
        Whether ``If-Match`` says what a change was made from.
    tagged
        Whether the answer has an ``ETag`` and is 304 for whoever holds it.
    headers
        Further headers of the request with what they say.
    errors
        Codes of problems besides those that every verb of its kind has.
    lenient
        Whether arguments that it does not know are passed over: another server adds its own.
    """

    name: str
    answers: Mapping[int, Content]
    tag: str = ""
    query: type[Query] | None = None
    filters: bool = False
    body: type[Body] | None = None
    body_types: tuple[str, ...] = (JSON,)
    body_optional: bool = False
    conditional: bool = False
    tagged: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    errors: tuple[str, ...] = ()
    lenient: bool = False

    @property
    def arguments(self) -> tuple[str, ...]:
        """The names of the query's arguments."""
        return argument_names(self.query) if self.query else ()

    def require_known(self, given: Collection[str]) -> None:
        """Raise ``InvalidRequest`` for an argument that says nothing here."""
        unknown = sorted(set(given) - set(self.arguments))
        if not unknown or self.filters:
            return
        known = ", ".join(self.arguments)
        raise InvalidRequest(
            f"There is no argument {unknown[0][:40]!r} here.",
            hint=f"There are: {known}." if known else "This address takes none.",
        )


def operation(
    name: str,
    answer: type[BaseModel] | Content | None = None,
    *,
    status: int = 200,
    more: Mapping[int, Content] | None = None,
    tag: str = "",
    query: type[Query] | None = None,
    filters: bool = False,
    body: type[Body] | None = None,
    body_types: tuple[str, ...] = (JSON,),
    body_optional: bool = False,
    conditional: bool = False,
    tagged: bool = False,
    headers: Mapping[str, str] | None = None,
    errors: tuple[str, ...] = (),
    lenient: bool = False,
) -> Callable[[V], V]:
    """Say of a verb what it takes and answers; see `Operation`."""
    content: Content = {} if answer is None else {JSON: answer} if isinstance(answer, type) \
        else answer  # fmt: skip
    made = Operation(
        name, {status: content, **(more or {})}, tag, query, filters, body, body_types,
        body_optional, conditional, tagged, headers or {}, errors, lenient,
    )  # fmt: skip

    def marked(verb: V) -> V:
        setattr(verb, _MARK, made)
        return verb

    return marked


def operation_of(verb: object) -> Operation | None:
    """What a verb takes and answers, where it says so."""
    found: Operation | None = getattr(verb, _MARK, None)
    return found


def argument_names(query: type[Query]) -> tuple[str, ...]:
    """The arguments of a query, as they stand in an address."""
    return tuple(part.alias or name for name, part in query.model_fields.items())


def read_query(kind: type[Q], given: Arguments) -> Q:
    """The arguments of an address as their model; those of others are left out.

    Raises
    ------
    InvalidRequest
        One cannot be read, or is given more than once.
    """
    own = {name: given[name] for name in argument_names(kind) if name in given}
    for name, value in own.items():
        if not isinstance(value, str):
            raise InvalidRequest(f"The argument {name!r} is given more than once.")
    try:
        return kind.model_validate(own)
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False)[0]
        name = str(fault["loc"][0]) if fault["loc"] else "query"
        words = fault["msg"].removeprefix("Value error, ").removeprefix("Input should ")
        raise InvalidRequest(
            f"The argument {name!r} cannot be {str(own.get(name, ''))[:40]!r}.",
            hint=f"It should {words}." if fault["msg"].startswith("Input should") else f"{words}.",
        ) from None


DOCUMENT_TYPES = (YAML, JSON)
"""How a dashboard document may be sent."""
