"""The client and a network that fails: what is tried again, where the token goes, what is told."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from peter_core import errors
from peter_core.engine.port import CancelToken
from peter_core.errors import InvalidRequest, NotFound, Overloaded, PeterError
from peter_jupyter.client import LoginError, PeterClient, ServerError, UnreachableError
from peter_jupyter.client.failures import CLASSES
from peter_jupyter.http.statuses import STATUSES
from tests.servers.gcs import free_port

TOKEN = "ptr_very-secret-token"  # noqa: S105
EMPTY = b'{"dashboards": [], "total": 0, "page": 1, "page_size": 50, "from_the_future": 1}'
ME = (
    b'{"email": "a@example.com", "name": "A", "roles": ["viewer"], "host": "hub",'
    b' "expires_at": null}'
)
JSON = {"Content-Type": "application/json"}

Answer = tuple[int, dict[str, str], bytes]


@dataclass
class Host:
    """A server that answers with what it is told to, in turn, and keeps what it was sent."""

    url: str = ""
    answers: list[Answer | Callable[[BaseHTTPRequestHandler], None]] = field(default_factory=list)
    seen: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)


@pytest.fixture
def make_host() -> Iterator[Callable[[], Host]]:
    servers: list[ThreadingHTTPServer] = []

    def made() -> Host:
        host = Host()

        class Handler(BaseHTTPRequestHandler):
            def _answer(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                host.seen.append((self.command, self.path, dict(self.headers)))
                answer = host.answers.pop(0) if len(host.answers) > 1 else host.answers[0]
                if callable(answer):
                    answer(self)
                    return
                status, headers, body = answer
                self.send_response(status)
                for name, value in (headers | {"Content-Length": str(len(body))}).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_PUT = do_DELETE = _answer  # noqa: N815

            def log_message(self, format: str, *args: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        host.url = f"http://127.0.0.1:{server.server_address[1]}/peter"
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        servers.append(server)
        return host

    yield made
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def host(make_host: Callable[[], Host]) -> Host:
    return make_host()


@pytest.fixture
def client(host: Host) -> Iterator[PeterClient]:
    with PeterClient(host.url, TOKEN, timeout_s=60) as made:
        yield made


def hang_up(request: BaseHTTPRequestHandler) -> None:
    request.close_connection = True


def problem(code: str, status: int, **more: str) -> Answer:
    body = (
        f'{{"type": "urn:peter:problem:{code}", "title": "T", "status": {status}, "detail": "D.",'
        f' "code": "{code}", "trace_id": "t1", "hint": "H.", "problems": [], "new": 1}}'
    )
    return status, {"Content-Type": "application/problem+json"} | more, body.encode()


def test_the_token_goes_in_a_header_and_no_cookie_with_it(host: Host, client: PeterClient) -> None:
    host.answers = [(200, JSON | {"Set-Cookie": "_xsrf=1; Path=/"}, EMPTY)]
    client.list()
    client.list()
    for _, path, headers in host.seen:
        assert headers["Authorization"] == f"Bearer {TOKEN}"
        assert "Cookie" not in headers
        assert "token" not in path


def test_what_a_newer_server_says_besides_is_passed_over(host: Host, client: PeterClient) -> None:
    host.answers = [(200, JSON, EMPTY)]
    assert client.list().total == 0


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_token_never_follows_to_another_host(
    host: Host, client: PeterClient, make_host: Callable[[], Host], status: int
) -> None:
    other = make_host()
    other.answers = [(200, JSON, EMPTY)]
    host.answers = [(status, {"Location": f"{other.url}/api/v1/dashboards?x=secret"}, b"")]
    with pytest.raises(ServerError, match="where its token does not belong") as raised:
        client.list()
    assert other.seen == []
    assert "secret" not in str(raised.value)


def test_a_redirect_inside_the_server_is_followed_by_reads_only(
    host: Host, client: PeterClient
) -> None:
    moved = (307, {"Location": f"{host.url}/api/v2/dashboards"}, b"")
    host.answers = [moved, (200, JSON, EMPTY)]
    assert client.list().total == 0
    assert [path for _, path, _ in host.seen][-1] == "/peter/api/v2/dashboards"
    host.answers = [moved]
    with pytest.raises(ServerError, match="moved to"):
        client.invalidate(slug="x")
    with pytest.raises(ServerError, match="in a circle"):
        client.list()


def test_a_login_page_is_no_answer(host: Host, client: PeterClient) -> None:
    host.answers = [(302, {"Location": "/hub/api/oauth2/authorize?client_id=x"}, b"")]
    with pytest.raises(LoginError, match="asks for a login"):
        client.list()


def test_a_read_is_tried_again_when_the_server_is_busy(host: Host, client: PeterClient) -> None:
    busy = problem("overloaded", 429, **{"Retry-After": "0"})
    host.answers = [busy, busy, (200, JSON, EMPTY)]
    assert client.list().total == 0
    assert len(host.seen) == 3
    host.answers = [busy]
    with pytest.raises(Overloaded):
        client.list()
    assert len(host.seen) == 6


def test_a_read_is_tried_again_when_the_line_breaks(host: Host, client: PeterClient) -> None:
    host.answers = [hang_up, (200, JSON, EMPTY)]
    assert client.list().total == 0
    assert len(host.seen) == 2


def test_a_server_that_asks_for_a_long_pause_is_not_waited_for(
    host: Host, client: PeterClient
) -> None:
    host.answers = [problem("draining", 503, **{"Retry-After": "120"})]
    with pytest.raises(Overloaded):
        client.list()
    assert len(host.seen) == 1


@pytest.mark.parametrize("code", ["query_timeout", "internal_error", "engine_failed"])
def test_what_would_only_cost_again_is_not_tried_again(
    host: Host, client: PeterClient, code: str
) -> None:
    host.answers = [problem(code, STATUSES[code][0])]
    with pytest.raises(CLASSES[code]):
        client.data("board")
    assert len(host.seen) == (3 if STATUSES[code][0] in (429, 502, 503) else 1)


def test_a_change_is_never_sent_twice(host: Host, client: PeterClient) -> None:
    for answer in (hang_up, problem("overloaded", 429), (502, {}, b"bad gateway")):
        host.answers, host.seen = [answer], []
        with pytest.raises(PeterError):
            client.delete("board", if_match="*")
        assert len(host.seen) == 1
    host.answers = [hang_up]
    with pytest.raises(UnreachableError, match="may have done"):
        client.delete("board", if_match="*")


def test_a_server_that_does_not_answer_in_time_is_told_so(host: Host) -> None:
    free = threading.Event()
    host.answers = [lambda _: free.wait(60)]
    try:
        with (
            PeterClient(host.url, TOKEN, timeout_s=1) as hurried,
            pytest.raises(UnreachableError, match="did not answer in time"),
        ):
            hurried.list()
    finally:
        free.set()


def test_a_read_that_was_cancelled_is_not_tried_again(host: Host, client: PeterClient) -> None:
    cancel, free = CancelToken(), threading.Event()

    def hang(_: object) -> None:
        cancel.cancel()
        free.wait(60)

    host.answers = [hang]
    try:
        with pytest.raises(errors.QueryCancelled):
            client.data("board", cancel=cancel)
        assert len(host.seen) == 1
        with pytest.raises(errors.QueryCancelled):
            client.data("board", cancel=cancel)
        assert len(host.seen) == 1
    finally:
        free.set()


def test_a_server_that_is_not_there_is_told_so() -> None:
    with (
        PeterClient(f"http://127.0.0.1:{free_port()}/peter", TOKEN) as client,
        pytest.raises(UnreachableError, match="cannot be reached"),
    ):
        client.list()


@pytest.mark.parametrize(
    "answer",
    [(200, JSON, b"{}"), (200, {"Content-Type": "text/html"}, b"<html>"), (200, JSON, b"\xff"),
     (204, {}, b""), (200, JSON, b'{"dashboards": 1}')],
)  # fmt: skip
def test_an_answer_that_is_not_peters_is_told_so(
    host: Host, client: PeterClient, answer: Answer
) -> None:
    host.answers = [answer]
    with pytest.raises(ServerError, match="not as Peter does"):
        client.list()


@pytest.mark.parametrize("body", [b"{}", b"<html>", b"\xff\xfe", b'{"code": 1}'])
def test_a_problem_that_cannot_be_read_is_still_an_error(
    host: Host, client: PeterClient, body: bytes
) -> None:
    host.answers = [(500, {"Content-Type": "application/problem+json"}, body)]
    with pytest.raises(ServerError, match="answered 500"):
        client.list()


def test_every_code_of_the_server_has_a_class_here() -> None:
    known = {kind.code for kind in vars(errors).values()
             if isinstance(kind, type) and issubclass(kind, PeterError)}  # fmt: skip
    assert known <= set(CLASSES)
    assert {code for code in STATUSES if code not in CLASSES} == set()


def test_a_code_of_the_future_is_an_error_with_its_words(host: Host, client: PeterClient) -> None:
    host.answers = [problem("moon_in_the_way", 418)]
    with pytest.raises(ServerError, match=r"D\. H\.") as raised:
        client.list()
    assert raised.value.__notes__ == ["Trace t1 in the server's log."]


def test_a_stream_that_ends_early_is_told_so(host: Host, client: PeterClient) -> None:
    step = (
        b'{"event": "query", "query": "q", "key": "q", "status": "succeeded", "code": null,'
        b' "cache_hit": false, "bytes_scanned": 1, "duration_ms": 1.0, "done": 1}\n'
    )
    host.answers = [(200, {"Content-Type": "application/x-ndjson"}, step)]
    events = client.precompute("board")
    assert next(events).event == "query"
    with pytest.raises(ServerError, match="stopped before"):
        next(events)
    failed = problem("query_timeout", 504)[2].replace(b"{", b'{"event": "failed",', 1) + b"\n"
    host.answers = [(200, {"Content-Type": "application/x-ndjson"}, step + failed)]
    with pytest.raises(errors.QueryTimeout):
        list(client.precompute("board"))
    host.answers = [(200, {"Content-Type": "application/x-ndjson"}, b"nonsense\n")]
    with pytest.raises(ServerError, match="cannot be read"):
        list(client.precompute("board"))


def test_arrow_that_comes_broken_is_told_so(host: Host, client: PeterClient) -> None:
    host.answers = [(200, {"Content-Type": "application/vnd.apache.arrow.stream"}, b"\x00\x01")]
    with pytest.raises(ServerError, match="came broken"):
        client.chart_arrow("board", "chart")


def test_the_token_is_in_no_text(host: Host, client: PeterClient) -> None:
    host.answers = [(500, {"Content-Type": "text/plain"}, b"no")]
    with pytest.raises(ServerError) as raised:
        client.me()
    seen: BaseException | None = raised.value
    texts = [repr(client), repr(client._connection.server)]
    while seen is not None:
        texts.append(f"{seen!r} {seen} {getattr(seen, '__notes__', '')}")
        seen = seen.__cause__ or seen.__context__
    assert TOKEN not in " ".join(texts)


@pytest.mark.parametrize(
    "url",
    ["", "ftp://host/peter", "host/peter", "http://", "http://user:secret@host/peter",
     "http://host/peter?token=secret", "http://host/peter#secret", "http://host:port/peter",
     "secret", "http://[::1", "//host/peter", "javascript:alert(1)"],
)  # fmt: skip
def test_what_is_no_address_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(InvalidRequest) as raised:
        PeterClient(url)
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("token", ["a b", "a\nb", "ü", "a\r\nX-Header: 1"])
def test_a_token_cannot_add_a_header(token: str) -> None:
    with pytest.raises(InvalidRequest) as raised:
        PeterClient("http://host/peter", token)
    assert token not in str(raised.value)


@pytest.mark.parametrize("more", ["", "/", "/dashboards", "/dashboards/", "/dashboards/sales"])
def test_the_address_of_a_page_is_that_of_its_server(more: str) -> None:
    assert PeterClient(f"http://host/peter{more}").url == "http://host/peter"


def test_a_missing_problem_type_of_a_proxy_is_told_by_its_status(
    host: Host, client: PeterClient
) -> None:
    host.answers = [(404, {"Content-Type": "text/html"}, b"nothing here")]
    with pytest.raises(UnreachableError, match="There is no Peter"):
        client.list()
    host.answers = [problem("not_found", 404)]
    with pytest.raises(NotFound):
        client.list()
