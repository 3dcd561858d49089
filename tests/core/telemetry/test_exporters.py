"""Sending: the real exporters to a collector, and what happens when there is none."""

from __future__ import annotations

import gc
import logging
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from google.oauth2.credentials import Credentials

from peter_core import Peter, telemetry
from peter_core.config import Settings, load_settings
from peter_core.engine.bigquery import reach
from peter_core.engine.bigquery.queue import JobQueue
from peter_core.errors import ConfigError
from peter_core.principal import Principal
from peter_core.telemetry.attributes import hashed
from tests.core.telemetry.conftest import Recorded
from tests.fakes.otlp import FakeCollector, collector

ADA = Principal("ada@example.com")
SQL = "SELECT carrier, COUNT(*) AS n FROM nyc.flights GROUP BY carrier"


@pytest.fixture
def fake() -> Iterator[FakeCollector]:
    with collector() as running:
        yield running


def settings_of(fake: FakeCollector, **more: object) -> Settings:
    return load_settings(otlp_endpoint=fake.url, service_name="peter-test", **more)


def test_spans_and_metrics_of_a_query_reach_the_collector(
    fake: FakeCollector, flights_folder: Path
) -> None:
    settings = settings_of(
        fake, folder=flights_folder, otlp_headers="X-Team=blue, authorization=Basic abc123"
    )
    with Peter.open(settings) as peter:
        sending = telemetry.configure(settings)
        assert sending is not None
        assert telemetry.configure(settings) is sending
        assert peter.verify(SQL, principal=ADA).verdict == "passed"
        peter.validate("version: 1")
        sending.close()
    spans = {span.name: span for span in fake.spans}
    assert {"peter.engine.job", "peter.validate"} <= set(spans)
    job = {pair.key: pair.value for pair in spans["peter.engine.job"].attributes}
    assert job["peter.engine"].string_value == "duckdb"
    assert job["peter.rows"].int_value == 16
    assert job["peter.principal"].string_value == hashed(ADA.email, settings.user_salt())
    assert len(job["peter.query.fingerprint"].string_value) >= 12
    assert fake.resource["service.name"] == "peter-test"
    assert {"peter.engine.job.duration", "peter.cache.misses", "peter.engine.bytes_scanned",
            "peter.cache.coalesced"} <= set(fake.metrics)  # fmt: skip
    assert fake.headers[0]["x-team"] == "blue"
    assert fake.headers[0]["authorization"] == "Basic abc123"
    everything = b"".join(body for _, body in fake.bodies)
    for hidden in (
        b"ada@example.com",
        b"SELECT",
        b"carrier",
        b"abc123",
        str(flights_folder).encode(),
    ):
        assert hidden not in everything


def test_other_settings_take_the_place_of_the_first_and_nothing_is_lost(
    fake: FakeCollector,
) -> None:
    first = telemetry.configure(settings_of(fake))
    with telemetry.span("peter.store"):
        pass
    with collector() as other:
        second = telemetry.configure(settings_of(other))
        assert second is not None
        assert second is not first
        assert [span.name for span in fake.spans] == ["peter.store"]
        with telemetry.span("peter.cache"):
            pass
        second.close()
        assert [span.name for span in other.spans] == ["peter.cache"]


def test_closing_turns_telemetry_off(fake: FakeCollector) -> None:
    sending = telemetry.configure(settings_of(fake))
    assert sending is not None
    sending.close()
    sending.close()
    sent = len(fake.bodies)
    with telemetry.span("peter.cache"):
        telemetry.count("peter.cache.hits")
    assert len(fake.bodies) == sent


def test_a_collector_that_is_silent_costs_a_request_nothing_and_the_end_little(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
    # It takes connections and never answers.
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        sending = telemetry.configure(load_settings(otlp_endpoint=address))
        assert sending is not None
        sent = _senders(monkeypatch)
        for _ in range(500):
            with telemetry.span("peter.cache", slug="sales"):
                telemetry.count("peter.cache.hits")
        sending.close(timeout_s=0.5)
        # What is sent at the end is under way still, or not even that on a busy machine.
        until = time.monotonic() + 60
        while not sent:
            assert time.monotonic() < until
            time.sleep(0.01)
        assert any(thread.is_alive() for thread in sent)
        assert threading.current_thread() not in sent
    for thread in sent:
        thread.join(60)
        assert not thread.is_alive()
    logging.getLogger("opentelemetry").setLevel(logging.NOTSET)


def _senders(monkeypatch: pytest.MonkeyPatch) -> list[threading.Thread]:
    """Gets the threads that send something, as they begin."""
    found: list[threading.Thread] = []
    send = requests.Session.request

    def noted(*arguments: Any, **named: Any) -> requests.Response:
        found.append(threading.current_thread())
        return send(*arguments, **named)

    monkeypatch.setattr(requests.Session, "request", noted)
    return found


def test_a_program_that_ends_sends_what_is_waiting(fake: FakeCollector) -> None:
    program = (
        "from peter_core import telemetry\n"
        "from peter_core.config import load_settings\n"
        f"telemetry.configure(load_settings(otlp_endpoint={fake.url!r}))\n"
        "with telemetry.span('peter.store', slug='last-words'):\n    pass\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert [span.name for span in fake.spans] == ["peter.store"]


def test_a_missing_exporter_names_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http", None)
    with pytest.raises(ConfigError, match=r"OTLP exporter is not installed. Install peter\[otel\]"):
        telemetry.configure(load_settings(otlp_endpoint="http://127.0.0.1:9"))
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with pytest.raises(ConfigError, match=r"Install peter\[cloud-trace\]"):
        telemetry.configure(load_settings(cloud_trace=True))


def test_cloud_trace_without_credentials_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    with pytest.raises(ConfigError, match="no usable Google credentials"):
        telemetry.configure(load_settings(cloud_trace=True))


def test_cloud_trace_gets_spans_with_a_token_and_the_project(
    fake: FakeCollector, monkeypatch: pytest.MonkeyPatch
) -> None:
    credentials = Credentials("ya29.token-of-the-test")
    monkeypatch.setattr("google.auth.default", lambda scopes: (credentials, "home-project"))
    monkeypatch.setattr("peter_core.telemetry.exporters.CLOUD_TRACE", f"{fake.url}/v1/traces")
    for project in ("local", "acme"):
        sending = telemetry.configure(load_settings(cloud_trace=True, project=project))
        assert sending is not None
        with telemetry.span("peter.store", slug="sales"):
            pass
        sending.close()
        assert fake.resource["gcp.project_id"] == project.replace("local", "home-project")
    assert [span.name for span in fake.spans] == ["peter.store"] * 2
    assert {header["authorization"] for header in fake.headers} == {"Bearer ya29.token-of-the-test"}


def test_observers_are_asked_at_each_sending_and_added_up(recorded: Recorded) -> None:
    gc.collect()
    before = sum(point.value for _, point in recorded.points("peter.engine.queue"))  # type: ignore[attr-defined]
    first = telemetry.observe("peter.engine.queue", lambda: 2)
    second = telemetry.observe("peter.engine.queue", lambda: 3)
    ((_, point),) = recorded.points("peter.engine.queue")
    assert point.value == before + 5  # type: ignore[attr-defined]
    second()
    ((_, point),) = recorded.points("peter.engine.queue")
    assert point.value == before + 2  # type: ignore[attr-defined]
    first()


def test_an_object_that_is_gone_is_not_asked_any_more(recorded: Recorded) -> None:
    class Line:
        def waiting(self) -> int:
            return 7

    line = Line()
    telemetry.observe("peter.engine.queue", line.waiting)
    ((_, point),) = recorded.points("peter.engine.queue")
    assert point.value >= 7  # type: ignore[attr-defined]
    before = point.value  # type: ignore[attr-defined]
    del line
    gc.collect()
    ((_, point),) = recorded.points("peter.engine.queue")
    assert point.value <= before - 7  # type: ignore[attr-defined]


def test_a_warehouse_that_does_not_answer_is_told(
    recorded: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> float:
        ((_, point),) = recorded.points("peter.engine.away")
        return float(point.value)  # type: ignore[attr-defined]

    gc.collect()
    monkeypatch.setattr(reach, "SILENT_S", 0.0)
    found = reach.Reach(lambda _: (_ for _ in ()).throw(ConnectionError()))
    before = away()
    found.unanswered(time.monotonic(), last=True)
    assert away() == before + 1
    found.close()


def test_jobs_that_wait_for_their_turn_are_told(recorded: Recorded) -> None:
    queue = JobQueue(project_jobs=1, user_jobs=1, waiting=2)
    ((_, point),) = recorded.points("peter.engine.queue")
    before = point.value  # type: ignore[attr-defined]
    with queue.turn("ada", time.monotonic() + 120):
        second = threading.Thread(target=_take_a_turn, args=(queue,))
        second.start()
        while not queue.waiting():
            time.sleep(0.001)
        ((_, point),) = recorded.points("peter.engine.queue")
        assert point.value == before + 1  # type: ignore[attr-defined]
    second.join()


def _take_a_turn(queue: JobQueue) -> None:
    with queue.turn("bob", time.monotonic() + 120):
        pass


def test_metrics_carry_only_what_has_few_values(recorded: Recorded) -> None:
    telemetry.record("peter.engine.job.duration", 0.2, engine="duckdb", code="ok", slug="sales")
    ((seen, _),) = recorded.points("peter.engine.job.duration")
    assert seen == {"peter.engine": "duckdb", "peter.code": "ok"}
