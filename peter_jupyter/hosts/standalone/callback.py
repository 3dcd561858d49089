"""The way back from the provider: every check that stands before a session."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from tornado.web import HTTPError

from peter_jupyter.hosts.standalone.cookies import LOGIN_S
from peter_jupyter.hosts.standalone.failures import not_allowed, refused
from peter_jupyter.hosts.standalone.id_tokens import Expected, checked_identity
from peter_jupyter.hosts.standalone.login import DoorPage
from peter_jupyter.http.access import public
from peter_jupyter.http.models.queries import CallbackQuery
from peter_jupyter.http.operations import operation

if TYPE_CHECKING:
    from peter_jupyter.hosts.standalone.id_tokens import Identity

log = logging.getLogger("peter.login")

_LONGEST_CODE = 2_048


class CallbackPage(DoorPage):
    """The end of a login."""

    @public
    @operation("finish_login", status=302, tag="login", query=CallbackQuery, lenient=True,
               errors=("forbidden", "login_unavailable", "too_many_requests"))  # fmt: skip
    async def get(self) -> None:
        """A session under a new id, and on to the page that was asked for."""
        if self.request.method != "GET":
            # A HEAD would use the code up.
            raise HTTPError(405)
        self.door.pace.require(self.request)
        state = self.only("state")
        attempt = self.door.cookies.take_attempt(self, state) if state else None
        if attempt is None:
            raise refused("state")
        code = self._received_code()
        token, access_token = await self.door.provider.redeem(code, attempt.verifier)
        provider = self.door.provider
        identity = await checked_identity(
            token,
            Expected(provider.issuer, provider.client_id, attempt.nonce, self.door.domain),
            provider.key,
            access_token=access_token,
        )
        if not self.door.people.roles_of(identity.email):
            raise not_allowed("unlisted")
        if not await self.door.sessions.spend(attempt.state, LOGIN_S):
            raise refused("reused")
        await self._let_in(identity)
        self.redirect(attempt.next)

    def _received_code(self) -> str:
        """The code; an error, another issuer (RFC 9207) or two codes end the login here."""
        arguments = self.request.query_arguments
        if "error" in arguments:
            raise refused("denied")
        if "iss" in arguments and self.only("iss") != self.door.provider.issuer:
            raise refused("issuer")
        code = self.only("code")
        if not code or len(code) > _LONGEST_CODE:
            raise refused("code_missing")
        return code

    async def _let_in(self, identity: Identity) -> None:
        cookies = self.door.cookies
        before = self.get_cookie(cookies.session)
        secret = await self.door.sessions.begin(identity, instead_of=before)
        cookies.give_session(self, secret, self.door.sessions.lifetime.total_seconds())
        log.info("a login worked", extra={"principal": identity.email})
