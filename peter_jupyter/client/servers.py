"""Which server, and which token: a token goes to the server that it was given for."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from peter_core.errors import ConfigError, InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Environment = Mapping[str, str]

URL, TOKEN, SESSION = "PETER_URL", "PETER_TOKEN", "PETER_SESSION"
_HUB_TOKEN = "JUPYTERHUB_API_TOKEN"  # noqa: S105
_HUB = "JUPYTERHUB_PUBLIC_HUB_URL"
_HUB_ADDRESSES = (_HUB, "JUPYTERHUB_HOST", "JUPYTERHUB_API_URL")
"""Where the hub's own token may go."""
_PAGE = re.compile(r"/dashboards(/[^/]+)?$")
"""What the address of a page has more than Peter's own."""
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Server:
    """Where Peter is served, without a slash at the end, and the token or the session for it."""

    url: str
    token: str | None = field(default=None, repr=False)
    session: str | None = field(default=None, repr=False)


def server_at(url: str, token: str | None = None, session: str | None = None) -> Server:
    """A server by its address.

    Raises
    ------
    InvalidRequest
        It is no http address, or carries a password, a query or a token; or there are both a
        token and a session.
    """
    if token and session:
        raise InvalidRequest(
            "A token and a session say twice who asks.", hint=f"Set {TOKEN} or {SESSION}."
        )
    try:
        parts = urlsplit(url.strip())
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    if parts.scheme not in _PORTS or not host:
        # What is no address may be a secret in the wrong place.
        raise InvalidRequest(
            "The server's address cannot be read.",
            hint="Write it whole: https://host/services/peter.",
        )
    if parts.username is not None or parts.query or parts.fragment:
        raise InvalidRequest(
            f"The address of {host} carries more than an address.",
            hint=f"Leave out what comes before @ or after ? and #; a token belongs in {TOKEN}.",
        )
    if token is not None and (not token.isascii() or not token.isprintable() or " " in token):
        raise InvalidRequest("The token holds characters that no token has.")
    path = _PAGE.sub("", parts.path.rstrip("/"))
    return Server(f"{parts.scheme}://{parts.netloc}{path}", token or None, session or None)


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port (RFC 6454), which a token is given for."""
    parts = urlsplit(url)
    return parts.scheme, (parts.hostname or "").lower(), parts.port or _PORTS.get(parts.scheme, 0)


def known_server(url: str, environment: Environment | None = None) -> Server:
    """A server by its address, with the token or session that this environment has for it, if any.

    ``PETER_TOKEN`` or ``PETER_SESSION`` is for the server of ``PETER_URL``, and for the one named
    here where that is not set; a hub's token is for the hub; a Jupyter Server's own is for that
    server.

    Raises
    ------
    InvalidRequest
        The address is none.
    """
    env = os.environ if environment is None else environment
    asked = server_at(url)
    home = env.get(URL)
    own_keys = env.get(TOKEN), env.get(SESSION)
    if any(own_keys) and (not home or origin(home) == origin(asked.url)):
        return server_at(asked.url, *own_keys)
    if env.get(_HUB_TOKEN) and origin(asked.url) in _hub_origins(env):
        return server_at(asked.url, env[_HUB_TOKEN])
    own = next((s for s in _running() if s.url == asked.url), None)
    return own or asked


def default_server(environment: Environment | None = None) -> Server:
    """The server of this environment: ``PETER_URL``, else the hub's Peter, else a running one.

    Raises
    ------
    ConfigError
        There is none, or several Jupyter Servers run here.
    """
    env = os.environ if environment is None else environment
    if env.get(URL):
        return known_server(env[URL], env)
    if env.get(_HUB_TOKEN):
        return _hub_service(env)
    found = list(_running(env))
    if len(found) == 1:
        return found[0]
    several = ", ".join(server.url for server in found)
    raise ConfigError(
        f"Several Jupyter Servers run here: {several}." if found else "No server is known.",
        hint=f"Set {URL} and {TOKEN}, or give the address.",
    )


def _hub_service(env: Environment) -> Server:
    """The hub's Peter, for the token that a hub gives to a user's server."""
    if not env.get(_HUB):
        raise ConfigError(
            "This hub does not tell its servers where it is reached.",
            hint=f"Ask whoever runs it to set JupyterHub.public_url, or set {URL} and {TOKEN}.",
        )
    base = env[_HUB].rstrip("/").removesuffix("/hub")
    return server_at(f"{base}/services/peter", env[_HUB_TOKEN])


def _hub_origins(env: Environment) -> set[tuple[str, str, int]]:
    return {origin(env[name]) for name in _HUB_ADDRESSES if env.get(name)}


def _running(env: Environment | None = None) -> Iterable[Server]:
    """The Jupyter Servers of this user; only the one this kernel belongs to where that is told."""
    from jupyter_server.serverapp import list_running_servers

    infos = sorted(list_running_servers(), key=lambda info: str(info.get("url")))
    parent = (os.environ if env is None else env).get("JPY_PARENT_PID", "")
    own = [info for info in infos if parent.isdigit() and info.get("pid") == int(parent)]
    for info in own or infos:
        try:
            yield server_at(f"{str(info['url']).rstrip('/')}/peter", info.get("token") or None)
        except (InvalidRequest, KeyError):
            continue
