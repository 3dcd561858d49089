"""The way to a login and out of a session."""

from __future__ import annotations

import html
import logging
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlencode

from peter_core.errors import InvalidRequest
from peter_core.plan.words import say, speaking
from peter_jupyter.hosts.standalone.addresses import LOGIN
from peter_jupyter.hosts.standalone.cookies import Attempt
from peter_jupyter.hosts.standalone.failures import LoginError
from peter_jupyter.hosts.standalone.host import SETTING
from peter_jupyter.http.accepting import HTML
from peter_jupyter.http.access import needs, public
from peter_jupyter.http.models.queries import LoginQuery, LogoutQuery
from peter_jupyter.http.next_urls import safe_next
from peter_jupyter.http.operations import operation
from peter_jupyter.http.pages import Page
from peter_jupyter.http.resource import Resource
from peter_jupyter.page import plain_page, told_paragraph

if TYPE_CHECKING:
    from peter_jupyter.hosts.standalone.host import Door

log = logging.getLogger("peter.login")

_TITLES = {400: "The login did not work", 403: "Not allowed", 503: "The login cannot be reached"}


class DoorPage(Page):
    """A page of the login; its failures offer another try."""

    @property
    def door(self) -> Door:
        """What this server lets people in by."""
        return cast("Door", self.settings[SETTING])

    def only(self, name: str) -> str | None:
        """An argument that is there once; ``None`` when it is missing or repeated."""
        given = self.request.query_arguments.get(name, [])
        return given[0].decode("utf-8", "replace") if len(given) == 1 else None

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Tell a login's failure in words, with a link to try again."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        if not isinstance(error, LoginError):
            super().write_error(status_code, **kwargs)
            return
        log.warning("a login failed: %s", error.reason_code)
        if status_code == 503:
            self.set_header("Retry-After", "30")
        again = f"{self.root}{LOGIN}?account=choose" if status_code == 403 \
            else f"{self.root}{LOGIN}"  # fmt: skip
        with speaking(self.readers_language()):
            page = _failure_page(say(_TITLES[status_code]), error.detail, again)
        self.send(page.encode(), HTML)


class LoginPage(DoorPage):
    """The beginning of a login."""

    @public
    @operation("log_in", status=302, tag="login", query=LoginQuery, lenient=True,
               errors=("login_unavailable", "too_many_requests"))  # fmt: skip
    async def get(self) -> None:
        """To the provider, and from there back to ``next``; ``account=choose`` asks which one."""
        self.door.pace.require(self.request)
        address = self.door.address
        if not address.proxied and self.request.host.lower() != address.host:
            # The provider sends people to one name; the cookies must be there.
            query = urlencode({"next": safe_next(self.only("next"), self.root)})
            self.redirect(f"{address.url(LOGIN)}?{query}")
            return
        attempt = Attempt.begin(safe_next(self.only("next"), self.root))
        place = await self.door.provider.login_address(
            state=attempt.state,
            nonce=attempt.nonce,
            verifier=attempt.verifier,
            domain=self.door.domain,
            choose=self.only("account") == "choose",
        )
        self.door.cookies.give_attempt(self, attempt)
        self.redirect(place)


class LogoutResource(Resource):
    """The end of a session."""

    @needs("viewer")
    @operation("log_out", status=204, tag="login", query=LogoutQuery)
    async def post(self) -> None:
        """End this session, wherever its cookie is; with ``everywhere=true`` all of the person."""
        door = cast("Door", self.settings[SETTING])
        secret = self.get_cookie(door.cookies.session)
        if not self.cookie_authenticated or secret is None:
            raise InvalidRequest(
                "A token has no session to end.", hint="Revoke it with: peter token revoke."
            )
        everywhere = self.query(LogoutQuery).everywhere
        await door.sessions.end(secret)
        if everywhere:
            await door.sessions.end_all(self.who.email)
        door.cookies.take_session(self)
        self.set_status(204)
        self.finish()


def _failure_page(title: str, words: str, again: str) -> str:
    link = f'<p><a href="{html.escape(again)}">{html.escape(say("Log in again"))}</a></p>'
    return plain_page(title, f"{told_paragraph(words)}\n{link}")
