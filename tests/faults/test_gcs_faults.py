"""What Cloud Storage is known for: late answers, lost answers, too many writes, nobody there."""

from __future__ import annotations

import gc
import itertools
import logging
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from peter_core.errors import AlreadyExists, NotFound, PreconditionFailed, StorageError
from peter_core.store.gcs import GcsStore, calls
from tests.core.store.store_behaviour import NOW, SLUG, publish, revision_of
from tests.servers.gcs import BUCKET, GcsServer, gcs_client, gcs_server
from tests.servers.http_proxy import Fault, FaultyProxy, faulty_proxy

# Clients drop some answers unread, and their sockets with them; `end` collects those.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")

PATIENT_S = 40.0
"""For what must succeed; what waits for an answer that never comes tries again after a second."""
HURRIED_S = 3.0
"""For what cannot succeed."""
GRACE_S = 30.0
"""For a busy machine: what hangs here hangs until the test is over."""
TOKEN = "ya29.a-planted-token"  # noqa: S105
_prefixes = itertools.count()

SWAP = ("POST", f"heads/{SLUG}.json")
READ_HEAD = ("GET", f"heads/{SLUG}.json")


@pytest.fixture(scope="module")
def server() -> Iterator[GcsServer]:
    with gcs_server() as running:
        yield running


@pytest.fixture(scope="module")
def proxy(server: GcsServer) -> Iterator[FaultyProxy]:
    with faulty_proxy(server.port) as running:
        yield running


@pytest.fixture
def prefix() -> str:
    return f"test/{next(_prefixes)}"


@pytest.fixture
def timeout_s() -> float:
    """Of the store."""
    return PATIENT_S


hurried = pytest.mark.parametrize("timeout_s", [HURRIED_S], ids=["hurried"])


@pytest.fixture
def store(
    proxy: FaultyProxy, prefix: str, timeout_s: float, monkeypatch: pytest.MonkeyPatch
) -> Iterator[GcsStore]:
    """A store whose requests go through the proxy."""
    proxy.spoil()
    if timeout_s == PATIENT_S:
        monkeypatch.setattr(calls, "_ATTEMPTS_IN_TIME", PATIENT_S)
    client = gcs_client(proxy.url)
    store = GcsStore(BUCKET, prefix=prefix, client=client, timeout_s=timeout_s)
    yield store
    proxy.spoil()
    end(store, client)


@pytest.fixture
def direct(server: GcsServer, prefix: str) -> Iterator[GcsStore]:
    """Another server's store over the same documents, with no proxy between."""
    client = gcs_client(server.url)
    store = GcsStore(BUCKET, prefix=prefix, client=client)
    yield store
    store.close()
    client.close()


def end(store: GcsStore, client: Any) -> None:
    """Close both, wait for attempts that nobody waits for any more, and collect their sockets."""
    store.close()
    store._objects._calls._threads.shutdown(wait=True)
    client.close()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


def in_time(call: Callable[[], object], error: type[Exception] | None = None) -> str:
    """The message of the error that the call must raise; it may not outlast its deadline."""
    began = time.monotonic()
    try:
        if error is None:
            call()
            return ""
        with pytest.raises(error) as caught:
            call()
        return str(caught.value)
    finally:
        assert time.monotonic() - began < PATIENT_S + GRACE_S


def numbers(store: GcsStore) -> list[int]:
    return [p.number for p in store.history(SLUG)]


LOST_ANSWERS = [
    Fault("status", *SWAP, status=500, forward=True),
    Fault("status", *SWAP, status=502, forward=True),
    Fault("status", *SWAP, status=503, forward=True),
    Fault("status", *SWAP, status=504, forward=True),
    Fault("status", *SWAP, status=408, forward=True),
    Fault("status", *SWAP, status=429, forward=True),
    Fault("reset", *SWAP, forward=True),
    Fault("hang", *SWAP, forward=True),
    Fault("cut", *SWAP),
    Fault("trickle", *SWAP),
]
SOME_LOST_ANSWERS = [fault for fault in LOST_ANSWERS if fault.status == 503 and fault.forward]


def name_of(fault: Fault) -> str:
    return f"{fault.kind}-{fault.status}" if fault.kind == "status" else fault.kind


def copy_of(fault: Fault, **changes: Any) -> Fault:
    return Fault(**(vars(fault) | changes))


@pytest.mark.parametrize("fault", LOST_ANSWERS, ids=name_of)
def test_a_commit_whose_answer_is_lost_is_a_success(
    store: GcsStore, direct: GcsStore, proxy: FaultyProxy, fault: Fault
) -> None:
    first = publish(store, "a: 1")
    proxy.spoil(copy_of(fault))
    in_time(lambda: publish(store, "a: 2", first))
    assert direct.get(SLUG).text == "a: 2"
    assert numbers(direct) == [2, 1]
    assert next(s.status for s in proxy.sent if SWAP[1] in s.text and s.method == "POST") == 200


@pytest.mark.parametrize("fault", SOME_LOST_ANSWERS, ids=name_of)
def test_a_first_publication_whose_answer_is_lost_is_a_success(
    store: GcsStore, direct: GcsStore, proxy: FaultyProxy, fault: Fault
) -> None:
    proxy.spoil(copy_of(fault))
    in_time(lambda: publish(store, "a: 1", create=True))
    assert numbers(direct) == [1]


@pytest.mark.parametrize("fault", SOME_LOST_ANSWERS, ids=name_of)
def test_a_deletion_whose_answer_is_lost_is_a_success(
    store: GcsStore, direct: GcsStore, proxy: FaultyProxy, fault: Fault
) -> None:
    first = publish(store, "a: 1")
    proxy.spoil(copy_of(fault))
    in_time(lambda: store.delete(SLUG, if_match=first, by="ann", at=NOW))
    assert [(p.number, p.deleted) for p in direct.history(SLUG)] == [(2, True), (1, False)]


@pytest.mark.parametrize("fault", LOST_ANSWERS, ids=name_of)
def test_a_lost_commit_that_was_followed_by_another_is_still_a_success(
    store: GcsStore, direct: GcsStore, proxy: FaultyProxy, fault: Fault
) -> None:
    first = publish(store, "a: 1")

    def follow() -> None:
        publish(direct, "a: 3", revision_of("a: 2"), by="bob@example.com")

    proxy.spoil(copy_of(fault, then=follow))
    in_time(lambda: publish(store, "a: 2", first))
    assert direct.get(SLUG).text == "a: 3"
    history = list(reversed(direct.history(SLUG)))
    assert [p.revision for p in history] == [revision_of(f"a: {n}") for n in (1, 2, 3)]


@pytest.mark.parametrize("fault", LOST_ANSWERS[:8], ids=name_of)
def test_a_write_that_never_arrived_does_not_hide_anothers(
    store: GcsStore, direct: GcsStore, proxy: FaultyProxy, fault: Fault
) -> None:
    first = publish(store, "a: 1")

    def overtake() -> None:
        publish(direct, "a: 3", first, by="bob@example.com")

    proxy.spoil(copy_of(fault, forward=False, then=overtake))
    message = in_time(lambda: publish(store, "a: 2", first), PreconditionFailed)
    assert "bob@example.com" in message
    assert direct.get(SLUG).text == "a: 3"
    assert numbers(direct) == [2, 1]


def test_the_same_content_of_two_creators_is_one_publication(
    store: GcsStore, direct: GcsStore, proxy: FaultyProxy
) -> None:
    fault = Fault("status", *SWAP, then=lambda: publish(direct, "a: 1", create=True))
    proxy.spoil(fault)
    # Alike to the byte, author and moment too, and still not ours.
    in_time(lambda: publish(store, "a: 1", create=True), AlreadyExists)
    assert numbers(direct) == [1]


@pytest.mark.parametrize("part", ["heads/", "history/", "revisions/"])
@pytest.mark.parametrize("kind", ["status", "reset"])
@pytest.mark.parametrize("forward", [False, True])
def test_two_failures_of_any_write_are_got_over(
    store: GcsStore, direct: GcsStore, proxy: FaultyProxy, part: str, kind: Any, forward: bool
) -> None:
    first = publish(store, "a: 1")
    proxy.spoil(Fault(kind, "POST", part, forward=forward, times=2))
    in_time(lambda: publish(store, "a: 2", first))
    assert [fault.times for fault in proxy.faults] == [0] or forward
    assert direct.get(SLUG).text == "a: 2"
    assert numbers(direct) == [2, 1]


@pytest.mark.parametrize("kind", ["status", "reset", "hang", "cut", "corrupt"])
@pytest.mark.parametrize("part", ["heads/", "revisions/", "history/"])
def test_a_failure_of_any_read_is_got_over(
    store: GcsStore, direct: GcsStore, proxy: FaultyProxy, part: str, kind: Any
) -> None:
    first = publish(direct, "a: 1")
    publish(direct, "a: 2", first)
    proxy.spoil(Fault(kind, "GET", part))
    assert store.get(SLUG, first).text == "a: 1"
    assert proxy.faults[0].times == 0
    proxy.spoil(Fault(kind, "GET", part))
    assert numbers(store) == [2, 1]


def test_too_many_writes_to_one_object_are_waited_out(
    store: GcsStore, direct: GcsStore, proxy: FaultyProxy
) -> None:
    first = publish(store, "a: 1")
    proxy.spoil(Fault("status", *SWAP, status=429, times=1))
    began = time.monotonic()
    in_time(lambda: publish(store, "a: 2", first))
    # One write a second is what an object takes: an early second try would only add to it.
    assert time.monotonic() - began > 0.5
    assert numbers(direct) == [2, 1]


@hurried
@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_write_that_is_refused_for_good_says_so_in_time(
    store: GcsStore, direct: GcsStore, proxy: FaultyProxy, status: int
) -> None:
    first = publish(store, "a: 1")
    proxy.spoil(Fault("status", *SWAP, status=status, times=10_000))
    message = in_time(lambda: publish(store, "a: 2", first), StorageError)
    assert f"could not publish dashboard {SLUG}: Cloud Storage answered {status}" in message
    assert direct.get(SLUG).text == "a: 1"
    assert numbers(direct) == [1]
    assert [p.revision for p in direct.list()] == [first]
    proxy.spoil()
    publish(store, "a: 2", first)
    assert numbers(direct) == [2, 1]


@hurried
def test_a_change_whose_fate_cannot_be_learnt_is_called_unknown(
    store: GcsStore, direct: GcsStore, proxy: FaultyProxy
) -> None:
    first = publish(store, "a: 1")

    def silence() -> None:
        proxy.faults.append(Fault("hang", *READ_HEAD, times=10_000))

    proxy.spoil(Fault("hang", *SWAP, forward=True, times=10_000, then=silence))
    message = in_time(lambda: publish(store, "a: 2", first), StorageError)
    assert "not known whether the change was made" in message
    proxy.spoil()
    assert direct.get(SLUG).text == "a: 2"
    publish(store, "a: 2", first)
    assert numbers(direct) == [2, 1]


@pytest.mark.parametrize(
    ("status", "reason"),
    [(400, "answered 400"), (401, "refused the credentials"), (403, "credentials may not do this")],
)
def test_what_is_denied_is_not_asked_again(
    store: GcsStore, proxy: FaultyProxy, status: int, reason: str
) -> None:
    publish(store, "a: 1")
    proxy.spoil(Fault("status", *READ_HEAD, status=status, times=10_000))
    assert reason in in_time(lambda: store.get(SLUG), StorageError)
    assert len(proxy.sent) == 1


CALLS: dict[str, Callable[[GcsStore], object]] = {
    "get": lambda store: store.get(SLUG),
    "require": lambda store: store.require(SLUG, "ab" * 32),
    "list": lambda store: store.list(),
    "history": lambda store: store.history(SLUG),
    "publish": lambda store: publish(store, "a: 2", "*"),
    "delete": lambda store: store.delete(SLUG, if_match="*", by="ann", at=NOW),
    "check": lambda store: store.check(),
    "rebuild": lambda store: store.rebuild_index(),
}


def all_at_once(store: GcsStore) -> dict[str, str]:
    """The messages of every call, made at the same time; each keeps its deadline."""
    with ThreadPoolExecutor(len(CALLS)) as threads:
        futures = {
            name: threads.submit(in_time, lambda call=call: call(store), StorageError)  # type: ignore[misc]
            for name, call in CALLS.items()
        }
        return {name: future.result() for name, future in futures.items()}


@hurried
@pytest.mark.parametrize("kind", ["hang", "trickle"])
def test_every_call_keeps_its_deadline(
    store: GcsStore, direct: GcsStore, proxy: FaultyProxy, kind: Any
) -> None:
    publish(direct, "a: 1")
    publish(direct, "a: 2", "*")
    proxy.spoil(
        Fault(kind, "GET", "", times=10_000, forward=True),
        Fault(kind, "POST", "", times=10_000, forward=True),
    )
    for name, message in all_at_once(store).items():
        assert "did not answer in time" in message, name
    assert len(proxy.sent) > len(CALLS)
    assert numbers(direct) == [2, 1]


@hurried
def test_a_store_that_is_down_says_so_and_comes_back(
    store: GcsStore, direct: GcsStore, proxy: FaultyProxy
) -> None:
    publish(store, "a: 1")
    proxy.stop()
    try:
        for name, message in all_at_once(store).items():
            assert "cannot be reached" in message, name
    finally:
        proxy.start()
    assert store.get(SLUG).text == "a: 1"
    publish(store, "a: 2", "*")
    assert numbers(direct) == [2, 1]


def test_a_store_that_comes_back_in_time_is_waited_for(store: GcsStore, proxy: FaultyProxy) -> None:
    publish(store, "a: 1")
    proxy.stop()
    back = threading.Timer(0.5, proxy.start)
    back.start()
    try:
        in_time(lambda: publish(store, "a: 2", "*"))
    finally:
        back.join()
    assert numbers(store) == [2, 1]


@pytest.mark.parametrize("fault", ["status", "reset", "hang"])
def test_an_index_that_cannot_be_written_costs_reads_and_nothing_else(
    store: GcsStore, proxy: FaultyProxy, fault: Any
) -> None:
    for slug in ("ab", "cd"):
        publish(store, f"slug: {slug}", slug=slug)
    proxy.spoil(Fault(fault, "POST", "index.json", times=10_000))
    assert [p.slug for p in store.list()] == ["ab", "cd"]
    publish(store, "slug: ef", slug="ef")
    assert [p.slug for p in store.list()] == ["ab", "cd", "ef"]
    proxy.spoil()
    assert [p.slug for p in store.rebuild_index()] == ["ab", "cd", "ef"]


def test_two_servers_that_write_the_index_at_once_both_list_rightly(
    store: GcsStore, direct: GcsStore, proxy: FaultyProxy
) -> None:
    publish(store, "slug: ab", slug="ab")
    proxy.spoil(Fault("status", "POST", "index.json", then=direct.list))
    assert [p.slug for p in store.list()] == ["ab"]
    publish(direct, "slug: cd", slug="cd")
    assert [p.slug for p in store.list()] == [p.slug for p in direct.list()] == ["ab", "cd"]


@hurried
@pytest.mark.parametrize("stop", ["revisions/", "history/", "heads/"])
def test_a_writer_that_dies_on_the_way_leaves_nothing_to_be_seen(
    store: GcsStore, direct: GcsStore, proxy: FaultyProxy, stop: str
) -> None:
    first = publish(direct, "a: 1")
    proxy.spoil(Fault("reset", "POST", stop, times=10_000))
    in_time(lambda: publish(store, "a: 2", first), StorageError)
    assert direct.get(SLUG).text == "a: 1"
    assert numbers(direct) == [1]
    with pytest.raises(NotFound):
        direct.get(SLUG, revision_of("a: 2"))
    publish(direct, "a: 3", first)
    assert [p.revision for p in direct.history(SLUG)] == [revision_of("a: 3"), first]


def test_a_publication_is_four_requests(store: GcsStore, proxy: FaultyProxy) -> None:
    first = publish(store, "a: 1")
    proxy.spoil()
    publish(store, "a: 2", first)
    kinds = ("heads", "history", "revisions")
    sent = [(s.method, next(k for k in kinds if f"{k}/" in s.text)) for s in proxy.sent]
    assert sent == [("GET", "heads"), ("POST", "revisions"), ("POST", "history"), ("POST", "heads")]


@pytest.mark.parametrize("fault", ["status", "reset", "hang"])
def test_no_error_and_no_log_holds_a_token_or_an_address(
    proxy: FaultyProxy, prefix: str, fault: Any, caplog: pytest.LogCaptureFixture
) -> None:
    from google.cloud.storage import Client
    from google.oauth2.credentials import Credentials

    caplog.set_level(logging.INFO)
    client = Client("p", Credentials(TOKEN), client_options={"api_endpoint": proxy.url})
    store = GcsStore(BUCKET, prefix=prefix, client=client, timeout_s=1)
    proxy.spoil(Fault(fault, "GET", "", times=10_000, status=401))
    with pytest.raises(StorageError) as caught:
        store.get(SLUG)
    told, error = caplog.text, caught.value
    seen: list[BaseException | None] = [error, error.__cause__, error.__context__]
    told += "".join(repr(e) for e in seen) + str(error)
    for secret in (TOKEN, "http://", str(proxy.port), "planted"):
        assert secret not in told
    proxy.spoil()
    end(store, client)
