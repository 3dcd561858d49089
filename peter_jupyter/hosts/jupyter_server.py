"""The Jupyter Server extension: Peter's routes under ``{base_url}peter/``."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from jupyter_server.auth.decorator import allow_unauthenticated, authorized
from jupyter_server.auth.identity import IdentityProvider, PasswordIdentityProvider
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.extension.application import ExtensionApp
from jupyter_server.utils import url_path_join
from tornado import web
from traitlets import Dict, Enum, Float, Integer, Unicode

from peter_core.principal import LOCAL, Principal
from peter_jupyter.hosts.jupyter_login import LOGIN_ROUTES
from peter_jupyter.hosts.shared import SHARED_ROUTES
from peter_jupyter.http.bodies import LARGEST
from peter_jupyter.http.host import Host
from peter_jupyter.http.pool import PooledPeter
from peter_jupyter.http.routes import build_handlers
from peter_jupyter.http.statuses import RefusalError

if TYPE_CHECKING:
    from peter_core.principal import Role
    from peter_core.service import Peter
    from peter_jupyter.http.host import Verb

PREFIX = "peter"
_GRACE_S = 5.0
OWN_ROUTES = (*LOGIN_ROUTES, *SHARED_ROUTES)
"""What a Jupyter Server has beside the routes of all hosts."""
SETTING = "peter_service"
"""The key of the pool in the server's settings; ``peter`` is the extension itself."""


class JupyterHost(Host, JupyterHandler):
    """Identity, authorization and addresses of a Jupyter Server."""

    auth_resource = "peter"
    host_name = "jupyter"
    # A Jupyter Server lets people in by links that carry its token.
    host_arguments = frozenset({"token", "no_track_activity"})

    @property
    def pool(self) -> PooledPeter:
        """Peter and the threads that work with it."""
        return cast("PooledPeter", self.settings[SETTING])

    @property
    def root(self) -> str:
        """The path that the routes hang on, with a slash at its end."""
        return url_path_join(self.base_url, PREFIX) + "/"

    @property
    def cookie_authenticated(self) -> bool:
        """Whether a browser may have sent the credentials on its own."""
        return not self.token_authenticated

    def principal(self) -> Principal | None:
        """The server's user; with the server's own token or password, the one it belongs to."""
        user = getattr(self, "_jupyter_current_user", None)
        if user is None:
            return None
        extension = cast("PeterServerApp", self.settings[PeterServerApp.name])
        # The built-in providers give every browser a made-up name: nobody's history.
        if type(self.identity_provider) in (IdentityProvider, PasswordIdentityProvider):
            email, name = LOCAL.email, LOCAL.name
        else:
            email, name = user.username, user.display_name or user.name or user.username
        return Principal(email, name, frozenset({extension.role_of(email)}), "jupyter")

    def set_signed_cookie(self, name: str, value: Any, *args: Any, **more: Any) -> None:
        """Leave a login to browsers only: what sends its token each time needs none."""
        if "Authorization" not in self.request.headers:
            super().set_signed_cookie(name, value, *args, **more)

    async def prepare(self, **more: Any) -> None:
        """Find out who asks, and let the server know that somebody is there."""
        await super().prepare(**more)
        if getattr(self, "_jupyter_current_user", None) is not None:
            self.settings["api_last_activity"] = dt.datetime.now(dt.UTC)

    def check_xsrf_cookie(self) -> None:
        """Tell who is not logged in so, and whose request is not from here, in our words."""
        if not hasattr(self, "_jupyter_current_user"):
            return
        if self.current_user is None:
            raise RefusalError("unauthenticated", "This needs a login.")
        try:
            super().check_xsrf_cookie()
        except web.HTTPError as error:
            raise RefusalError(
                "cross_site_request",
                "The request carries no valid XSRF token.",
                hint="Send the _xsrf cookie's value as X-XSRFToken, or authenticate by a token.",
            ) from error

    def is_own_origin(self, origin: str) -> bool:
        """Whether pages of an origin may change something here, as the server is configured."""
        return urlsplit(origin).netloc == self.request.host or bool(self.check_origin())

    @classmethod
    def guarded(cls, verb: Verb) -> Verb:
        """The verb behind the server's identity provider and authorizer."""
        return cast("Verb", web.authenticated(cast("Any", authorized(cast("Any", verb)))))

    @classmethod
    def unguarded(cls, verb: Verb) -> Verb:
        """The verb for anybody."""
        return cast("Verb", allow_unauthenticated(cast("Any", verb)))


class PeterServerApp(ExtensionApp):
    """Peter beside the notebooks, opened at the first request."""

    name = PREFIX
    extension_url = f"/{PREFIX}/dashboards"
    load_other_extensions = True

    folder = Unicode(
        "", config=True, help="The workspace; PETER_FOLDER or the working directory when empty."
    )
    workers = Integer(16, min=1, config=True, help="Requests that are worked on at once.")
    deadline = Float(120.0, min=0.001, config=True, help="Seconds a request may take.")
    long_deadline = Float(900.0, min=0.001, config=True,
                          help="Seconds a request over all queries may take.")  # fmt: skip
    user_concurrency = Integer(
        8, min=1, config=True, help="Requests of one user that are worked on at once."
    )
    user_requests_per_minute = Integer(
        600, min=1, config=True, help="Requests a minute of one user."
    )
    max_body = Integer(LARGEST, min=1, config=True, help="Bytes of the largest body.")
    default_role = Enum(
        ("viewer", "author", "admin"), default_value="author", config=True,
        help="What a user of this server is, unless `roles` says otherwise.",
    )  # fmt: skip
    roles = Dict(
        value_trait=Enum(("viewer", "author", "admin")), config=True, help="Username to role."
    )

    def role_of(self, username: str) -> Role:
        """What a user of this server is."""
        role: Role = self.roles.get(username, self.default_role)
        return role

    def initialize_settings(self) -> None:
        """Put the pool where handlers find it."""
        self.settings[SETTING] = PooledPeter(
            self._open_peter,
            workers=self.workers,
            deadline_s=self.deadline,
            long_deadline_s=self.long_deadline,
            user_concurrency=self.user_concurrency,
            user_requests_per_minute=self.user_requests_per_minute,
            max_body=self.max_body,
        )

    def initialize_handlers(self) -> None:
        """Mount the routes."""
        self.handlers.extend(build_handlers(JupyterHost, PREFIX, own=OWN_ROUTES))

    async def stop_extension(self) -> None:
        """Let what runs end, for a few seconds, and close Peter."""
        await cast("PooledPeter", self.settings[SETTING]).drain(_GRACE_S)

    def _open_peter(self) -> Peter:
        from pathlib import Path

        from peter_core.service import Peter

        return Peter.open(folder=Path(self.folder) if self.folder else None)
