"""The client of a Peter server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from peter_jupyter.client.analysis import Analysis
from peter_jupyter.client.connection import TIMEOUT_S, Connection
from peter_jupyter.client.data import Data
from peter_jupyter.client.documents import Documents
from peter_jupyter.client.servers import default_server, known_server, server_at
from peter_jupyter.http.models.health import Me

if TYPE_CHECKING:
    from peter_jupyter.client.servers import Server


class PeterClient(Documents, Data, Analysis):
    """The use cases of `peter_core.Peter` on a server; safe from any thread.

    Every method raises the `PeterError` of the server's own code, with its hint and problems.
    Close it, or use it in a ``with`` block.

    Parameters
    ----------
    url
        Where Peter is served: ``https://host/services/peter`` on a JupyterHub,
        ``http://localhost:8888/peter`` on a Jupyter Server.
    token
        A token of that server; it is sent nowhere else.
    session
        Instead of a token: the Cookie header of a browser that is logged in there, or the id in
        the cookie of `peter serve`. It is sent nowhere else.
    timeout_s
        Seconds to wait for an answer; those over every query of a dashboard may take longer.

    Raises
    ------
    InvalidRequest
        The address, the token or the session is none.
    """

    def __init__(
        self,
        url: str,
        token: str | None = None,
        *,
        session: str | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._connection = Connection(server_at(url, token, session), timeout_s=timeout_s)

    @classmethod
    def from_env(cls, *, timeout_s: float = TIMEOUT_S) -> Self:
        """The server of this environment.

        ``PETER_URL`` with ``PETER_TOKEN`` or ``PETER_SESSION``; else, in a server that a
        JupyterHub started, the hub's service ``peter`` with that server's token; else the Jupyter
        Server that runs here.

        Raises
        ------
        ConfigError
            There is none, or there are several.
        """
        return cls._of(default_server(), timeout_s)

    @classmethod
    def to(cls, url: str, *, timeout_s: float = TIMEOUT_S) -> Self:
        """The server at an address, with the login that this environment has for it, if any."""
        return cls._of(known_server(url), timeout_s)

    @classmethod
    def _of(cls, server: Server, timeout_s: float) -> Self:
        return cls(server.url, server.token, session=server.session, timeout_s=timeout_s)

    @property
    def url(self) -> str:
        """The server's address."""
        return self._connection.server.url

    @property
    def has_token(self) -> bool:
        """Whether a token or a session goes with every request."""
        server = self._connection.server
        return server.token is not None or server.session is not None

    def me(self) -> Me:
        """Who the server takes the caller for, and the roles held."""
        return self._connection.ask(Me, "GET", "api/v1/auth/me")

    def close(self) -> None:
        """Close what is open."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"PeterClient({self.url!r})"
