"""What a host's base class gives to every resource."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tornado.web import RequestHandler

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from peter_core.principal import Principal
    from peter_jupyter.http.pool import PooledPeter

    Verb = Callable[..., Awaitable[None]]


class Host(RequestHandler):
    """The side of a handler that differs by host: who asks, where it is mounted, what guards it."""

    @property
    def pool(self) -> PooledPeter:
        """Peter and the threads that work with it."""
        raise NotImplementedError

    @property
    def root(self) -> str:
        """The path that the routes hang on, with a slash at its end."""
        raise NotImplementedError

    @property
    def cookie_authenticated(self) -> bool:
        """Whether a browser may have sent the credentials on its own."""
        raise NotImplementedError

    def principal(self) -> Principal | None:
        """Who asks; ``None`` when nobody is logged in."""
        raise NotImplementedError

    def is_own_origin(self, origin: str) -> bool:
        """Whether pages of an origin may change something here."""
        raise NotImplementedError

    @classmethod
    def guarded(cls, verb: Verb) -> Verb:
        """The verb behind the host's authentication and authorization."""
        raise NotImplementedError

    @classmethod
    def unguarded(cls, verb: Verb) -> Verb:
        """The verb for anybody."""
        raise NotImplementedError
