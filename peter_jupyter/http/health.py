"""Whether the process lives, whether it can serve, and who is asking."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peter_core import __version__
from peter_core.errors import PeterError
from peter_jupyter.http.accepting import JSON
from peter_jupyter.http.access import needs, public
from peter_jupyter.http.models.health import Health, Me, PartHealth, Readiness
from peter_jupyter.http.operations import operation
from peter_jupyter.http.resource import Resource

if TYPE_CHECKING:
    from peter_core.principal import Role
    from peter_jupyter.http.models.health import ReadyStatus

_ROLES: tuple[Role, ...] = ("viewer", "author", "admin")
_HEALTH = Health(version=__version__)


class HealthResource(Resource):
    """The process answers: no login, no disk, no engine."""

    @public
    @operation("get_health", Health, tag="server")
    async def get(self) -> None:
        """200 as long as the event loop turns."""
        self.answer(_HEALTH)


class ReadyResource(Resource):
    """Every part answers: engine, store, database, cache."""

    @public
    @operation("get_readiness", Readiness, more={503: {JSON: Readiness}}, tag="server")
    async def get(self) -> None:
        """200, or 503 when one part cannot serve; codes and latencies, nothing secret."""
        if self.pool.draining:
            self.answer(Readiness(status="draining", ready=False, code="draining"), 503)
            return
        try:
            parts = await self.call(lambda peter: peter.ready())
        except PeterError as error:
            self.answer(Readiness(status="not_ready", ready=False, code=error.code), 503)
            return
        found = {name: PartHealth.model_validate(part) for name, part in parts.items()}
        ready = all(part.ok for part in found.values())
        status: ReadyStatus = "ready" if ready else "not_ready"
        self.answer(Readiness(status=status, ready=ready, parts=found), 200 if ready else 503)


class MeResource(Resource):
    """Who am I?"""

    @needs("viewer")
    @operation("who_am_i", Me, tag="login")
    async def get(self) -> None:
        """The principal with every role it holds."""
        who = self.who
        roles = tuple(role for role in _ROLES if who.may(role))
        self.answer(
            Me(
                email=who.email, name=who.name, roles=roles, host=self.host_name,
                expires_at=self.expires_at(),
            )
        )  # fmt: skip
