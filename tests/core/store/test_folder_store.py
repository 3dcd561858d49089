"""Published documents: whole, never lost, never overwritten unseen."""

from __future__ import annotations

import datetime as dt
import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from peter_core.dashboard.model import RESERVED_SLUGS
from peter_core.errors import (
    AlreadyExists,
    InvalidRequest,
    NotFound,
    PreconditionFailed,
    PreconditionRequired,
    StorageError,
)
from peter_core.store.folder import FolderStore

NOW = dt.datetime(2026, 11, 23, 3, 0, tzinfo=dt.UTC)
SLUG = "flight-operations"


def revision_of(text: str) -> str:
    """The revision of a text, comments aside."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def publish(store: FolderStore, text: str, if_match: str | None = None, **options: object) -> str:
    options = {"by": "ann@example.com", "at": NOW} | options
    slug = str(options.pop("slug", SLUG))
    document = store.publish(slug, text, revision_of(text), if_match=if_match, **options)  # type: ignore[arg-type]
    assert document.revision == revision_of(text)
    return document.revision


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "dashboards")


def test_what_is_published_is_got_as_it_was_written(store: FolderStore) -> None:
    text = "title: Ä\r\n\n# a comment\n"
    revision = publish(store, text, message="First")
    document = store.get(SLUG)
    assert (document.slug, document.revision, document.text) == (SLUG, revision, text)
    assert (document.published_at, document.published_by) == (NOW, "ann@example.com")
    assert document.message == "First"


def test_what_was_never_published_is_not_found(store: FolderStore) -> None:
    for ask in (store.get, store.history):
        with pytest.raises(NotFound, match="no dashboard flight-operations"):
            ask(SLUG)
    with pytest.raises(NotFound):
        store.delete(SLUG, if_match="*", by="ann", at=NOW)
    assert store.list() == ()
    assert not (store._root / SLUG).exists()


def test_a_change_names_the_revision_it_was_made_from(store: FolderStore) -> None:
    first = publish(store, "a: 1")
    with pytest.raises(PreconditionRequired):
        publish(store, "a: 2")
    second = publish(store, "a: 2", first)
    assert store.get(SLUG).revision == second


def test_a_lost_update_is_refused_and_names_both_revisions(store: FolderStore) -> None:
    first = publish(store, "a: 1")
    second = publish(store, "a: 2", first, by="bob@example.com")
    with pytest.raises(PreconditionFailed) as caught:
        publish(store, "a: 3", first)
    for part in (first[:12], second[:12], revision_of("a: 3")[:12], "bob@example.com"):
        assert part in str(caught.value)
    assert store.get(SLUG).text == "a: 2"


def test_the_same_content_is_no_conflict_and_no_new_entry(store: FolderStore) -> None:
    first = publish(store, "a: 1")
    publish(store, "a: 2", first)
    publish(store, "a: 2", first)
    publish(store, "a: 2")
    assert len(store.history(SLUG)) == 2


def test_force_overwrites_any_revision(store: FolderStore) -> None:
    publish(store, "a: 1")
    publish(store, "a: 2", "*")
    assert store.get(SLUG).text == "a: 2"
    assert publish(store, "b: 1", "*", slug="new-one")


def test_a_new_dashboard_must_be_new_where_that_was_asked(store: FolderStore) -> None:
    publish(store, "a: 1", create=True)
    with pytest.raises(AlreadyExists):
        publish(store, "a: 1", create=True)


def test_a_comment_alone_is_kept_under_the_same_revision(store: FolderStore) -> None:
    revision = publish(store, "a: 1")
    publish(store, "# why\na: 1", revision)
    assert store.get(SLUG).text == "# why\na: 1"
    assert store.get(SLUG).revision == revision
    assert store.get(SLUG, revision).text == "# why\na: 1"
    assert len(store.history(SLUG)) == 2


def test_every_revision_can_be_read_and_restored(store: FolderStore) -> None:
    revisions = [publish(store, "n: 0")]
    for n in range(1, 4):
        revisions.append(publish(store, f"n: {n}", revisions[-1]))
    assert [store.get(SLUG, r).text for r in revisions] == ["n: 0", "n: 1", "n: 2", "n: 3"]
    publish(store, "n: 0", revisions[-1], message="Restored")
    history = store.history(SLUG)
    assert [p.number for p in history] == [5, 4, 3, 2, 1]
    assert [p.revision for p in history] == [revisions[0], *reversed(revisions)]
    assert history[0].message == "Restored"
    with pytest.raises(NotFound, match="no revision abababab"):
        store.get(SLUG, "ab" * 32)


def test_a_deleted_dashboard_keeps_its_history(store: FolderStore) -> None:
    revision = publish(store, "a: 1")
    with pytest.raises(PreconditionRequired):
        store.delete(SLUG, if_match=None, by="ann", at=NOW)
    with pytest.raises(PreconditionFailed, match="the deletion was made from abababab"):
        store.delete(SLUG, if_match="ab" * 32, by="ann", at=NOW)
    store.delete(SLUG, if_match=revision, by="ann", at=NOW)
    with pytest.raises(NotFound):
        store.get(SLUG)
    assert store.list() == ()
    assert store.get(SLUG, revision).text == "a: 1"
    assert [(p.number, p.deleted) for p in store.history(SLUG)] == [(2, True), (1, False)]
    with pytest.raises(PreconditionFailed, match="is not published"):
        publish(store, "a: 2", revision)
    publish(store, "a: 1", create=True)
    assert store.get(SLUG).text == "a: 1"
    assert len(store.history(SLUG)) == 3


def test_the_list_is_of_what_is_published_by_slug(store: FolderStore) -> None:
    for slug in ("zoo", "airports", "gone"):
        publish(store, f"slug: {slug}", slug=slug)
    store.delete("gone", if_match="*", by="ann", at=NOW)
    (store._root / "Not A Slug").mkdir()
    (store._root / "file").touch()
    assert [p.slug for p in store.list()] == ["airports", "zoo"]


BAD_SLUGS = [
    "", "a", "..", ".", "a/b", "../x", "/etc", "a\\b", "a\x00b", "ab\n", "ab\r", " ab", "Ab", "äb",
    "a" * 65, "-ab", "ab-", "a--b", "a_b", "a.b", "ab.yaml", "%2e%2e", "..%2f", "ａb", "ab\u200b",
    "dashboards-evil/../x", "~root", "con:", "$HOME", "*", "a b", *sorted(RESERVED_SLUGS),
]  # fmt: skip


@pytest.mark.parametrize("slug", BAD_SLUGS)
def test_a_bad_slug_is_refused_by_every_call(store: FolderStore, slug: str) -> None:
    for call in (
        lambda: publish(store, "a: 1", slug=slug),
        lambda: store.get(slug),
        lambda: store.history(slug),
        lambda: store.delete(slug, if_match="*", by="ann", at=NOW),
    ):
        with pytest.raises(InvalidRequest):
            call()
    assert not store._root.parent.joinpath("x").exists()


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


@pytest.mark.parametrize("revision", ["", "..", "xyz", "../../x", "ABCDEF12", "a" * 65, "ab\n"])
def test_a_bad_revision_is_refused(store: FolderStore, revision: str) -> None:
    publish(store, "a: 1")
    with pytest.raises(InvalidRequest):
        store.get(SLUG, revision)
    with pytest.raises(InvalidRequest):
        store.publish(SLUG, "a: 2", revision, if_match="*", by="ann", at=NOW)


def test_half_a_character_is_refused(store: FolderStore) -> None:
    with pytest.raises(InvalidRequest, match="position 3"):
        store.publish(SLUG, "a: \ud800", "ab" * 32, by="ann", at=NOW)


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


def test_a_store_that_is_not_there_yet_is_ready(store: FolderStore) -> None:
    store.check()
    publish(store, "a: 1")
    store.check()


WRITER = """
import datetime as dt, hashlib, pathlib, sys
from peter_core.errors import PreconditionFailed
from peter_core.store.folder import FolderStore

store, name = FolderStore(pathlib.Path(sys.argv[1])), sys.argv[2]
for n in range(int(sys.argv[3])):
    text = f"writer: {name}\\nn: {n}\\n"
    revision = hashlib.sha256(text.encode()).hexdigest()
    while True:
        head = store.get("shared")
        try:
            store.publish("shared", text, revision, if_match=head.revision, by=name,
                          at=dt.datetime.now(dt.UTC), message=head.revision)
            break
        except PreconditionFailed:
            continue
"""


def test_twenty_writers_of_one_dashboard_lose_nothing(store: FolderStore) -> None:
    first = publish(store, "writer: nobody", slug="shared")
    root, each = str(store._root), 3
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, root, f"w{n}", str(each)])
        for n in range(20)
    ]
    assert [writer.wait(50) for writer in writers] == [0] * 20
    history = list(reversed(store.history("shared")))
    assert [p.number for p in history] == list(range(1, 20 * each + 2))
    # Each publication was made from the one before it: its message names that one.
    made_from = [p.message for p in history[1:]]
    assert made_from == [first, *(p.revision for p in history[1:-1])]
    assert {p.published_by for p in history[1:]} == {f"w{n}" for n in range(20)}
