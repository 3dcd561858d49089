"""The address people use, and what follows from it: redirect URI, cookies, own origins."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from peter_core.errors import ConfigError

if TYPE_CHECKING:
    from peter_core.config import Settings

LOGIN = "api/v1/auth/login"
CALLBACK = "api/v1/auth/callback"
LOGOUT = "api/v1/auth/logout"


def is_loopback(host: str) -> bool:
    """Whether an address is one of this machine alone."""
    name = host.strip("[]")
    if name.casefold() == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class PublicAddress:
    """Scheme, host and path as a browser writes them.

    Parameters
    ----------
    origin
        Such as ``https://peter.example.com``.
    root
        The path, with a slash at both ends.
    aliases
        Other origins of the same server: the names of this machine.
    proxied
        Whether something stands before the server that may call it by another name.
    """

    origin: str
    root: str = "/"
    aliases: frozenset[str] = frozenset()
    proxied: bool = False

    @property
    def secure(self) -> bool:
        """Whether browsers reach it by TLS, so that cookies may be bound to that."""
        return self.origin.startswith("https://")

    @property
    def host(self) -> str:
        """The host with its port, as a browser sends it."""
        return urlsplit(self.origin).netloc

    @property
    def own_origins(self) -> frozenset[str]:
        """Every origin that is this server."""
        return self.aliases | {self.origin}

    @property
    def own_hosts(self) -> frozenset[str]:
        """Every value of a Host header that means this server."""
        return frozenset(urlsplit(origin).netloc for origin in self.own_origins)

    def url(self, path: str = "") -> str:
        """The whole address of a path below the root."""
        return f"{self.origin}{self.root}{path}"


def public_address(settings: Settings, host: str, port: int) -> PublicAddress:
    """Where people find a server that listens at a host and a port.

    Raises
    ------
    ConfigError
        It listens to other machines and nobody says under which address, or that address is
        none that Google sends people to.
    """
    if settings.public_url is None:
        return _of_this_machine(settings.base_url, host, port)
    parts = urlsplit(settings.public_url)
    if parts.path not in ("", settings.base_url.rstrip("/")):
        raise ConfigError(
            f"PETER_PUBLIC_URL has the path {parts.path}, and PETER_BASE_URL is "
            f"{settings.base_url}.",
            hint=f"Set PETER_BASE_URL to {parts.path}/.",
        )
    if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
        raise ConfigError(
            "PETER_PUBLIC_URL begins with http:, where anybody on the way could read the login.",
            hint="Serve it by https, behind a proxy that ends TLS.",
        )
    origin = f"{parts.scheme}://{parts.netloc.lower()}"
    return PublicAddress(origin, settings.base_url, proxied=True)


def _of_this_machine(root: str, host: str, port: int) -> PublicAddress:
    if not is_loopback(host):
        raise ConfigError(
            f"Peter would listen at {host} for other machines, and PETER_PUBLIC_URL is not set.",
            hint="Set it to the https address people use, or listen at 127.0.0.1.",
        )
    end = "" if port == 80 else f":{port}"
    names = {"localhost", "127.0.0.1", "[::1]"}
    name = f"[{host.strip('[]')}]" if ":" in host else host.casefold()
    aliases = frozenset(f"http://{known}{end}" for known in names | {name})
    return PublicAddress(f"http://{name}{end}", root, aliases)
