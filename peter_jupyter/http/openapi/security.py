"""How a request says who asks, by host."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from peter_jupyter.http.host import HostName

_TOKENS: dict[HostName, str] = {
    "jupyter": "The server's token, or a hub token of the user whose server it is.",
    "hub": "A token of the hub with the scope `access:services!service=peter`.",
    "standalone": "A token made by `peter token create`.",
}
_COOKIES: dict[HostName, tuple[str, str]] = {
    "jupyter": (
        "username",
        "The login of the Jupyter Server; its name tells the host and port, too.",
    ),
    "hub": ("jupyterhub-services", "The login through the hub."),
    "standalone": ("__Host-peter-session", "The login with Google."),
}

SAFE = ("get", "head", "options")


def security_schemes(host: HostName) -> dict[str, dict[str, object]]:
    """The ways to authenticate at a host."""
    cookie, about = _COOKIES[host]
    return {
        "token": {"type": "http", "scheme": "bearer", "description": _TOKENS[host]},
        "login": {"type": "apiKey", "in": "cookie", "name": cookie, "description": about},
        "xsrf": {
            "type": "apiKey",
            "in": "header",
            "name": "X-XSRFToken",
            "description": "The value of the cookie `_xsrf`, where a cookie authenticates.",
        },
    }


def requirement(method: str, access: str) -> list[dict[str, list[str]]]:
    """What a verb needs of them; nothing for one that anybody may use."""
    if access == "anybody":
        return []
    cookie: dict[str, list[str]] = {"login": []} if method in SAFE else {"login": [], "xsrf": []}
    return [{"token": []}, cookie]
