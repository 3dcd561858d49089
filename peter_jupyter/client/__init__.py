"""Peter on a server, from a script: the same use cases over HTTP."""

from __future__ import annotations

from peter_jupyter.client.client import PeterClient
from peter_jupyter.client.failures import (
    Conflict,
    LoginError,
    ServerError,
    UnreachableError,
)

__all__ = ["Conflict", "LoginError", "PeterClient", "ServerError", "UnreachableError"]
