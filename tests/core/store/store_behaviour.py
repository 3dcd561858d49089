"""What every store promises; the modules of the stores run it with a ``store`` of their own."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import TYPE_CHECKING

import pytest

from peter_core.dashboard.model import RESERVED_SLUGS
from peter_core.errors import (
    AlreadyExists,
    InvalidRequest,
    NotFound,
    PreconditionFailed,
    PreconditionRequired,
)

if TYPE_CHECKING:
    from peter_core.store.port import DocumentStore

NOW = dt.datetime(2026, 11, 23, 3, 0, tzinfo=dt.UTC)
SLUG = "flight-operations"

BAD_SLUGS = [
    "", "a", "..", ".", "a/b", "../x", "/etc", "a\\b", "a\x00b", "ab\n", "ab\r", " ab", "Ab", "äb",
    "a" * 65, "-ab", "ab-", "a--b", "a_b", "a.b", "ab.yaml", "%2e%2e", "..%2f", "ａb", "ab\u200b",
    "dashboards-evil/../x", "~root", "con:", "$HOME", "*", "a b", *sorted(RESERVED_SLUGS),
]  # fmt: skip


def revision_of(text: str) -> str:
    """The revision of a text, comments aside."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def publish(store: DocumentStore, text: str, if_match: str | None = None, **options: object) -> str:
    options = {"by": "ann@example.com", "at": NOW} | options
    slug = str(options.pop("slug", SLUG))
    document = store.publish(slug, text, revision_of(text), if_match=if_match, **options)  # type: ignore[arg-type]
    assert document.revision == revision_of(text)
    return document.revision


class StoreBehaviour:
    """Promises of `DocumentStore`, kept by whatever the fixture ``store`` gives."""

    def test_what_is_published_is_got_as_it_was_written(self, store: DocumentStore) -> None:
        text = "title: Ä\r\n\n# a comment\n"
        revision = publish(store, text, message="First")
        document = store.get(SLUG)
        assert (document.slug, document.revision, document.text) == (SLUG, revision, text)
        assert (document.published_at, document.published_by) == (NOW, "ann@example.com")
        assert document.message == "First"

    def test_what_was_never_published_is_not_found(self, store: DocumentStore) -> None:
        for ask in (store.get, store.history):
            with pytest.raises(NotFound, match="no dashboard flight-operations"):
                ask(SLUG)
        with pytest.raises(NotFound):
            store.delete(SLUG, if_match="*", by="ann", at=NOW)
        assert store.list() == ()

    def test_a_change_names_the_revision_it_was_made_from(self, store: DocumentStore) -> None:
        first = publish(store, "a: 1")
        with pytest.raises(PreconditionRequired):
            publish(store, "a: 2")
        second = publish(store, "a: 2", first)
        assert store.get(SLUG).revision == second

    def test_a_lost_update_is_refused_and_names_both_revisions(self, store: DocumentStore) -> None:
        first = publish(store, "a: 1")
        second = publish(store, "a: 2", first, by="bob@example.com")
        with pytest.raises(PreconditionFailed) as caught:
            publish(store, "a: 3", first)
        for part in (first[:12], second[:12], revision_of("a: 3")[:12], "bob@example.com"):
            assert part in str(caught.value)
        assert store.get(SLUG).text == "a: 2"

    def test_the_same_content_is_no_conflict_and_no_new_entry(self, store: DocumentStore) -> None:
        first = publish(store, "a: 1")
        publish(store, "a: 2", first)
        publish(store, "a: 2", first)
        publish(store, "a: 2")
        assert len(store.history(SLUG)) == 2

    def test_force_overwrites_any_revision(self, store: DocumentStore) -> None:
        publish(store, "a: 1")
        publish(store, "a: 2", "*")
        assert store.get(SLUG).text == "a: 2"
        assert publish(store, "b: 1", "*", slug="new-one")

    def test_a_new_dashboard_must_be_new_where_that_was_asked(self, store: DocumentStore) -> None:
        publish(store, "a: 1", create=True)
        with pytest.raises(AlreadyExists):
            publish(store, "a: 1", create=True)

    def test_a_comment_alone_is_kept_under_the_same_revision(self, store: DocumentStore) -> None:
        revision = publish(store, "a: 1")
        publish(store, "# why\na: 1", revision)
        assert store.get(SLUG).text == "# why\na: 1"
        assert store.get(SLUG).revision == revision
        assert store.get(SLUG, revision).text == "# why\na: 1"
        assert len(store.history(SLUG)) == 2

    def test_every_revision_can_be_read_and_restored(self, store: DocumentStore) -> None:
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

    def test_a_deleted_dashboard_keeps_its_history(self, store: DocumentStore) -> None:
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

    def test_the_list_is_of_what_is_published_by_slug(self, store: DocumentStore) -> None:
        for slug in ("zoo", "airports", "gone"):
            publish(store, f"slug: {slug}", slug=slug)
        store.delete("gone", if_match="*", by="ann", at=NOW)
        assert [p.slug for p in store.list()] == ["airports", "zoo"]

    @pytest.mark.parametrize("slug", BAD_SLUGS)
    def test_a_bad_slug_is_refused_by_every_call(self, store: DocumentStore, slug: str) -> None:
        for call in (
            lambda: publish(store, "a: 1", slug=slug),
            lambda: store.get(slug),
            lambda: store.require(slug, "ab" * 32),
            lambda: store.history(slug),
            lambda: store.delete(slug, if_match="*", by="ann", at=NOW),
        ):
            with pytest.raises(InvalidRequest):
                call()
        assert store.list() == ()

    @pytest.mark.parametrize("revision", ["", "..", "xyz", "../../x", "ABCDEF12", "a" * 65, "ab\n"])
    def test_a_bad_revision_is_refused(self, store: DocumentStore, revision: str) -> None:
        publish(store, "a: 1")
        with pytest.raises(InvalidRequest):
            store.get(SLUG, revision)
        with pytest.raises(InvalidRequest):
            store.publish(SLUG, "a: 2", revision, if_match="*", by="ann", at=NOW)

    def test_half_a_character_is_refused(self, store: DocumentStore) -> None:
        with pytest.raises(InvalidRequest, match="position 3"):
            store.publish(SLUG, "a: \ud800", "ab" * 32, by="ann", at=NOW)

    def test_what_is_required_is_what_publishing_would_say(self, store: DocumentStore) -> None:
        first, other = revision_of("a: 1"), "ab" * 32
        store.require(SLUG, first)
        with pytest.raises(PreconditionFailed, match="is not published"):
            store.require(SLUG, first, if_match=other)
        publish(store, "a: 1")
        store.require(SLUG, first)
        store.require(SLUG, other, if_match=first)
        for error, options in (
            (PreconditionRequired, {}),
            (PreconditionFailed, {"if_match": other}),
            (AlreadyExists, {"create": True}),
        ):
            with pytest.raises(error) as required:
                store.require(SLUG, other, **options)  # type: ignore[arg-type]
            with pytest.raises(error) as published:
                store.publish(SLUG, "a: 2", other, by="ann", at=NOW, **options)  # type: ignore[arg-type]
            assert str(required.value) == str(published.value)
        with pytest.raises(InvalidRequest):
            store.require(SLUG, "xyz")
        assert len(store.history(SLUG)) == 1

    def test_a_moment_is_kept_as_utc_to_the_microsecond(self, store: DocumentStore) -> None:
        zone = dt.timezone(dt.timedelta(hours=5, minutes=30))
        at = dt.datetime(2026, 11, 23, 1, 2, 3, 456789, tzinfo=zone)
        publish(store, "a: 1", at=at)
        document = store.get(SLUG)
        assert document.published_at == at
        assert document.published_at.utcoffset() == dt.timedelta(0)
        assert store.history(SLUG)[0].published_at == at == store.list()[0].published_at

    def test_a_text_of_many_kinds_of_letters_is_kept_to_the_byte(
        self, store: DocumentStore
    ) -> None:
        text = "a: \ufeff\u200b\U0001f600\x00\r\n" + "# long\n" * 40_000
        publish(store, text, message='Ä "quoted"\nmessage \U0001f600' * 100)
        assert store.get(SLUG).text == text
        assert store.history(SLUG)[0].message == 'Ä "quoted"\nmessage \U0001f600' * 100

    def test_dashboards_do_not_see_each_other(self, store: DocumentStore) -> None:
        slugs = ("ab", "ab-c", "abc", "index", "heads", "history", "revisions")
        for slug in slugs:
            publish(store, f"slug: {slug}", slug=slug)
            publish(store, f"again: {slug}", "*", slug=slug)
        for slug in slugs:
            assert store.get(slug).text == f"again: {slug}"
            assert [p.number for p in store.history(slug)] == [2, 1]
        assert [p.slug for p in store.list()] == sorted(slugs)
        with pytest.raises(NotFound):
            store.get("ab", revision_of("slug: abc"))

    def test_a_ready_store_says_so(self, store: DocumentStore) -> None:
        store.check()
        publish(store, "a: 1")
        store.check()
