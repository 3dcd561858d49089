"""OpenAPI 3.1, made from what the verbs say of themselves, and the page that shows it."""

from __future__ import annotations

from peter_jupyter.http.openapi.document import openapi_document
from peter_jupyter.http.openapi.reference import reference_page

__all__ = ["openapi_document", "reference_page"]
