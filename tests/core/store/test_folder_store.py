"""Published documents: whole, never lost, never overwritten unseen."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from peter_core.errors import InvalidRequest, NotFound, StorageError
from peter_core.store.folder import FolderStore
from tests.core.store.store_behaviour import SLUG, StoreBehaviour, publish


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "dashboards")


class TestFolderStore(StoreBehaviour):
    """A folder keeps every store's promises."""


def test_asking_for_what_is_not_there_makes_no_folder(store: FolderStore) -> None:
    for ask in (store.get, store.history):
        with pytest.raises(NotFound):
            ask(SLUG)
    assert not (store._root / SLUG).exists()


def test_a_slug_that_is_nearly_right_names_the_published_one(store: FolderStore) -> None:
    publish(store, "a: 1", slug="shop-orders")
    (store._root / "shop-orde").mkdir()
    for ask in (store.get, store.history):
        with pytest.raises(NotFound) as raised:
            ask("shop-order")
        assert raised.value.hint == "Did you mean shop-orders?"
    store.delete("shop-orders", if_match="*", by="ada", at=dt.datetime.now(dt.UTC))
    with pytest.raises(NotFound) as raised:
        store.get("shop-order")
    assert raised.value.hint is None


def test_other_files_in_the_store_are_no_dashboards(store: FolderStore) -> None:
    publish(store, "a: 1", slug="zoo")
    (store._root / "Not A Slug").mkdir()
    (store._root / "file").touch()
    (store._root / "empty").mkdir()
    assert [p.slug for p in store.list()] == ["zoo"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=70) | st.text("ab0-./~%\\\x00", max_size=8))
def test_no_slug_leads_outside_the_store(tmp_path: Path, slug: str) -> None:
    root = tmp_path / "root"
    try:
        publish(FolderStore(root), "a: 1", "*", slug=slug)
    except InvalidRequest:
        return
    assert (root / slug / "HEAD").is_file()
    assert {p.name for p in tmp_path.iterdir()} == {"root"}


def test_a_link_in_the_store_is_not_followed(store: FolderStore, tmp_path: Path) -> None:
    publish(store, "a: 1", slug="other")
    outside = tmp_path / "root-evil"
    outside.mkdir()
    for target in (outside, store._root / "other"):
        link = store._root / SLUG
        link.symlink_to(target)
        with pytest.raises(StorageError, match="link"):
            publish(store, "a: 2", "*")
        with pytest.raises(StorageError, match="link"):
            store.get(SLUG)
        link.unlink()
    assert list(outside.iterdir()) == []
    assert store.get("other").text == "a: 1"


@pytest.mark.parametrize("inner", ["revisions", "history"])
def test_a_link_inside_a_dashboards_folder_is_not_followed(
    store: FolderStore, tmp_path: Path, inner: str
) -> None:
    outside = tmp_path / "evil"
    outside.mkdir()
    (store._root / SLUG).mkdir(parents=True)
    (store._root / SLUG / inner).symlink_to(outside)
    with pytest.raises(StorageError, match="link"):
        publish(store, "a: 1")
    assert list(outside.iterdir()) == []


def test_a_linked_text_or_pointer_is_not_read(store: FolderStore, tmp_path: Path) -> None:
    revision = publish(store, "a: 1")
    text = store._root / SLUG / "revisions" / f"{revision}.yaml"
    secret = tmp_path / "secret"
    secret.write_text("a: 1")
    text.unlink()
    text.symlink_to(secret)
    with pytest.raises(StorageError):
        store.get(SLUG)


def test_a_text_changed_on_disk_is_not_served(store: FolderStore) -> None:
    revision = publish(store, "a: 1")
    (store._root / SLUG / "revisions" / f"{revision}.yaml").write_text("a: 2")
    with pytest.raises(StorageError, match="changed on disk"):
        store.get(SLUG)


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b"{}", b"\xff\xfe", b"null"])
def test_a_damaged_pointer_is_a_clear_error(store: FolderStore, damage: bytes) -> None:
    publish(store, "a: 1")
    (store._root / SLUG / "HEAD").write_bytes(damage)
    with pytest.raises(StorageError, match="HEAD of dashboard flight-operations is damaged"):
        store.get(SLUG)


def test_a_store_that_is_no_folder_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    store = FolderStore(tmp_path / "file")
    with pytest.raises(StorageError):
        store.check()
    with pytest.raises(StorageError, match="could not publish dashboard"):
        publish(store, "a: 1")
