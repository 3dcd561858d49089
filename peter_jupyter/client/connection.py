"""Requests to one server: its token stays with it, and only what is safe is tried again."""

from __future__ import annotations

import time
from contextlib import contextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Any, TypeVar

import httpx
from pydantic import ValidationError

from peter_core import __version__
from peter_core.errors import QueryCancelled
from peter_jupyter.client.failures import (
    NOT_PETER,
    LoginError,
    ServerError,
    UnreachableError,
    failure_of,
    known,
)
from peter_jupyter.client.hanging_up import Line
from peter_jupyter.client.servers import Server, origin
from peter_jupyter.client.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pydantic import BaseModel

    from peter_core.engine.port import CancelToken

    Pairs = Sequence[tuple[str, str]]

M = TypeVar("M", bound="BaseModel")

JSON = "application/json"
CONNECT_S = 5.0
TIMEOUT_S = 130.0
LONG_S = 930.0
"""Seconds without a byte of the answer: a little more than a server takes itself."""
_TRIES = 3
_PAUSE_S = 0.3
_LONGEST_PAUSE_S = 10.0
_AGAIN = frozenset({429, 502, 503})
"""Statuses of an answer that may be another one in a moment."""
_HOPS = 3


class Connection:
    """Sends requests to one server and reads its answers; safe from any thread.

    Parameters
    ----------
    server
        Its address and token, or session.
    timeout_s
        Seconds to wait for the first byte of an answer; requests over every query of a dashboard
        have `LONG_S` at least.
    """

    def __init__(self, server: Server, *, timeout_s: float = TIMEOUT_S) -> None:
        self.server = server
        secure = server.url.startswith("https:")
        self._session = Session(server.session, secure=secure) if server.session else None
        self._timeout_s = timeout_s
        self._http = self._client()

    def close(self) -> None:
        """Close what is open."""
        self._http.close()

    def _client(self) -> httpx.Client:
        headers = {"Accept": JSON, "User-Agent": f"peter/{__version__}"}
        if self.server.token:
            headers["Authorization"] = f"Bearer {self.server.token}"
        # The token or the session says who asks; another cookie would only make a server doubt it.
        none = CookieJar(DefaultCookiePolicy(allowed_domains=()))
        return httpx.Client(headers=headers, cookies=none, follow_redirects=False)

    def ask(self, kind: type[M], method: str, path: str, **more: Any) -> M:
        """The answer as its model; ``more`` is that of `send`.

        Raises
        ------
        PeterError
            What the server said, as the class of its code; ``UnreachableError`` when it did not.
        """
        response = self.send(method, path, **more)
        try:
            return known(kind, response.content)
        except ValidationError:
            raise ServerError(
                f"{self.server.url} answered, and not as Peter does.", hint=NOT_PETER
            ) from None

    def send(self, method: str, path: str, **more: Any) -> httpx.Response:
        """The whole answer; a failure is raised. ``more`` is that of `stream`."""
        with self.stream(method, path, **more) as response:
            response.read()
            return response

    @contextmanager
    def stream(
        self,
        method: str,
        path: str,
        *,
        query: Pairs = (),
        json: object = None,
        headers: Mapping[str, str] | None = None,
        long: bool = False,
        cancel: CancelToken | None = None,
    ) -> Iterator[httpx.Response]:
        """The answer as it comes; a failure is raised before its first byte.

        Parameters
        ----------
        path
            Below the server's address, its segments quoted.
        json
            The body.
        long
            Whether every query of a dashboard may be run for it.
        cancel
            Hangs up when it is cancelled, so that the server stops, too.
        """
        read_s = max(self._timeout_s, LONG_S) if long else self._timeout_s
        asked: dict[str, Any] = {
            "params": httpx.QueryParams(list(query)),
            "headers": {**self._credentials(method), **(headers or {})},
            "timeout": httpx.Timeout(read_s, connect=CONNECT_S, write=60.0),
        }
        if json is not None:
            asked["json"] = json
        with Line(cancel) as line, self._spoken(method, cancel), self._own(cancel) as http:
            request = http.build_request(
                method, f"{self.server.url}/{path}", extensions=line.extensions, **asked
            )
            response = self._answered(http, request, cancel)
            try:
                if not response.is_success:
                    response.read()
                    raise failure_of(response, self.server.url)
                yield response
            finally:
                response.close()

    def _credentials(self, method: str) -> dict[str, str]:
        """What a session sends; a token goes with every request of the client by itself."""
        if self._session is None:
            return {}
        if method == "GET":
            return self._session.headers()
        return self._session.change_headers(lambda: self.send("GET", "api/v1/auth/me"))

    @contextmanager
    def _own(self, cancel: CancelToken | None) -> Iterator[httpx.Client]:
        """The client to send with: one of its own for a request that may be hung up on."""
        if cancel is None:
            yield self._http
            return
        with self._client() as http:
            yield http

    def _answered(
        self, http: httpx.Client, request: httpx.Request, cancel: CancelToken | None
    ) -> httpx.Response:
        """The first answer that is neither a redirect nor worth another try."""
        safe = request.method == "GET"
        for turn in range(1, _TRIES + 1):
            last = turn == _TRIES or not safe
            try:
                response = self._followed(http, request)
            except (httpx.ConnectError, httpx.ConnectTimeout, httpx.RemoteProtocolError,
                    httpx.ReadError):  # fmt: skip
                if last or (cancel is not None and cancel.cancelled):
                    raise
                pause_s = _PAUSE_S * turn
            else:
                if last or response.status_code not in _AGAIN:
                    return response
                pause_s = _asked_pause(response, _PAUSE_S * turn)
                if pause_s > _LONGEST_PAUSE_S:
                    return response
                response.close()
            time.sleep(pause_s)
            if cancel is not None:
                cancel.raise_if_cancelled()
        raise AssertionError("the last turn answers or raises")

    def _followed(self, http: httpx.Client, request: httpx.Request) -> httpx.Response:
        """The answer after redirects inside the server; the token goes nowhere else."""
        for _ in range(_HOPS):
            response = http.send(request, stream=True)
            if not response.is_redirect:
                return response
            response.close()
            target = request.url.join(response.headers["Location"])
            self._require_own(request, target)
            request = http.build_request(
                "GET", target, headers=request.headers, extensions=request.extensions
            )
        raise ServerError(f"{self.server.url} redirects in a circle.")

    def _require_own(self, request: httpx.Request, target: httpx.URL) -> None:
        own = f"{self.server.url}/"
        if origin(str(target)) == origin(own) and target.path.startswith(httpx.URL(own).path):
            if request.method == "GET":
                return
            raise ServerError(f"{own} moved to {target.copy_with(query=None)}.")
        if "login" in target.path or "oauth" in target.path:
            raise LoginError(
                f"{self.server.url} asks for a login.",
                hint="Give a token of that server: set PETER_URL and PETER_TOKEN.",
            )
        where = f"{target.scheme}://{target.netloc.decode()}"
        raise ServerError(
            f"{self.server.url} sends to {where}, where its token does not belong.",
            hint="If that is Peter's address now, use it.",
        )

    @contextmanager
    def _spoken(self, method: str, cancel: CancelToken | None) -> Iterator[None]:
        """Tell what the network did in words; never with the request, which holds the token."""
        try:
            yield
        except httpx.HTTPError as error:
            if cancel is not None and cancel.cancelled:
                raise QueryCancelled("The request was cancelled.") from None
            raise _unreachable(error, self.server.url, unsafe=method != "GET") from None


def _unreachable(error: httpx.HTTPError, server: str, *, unsafe: bool) -> UnreachableError:
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.UnsupportedProtocol):
        return UnreachableError(
            f"{server} cannot be reached.", hint="Check the address and that the server runs."
        )
    what = "did not answer in time" if isinstance(error, httpx.TimeoutException) else "hung up"
    hint = "It may have done what it was asked; look before you ask again." if unsafe else None
    return UnreachableError(f"{server} {what}.", hint=hint)


def _asked_pause(response: httpx.Response, fallback_s: float) -> float:
    after = response.headers.get("Retry-After", "")
    return float(after) if after.isascii() and after.isdigit() else fallback_s
