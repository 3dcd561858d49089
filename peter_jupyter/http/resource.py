"""The side of every handler that is the same on all hosts."""

from __future__ import annotations

import logging
import time
import traceback
from functools import cached_property
from inspect import isawaitable
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar
from urllib.parse import urlencode

from tornado.web import Finish, HTTPError, stream_request_body

from peter_core.engine.port import CancelToken
from peter_core.errors import InvalidRequest, PeterError
from peter_core.plan.words import chosen_language, speaking, spoken_language
from peter_core.telemetry import new_request_id, request_span
from peter_jupyter.http.accepting import JSON, PROBLEM, preferred
from peter_jupyter.http.access import METHODS, access_of, needs, public
from peter_jupyter.http.bodies import read_json, require_size, require_type
from peter_jupyter.http.host import Host
from peter_jupyter.http.models.shapes import Answer, Body, Query
from peter_jupyter.http.operations import argument_names, operation_of, read_query
from peter_jupyter.http.statuses import RefusalError, problem_of, spoken, status_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from peter_core.principal import Principal
    from peter_core.service import Peter
    from peter_jupyter.http.models.dashboard import Difference
    from peter_jupyter.http.models.queries import PageQuery

    Routes = tuple[tuple[str, type["Resource"]], ...]

T = TypeVar("T")
B = TypeVar("B", bound=Body)
Q = TypeVar("Q", bound=Query)

log = logging.getLogger("peter.http")

_RETRY_AFTER_S = 5
_SAFE = ("GET", "HEAD", "OPTIONS")
SECRET_ARGUMENTS = frozenset({"token", "access_token", "api_token", "api_key", "_xsrf"})
"""Arguments that would carry a secret into logs and histories."""


@stream_request_body
class Resource(Host):
    """Verbs take a body within its limits, work in the pool and answer with a model or bytes.

    Every failure is a problem (RFC 9457); a client that goes away cancels what it asked for.
    """

    route: ClassVar[str] = ""
    """The template of the address, for logs and spans."""
    routes: ClassVar[Routes] = ()
    """All that the host serves beside it, pattern and resource; OpenAPI is made of them."""
    problem_type = PROBLEM
    """The media type that failures are told in."""
    policy = "default-src 'none'; frame-ancestors 'none'"
    long = False
    """Whether a verb runs every query of a dashboard and has the longer deadline."""

    def initialize(self, **more: Any) -> None:
        """Start a request."""
        super().initialize(**more)
        self.cancel = CancelToken()
        self._tag: str | None = None
        self._body = bytearray()
        self._diff: Difference | None = None
        self._code: str | None = None
        self.asking: Principal | None = None
        self.waited_s = 0.0

    @cached_property
    def request_id(self) -> str:
        """The client's id of the request, or one of ours."""
        return new_request_id(self.request.headers.get("X-Request-Id"))

    @property
    def who(self) -> Principal:
        """The principal of a verb that needs one."""
        principal = self.asking or self.principal()
        if principal is None:
            raise RefusalError("unauthenticated", "This needs a login.")
        return principal

    def ask_for_login(self) -> None:
        """Tell whoever is not logged in; a program is never sent to a page."""
        raise RefusalError("unauthenticated", "This needs a login.")

    async def _execute(self, transforms: Any, *args: bytes, **more: bytes) -> None:
        """All that Tornado does for a request, inside its span and under its id."""
        request = self.request
        parent = request.headers.get("traceparent")
        context = {"traceparent": parent} if parent else None
        with request_span(
            request.method or "", self.route, context, request_id=self.request_id
        ) as told:
            await super()._execute(transforms, *args, **more)
            told.status, told.code = self.get_status(), self._code

    def _log(self) -> None:
        """Log no address: `on_finish` logs what holds no text of the request."""

    # The way in ------------------------------------------------------------------------------

    def set_default_headers(self) -> None:
        """Set what every answer carries."""
        super().set_default_headers()
        self.clear_header("Server")
        self.set_header("X-Request-Id", self.request_id)
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Referrer-Policy", "no-referrer")
        self.set_header("Cross-Origin-Resource-Policy", "same-origin")
        self.set_header("Content-Security-Policy", self.policy)
        self.set_header("Cache-Control", "no-store")
        if self.pool.draining:
            self.set_header("Connection", "close")

    async def prepare(self) -> None:
        """Turn away bodies that are too large before they are read."""
        prepared = super().prepare()
        if isawaitable(prepared):
            await prepared
        if self._finished or self.request.method in _SAFE:
            return
        length = self.request.headers.get("Content-Length", "0")
        require_size(int(length) if length.isdigit() else 0, self.pool.max_body)

    def data_received(self, chunk: bytes) -> None:
        """Keep a part of the body; what is beyond the limit is only counted."""
        if len(self._body) <= self.pool.max_body:
            self._body += chunk

    def on_connection_close(self) -> None:
        """Stop what nobody waits for any more."""
        super().on_connection_close()
        self.pool.stop(self.cancel)

    def body(self) -> bytes:
        """The bytes that were sent."""
        require_size(len(self._body), self.pool.max_body)
        return bytes(self._body)

    def json_body(self, kind: type[B], *, optional: bool = False) -> B:
        """The JSON that was sent, as its model; its defaults when there may be none."""
        sent = self.body()
        if optional and not sent:
            return kind()
        require_type(self.request.headers, (JSON,))
        return read_json(kind, sent)

    def query(self, kind: type[Q]) -> Q:
        """The arguments of the address, as the verb's operation says them."""
        return read_query(kind, self.arguments())

    def filters(self, kind: type[Query] | None = None) -> dict[str, str | list[str]]:
        """The arguments of the address that are filters: all but those of the model."""
        own = argument_names(kind) if kind else ()
        return {name: value for name, value in self.arguments().items() if name not in own}

    def require_arguments(self, verb: object) -> None:
        """Refuse what another site sent, an argument that the verb does not know, and a secret in
        the address. The body was read by now: a refusal before that would cost the connection.
        """
        if self.request.method not in _SAFE:
            self._require_own_site()
        known = operation_of(verb)
        if known is None or known.lenient or not self.request.query:
            return
        given = self.arguments()
        if not SECRET_ARGUMENTS.isdisjoint(given):
            raise InvalidRequest(
                "A token does not belong into an address: addresses are logged and shared.",
                hint="Send it in the Authorization header.",
            )
        known.require_known(given)

    def arguments(self) -> dict[str, str | list[str]]:
        """The query arguments that are not the host's; one that is repeated is a list."""
        found: dict[str, str | list[str]] = {}
        for name, values in self.request.query_arguments.items():
            if name in self.host_arguments:
                continue
            try:
                texts = [value.decode("utf-8") for value in values]
            except UnicodeDecodeError:
                raise InvalidRequest(f"The argument {name[:40]!r} is not UTF-8 text.") from None
            found[name] = texts[0] if len(texts) == 1 else texts
        return found

    def wanted(self, *offers: str) -> str:
        """The media type to answer with."""
        if len(offers) > 1:
            self.set_header("Vary", "Accept, Accept-Encoding")
        return preferred(self.request.headers.get("Accept"), offers)

    def _require_own_site(self) -> None:
        """Refuse what a page of another site made a browser send (RFC 6454, Fetch Metadata)."""
        if not self.cookie_authenticated:
            return
        origin = self.request.headers.get("Origin")
        site = self.request.headers.get("Sec-Fetch-Site", "same-origin")
        own = self.is_own_origin(origin) if origin else site in ("same-origin", "none")
        if not own:
            raise RefusalError(
                "cross_site_request",
                "A page of another site asked for a change, which is not allowed.",
                hint="Scripts send a token in the Authorization header.",
            )

    # The work --------------------------------------------------------------------------------

    async def call(self, work: Callable[[Peter], T]) -> T:
        """What ``work`` makes of Peter, in a thread of the pool and within the deadline."""
        left_s = self.deadline_s - self.waited_s
        return await self.pool.call(work, self.cancel, deadline_s=left_s)

    @property
    def deadline_s(self) -> float:
        """Seconds that the request may take, with its wait for the user's other requests."""
        return self.pool.long_deadline_s if self.long else self.pool.deadline_s

    # The way out -----------------------------------------------------------------------------

    def answer(self, model: Answer, status: int = 200) -> None:
        """Send a model as JSON."""
        self.set_status(status)
        self.send(model.model_dump_json(by_alias=True).encode(), JSON)

    def send(self, body: bytes, kind: str) -> None:
        """Send bytes of a media type."""
        self.set_type(kind)
        self.finish(body)

    def set_type(self, kind: str) -> None:
        """Say the media type of the answer."""
        self.set_header("Content-Type", _with_charset(kind))

    def link_pages(self, asked: PageQuery, total: int) -> None:
        """Name the pages before and after this one (RFC 8288)."""
        last = max(1, -(-total // asked.page_size))
        pages = {"prev": min(asked.page - 1, last), "next": asked.page + 1}
        links = [
            f'<{self._at_page(page, asked.page_size)}>; rel="{rel}"'
            for rel, page in pages.items() if 1 <= page <= last
        ]  # fmt: skip
        if links:
            self.set_header("Link", ", ".join(links))

    def _at_page(self, page: int, size: int) -> str:
        others = {name: value for name, value in self.arguments().items()
                  if name not in ("page", "page_size")}  # fmt: skip
        return "?" + urlencode({**others, "page": page, "page_size": size}, doseq=True)

    def tag(self, etag: str) -> None:
        """Let the answer be asked for again by its tag; a private cache may keep it."""
        self._tag = etag
        self.set_header("Cache-Control", "private, no-cache")

    def compute_etag(self) -> str | None:
        """The tag of the answer: ours or none, never a hash of the body."""
        return self._tag

    def send_error(self, status_code: int = 500, **kwargs: Any) -> None:
        """Give a failure the status of its code."""
        error = _error(kwargs)
        super().send_error(status_of(error, status_code), **kwargs)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Tell a failure as a problem."""
        problem = problem_of(
            _error(kwargs),
            status=status_code,
            trace_id=self.request_id,
            author=self.is_author(),
            diff=self._diff,
        )
        self.note_problem(problem.code, status_code, _error(kwargs))
        with speaking(self.readers_language()):
            self.set_header("Content-Language", spoken_language())
            problem = spoken(problem)
        self.write_problem(problem.model_dump_json(exclude_none=True).encode())

    def readers_language(self) -> str:
        """The language that is asked for, of those that Peter speaks (RFC 9110, 12.5.4)."""
        known = self._headers.get("Vary", "Accept-Encoding").split(", ")
        self.set_header("Vary", ", ".join(dict.fromkeys([*known, "Accept-Language"])))
        return chosen_language(self.request.headers.get("Accept-Language", ""))

    def note_problem(self, code: str, status_code: int, error: BaseException | None) -> None:
        """Set the headers that go with a problem, however it is told."""
        self._tag, self._code = None, code
        if status_code == 405:
            self.set_header("Allow", ", ".join(self.allowed()))
        if status_code == 401:
            self.set_header("WWW-Authenticate", "Bearer")
        if status_code in (429, 503):
            after_s = getattr(error, "retry_after_s", None)
            self.set_header("Retry-After", str(after_s or _RETRY_AFTER_S))

    @classmethod
    def allowed(cls) -> list[str]:
        """The methods that this address knows."""
        known = [name.upper() for name in METHODS if access_of(getattr(cls, name))]
        return [*(["GET", "HEAD"] if "GET" in known else []), "OPTIONS",
                *(name for name in known if name != "GET")]  # fmt: skip

    @public
    async def options(self, *_: str) -> None:
        """The methods that this address knows; nothing for pages of other sites (CORS)."""
        self.set_header("Allow", ", ".join(self.allowed()))
        self.set_status(204)
        self.finish()

    def write_problem(self, body: bytes) -> None:
        """Send a problem's JSON."""
        self.send(body, PROBLEM)

    def is_author(self) -> bool:
        """Whether the one who asks may read what an engine says; nobody may before the login."""
        principal = self.principal()
        return principal is not None and principal.may("author")

    def get_login_url(self) -> str:
        """No login page: a program that asks is told 401."""
        raise RefusalError("unauthenticated", "This needs a login.")

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        """Log what nobody meant: where, but not its message, which may quote data."""
        if isinstance(value, PeterError | HTTPError | Finish):
            return
        stack = reversed(traceback.extract_tb(tb))
        frames = " < ".join(f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in stack)
        log.error("request=%s failed with %s at %s", self.request_id, typ.__name__, frames)

    def on_finish(self) -> None:
        """Log the request by fields that hold no text of its own."""
        super().on_finish()
        ms = (time.time() - self.request._start_time) * 1000
        method = self.request.method if self.request.method in (*_SAFE, "POST", "PUT", "DELETE") \
            else "OTHER"  # fmt: skip
        if not log.isEnabledFor(logging.INFO):
            return
        log.info(
            "request=%s %s %s status=%d ms=%.1f",
            self.request_id, method, type(self).__name__, self.get_status(), ms,
            extra={"method": method, "route": self.route, "status": self.get_status(),
                   "duration_ms": round(ms, 1), "code": self._code},
        )  # fmt: skip


def _with_charset(kind: str) -> str:
    return f"{kind}; charset=utf-8" if kind.startswith("text/") or "yaml" in kind else kind


def _error(kwargs: dict[str, Any]) -> BaseException | None:
    info = kwargs.get("exc_info")
    return info[1] if info else None


class Missing(Resource):
    """Addresses of the API that are none."""

    @needs("viewer")
    async def get(self) -> None:
        """404."""
        raise HTTPError(404)

    post = put = delete = get
