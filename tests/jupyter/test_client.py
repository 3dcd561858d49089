"""The client against a live Jupyter Server: every use case, and two people at one slug."""

from __future__ import annotations

import datetime as dt
import pickle
import threading
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from peter_core.engine.port import CancelToken
from peter_core.errors import (
    AlreadyExists,
    BytesCapExceeded,
    DocumentError,
    Forbidden,
    InvalidRequest,
    ManagedElsewhere,
    NotFound,
    PreconditionRequired,
    QueryCancelled,
    SqlRefused,
    VerificationFailed,
)
from peter_jupyter.client import Conflict, LoginError, PeterClient, UnreachableError
from peter_jupyter.http.models.data import DoneEvent, StepEvent
from tests.jupyter.live import board
from tests.servers.jupyter import JupyterServer, jupyter_server
from tests.servers.people import token_of
from tests.small_flights import write_tables

SLOW = (
    "SELECT SUM(MOD(a * b, 7)) AS n FROM UNNEST(GENERATE_ARRAY(1, 400000)) AS a, "
    "UNNEST(GENERATE_ARRAY(1, 400000)) AS b"
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterServer]:
    folder = write_tables(tmp_path_factory.mktemp("server") / "workspace")
    with jupyter_server(folder, base_url="/user/alice/") as running:
        yield running


@pytest.fixture
def alice(server: JupyterServer) -> Iterator[PeterClient]:
    with PeterClient(server.url, token_of("alice")) as client:
        yield client


@pytest.fixture
def bob(server: JupyterServer) -> Iterator[PeterClient]:
    with PeterClient(server.url, token_of("bob")) as client:
        yield client


@pytest.fixture
def vera(server: JupyterServer) -> Iterator[PeterClient]:
    with PeterClient(server.url, token_of("vera")) as client:
        yield client


def test_the_server_says_who_asks(alice: PeterClient, vera: PeterClient) -> None:
    assert (alice.me().email, alice.me().roles) == ("alice", ("viewer", "author"))
    assert vera.me().roles == ("viewer",)


def test_what_is_published_is_read_back_as_it_was_written(
    alice: PeterClient, vera: PeterClient
) -> None:
    text = board("read-back")
    made = alice.publish(text, message="First")
    assert (made.created, made.changed, len(made.receipts)) == (True, True, 2)
    found = vera.get("read-back")
    assert (found.yaml, found.revision) == (text, made.revision)
    assert (found.published_by, found.message) == ("alice", "First")
    assert vera.list(q="read-back").dashboards[0].slug == "read-back"
    assert "read-back" in {entry.slug for entry in vera.dashboards()}


def test_two_people_edit_one_slug_and_no_text_is_lost(alice: PeterClient, bob: PeterClient) -> None:
    first = alice.publish(board("shared"))
    bobs = bob.publish(board("shared", title="By Bob"), if_match=first.revision)
    with pytest.raises(Conflict) as raised:
        alice.publish(board("shared", owner="alice@example.com"), if_match=first.revision)
    diff = raised.value.diff
    assert diff is not None
    assert (diff.from_revision, diff.to_revision) == (first.revision, bobs.revision)
    assert [change.text for change in diff.changes] == ['title: "Small flights" -> "By Bob"']
    assert "bob" in str(raised.value)
    assert bob.get("shared").revision == bobs.revision
    with pytest.raises(PreconditionRequired):
        alice.publish(board("shared", owner="alice@example.com"))
    alice.publish(board("shared", owner="alice@example.com"), if_match="*")
    history = alice.history("shared")
    assert [(entry.number, entry.published_by) for entry in history] == [
        (3, "alice"), (2, "bob"), (1, "alice"),
    ]  # fmt: skip
    assert alice.get("shared", bobs.revision).yaml == board("shared", title="By Bob")


def test_the_same_content_again_is_no_conflict(alice: PeterClient, bob: PeterClient) -> None:
    made = alice.publish(board("same"))
    again = bob.publish(board("same"))
    assert (again.revision, again.created, again.changed) == (made.revision, False, False)
    with pytest.raises(AlreadyExists):
        bob.publish(board("same"), create=True)


def test_of_many_who_publish_at_once_one_wins_and_the_others_hear_of_it(
    alice: PeterClient, server: JupyterServer
) -> None:
    base = alice.publish(board("race")).revision
    outcomes: list[str] = []

    def publish(number: int) -> None:
        with PeterClient(server.url, token_of("bob")) as client:
            try:
                client.publish(board("race", title=f"Writer {number}"), if_match=base)
                outcomes.append("published")
            except Conflict as error:
                assert error.diff is not None
                outcomes.append("conflict")

    threads = [threading.Thread(target=publish, args=(number,)) for number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["conflict"] * 4 + ["published"]
    assert len(alice.history("race")) == 2


def test_a_conflict_survives_a_pickle() -> None:
    error = pickle.loads(pickle.dumps(Conflict("Changed.", hint="Look.", diff=None)))  # noqa: S301
    assert (type(error), str(error), error.diff) == (Conflict, "Changed. Look.", None)


def test_an_earlier_revision_is_brought_back_and_compared(alice: PeterClient) -> None:
    first = alice.publish(board("history"))
    second = alice.publish(board("history", title="Second"), if_match=first.revision)
    with pytest.raises(Conflict):
        alice.restore("history", first.revision, if_match=first.revision)
    back = alice.restore("history", first.revision, if_match=second.revision)
    assert back.revision == first.revision
    assert alice.history("history")[0].message == f"Restored {first.revision[:12]}"
    diff = alice.diff("history", from_=second.revision, to=first.revision)
    assert [change.path for change in diff.changes] == ["title"]


def test_a_dashboard_is_taken_away_and_comes_back_by_force(alice: PeterClient) -> None:
    made = alice.publish(board("gone"))
    with pytest.raises(Conflict):
        alice.delete("gone", if_match="0" * 64)
    alice.delete("gone", if_match=made.revision)
    with pytest.raises(NotFound, match="gone"):
        alice.get("gone")
    assert alice.history("gone")[0].deleted
    with pytest.raises(NotFound):
        alice.publish(board("gone"), if_match=made.revision)
    assert alice.publish(board("gone"), if_match="*").created


def test_what_is_kept_in_git_is_changed_from_there_alone(
    alice: PeterClient, bob: PeterClient
) -> None:
    place = "https://git.example/acme/kept.peter.yaml"
    first = alice.publish(board("kept"))
    kept = alice.publish(board("kept", managed=place), if_match=first.revision)
    assert (bob.get("kept").managed, bob.publish(board("kept", managed=place)).changed) == (
        place, False,
    )  # fmt: skip
    other = board("kept", title="By Bob")
    for base in (None, kept.revision, "*"):
        with pytest.raises(ManagedElsewhere, match=place):
            bob.publish(other, if_match=base)
    with pytest.raises(ManagedElsewhere):
        bob.restore("kept", first.revision, if_match=kept.revision)
    with pytest.raises(ManagedElsewhere):
        bob.delete("kept", if_match="*")
    assert bob.publish(other, if_match=kept.revision, managed=True).changed
    back = bob.restore("kept", kept.revision, if_match="*")
    assert bob.restore("kept", first.revision, if_match=back.revision, managed=True).changed
    bob.restore("kept", kept.revision, if_match="*")
    bob.delete("kept", if_match="*", managed=True)
    assert bob.publish(other, if_match="*").created


def test_problems_of_a_document_come_with_their_places(alice: PeterClient) -> None:
    broken = board("broken").replace("y: delay", "y: dealy")
    with pytest.raises(DocumentError) as raised:
        alice.publish(broken)
    problem = next(p for p in raised.value.problems if p.is_error)
    assert "dealy" in broken.splitlines()[(problem.line or 0) - 1]
    checked = alice.validate(broken)
    assert not checked.valid
    assert checked.problems[0].line == problem.line
    assert alice.validate("nonsense: [", mode="offline").mode == "offline"
    with pytest.raises(VerificationFailed):
        alice.publish(board("broken").replace("rows: {min: 1}", "rows: {min: 1000}"))


def test_a_document_is_priced_before_it_runs(alice: PeterClient) -> None:
    plan = alice.compile(board("priced").replace("COUNT(*)", "COUNT(distance)"))
    assert {query.name for query in plan.queries} == {"daily", "carriers"}
    assert plan.totals.estimated_bytes > 0


def test_data_come_as_an_artifact_and_as_arrow(alice: PeterClient, vera: PeterClient) -> None:
    alice.publish(board("data"))
    part = vera.data("data", charts=["flights"])
    assert (list(part.charts), part.partial) == (["flights"], True)
    assert vera.data("data", tab=1) == vera.data("data", tab=None)
    artifact = vera.data("data", filters={"carrier": "AA"}, wait_s=1)
    view = artifact.charts["flights"].view
    assert view is not None
    assert view.kind == "kpi"
    assert view.value.raw == 2
    table = vera.chart_arrow("data", "days")
    assert table.schema.field("flight_date").type == pa.date32()
    assert table.column("flights").to_pylist() == [2, 2, 1]
    assert vera.chart_arrow("data", "days", filters={"carrier": "AA"}).num_rows == 2
    with pytest.raises(NotFound, match="no chart"):
        vera.chart_arrow("data", "nights")
    with pytest.raises(InvalidRequest, match="no filter"):
        vera.data("data", filters={"nonsense": dt.date(2013, 6, 1)})


def test_warming_tells_each_query_and_then_the_sum(alice: PeterClient) -> None:
    alice.publish(board("warm"))
    *steps, last = alice.precompute("warm", filters={"carrier": "UA"}, force=True)
    assert [type(step) for step in steps] == [StepEvent, StepEvent]
    assert isinstance(last, DoneEvent)
    assert (last.status, last.queries_executed) == ("success", 2)
    ages = alice.freshness("warm", filters={"carrier": "UA"})
    assert {age.chart: age.status for age in ages} == dict.fromkeys(
        ("flights", "delay", "days"), "fresh"
    )
    assert alice.cache_stats().entries > 0
    assert alice.invalidate(slug="warm") > 0


def test_a_statement_is_verified_with_its_checks(alice: PeterClient) -> None:
    found = alice.verify(
        "SELECT COUNT(*) AS n FROM nyc.flights WHERE flight_date >= @since",
        parameters={"since": {"type": "DATE", "value": "2013-06-02"}},
        checks=[{"rows": {"min": 1}}],
        max_bytes="1GB",
    )
    assert (found.verdict, found.sample_rows) == ("passed", ({"n": 3},))
    assert found.checks[0].passed
    assert alice.verify("SELECT 1 AS n", dry_run=True).dry_run
    with pytest.raises(SqlRefused):
        alice.verify("DELETE FROM nyc.flights WHERE TRUE")
    with pytest.raises(BytesCapExceeded):
        alice.verify("SELECT * FROM nyc.flights", max_bytes=1)


def test_a_cancelled_statement_stops_on_the_server(alice: PeterClient) -> None:
    cancel = CancelToken()
    threading.Timer(0.7, cancel.cancel).start()
    # Otherwise it ends with its rows, or at a time limit.
    with pytest.raises(QueryCancelled):
        alice.verify(SLOW, cancel=cancel)
    assert alice.verify("SELECT 2 AS n").sample_rows == ({"n": 2},)


def test_lineage_impact_and_costs_are_answered(alice: PeterClient, vera: PeterClient) -> None:
    alice.publish(board("traced"))
    kinds = {node.kind for node in vera.lineage("traced", columns=True).nodes}
    assert kinds == {"dashboard", "chart", "query", "table", "column"}
    near = vera.upstream("chart:traced/delay", depth=1)
    assert "query:traced/daily" in {node.id for node in near.nodes}
    table = next(n.id for n in vera.lineage("traced").nodes if n.id.endswith("nyc.flights"))
    assert "dashboard:traced" in {node.id for node in vera.downstream(table).nodes}
    assert "traced" in vera.impact(drop="nyc.flights/dep_delay").dashboards
    today = dt.datetime.now(dt.UTC).date()
    assert alice.costs(today - dt.timedelta(days=1), today, slug="traced").query_count > 0


def test_a_viewer_publishes_nothing(vera: PeterClient) -> None:
    with pytest.raises(Forbidden, match="author"):
        vera.publish(board("not-hers"))


def test_a_wrong_token_and_none_are_told_apart_from_rights(server: JupyterServer) -> None:
    for token in (None, "token-mallory"):
        with PeterClient(server.url, token) as client, pytest.raises(LoginError) as raised:
            client.list()
        assert "mallory" not in f"{raised.value!r} {raised.value.__notes__}"


def test_an_address_without_a_peter_is_told_so(server: JupyterServer) -> None:
    above = server.url.removesuffix("/peter")
    with (
        PeterClient(above, token_of("alice")) as client,
        pytest.raises(UnreachableError, match=r"no Peter .* ends in /peter"),
    ):
        client.list()


@pytest.mark.parametrize("slug", ["", ".", "..", "a/../../x", "%2e%2e", "x?revision=1", "ü"])
def test_a_slug_never_leaves_its_segment(alice: PeterClient, slug: str) -> None:
    with pytest.raises((NotFound, InvalidRequest)):
        alice.get(slug)


def test_a_workspace_path_is_no_part_of_what_is_told(alice: PeterClient, tmp_path: Path) -> None:
    with pytest.raises(NotFound) as raised:
        alice.get("nowhere")
    assert str(tmp_path.parent) not in str(raised.value)
