"""Spans: on a list, without a name, a text or a value that could be a secret."""

from __future__ import annotations

import ast
import asyncio
import subprocess
import sys
import threading
import timeit
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from pathlib import Path

import pytest

from peter_core.errors import QueryFailed
from peter_core.telemetry import new_request_id, request_id, request_span, span
from peter_core.telemetry.attributes import METRIC_NAMES, SPAN_NAMES, hashed
from peter_core.telemetry.metrics import METRICS
from tests.core.telemetry.conftest import SALT, Recorded, attributes

CORE = Path(__file__).resolve().parents[3]


def test_a_span_carries_what_is_on_the_list_and_nothing_else(recorded: Recorded) -> None:
    with span("peter.compile", slug="sales", sql="SELECT secret", rows=3) as open_:
        open_.set(bytes_scanned=10, parameters="x", engine="duckdb", cache_hit=True)
    assert attributes(recorded.span("peter.compile")) == {
        "peter.slug": "sales", "peter.rows": 3, "peter.bytes_scanned": 10,
        "peter.engine": "duckdb", "peter.cache_hit": True,
    }  # fmt: skip


def test_a_person_is_a_keyed_hash(recorded: Recorded) -> None:
    with span("peter.execute", principal="Ada@Example.com"):
        pass
    (value,) = attributes(recorded.span("peter.execute")).values()
    assert value == hashed("ada@example.com", SALT)
    assert value != hashed("ada@example.com", b"another salt")


def test_texts_are_short_and_on_one_line(recorded: Recorded) -> None:
    with span("peter.compile", slug="a\r\nb" + "x" * 1000, code=object()):
        pass
    found = attributes(recorded.span("peter.compile"))
    assert found == {"peter.slug": ("a  b" + "x" * 1000)[:200]}


def test_spans_nest_and_the_outer_one_is_the_parent(recorded: Recorded) -> None:
    with span("peter.execute"), span("peter.cache"):
        pass
    outer, inner = recorded.span("peter.execute"), recorded.span("peter.cache")
    assert inner.parent is not None
    assert inner.parent.span_id == outer.context.span_id


def test_a_span_follows_the_context_into_a_thread(recorded: Recorded) -> None:
    with ThreadPoolExecutor(1) as pool, span("peter.execute"):
        pool.submit(copy_context().run, _inside).result()
    inner = recorded.span("peter.cache")
    assert inner.parent is not None
    assert inner.parent.span_id == recorded.span("peter.execute").context.span_id


def _inside() -> None:
    with span("peter.cache"):
        pass


def test_an_error_ends_a_span_with_its_code_and_never_with_its_text(recorded: Recorded) -> None:
    with pytest.raises(QueryFailed), span("peter.engine.job"):
        raise QueryFailed("Division by zero: 4111 1111 1111 1111", hint="hunter2")
    found = recorded.span("peter.engine.job")
    assert attributes(found) == {"peter.code": "query_failed"}
    assert found.status.status_code.name == "ERROR"
    assert found.status.description is None
    assert not found.events
    with pytest.raises(KeyError), span("peter.cache"):
        raise KeyError("hunter2")
    assert attributes(recorded.span("peter.cache")) == {"peter.code": "KeyError"}


def test_after_an_error_the_next_span_has_the_right_parent(recorded: Recorded) -> None:
    with span("peter.execute"):
        with pytest.raises(ValueError, match="x"), span("peter.cache"):
            raise ValueError("x")
        with span("peter.store"):
            pass
    store = recorded.span("peter.store")
    assert store.parent is not None
    assert store.parent.span_id == recorded.span("peter.execute").context.span_id


def test_a_request_is_a_server_span_by_the_conventions(recorded: Recorded) -> None:
    headers = {"Traceparent": f"00-{'a' * 32}-{'b' * 16}-01", "X-Request-Id": "r-42"}
    with request_span("GET", "/api/dashboards/{slug}", headers) as request:
        assert request_id() == request.request_id == "r-42"
        with span("peter.store"):
            pass
        request.status = 200
    found = recorded.span("GET /api/dashboards/{slug}")
    assert found.kind.name == "SERVER"
    assert format(found.context.trace_id, "032x") == "a" * 32
    assert recorded.span("peter.store").context.trace_id == found.context.trace_id
    assert attributes(found) == {
        "http.request.method": "GET", "http.route": "/api/dashboards/{slug}",
        "http.response.status_code": 200, "peter.request_id": "r-42",
    }  # fmt: skip
    ((seen, point),) = recorded.points("http.server.request.duration")
    assert seen["http.response.status_code"] == 200
    assert point.count == 1  # type: ignore[attr-defined]
    assert request_id() is None


def test_a_request_that_fails_is_a_failed_span(recorded: Recorded) -> None:
    with request_span("BREW", "/pot") as request:
        request.status, request.code = 503, "engine_unavailable"
    with pytest.raises(RuntimeError), request_span("PUT", "/x"):
        raise RuntimeError("hunter2")
    found = recorded.span("HTTP /pot")
    assert found.status.status_code.name == "ERROR"
    assert attributes(found)["peter.code"] == "engine_unavailable"
    assert attributes(found)["http.request.method"] == "_OTHER"
    with request_span("GET", "/y", {"X-Request-Id": "theirs"}, request_id="ours") as request:
        assert request.request_id == request_id() == "ours"
        request.status = 204
    statuses = {a["http.route"]: a["http.response.status_code"]
                for a, _ in recorded.points("http.server.request.duration")}  # fmt: skip
    assert statuses == {"/pot": 503, "/x": 500, "/y": 204}


@pytest.mark.parametrize("given", ["a\nb", "", "x" * 65, "<script>", "a b", None])
def test_a_harmful_request_id_is_replaced(given: str | None) -> None:
    made = new_request_id(given)
    assert made != given
    assert len(made) == 16
    with request_span("GET", "/", {"X-Request-Id": given} if given else {}) as request:
        assert request.request_id != given


def test_requests_that_overlap_on_one_loop_keep_their_own_spans(recorded: Recorded) -> None:
    async def serve(name: str, wait: float) -> str | None:
        with request_span("GET", f"/{name}", {"x-request-id": name}) as request:
            await asyncio.sleep(wait)
            with span("peter.store", slug=name):
                await asyncio.sleep(wait)
            request.status = 200
            return request_id()

    async def both() -> list[str | None]:
        return list(await asyncio.gather(serve("a", 0.02), serve("b", 0.01)))

    assert asyncio.run(both()) == ["a", "b"]
    for name in ("a", "b"):
        outer = recorded.span(f"GET /{name}")
        (inner,) = [one for one in recorded.spans if attributes(one).get("peter.slug") == name]
        assert inner.parent is not None
        assert inner.parent.span_id == outer.context.span_id


def test_two_threads_do_not_share_a_request() -> None:
    seen = []
    with request_span("GET", "/"):
        thread = threading.Thread(target=lambda: seen.append(request_id()))
        thread.start()
        thread.join()
    assert seen == [None]


def test_off_a_span_costs_next_to_nothing() -> None:
    def traced() -> None:
        with span("peter.cache", slug="sales", engine="duckdb"):
            pass

    best = min(timeit.repeat(traced, number=2000, repeat=20)) / 2000
    assert best < 5e-6, f"{best * 1e9:.0f} ns"


def test_off_nothing_of_opentelemetry_is_imported() -> None:
    program = (
        "import sys\n"
        "from peter_core import telemetry\n"
        "from peter_core.config import Settings\n"
        "assert telemetry.configure(Settings()) is None\n"
        "with telemetry.request_span('GET', '/') as r, telemetry.span('peter.cache'):\n"
        "    telemetry.count('peter.cache.hits'); telemetry.record('x', 1.0)\n"
        "    telemetry.observe('peter.engine.queue', lambda: 1)\n"
        "print(sorted(m for m in sys.modules if m.startswith(('opentelemetry', 'google'))))"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=CORE)
    assert ran.stdout.strip() == "[]", ran.stderr


def _calls(names: set[str]) -> list[tuple[str, ast.Call]]:
    found = []
    for package in ("peter_core", "peter_jupyter"):
        for path in (CORE / package).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            if "telemetry" in path.parts or "peter_core.telemetry" not in text:
                continue
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                    known = node.func.id in names and node.args
                    if known and isinstance(node.args[0], ast.Constant):
                        found.append((f"{path.name}:{node.lineno}", node))
    return found


def test_every_span_in_the_code_uses_names_of_the_list() -> None:
    calls = _calls({"span"})
    assert len(calls) >= 6
    for place, call in calls:
        given = {keyword.arg for keyword in call.keywords if keyword.arg}
        assert given <= {*SPAN_NAMES, "principal"}, place
        assert str(call.args[0].value).startswith("peter."), place  # type: ignore[attr-defined]


def test_every_metric_in_the_code_is_declared() -> None:
    calls = [(p, c) for p, c in _calls({"count", "record", "observe"})
             if isinstance(c.args[0].value, str)]  # type: ignore[attr-defined]  # fmt: skip
    assert len(calls) >= 6
    for place, call in calls:
        given = {keyword.arg for keyword in call.keywords if keyword.arg}
        assert call.args[0].value in METRICS, place  # type: ignore[attr-defined]
        assert given <= set(METRIC_NAMES), place
