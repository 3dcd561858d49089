"""Who may use a verb. A verb without a mark cannot be mounted."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from peter_core.errors import Forbidden

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from peter_core.principal import Role

    Verb = Callable[..., Awaitable[None]]

METHODS = ("get", "post", "put", "delete")
_MARK = "_peter_access"


def needs(role: Role) -> Callable[[Verb], Verb]:
    """Mark a verb as one for principals that hold the role, or one that includes it."""

    def marked(verb: Verb) -> Verb:
        @functools.wraps(verb)
        async def checked(self: Any, *args: str) -> None:
            principal = self.principal()
            if principal is None:
                self.ask_for_login()
                return
            self.asking = principal
            admission, name = self.pool.admission, principal.email
            turn = admission.enter(name)
            try:
                if turn is not None:
                    self.waited_s = await self.pool.admission.turn(turn, self.deadline_s)
                if not principal.may(role):
                    raise Forbidden(
                        f"This needs the role {role}, which you do not have here.",
                        hint="Ask whoever runs this server.",
                    )
                self.require_arguments(verb)
                await verb(self, *args)
            finally:
                admission.leave(name, turn)
                if self.request.method not in ("GET", "HEAD"):
                    self.pool.recent.forget()

        setattr(checked, _MARK, role)
        return checked

    return marked


def public(verb: Verb) -> Verb:
    """Mark a verb as one that anybody may use."""

    @functools.wraps(verb)
    async def checked(self: Any, *args: str) -> None:
        self.require_arguments(verb)
        await verb(self, *args)

    setattr(checked, _MARK, "anybody")
    return checked


def access_of(verb: object) -> str | None:
    """The role that a verb needs, ``anybody`` for a public one, ``None`` without a mark."""
    mark: str | None = getattr(verb, _MARK, None)
    return mark
