"""What a host's base class gives to every resource."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from tornado.web import RequestHandler

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from peter_core.principal import Principal
    from peter_jupyter.http.pool import PooledPeter

    Verb = Callable[..., Awaitable[None]]


class Host(RequestHandler, ABC):
    """The side of a handler that differs by host: who asks, where it is mounted, what guards it."""

    @property
    @abstractmethod
    def pool(self) -> PooledPeter:
        """Peter and the threads that work with it."""
        ...

    @property
    @abstractmethod
    def root(self) -> str:
        """The path that the routes hang on, with a slash at its end."""
        ...

    @property
    @abstractmethod
    def cookie_authenticated(self) -> bool:
        """Whether a browser may have sent the credentials on its own."""
        ...

    @abstractmethod
    def principal(self) -> Principal | None:
        """Who asks; ``None`` when nobody is logged in."""
        ...

    @abstractmethod
    def is_own_origin(self, origin: str) -> bool:
        """Whether pages of an origin may change something here."""
        ...

    @classmethod
    @abstractmethod
    def guarded(cls, verb: Verb) -> Verb:
        """The verb behind the host's authentication and authorization."""
        ...

    @classmethod
    @abstractmethod
    def unguarded(cls, verb: Verb) -> Verb:
        """The verb for anybody."""
        ...
