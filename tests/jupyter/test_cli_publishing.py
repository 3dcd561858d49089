"""publish, diff, list, show, history, delete and restore."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from peter_jupyter.http.models.dashboard import (
    DashboardList,
    Difference,
    History,
    PublicationAnswer,
)
from tests.jupyter.command_line import CommandLine
from tests.jupyter.conftest import DASHBOARD

CHANGED = DASHBOARD.replace("title: Days}", "title: Every day}")


@pytest.fixture
def published(peter: CommandLine) -> str:
    """The revision of the small dashboard, published from its file."""
    ran = peter("publish", peter.file("small.peter.yaml", DASHBOARD), "--json")
    assert ran.code == 0, ran.err
    return str(ran.json["revision"])


def test_the_first_publish_needs_no_revision(peter: CommandLine) -> None:
    ran = peter("publish", peter.file("small.peter.yaml", DASHBOARD), "-m", "First")
    assert ran.code == 0, ran.err
    assert ran.out.startswith("published, new · small-flights @ ")
    assert "2 queries verified" in ran.out
    (entry,) = peter("history", "small-flights", "--json").json["revisions"]
    assert entry["message"] == "First"


def test_a_change_must_name_what_it_was_made_from(peter: CommandLine, published: str) -> None:
    file = peter.file("small.peter.yaml", CHANGED)
    ran = peter("publish", file)
    assert (ran.code, ran.out) == (2, "")
    assert f"`peter diff {file}`" in ran.err
    assert peter("show", "small-flights").out == DASHBOARD
    assert peter("publish", file, "--if-match", published[:7]).code == 0
    assert peter("show", "small-flights").out == CHANGED


def test_a_change_of_what_is_gone_is_refused(peter: CommandLine, published: str) -> None:
    assert peter("publish", peter.file("a.peter.yaml", CHANGED), "--force").code == 0
    third = DASHBOARD.replace("title: Days}", "title: Third}")
    ran = peter("publish", peter.file("b.peter.yaml", third), "--if-match", published)
    assert ran.code == 1
    assert "was made from" in ran.err
    assert peter("show", "small-flights").out == CHANGED


def test_force_and_a_revision_are_not_both_meant(peter: CommandLine, published: str) -> None:
    file = peter.file("a.peter.yaml", CHANGED)
    assert peter("publish", file, "--force", "--if-match", published).code == 2


def test_the_json_of_a_publish_is_the_api_s(peter: CommandLine, published: str) -> None:
    ran = peter("publish", peter.file("small.peter.yaml", DASHBOARD), "--json")
    answer = PublicationAnswer.model_validate(ran.json)
    assert (answer.revision, answer.created, answer.changed) == (published, False, False)
    assert len(answer.receipts) == 2


def test_a_broken_document_shows_its_places_and_publishes_nothing(peter: CommandLine) -> None:
    file = peter.file("wrong.peter.yaml", DASHBOARD.replace("dep_delay", "dep_dealy"))
    ran = peter("publish", file, "--json")
    assert ran.code == 1
    assert f"{file}:12:52: error: " in ran.err
    assert "SELECT flight_date, COUNT(*) AS flights, AVG(dep_dealy) AS delay" in ran.err
    assert ran.json["error"]["code"] == "document_invalid"
    assert ran.json["error"]["problems"][0]["line"] == 12
    assert peter("list", "--json").json["total"] == 0


def test_a_check_that_fails_stops_the_publish(peter: CommandLine) -> None:
    text = DASHBOARD.replace("- rows: {min: 1}", "- rows: {min: 100}")
    ran = peter("publish", peter.file("few.peter.yaml", text))
    assert ran.code == 1
    assert "Nothing was published" in ran.err
    assert peter("list").out.startswith(f"Nothing is published in {peter.folder.resolve()} yet")


def test_documents_that_came_without_a_ledger_are_not_called_unpublished(
    peter: CommandLine, published: str
) -> None:
    shutil.rmtree(peter.folder / ".peter")
    assert peter("list").out.endswith("is not in the list yet: peter reindex.\n")
    assert peter("reindex").code == 0
    assert "small-flights" in peter("list").out
    assert peter("delete", "small-flights", "--force").code == 0
    assert peter("list").out.startswith("Nothing is published in ")


def test_diff_tells_the_meaning_and_check_fails_on_it(peter: CommandLine, published: str) -> None:
    same = peter.file("same.peter.yaml", "# a comment\n" + DASHBOARD)
    assert "nothing changes in meaning" in peter("diff", same, "--check").out
    assert peter("diff", same, "--check").code == 0
    changed = peter.file("changed.peter.yaml", CHANGED)
    ran = peter("diff", changed)
    assert ran.code == 0
    assert '  charts.days.title: "Days" -> "Every day"' in ran.out
    ran = peter("diff", changed, "--check", "--json")
    assert ran.code == 1
    answer = Difference.model_validate(ran.json)
    assert answer.from_revision == published
    assert [change.path for change in answer.changes] == ["charts.days.title"]


def test_diff_looks_at_earlier_revisions(peter: CommandLine, published: str) -> None:
    file = peter.file("small.peter.yaml", CHANGED)
    assert peter("publish", file, "--force").code == 0
    assert peter("diff", file, "--check").code == 0
    assert peter("diff", file, "--check", "--revision", published[:8]).code == 1


def test_diff_of_what_is_not_published_says_so(peter: CommandLine) -> None:
    ran = peter("diff", peter.file("small.peter.yaml", DASHBOARD))
    assert (ran.code, ran.out) == (1, "")
    assert "There is no dashboard small-flights." in ran.err


def test_lists_are_filtered(peter: CommandLine, published: str) -> None:
    other = DASHBOARD.replace("small-flights", "other-flights").replace("operations", "demo")
    assert peter("publish", peter.file("other.peter.yaml", other)).code == 0
    assert [line.split()[0] for line in peter("list").out.splitlines()] == [
        "SLUG", "other-flights", "small-flights",
    ]  # fmt: skip
    answer = DashboardList.model_validate(peter("list", "--tag", "demo", "--json").json)
    assert [entry.slug for entry in answer.dashboards] == ["other-flights"]
    assert peter("list", "--owner", "nobody@example.com").out == "Nothing was found.\n"
    assert peter("list", "--q", "other", "--json").json["total"] == 1


def test_show_gives_the_file_to_the_letter(peter: CommandLine, published: str) -> None:
    assert peter("publish", peter.file("b.peter.yaml", CHANGED), "--force").code == 0
    assert peter("show", "small-flights", "--revision", published[:7]).out == DASHBOARD
    ran = peter("show", "small-flights", "--revision", "abcdefab")
    assert ran.code == 1
    assert "has no revision abcdefab" in ran.err


def test_a_deletion_without_a_terminal_must_be_meant(peter: CommandLine, published: str) -> None:
    ran = peter("delete", "small-flights")
    assert ran.code == 2
    assert "nobody is there to be asked" in ran.err
    assert peter("delete", "small-flights", "--if-match", "0" * 64).code == 1
    assert peter("show", "small-flights").code == 0
    assert peter("delete", "small-flights", "--if-match", published[:10]).code == 0
    assert peter("show", "small-flights").code == 1
    assert peter("list", "--json").json["total"] == 0
    assert peter("delete", "small-flights", "--force").code == 1


def test_a_restored_dashboard_is_the_newest_and_verified(
    peter: CommandLine, published: str
) -> None:
    assert peter("publish", peter.file("b.peter.yaml", CHANGED), "--force").code == 0
    ran = peter("restore", "small-flights", published[:7], "--json")
    assert ran.code == 0, ran.err
    assert len(ran.json["receipts"]) == 2
    assert peter("show", "small-flights").out == DASHBOARD
    assert peter("delete", "small-flights", "--force").code == 0
    assert peter("restore", "small-flights", published).code == 0
    answer = History.model_validate(peter("history", "small-flights", "--json").json)
    assert [(entry.number, entry.deleted) for entry in answer.revisions] == [
        (5, False), (4, True), (3, False), (2, False), (1, False),
    ]  # fmt: skip
    assert answer.revisions[2].message == f"Restored {published[:12]}"
    assert "deleted" in peter("history", "small-flights").out


@pytest.mark.parametrize("slug", ["../../etc", "Flights", "x" * 70])
def test_a_hostile_slug_reads_nothing(peter: CommandLine, slug: str) -> None:
    for words in (("show", slug), ("history", slug), ("delete", slug, "--force")):
        ran = peter(*words)
        assert ran.code == 2, words
        assert ran.err.startswith("Error: ")
    assert not Path(peter.folder / "dashboards" / slug).exists()


def test_an_earlier_revision_goes_by_its_number_too(peter: CommandLine, published: str) -> None:
    changed = peter.file("small.peter.yaml", CHANGED)
    assert peter("publish", changed, "--force").code == 0
    assert peter("show", "small-flights", "--revision", "1").out == DASHBOARD
    assert "Every day" in peter("show", "small-flights", "--revision", "2").out
    assert '"Days" -> "Every day"' in peter("diff", changed, "--revision", "1").out
    assert published[:7] in peter("restore", "small-flights", "1").out
    missing = peter("restore", "small-flights", "9")
    assert missing.code == 1
    assert "small-flights has no publication with the number 9." in missing.err


def test_what_is_not_published_has_nothing_to_differ_from(peter: CommandLine) -> None:
    file = peter.file("new.peter.yaml", DASHBOARD)
    ran = peter("diff", file)
    assert ran.code == 1
    assert f"Nothing was published from {file} yet: peter publish {file}." in ran.err


def test_a_folder_is_no_dashboard_file(peter: CommandLine) -> None:
    ran = peter("validate", str(peter.folder))
    assert (ran.code, ran.out) == (2, "")
    assert f"{peter.folder} is a folder." in ran.err
    assert "*.peter.yaml" in ran.err


PLACE = "https://git.example/acme/boards/blob/main/small.peter.yaml"
KEPT = DASHBOARD.replace("version: 1\n", f"version: 1\nmanaged: {PLACE}\n")


def test_what_is_kept_in_git_is_changed_from_there_alone(peter: CommandLine) -> None:
    file = peter.file("small.peter.yaml", KEPT)
    assert peter("publish", file).code == 0
    assert peter("publish", file).out.startswith("already published")
    changed = peter.file("small.peter.yaml", KEPT.replace("title: Days}", "title: Every day}"))
    refused = peter("publish", changed, "--force", "--json")
    assert (refused.code, refused.json["error"]["code"]) == (1, "managed")
    assert PLACE in refused.err
    assert "--managed" in refused.err
    done = peter("publish", changed, "--force", "--managed")
    assert done.code == 0, done.err
    history = peter("history", "small-flights", "--json").json
    assert (history["total"], history["managed"]) == (2, PLACE)
    assert History.model_validate(history).managed == PLACE


def test_speaking_for_git_is_no_force(peter: CommandLine) -> None:
    peter("publish", peter.file("small.peter.yaml", KEPT))
    ran = peter("publish", peter.file("small.peter.yaml", CHANGED), "--managed")
    assert (ran.code, peter("show", "small-flights").out) == (2, KEPT)


def test_what_is_kept_in_git_is_restored_and_deleted_from_there_alone(
    peter: CommandLine, published: str
) -> None:
    kept = peter("publish", peter.file("a.peter.yaml", KEPT), "--if-match", published, "--json")
    revision = str(kept.json["revision"])
    refused = peter("restore", "small-flights", published[:7])
    assert (refused.code, PLACE in refused.err) == (1, True)
    refused = peter("delete", "small-flights", "--if-match", revision)
    assert (refused.code, PLACE in refused.err) == (1, True)
    assert peter("show", "small-flights").out == KEPT
    assert peter("restore", "small-flights", published[:7], "--managed").code == 0
    assert peter("publish", peter.file("a.peter.yaml", KEPT), "--force").code == 0
    assert peter("delete", "small-flights", "--force", "--managed").code == 0
    assert peter("history", "small-flights", "--json").json["managed"] is None
