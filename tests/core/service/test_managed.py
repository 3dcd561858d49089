"""Dashboards whose file is kept elsewhere: nobody changes them here by accident."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from peter_core.errors import (
    AlreadyExists,
    ManagedElsewhere,
    NotFound,
    PreconditionFailed,
    StorageError,
    VerificationFailed,
)
from peter_core.principal import Principal
from peter_core.service import Peter
from peter_core.service.managed import managed_at

PLACE = "https://git.example/acme/boards/blob/main/sales.peter.yaml"
ADA = Principal(email="ada@example.com", name="Ada", roles=frozenset({"author"}), host="test")
BOB = Principal(email="bob@example.com", name="Bob", roles=frozenset({"author"}), host="test")


def board(title: str = "Sales", *, managed: str | None = PLACE, sql: str = "SELECT 1 AS n") -> str:
    kept = f"managed: {managed}\n" if managed else ""
    return (
        f"version: 1\nslug: sales\ntitle: {title}\n{kept}"
        f'queries: {{daily: {{sql: "{sql}"}}}}\n'
        "charts: {n: {type: kpi, query: daily, title: N, value: n}}\n"
    )


@pytest.fixture
def peter(tmp_path: Path) -> Iterator[Peter]:
    with Peter.local(tmp_path) as opened:
        yield opened


@pytest.fixture
def kept(peter: Peter) -> str:
    """The revision of a dashboard that Ada published from git."""
    return peter.publish(board(), principal=ADA).revision


def numbers(peter: Peter) -> list[int]:
    return [entry.number for entry in peter.history("sales")]


@pytest.mark.usefixtures("kept")
def test_the_first_publication_needs_no_word(peter: Peter) -> None:
    assert peter.get("sales").published_by == ADA.email
    assert managed_at(peter.get("sales").text) == PLACE


@pytest.mark.parametrize("by", [ADA, BOB], ids=["who published it", "somebody else"])
@pytest.mark.parametrize("precondition", ["revision", "*", "stale", None])
def test_a_change_is_refused_whoever_makes_it(
    peter: Peter, kept: str, by: Principal, precondition: str | None
) -> None:
    base = {"revision": kept, "stale": "ab" * 32}.get(precondition or "", precondition)
    with pytest.raises(ManagedElsewhere) as raised:
        peter.publish(board("Mine"), if_match=base, principal=by)
    assert raised.value.code == "managed"
    assert PLACE in raised.value.message
    assert "--managed" in (raised.value.hint or "")
    assert peter.get("sales").revision == kept
    assert numbers(peter) == [1]


def test_a_change_that_is_refused_runs_no_query(peter: Peter, kept: str) -> None:
    with pytest.raises(ManagedElsewhere):
        peter.publish(board(sql="SELECT 1 / 0 AS n"), if_match=kept)
    with pytest.raises(VerificationFailed):
        peter.publish(board(sql="SELECT 1 / 0 AS n"), if_match=kept, managed=True)


def test_taking_the_mark_away_is_a_change(peter: Peter, kept: str) -> None:
    with pytest.raises(ManagedElsewhere):
        peter.publish(board(managed=None), if_match=kept)
    freed = peter.publish(board(managed=None), if_match=kept, managed=True).revision
    assert peter.publish(board("Mine", managed=None), if_match=freed, principal=BOB).changed


def test_who_speaks_for_the_place_changes_it(peter: Peter, kept: str) -> None:
    made = peter.publish(board("Newer"), if_match=kept, managed=True, principal=BOB)
    assert (made.created, made.changed) == (False, True)
    assert peter.get("sales").published_by == BOB.email


def test_who_speaks_for_the_place_still_says_what_it_was_made_from(peter: Peter, kept: str) -> None:
    peter.publish(board("Newer"), if_match=kept, managed=True)
    with pytest.raises(PreconditionFailed):
        peter.publish(board("Newest"), if_match=kept, managed=True)


@pytest.mark.parametrize("comment", ["", "# read again\n"])
def test_the_same_content_is_no_change(peter: Peter, kept: str, comment: str) -> None:
    again = peter.publish(comment + board(), principal=BOB)
    assert (again.revision, again.changed) == (kept, False)


def test_bringing_an_earlier_revision_back_is_a_change(peter: Peter) -> None:
    first = peter.publish(board("First", managed=None)).revision
    kept = peter.publish(board(), if_match=first).revision
    earlier = peter.get("sales", first).text
    with pytest.raises(ManagedElsewhere):
        peter.publish(earlier, if_match=kept, message="Restored")
    assert peter.publish(earlier, if_match=kept, managed=True).revision == first


@pytest.mark.parametrize("by", [ADA, BOB], ids=["who published it", "somebody else"])
@pytest.mark.parametrize("force", [True, False])
def test_a_deletion_is_refused(peter: Peter, kept: str, by: Principal, force: bool) -> None:
    with pytest.raises(ManagedElsewhere, match="is not deleted here"):
        peter.delete("sales", if_match="*" if force else kept, principal=by)
    assert peter.list().total == 1
    peter.delete("sales", if_match="*" if force else kept, principal=by, managed=True)
    assert peter.list().total == 0


def test_what_was_deleted_is_published_again_by_anybody(peter: Peter, kept: str) -> None:
    peter.delete("sales", if_match=kept, managed=True)
    assert peter.publish(board("Mine", managed=None), principal=BOB).created


def test_a_taken_slug_is_told_as_one(peter: Peter, kept: str) -> None:
    with pytest.raises(AlreadyExists):
        peter.publish(board("Mine", managed=None), create=True)
    with pytest.raises(NotFound):
        peter.delete("other", if_match=kept)


def test_a_dashboard_of_here_may_move_to_git(peter: Peter) -> None:
    mine = peter.publish(board(managed=None)).revision
    assert peter.publish(board(), if_match=mine, principal=BOB).changed


def test_a_force_looks_again_after_the_queries_ran(
    peter: Peter, monkeypatch: pytest.MonkeyPatch
) -> None:
    peter.publish(board(managed=None), principal=BOB)
    verify_step = peter._statements.verify_step
    quicker: list[str] = []

    def verify(plan, *rest, **more):  # type: ignore[no-untyped-def]
        made = verify_step(plan, *rest, **more)
        if plan.dashboard.title == "Mine" and not quicker:
            quicker.append(peter.publish(board("Git"), if_match="*", principal=ADA).revision)
        return made

    monkeypatch.setattr(peter._statements, "verify_step", verify)
    with pytest.raises(ManagedElsewhere):
        peter.publish(board("Mine", managed=None), if_match="*", principal=BOB)
    assert peter.get("sales").revision == quicker[0]


def test_a_text_of_another_version_still_says_where_it_is_kept() -> None:
    assert managed_at(f"version: 9\nmanaged: {PLACE}\n") == PLACE
    assert managed_at("version: 9\nmanaged: 3\n") is None
    assert managed_at("- managed\n") is None
    assert managed_at("a: [\n") is None


@pytest.mark.usefixtures("kept")
def test_a_text_that_was_damaged_on_disk_can_be_replaced(peter: Peter, tmp_path: Path) -> None:
    (text,) = (tmp_path / "dashboards" / "sales" / "revisions").glob("*.yaml")
    text.write_text("damaged")
    with pytest.raises(StorageError):
        peter.get("sales")
    assert peter.publish(board("Whole"), if_match="*").changed
    assert peter.get("sales").text == board("Whole")


@pytest.mark.parametrize(
    ("value", "said"),
    [("github.com/acme", "https://"), ("'javascript:alert(1)'", "https://"),
     ("3", "text"), ("'http://a b'", "https://")],
)  # fmt: skip
def test_a_place_is_a_web_address(peter: Peter, value: str, said: str) -> None:
    found = peter.validate(board(managed=value), mode="offline")
    (problem,) = found.problems
    assert (problem.path, problem.line) == ("managed", 4)
    assert said in f"{problem.message} {problem.hint}"
