"""The login of a Jupyter Server, at the addresses that every host has."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from tornado.httputil import url_concat

from peter_core.errors import InvalidRequest
from peter_jupyter.http.access import needs, public
from peter_jupyter.http.models.queries import NextQuery
from peter_jupyter.http.next_urls import safe_next
from peter_jupyter.http.operations import operation
from peter_jupyter.http.pages import Page
from peter_jupyter.http.resource import Resource

if TYPE_CHECKING:
    from jupyter_server.base.handlers import JupyterHandler


class LoginPage(Page):
    """The way to the server's own login."""

    @public
    @operation("log_in", status=302, tag="login", query=NextQuery)
    async def get(self) -> None:
        """302 to the server's login, or on to ``next`` for whoever is known: a page of Peter's."""
        asked = safe_next(self.get_query_argument("next", None), self.root)
        # A hub's login leads back to this very address.
        known = self.principal() is not None
        self.redirect(asked if known else url_concat(self.get_login_url(), {"next": asked}))


class LogoutResource(Resource):
    """The end of a browser's login at the server."""

    @needs("viewer")
    @operation("log_out", status=204, tag="login")
    async def post(self) -> None:
        """204; the browser forgets its login, which the server itself keeps nowhere."""
        if not self.cookie_authenticated:
            raise InvalidRequest(
                "A token has no session to end.", hint="Start the server with another one."
            )
        host = cast("JupyterHandler", self)
        host.identity_provider.clear_login_cookie(host)
        self.set_status(204)
        self.finish()


LOGIN_ROUTES: tuple[tuple[str, type[Resource]], ...] = (
    ("api/v1/auth/login", LoginPage),
    ("api/v1/auth/logout", LogoutResource),
)
"""The way back from a login is the server's own."""
