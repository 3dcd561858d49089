"""Logs: one event a line, the fields of a list, and nothing that anybody must not read."""

from __future__ import annotations

import io
import json
import logging
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from peter_core import telemetry
from peter_core.config import Settings, load_settings
from peter_core.errors import BudgetExceeded, QueryFailed, StorageError
from peter_core.telemetry.attributes import hashed
from peter_core.telemetry.logs import JsonFormatter
from peter_core.telemetry.scrubbing import HIDDEN, Scrubber
from tests.core.telemetry.conftest import Recorded

KEY = "6b1f0d93ac7e52480d4f1b6a9c3e7752"
log = logging.getLogger("peter.tests")

Lines = Callable[[], list[str]]


def settings(**more: object) -> Settings:
    return load_settings(session_secret_key=KEY, log_level="debug", **more)


@pytest.fixture
def opened() -> Iterator[Callable[..., Lines]]:
    running: list[telemetry.Logs] = []

    def open_logs(*, everything: bool = True, **more: object) -> Lines:
        stream = io.StringIO()
        running.append(
            telemetry.configure_logs(settings(**more), stream=stream, everything=everything)
        )
        return lambda: stream.getvalue().splitlines()

    yield open_logs
    for logs in reversed(running):
        logs.close()


@pytest.fixture
def events(opened: Callable[..., Lines]) -> Callable[[], list[dict[str, Any]]]:
    lines = opened(log_format="json")
    return lambda: [json.loads(line) for line in lines()]


def test_an_event_is_one_json_object_with_its_request_and_trace(
    events: Callable[[], list[dict[str, Any]]], recorded: Recorded
) -> None:
    with telemetry.request_span("GET", "/", {"X-Request-Id": "r-1"}):
        log.info("published %s", "sales", extra={"slug": "sales", "rows": 3, "sql": "SELECT 1"})
    (event,) = events()
    found = recorded.spans[0]
    assert event.pop("time").endswith("Z")
    assert event == {
        "level": "info", "logger": "peter.tests", "message": "published sales",
        "request_id": "r-1", "trace_id": format(found.context.trace_id, "032x"),
        "span_id": format(found.context.span_id, "016x"), "slug": "sales", "rows": 3,
    }  # fmt: skip


def test_outside_a_request_there_are_no_ids(events: Callable[[], list[dict[str, Any]]]) -> None:
    log.warning("alone")
    assert set(events()[0]) == {"time", "level", "logger", "message"}


def test_a_person_is_named_by_a_keyed_hash(events: Callable[[], list[dict[str, Any]]]) -> None:
    log.info("ada@example.com came", extra={"principal": "ada@example.com"})
    (event,) = events()
    known = hashed("ada@example.com", settings().user_salt())
    assert (event["principal"], event["message"]) == (known, f"user:{known} came")


def test_people_are_named_in_clear_where_that_is_configured(opened: Callable[..., Lines]) -> None:
    lines = opened(log_format="json", log_emails=True)
    log.info("ada@example.com came", extra={"principal": "ada@example.com"})
    event = json.loads(lines()[0])
    assert (event["principal"], event["message"]) == ("ada@example.com", "ada@example.com came")


@pytest.mark.parametrize("form", ["json", "text"])
def test_nothing_forges_a_line(opened: Callable[..., Lines], form: str) -> None:
    lines = opened(log_format=form)
    log.info("slug\r\n2026-01-01 ERROR forged \x1b[31m\u2028x", extra={"slug": "a\nb"})
    (line,) = lines()
    assert "\x1b" not in line
    assert r"\r\n2026" in line.replace("\\\\", "\\")


def test_text_is_for_people(opened: Callable[..., Lines]) -> None:
    lines = opened()
    log.error("store is away", extra={"code": "storage_unavailable", "duration_ms": 12.5})
    (line,) = lines()
    assert line.split(" ", 1)[1] == (
        "ERROR   peter.tests: store is away  code=storage_unavailable  duration_ms=12.5"
    )


def test_text_says_what_a_request_was_once(opened: Callable[..., Lines]) -> None:
    lines = opened()
    fields = {"method": "GET", "status": 200, "duration_ms": 7.0, "route": "/", "rows": 200}
    log.info("request=%s %s Home status=%d ms=%.1f", "r1", "GET", 200, 7.0, extra=fields)
    (line,) = lines()
    assert line.endswith("peter.tests: request=r1 GET Home status=200 ms=7.0  rows=200  route=/")


def _raise(error: BaseException) -> None:
    raise error


def test_an_error_tells_its_class_code_and_place(opened: Callable[..., Lines]) -> None:
    lines = opened(log_format="json")
    try:
        _raise(StorageError("The bucket cannot be read."))
    except StorageError:
        log.exception("listing failed")
    error = json.loads(lines()[0])["error"]
    assert error["type"] == "peter_core.errors.StorageError"
    assert (error["code"], error["message"]) == (
        "storage_unavailable",
        "The bucket cannot be read.",
    )
    assert re.fullmatch(r"[\w.]*test_logs:_raise:\d+", error["stack"][-1])


def test_the_text_of_an_error_that_may_hold_data_is_left_out(
    opened: Callable[..., Lines],
) -> None:
    lines = opened()
    try:
        try:
            _raise(ValueError("card 4111-1111"))
        except ValueError as cause:
            raise QueryFailed("Query error: card 4111-1111", hint="4111-1111") from cause
    except QueryFailed as error:
        log.exception("failed: %s", error)
        log.error(error)
        log.warning("refused: %s", BudgetExceeded("The budget of the day is spent."))
    text = "\n".join(lines())
    assert "4111" not in text
    assert "failed: peter_core.errors.QueryFailed (query_failed)" in text
    assert "because of ValueError" in text
    assert "(budget_exceeded): The budget of the day is spent." in text


@pytest.mark.parametrize(
    ("message", "args"), [("two %s %s", (KEY,)), ("%d", (KEY,)), ("%(name)s", ({"other": KEY},))]
)
def test_arguments_that_do_not_fit_are_left_out(message: str, args: tuple[object, ...]) -> None:
    record = logging.LogRecord("peter", logging.INFO, "", 1, message, args, None)
    said = json.loads(JsonFormatter(Scrubber()).format(record))["message"]
    assert said == f"{message} (its arguments do not fit)"


def test_levels_are_kept_and_the_host_gets_its_logs_back() -> None:
    root, stream = logging.getLogger(), io.StringIO()
    before = (root.level, root.handlers[:])
    logs = telemetry.configure_logs(load_settings(log_level="warning"), stream=stream)
    log.info("quiet")
    log.warning("loud")
    logs.close()
    assert len(stream.getvalue().splitlines()) == 1
    assert (root.level, root.handlers) == before


def test_as_a_guest_only_peters_own_logs_are_touched(opened: Callable[..., Lines]) -> None:
    lines = opened(everything=False)
    logging.getLogger("somebody.else").warning("theirs")
    logging.getLogger("peter.http").warning("ours")
    assert [line.split(": ")[-1] for line in lines()] == ["ours"]


SCRUBBED = {
    "Authorization: Bearer abc.def.ghi-123": "Authorization: [hidden]",
    "sent Bearer abcdefghij to it": "sent Bearer [hidden] to it",
    "token ya29.a0AfH6SMBx-y_z is old": "token [hidden] is old",
    "refresh 1//0gabcDEF_ghi-jkl": "refresh [hidden]",
    "client GOCSPX-abc_DEF123": "client [hidden]",
    "jwt eyJhbGciOi.eyJzdWIi.c2lnbg": "jwt [hidden]",
    "key -----BEGIN PRIVATE KEY-----\nMIIE\nvQ==\n-----END PRIVATE KEY----- end":
        "key [hidden] end",
    "cut -----BEGIN RSA PRIVATE KEY-----\\nMIIEvQ": "cut [hidden]",
    "password=hunter2, user=ada": "password=[hidden], user=ada",
    'body {"client_secret": "s p a c e", "x": 1}': 'body {"client_secret": [hidden], "x": 1}',
    "PGPASSWORD=abc psql": "PGPASSWORD=[hidden] psql",
    "Cookie: session=1; peter=2": "Cookie: [hidden]",
    "postgresql://peter:hunter2@db/peter": "postgresql://peter:[hidden]@db/peter",
    "redis://:hunter2@cache": "redis://:[hidden]@cache",
    "GET /oauth/callback?code=4/0Ab-c&state=xyz HTTP/1.1":
        "GET /oauth/callback?code=[hidden]&state=[hidden] HTTP/1.1",
    f"our own {KEY}": "our own [hidden]",
    "quoted p%40ss%2Fword!": "quoted [hidden]!",
}  # fmt: skip


@pytest.mark.parametrize(("text", "wanted"), SCRUBBED.items())
def test_a_secret_is_hidden(text: str, wanted: str) -> None:
    assert Scrubber([KEY, "p@ss/word"], salt=b"x")(text) == wanted


def test_sql_is_a_fingerprint() -> None:
    scrub = Scrubber()
    for sql in (
        "SELECT name FROM people WHERE iban = 'DE89'", "select iban\nfrom x.people",
        "WITH p AS (SELECT 1) SELECT * FROM p",
    ):  # fmt: skip
        said = scrub(f"ran: {sql}")
        assert said.startswith("ran: [sql ")
        assert len(said) == len("ran: [sql ]") + 12


@pytest.mark.parametrize(
    "text",
    ["published sales as 3f2a91c", "12 rows in 0.3 s, 10 MB billed", "code: not_found",
     "select a folder or give one with --folder", "session ended", "https://h/a?b=1 gave 200",
     "The cap is with the user as it was.", "basic auth is off", "naïve café – ok"],
)  # fmt: skip
def test_ordinary_sentences_stay_as_they_are(text: str) -> None:
    assert Scrubber([KEY])(text) == text


def test_half_a_secret_at_the_cut_is_no_secret() -> None:
    text = "x" * 8180 + KEY
    said = Scrubber([KEY])(text)
    assert KEY[:6] not in said
    assert said.endswith("…") or HIDDEN in said


@pytest.mark.parametrize(
    "piece",
    ["a", "a@", "-----BEGIN A-----", "password", "password=", "?code=", "eyJa.", "://a:", "SELECT ",
     "select ", "with a as (", "secret-", "1//a", '"', "Bearer ", "\\n", "token\\"],
)  # fmt: skip
def test_every_pattern_takes_linear_time(piece: str) -> None:
    scrub = Scrubber([KEY], salt=b"x")
    text = (piece * 100_000)[:100_000]
    began = time.process_time()
    scrub(text)
    assert time.process_time() - began < 0.5


def test_other_libraries_go_through_the_same_filter(opened: Callable[..., Lines]) -> None:
    lines = opened()
    logging.getLogger("tornado.access").warning("500 GET /x?token=abc (127.0.0.1) 3ms")
    assert "token=[hidden]" in lines()[0]
