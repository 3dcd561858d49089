"""The API's own description: OpenAPI for programs, a page for people."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import orjson

from peter_jupyter.http.accepting import HTML, JSON
from peter_jupyter.http.access import public
from peter_jupyter.http.etags import strong
from peter_jupyter.http.openapi import openapi_document, reference_page
from peter_jupyter.http.operations import operation
from peter_jupyter.http.pages import Page
from peter_jupyter.http.resource import Resource

if TYPE_CHECKING:
    from peter_jupyter.http.host import HostName
    from peter_jupyter.http.resource import Routes

_made: dict[tuple[HostName, str, Routes], tuple[bytes, bytes]] = {}


class OpenApiResource(Resource):
    """The OpenAPI document."""

    @public
    @operation("get_openapi", {JSON: None}, tag="server", tagged=True)
    async def get(self) -> None:
        """The same for everybody, and without data."""
        document, _ = described(self.host_name, self.root, self.routes)
        send_public(self, document, JSON)


class DocsPage(Page):
    """The documentation page."""

    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; " \
        "form-action 'none'; frame-ancestors 'self'"  # fmt: skip

    @public
    @operation("show_reference", {HTML: None}, tag="pages", tagged=True)
    async def get(self) -> None:
        """The OpenAPI document as HTML; nothing else is loaded."""
        _, page = described(self.host_name, self.root, self.routes)
        send_public(self, page, HTML)


def described(host: HostName, root: str, routes: Routes) -> tuple[bytes, bytes]:
    """The document and the page of a host's routes at a root, made once."""
    key = host, root, routes
    if key not in _made:
        document = openapi_document(routes, host, root)
        page = reference_page(document, f"{root}api/v1/openapi.json")
        _made[key] = orjson.dumps(document), page.encode()
    return _made[key]


def send_public(resource: Resource, body: bytes, kind: str) -> None:
    """Send what is the same for everybody, and may be kept."""
    resource.tag(strong(hashlib.sha256(body).hexdigest()[:16]))
    resource.set_header("Cache-Control", "no-cache")
    resource.send(body, kind)
