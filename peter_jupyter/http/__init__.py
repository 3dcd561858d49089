"""One set of Tornado handlers for every host: verbs, bodies, problems and pages.

The models below load without the handlers: a client needs no server.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from peter_jupyter.http.routes import build_handlers

__all__ = ["build_handlers"]


def __getattr__(name: str) -> object:
    if name == "build_handlers":
        from peter_jupyter.http.routes import build_handlers

        return build_handlers
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
