"""Published documents in a bucket: the same promises, and what only a bucket can break."""

from __future__ import annotations

import itertools
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from peter_core.errors import ConfigError, NotFound, PreconditionFailed, StorageError
from peter_core.store.gcs import GcsStore
from tests.core.store.store_behaviour import NOW, SLUG, StoreBehaviour, publish, revision_of
from tests.servers.gcs import BUCKET, GcsServer, gcs_client, gcs_server

_prefixes = itertools.count()


@pytest.fixture(scope="module")
def server() -> Iterator[GcsServer]:
    with gcs_server() as running:
        yield running


@pytest.fixture(scope="module")
def client(server: GcsServer) -> Iterator[Any]:
    client = gcs_client(server.url)
    yield client
    client.close()


@pytest.fixture
def prefix() -> str:
    return f"test/{next(_prefixes)}"


@pytest.fixture
def store(client: Any, prefix: str) -> Iterator[GcsStore]:
    store = GcsStore(BUCKET, prefix=prefix, client=client)
    yield store
    store.close()


@pytest.fixture
def other(client: Any, prefix: str) -> Iterator[GcsStore]:
    """Another server's store over the same documents."""
    store = GcsStore(BUCKET, prefix=prefix, client=client)
    yield store
    store.close()


class Wire:
    """Counts what a client sends, by method and kind of object."""

    def __init__(self, client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sent: list[str] = []
        session, request = client._http, client._http.request

        def counted(method: str, url: str, *args: Any, **kwargs: Any) -> Any:
            body = kwargs.get("data") or b""
            text = url + (body.decode("utf-8", "replace") if isinstance(body, bytes) else "")
            kinds = ("index.json", "heads", "history", "revisions")
            self.sent.append(f"{method} {next(kind for kind in kinds if kind in text)}")
            return request(method, url, *args, **kwargs)

        monkeypatch.setattr(session, "request", counted)

    def take(self) -> list[str]:
        sent, self.sent = self.sent, []
        return sent


@pytest.fixture
def wire(client: Any, monkeypatch: pytest.MonkeyPatch) -> Wire:
    return Wire(client, monkeypatch)


def keys(client: Any, prefix: str) -> list[str]:
    return [
        blob.name.removeprefix(f"{prefix}/") for blob in client.list_blobs(BUCKET, prefix=prefix)
    ]


def put(client: Any, key: str, data: bytes) -> None:
    client.bucket(BUCKET).blob(key).upload_from_string(data)


def get(client: Any, key: str) -> bytes:
    return bytes(client.bucket(BUCKET).blob(key).download_as_bytes())


class TestGcsStore(StoreBehaviour):
    """A bucket keeps every store's promises."""


def test_a_bucket_holds_texts_records_and_a_head(store: GcsStore, client: Any, prefix: str) -> None:
    first = publish(store, "a: 1")
    second = publish(store, "a: 2", first)
    assert keys(client, prefix) == [
        f"heads/{SLUG}.json",
        f"history/{SLUG}/00000001-{first}.json",
        *sorted(f"revisions/{SLUG}/{revision}.yaml" for revision in (first, second)),
    ]
    assert get(client, f"{prefix}/revisions/{SLUG}/{second}.yaml") == b"a: 2"


def test_an_empty_prefix_puts_the_keys_at_the_top(server: GcsServer, client: Any) -> None:
    server.make_bucket("top")
    store = GcsStore("top", prefix="", client=client)
    publish(store, "a: 1")
    assert f"heads/{SLUG}.json" in [blob.name for blob in client.list_blobs("top")]
    assert [p.slug for p in store.list()] == [SLUG]
    store.close()


def test_no_object_may_be_kept_by_a_cache_on_the_way(
    store: GcsStore, client: Any, prefix: str
) -> None:
    publish(store, "a: 1")
    store.list()
    blobs = list(client.list_blobs(BUCKET, prefix=prefix))
    assert len(blobs) == 3
    assert {blob.cache_control for blob in blobs} == {"no-store"}


def test_two_servers_see_each_others_changes_at_once(store: GcsStore, other: GcsStore) -> None:
    first = publish(store, "a: 1")
    assert other.get(SLUG).revision == first
    second = publish(other, "a: 2", first, by="bob@example.com")
    assert store.get(SLUG).revision == second
    with pytest.raises(PreconditionFailed, match=r"bob@example\.com"):
        publish(store, "a: 3", first)
    assert store.history(SLUG) == other.history(SLUG)
    other.delete(SLUG, if_match=second, by="bob", at=NOW)
    assert store.list() == ()


def test_a_get_in_use_reads_the_head_alone(store: GcsStore, wire: Wire) -> None:
    publish(store, "a: 1")
    store.get(SLUG)
    wire.take()
    store.get(SLUG)
    assert wire.take() == ["GET heads"]


def test_an_old_revision_costs_no_reading_of_the_history(
    store: GcsStore, other: GcsStore, wire: Wire
) -> None:
    first = publish(store, "n: 0")
    for n in range(1, 6):
        publish(store, f"n: {n}", "*")
    wire.take()
    assert other.get(SLUG, first).text == "n: 0"
    assert wire.take() == ["GET heads", "GET history", "GET history", "GET revisions"]


def test_a_list_reads_no_heads_when_the_index_is_fresh(
    store: GcsStore, other: GcsStore, wire: Wire
) -> None:
    for n in range(12):
        publish(store, f"n: {n}", slug=f"board-{n}")
    listed = store.list()
    assert len(listed) == 12
    wire.take()
    assert store.list() == listed
    assert wire.take() == ["GET heads"]
    assert other.list() == listed
    assert wire.take() == ["GET heads", "GET index.json"]


def test_a_list_reads_the_heads_that_changed_and_no_others(
    store: GcsStore, other: GcsStore, wire: Wire
) -> None:
    for n in range(5):
        publish(store, f"n: {n}", slug=f"board-{n}")
    store.list()
    publish(other, "n: new", "*", slug="board-3")
    other.delete("board-1", if_match="*", by="ann", at=NOW)
    wire.take()
    listed = store.list()
    assert [p.slug for p in listed] == ["board-0", "board-2", "board-3", "board-4"]
    assert listed[2].revision == revision_of("n: new")
    assert wire.take().count("GET heads") == 1 + 2


def test_many_pages_of_dashboards_are_one_list(
    store: GcsStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("peter_core.store.gcs.objects._PAGE", 2)
    for n in range(5):
        publish(store, f"n: {n}", slug=f"board-{n}")
    assert [p.slug for p in store.list()] == [f"board-{n}" for n in range(5)]
    for n in range(5):
        publish(store, f"m: {n}", "*")
    assert [p.number for p in store.history(SLUG)] == [5, 4, 3, 2, 1]


@pytest.mark.parametrize(
    "damage",
    [b"", b"{", b"[]", b"null", b"\xff", b'{"format": 9}', b'{"format": 1, "heads": [1]}',
     b'{"format": 1, "heads": {"zoo": {"generation": 1, "head": {}}}}'],
)  # fmt: skip
def test_a_damaged_index_is_made_anew(
    store: GcsStore, other: GcsStore, client: Any, prefix: str, damage: bytes
) -> None:
    publish(store, "a: 1", slug="zoo")
    put(client, f"{prefix}/index.json", damage)
    assert [p.slug for p in other.list()] == ["zoo"]
    assert list(json.loads(get(client, f"{prefix}/index.json"))["heads"]) == ["zoo"]


def test_an_index_that_lies_about_a_head_it_has_not_seen_is_not_believed(
    store: GcsStore, other: GcsStore, client: Any, prefix: str
) -> None:
    publish(store, "a: 1", slug="zoo")
    store.list()
    index = json.loads(get(client, f"{prefix}/index.json"))
    index["heads"]["gone"] = index["heads"]["zoo"]
    index["heads"]["zoo"] |= {"generation": 1}
    index["heads"]["zoo"]["head"]["published_by"] = "mallory"
    put(client, f"{prefix}/index.json", json.dumps(index).encode())
    assert [(p.slug, p.published_by) for p in other.list()] == [("zoo", "ann@example.com")]


def test_the_index_can_be_rebuilt(
    store: GcsStore, other: GcsStore, client: Any, prefix: str, wire: Wire
) -> None:
    for slug in ("zoo", "airports", "gone"):
        publish(store, f"slug: {slug}", slug=slug)
    store.delete("gone", if_match="*", by="ann", at=NOW)
    put(client, f"{prefix}/index.json", b"nonsense")
    assert [p.slug for p in store.rebuild_index()] == ["airports", "zoo"]
    wire.take()
    assert [p.slug for p in other.list()] == ["airports", "zoo"]
    assert wire.take() == ["GET heads", "GET index.json"]


def test_other_objects_are_no_dashboards(store: GcsStore, client: Any, prefix: str) -> None:
    publish(store, "a: 1", slug="zoo")
    for key in ("heads/Not A Slug.json", "heads/zoo.txt", "heads/a/b.json", "heads/../x.json"):
        put(client, f"{prefix}/{key}", b"{}")
    assert [p.slug for p in store.list()] == ["zoo"]


def test_a_text_changed_in_the_bucket_is_not_served(
    store: GcsStore, other: GcsStore, client: Any, prefix: str
) -> None:
    revision = publish(store, "a: 1")
    key = f"{prefix}/revisions/{SLUG}/{revision}.yaml"
    put(client, key, b"a: 2")
    with pytest.raises(StorageError, match="changed or deleted in the bucket"):
        other.get(SLUG)
    client.bucket(BUCKET).blob(key).delete()
    other.close()
    with pytest.raises(StorageError, match="changed or deleted in the bucket"):
        GcsStore(BUCKET, prefix=prefix, client=client).get(SLUG)


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b"{}", b"\xff\xfe", b"null"])
def test_a_damaged_head_is_a_clear_error(
    store: GcsStore, client: Any, prefix: str, damage: bytes
) -> None:
    publish(store, "a: 1")
    put(client, f"{prefix}/heads/{SLUG}.json", damage)
    for call in (lambda: store.get(SLUG), store.list, lambda: publish(store, "a: 2", "*")):
        with pytest.raises(StorageError, match="of dashboard flight-operations is damaged"):
            call()


def test_a_damaged_record_is_a_clear_error(store: GcsStore, client: Any, prefix: str) -> None:
    first = publish(store, "a: 1")
    publish(store, "a: 2", first)
    put(client, f"{prefix}/history/{SLUG}/00000001-{first}.json", b"{}")
    fresh = GcsStore(BUCKET, prefix=prefix, client=client)
    with pytest.raises(StorageError, match=r"record 00000001-.* is damaged"):
        fresh.history(SLUG)
    fresh.close()


def test_an_object_of_no_sane_size_is_not_taken_into_memory(
    store: GcsStore, client: Any, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(store, "a: 1")
    monkeypatch.setattr("peter_core.store.gcs.objects.MAX_FILE_BYTES", 10)
    with pytest.raises(StorageError, match="too large"):
        store.get(SLUG)


def test_a_missing_bucket_is_no_missing_dashboard(client: Any) -> None:
    store = GcsStore("no-such-bucket", client=client, timeout_s=3)
    for call in (
        store.check,
        store.list,
        store.rebuild_index,
        lambda: store.get(SLUG),
        lambda: store.history(SLUG),
        lambda: store.delete(SLUG, if_match="*", by="ann", at=NOW),
        lambda: publish(store, "a: 1"),
    ):
        with pytest.raises(StorageError, match="there is no bucket no-such-bucket"):
            call()
    store.close()


def test_the_list_forgets_a_head_that_was_taken_out_of_the_bucket(
    store: GcsStore, client: Any, prefix: str
) -> None:
    for slug in ("ab", "cd"):
        publish(store, f"slug: {slug}", slug=slug)
    store.list()
    client.bucket(BUCKET).blob(f"{prefix}/heads/ab.json").delete()
    assert [p.slug for p in store.list()] == ["cd"]
    with pytest.raises(NotFound):
        store.get("ab")


@pytest.mark.parametrize(
    "bucket", ["", "a", "gs://name", "name/path", "Name", "na me", "-name", "x" * 230, "../name"]
)
def test_a_bad_bucket_name_is_refused_at_once(bucket: str) -> None:
    with pytest.raises(ConfigError, match="no name of a bucket"):
        GcsStore(bucket, client=object())


@pytest.mark.parametrize(
    "prefix", ["/", "a//b", "a/", "/a", "..", "a/../b", "a b", "a\n", "ä", "*"]
)
def test_a_bad_prefix_is_refused_at_once(prefix: str) -> None:
    with pytest.raises(ConfigError, match="prefix"):
        GcsStore(BUCKET, prefix=prefix, client=object())


@pytest.mark.parametrize(
    "key", ["", "{", "[]", '"text"', '{"type": "service_account", "private_key": "s3cr3t"}']
)
def test_bad_credentials_are_refused_and_not_quoted(tmp_path: Path, key: str) -> None:
    file = tmp_path / "key.json"
    file.write_text(key)
    with pytest.raises(ConfigError) as caught:
        GcsStore(BUCKET, credentials_file=file, project="p")
    assert "s3cr3t" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_credentials_that_are_not_there_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="credentials"):
        GcsStore(BUCKET, credentials_file=tmp_path / "none.json")


def test_an_error_holds_no_address_and_no_token(
    client: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    store = GcsStore("no-such-bucket", client=client, timeout_s=1)
    with pytest.raises(StorageError) as caught:
        store.check()
    error: BaseException | None = caught.value
    said = ""
    while error is not None:
        said += repr(error)
        error = error.__cause__ or error.__context__
    assert "http" not in said
    assert "127.0.0.1" not in said
    assert "127.0.0.1" not in caplog.text
    store.close()


def test_the_library_is_loaded_by_the_store_and_not_by_its_module() -> None:
    code = (
        "import sys, peter_core.store.gcs;"
        "assert not [m for m in sys.modules if m.startswith(('google.', 'requests'))]"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
