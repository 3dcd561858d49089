"""Whether the server lives and can serve, and who is asking."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from peter_jupyter.http.models.shapes import Answer, Moment

ReadyStatus = Literal["ready", "not_ready", "draining"]


class Health(Answer):
    """The process answers."""

    status: Literal["ok"] = "ok"
    version: str


class PartHealth(Answer):
    """One part and how long it took to answer, in milliseconds; ``code`` says why it cannot."""

    ok: bool
    latency_ms: float
    code: str | None = None


class Readiness(Answer):
    """Whether requests can be served; ``parts`` is empty when Peter could not be opened."""

    status: ReadyStatus
    ready: bool
    parts: dict[str, PartHealth] = Field(default={})
    code: str | None = None


class Me(Answer):
    """The principal of the request."""

    email: str
    name: str
    roles: tuple[Literal["viewer", "author", "admin"], ...]
    host: Literal["jupyter", "hub", "standalone"]
    expires_at: Moment | None = None
