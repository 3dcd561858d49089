"""What a host's base class gives to every resource."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, Literal

from tornado.web import RequestHandler

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Awaitable, Callable

    from peter_core.principal import Principal
    from peter_jupyter.http.pool import PooledPeter

    Verb = Callable[..., Awaitable[None]]

HostName = Literal["jupyter", "hub", "standalone"]


class Host(RequestHandler, ABC):
    """The side of a handler that differs by host: who asks, where it is mounted, what guards it."""

    host_name: ClassVar[HostName]
    """What this host is called in ``/auth/me`` and in the OpenAPI document."""
    host_arguments: ClassVar[frozenset[str]] = frozenset()
    """Arguments of any address that the host itself reads."""

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

    def login_url(self, next: str) -> str | None:
        """Where a page sends whoever is not logged in; ``None`` when there is no login page.

        ``next`` is the path with its query that was asked for.
        """
        return None

    def logout_url(self) -> str | None:
        """Where whoever asks ends the session; ``None`` without one, or where others end it."""
        return None

    def expires_at(self) -> dt.datetime | None:
        """When the login ends by itself; ``None`` when it does not, or when nobody knows."""
        return None

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
