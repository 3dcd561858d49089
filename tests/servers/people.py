"""Who may come in to the Jupyter Server of the tests, and what they are there."""

from __future__ import annotations

import re
from typing import Any

from jupyter_server.auth import IdentityProvider, User

ROLES = {"alice": "author", "bob": "author", "vera": "viewer", "ada": "admin"}
COOKIE = "test-login"
_HEADER = re.compile(r"(?:token|bearer) token-(\w+)", re.IGNORECASE)


def token_of(name: str) -> str:
    """The token of a person."""
    return f"token-{name}"


class People(IdentityProvider):
    """Knows people by their tokens; a cookie carries a name, as a login would leave it."""

    async def get_user(self, handler: Any) -> User | None:
        found = _HEADER.fullmatch(handler.request.headers.get("Authorization", ""))
        name = found[1] if found else handler.get_cookie(COOKIE)
        if name not in ROLES:
            return None
        handler._token_authenticated = found is not None
        return User(name, name.title(), name.title())

    def is_token_authenticated(self, handler: Any) -> bool:
        return getattr(handler, "_token_authenticated", False)
