"""One set of Tornado handlers for every host: verbs, bodies, problems and pages."""

from __future__ import annotations

from peter_jupyter.http.routes import build_handlers

__all__ = ["build_handlers"]
