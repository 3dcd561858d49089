"""Errors on the wire: RFC 9457 problem details with Peter's own members."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, RootModel

from peter_jupyter.http.models.dashboard import Difference
from peter_jupyter.http.models.data import DoneEvent, StepEvent
from peter_jupyter.http.models.finding import ProblemItem
from peter_jupyter.http.models.shapes import Answer
from peter_jupyter.http.models.verification import RunningEvent, VerifiedEvent


class ProblemDetails(Answer):
    """An error. ``code`` is for programs, ``title``, ``detail`` and ``hint`` are for people.

    These are in the language that ``Accept-Language`` asks for; ``detail_lang`` and ``hint_lang``
    name that of a text which is not. ``trace_id`` is the request's id, to be named when asking for
    help. ``diff`` comes with 412: what others changed since the revision that the change was made
    from.
    """

    type: str
    title: str
    status: int = Field(ge=400, le=599)
    detail: str
    code: str
    trace_id: str
    hint: str | None = None
    detail_lang: str | None = None
    hint_lang: str | None = None
    problems: tuple[ProblemItem, ...] = ()
    diff: Difference | None = None


class FailureEvent(ProblemDetails):
    """The last line of a stream that could not be finished."""

    event: Literal["failed"] = "failed"


class ProgressEvent(RootModel[StepEvent | DoneEvent | FailureEvent]):
    """A line of progress: one for each query, then the sum or the problem."""


class RunEvent(RootModel[RunningEvent | VerifiedEvent | FailureEvent]):
    """A line of a run's progress: one a second, then the payload or the problem."""
