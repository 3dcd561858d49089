"""Publishing to a server from a cell and from the terminal; two people at one slug."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from peter_core.errors import Forbidden, InvalidRequest, ManagedElsewhere
from peter_jupyter.client import LoginError, PeterClient
from peter_jupyter.remote import PublishRefused
from tests.jupyter.command_line import CommandLine
from tests.jupyter.conftest import Notebook
from tests.jupyter.live import board
from tests.servers.jupyter import JupyterServer, jupyter_server
from tests.servers.people import token_of
from tests.small_flights import write_tables


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterServer]:
    folder = write_tables(tmp_path_factory.mktemp("server") / "workspace")
    with jupyter_server(folder) as running:
        yield running


@pytest.fixture
def bob(server: JupyterServer) -> Iterator[PeterClient]:
    with PeterClient(server.url, token_of("bob")) as client:
        yield client


@pytest.fixture
def as_alice(server: JupyterServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PETER_URL", server.url)
    monkeypatch.setenv("PETER_TOKEN", token_of("alice"))
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "no-servers"))


@pytest.fixture
def cells(notebook: Notebook, workspace: Path, as_alice: None) -> Notebook:
    notebook.run(f"%peter use {workspace}")
    assert notebook.result.success, notebook.error
    return notebook


def test_a_notebook_publishes_to_a_server(
    cells: Notebook, server: JupyterServer, bob: PeterClient, tmp_path: Path
) -> None:
    (tmp_path / "a.peter.yaml").write_text(board("from-notebook"))
    cells.run(f"%peter publish a.peter.yaml --to {server.url}")
    assert cells.result.success, cells.error
    assert cells.shown().startswith("published, new · from-notebook @ ")
    assert f"{server.url}/dashboards/from-notebook" in cells.shown()
    assert f"{server.url}/dashboards/from-notebook" in cells.shown("text/html")
    assert bob.get("from-notebook").published_by == "alice"
    (tmp_path / "a.peter.yaml").write_text(board("from-notebook", title="Second"))
    # What the notebook published last is what its next text was made from.
    cells.run(f"%peter publish a.peter.yaml --to {server.url}/")
    assert cells.result.success, cells.error
    assert bob.get("from-notebook").yaml == board("from-notebook", title="Second")


def test_a_cell_publishes_the_dashboard_it_shows(
    cells: Notebook, server: JupyterServer, bob: PeterClient
) -> None:
    cells.run(f"%%peter_dashboard --to {server.url}\n{board('from-cell')}")
    assert cells.result.success, cells.error
    assert "published, new · from-cell" in cells.shown()
    assert bob.get("from-cell").yaml.strip() == board("from-cell").strip()
    broken = board("from-cell").replace("y: delay", "y: dealy")
    assert not cells.run(f"%%peter_dashboard --to {server.url}\n{broken}").success
    assert len(bob.history("from-cell")) == 1


def test_a_notebook_that_was_overtaken_shows_what_others_changed(
    cells: Notebook, server: JupyterServer, bob: PeterClient, tmp_path: Path
) -> None:
    file = tmp_path / "a.peter.yaml"
    file.write_text(board("overtaken"))
    cells.run(f"%peter publish a.peter.yaml --to {server.url}")
    first = bob.get("overtaken").revision
    bobs = bob.publish(board("overtaken", title="By <b>Bob</b>"), if_match=first)
    file.write_text(board("overtaken", owner="alice@example.com"))
    cells.run(f"%peter publish a.peter.yaml --to {server.url}")
    assert isinstance(cells.result.error_in_exec, PublishRefused)
    assert f"--if-match {bobs.revision[:12]}" in cells.error
    assert "published by bob" in cells.error
    assert f"Changed by others since {first[:12]}" in cells.shown()
    assert 'title: "Small flights" -> "By <b>Bob</b>"' in cells.shown()
    assert "<b>Bob</b>" not in cells.shown("text/html")
    assert bob.get("overtaken").revision == bobs.revision
    merged = board("overtaken", title="By <b>Bob</b>", owner="alice@example.com")
    file.write_text(merged)
    cells.run(f"%peter publish a.peter.yaml --to {server.url} --if-match {bobs.revision[:7]}")
    assert cells.result.success, cells.error
    assert bob.get("overtaken").yaml == merged


def test_force_overwrites_and_the_others_text_stays_in_the_history(
    cells: Notebook, server: JupyterServer, bob: PeterClient, tmp_path: Path
) -> None:
    theirs = bob.publish(board("forced", title="By Bob"))
    (tmp_path / "a.peter.yaml").write_text(board("forced"))
    cells.run(f"%peter publish a.peter.yaml --to {server.url}")
    assert "nothing says which revision" in cells.error
    assert 'title: "By Bob" -> "Small flights"' in cells.shown()
    cells.run(f"%peter publish a.peter.yaml --to {server.url} --force")
    assert cells.result.success, cells.error
    assert bob.get("forced", theirs.revision).yaml == board("forced", title="By Bob")


def test_what_is_kept_in_git_is_published_from_there_alone(
    cells: Notebook, server: JupyterServer, bob: PeterClient, tmp_path: Path
) -> None:
    place = "https://git.example/acme/kept.peter.yaml"
    bob.publish(board("kept", managed=place))
    (tmp_path / "a.peter.yaml").write_text(board("kept", title="Mine"))
    cells.run(f"%peter publish a.peter.yaml --to {server.url} --force")
    assert isinstance(cells.result.error_in_exec, ManagedElsewhere)
    assert place in cells.error
    assert "--managed" in cells.error
    cells.run(f"%peter publish a.peter.yaml --to {server.url} --force --managed")
    assert cells.result.success, cells.error
    assert bob.get("kept").title == "Mine"


def test_what_is_kept_in_git_is_published_here_from_there_alone(
    cells: Notebook, tmp_path: Path
) -> None:
    file = tmp_path / "a.peter.yaml"
    file.write_text(board("kept", managed="https://git.example/kept"))
    cells.run("%peter publish a.peter.yaml")
    assert cells.result.success, cells.error
    file.write_text(board("kept", title="Mine"))
    cells.run("%peter publish a.peter.yaml")
    assert isinstance(cells.result.error_in_exec, ManagedElsewhere)
    cells.run("%peter publish a.peter.yaml --managed")
    assert cells.result.success, cells.error


def test_options_that_contradict_each_other_are_refused(
    cells: Notebook, server: JupyterServer, tmp_path: Path
) -> None:
    (tmp_path / "a.peter.yaml").write_text(board("options"))
    cells.run(f"%peter publish a.peter.yaml --to {server.url} --force --if-match 1234567")
    assert isinstance(cells.result.error_in_exec, InvalidRequest)
    cells.run(f"%%peter_dashboard --force\n{board('options')}")
    assert "belong to '--to URL'" in cells.error


def test_without_a_token_the_notebook_says_where_to_get_one(
    cells: Notebook, server: JupyterServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.peter.yaml").write_text(board("no-token"))
    monkeypatch.delenv("PETER_TOKEN")
    cells.run(f"%peter publish a.peter.yaml --to {server.url}")
    assert isinstance(cells.result.error_in_exec, LoginError)
    assert "PETER_TOKEN" in cells.error
    monkeypatch.setenv("PETER_TOKEN", "token-mallory")
    cells.run(f"%peter publish a.peter.yaml --to {server.url}")
    assert "does not accept the token" in cells.error
    assert "mallory" not in cells.error
    monkeypatch.setenv("PETER_TOKEN", token_of("vera"))
    cells.run(f"%peter publish a.peter.yaml --to {server.url}")
    assert isinstance(cells.result.error_in_exec, Forbidden)
    assert "vera is viewer there" in cells.error


def test_an_address_that_is_none_stops_the_cell_in_one_line(cells: Notebook) -> None:
    Path("a.peter.yaml").write_text(board("nowhere"))
    cells.run("%peter publish a.peter.yaml --to nowhere")
    assert isinstance(cells.result.error_in_exec, InvalidRequest)
    cells.run("%peter publish a.peter.yaml --to http://127.0.0.1:9/peter")
    assert "cannot be reached" in cells.error
    assert cells.run("1 + 1").result == 2


def test_a_terminal_publishes_to_a_server(
    peter: CommandLine, as_alice: None, server: JupyterServer, bob: PeterClient
) -> None:
    file = peter.file("a.peter.yaml", board("from-terminal"))
    ran = peter("publish", file, "--to", server.url, "-m", "From CI")
    assert ran.code == 0, ran.err
    assert ran.out.startswith("published, new · from-terminal @ ")
    assert bob.get("from-terminal").message == "From CI"
    again = peter("publish", file, "--to", server.url, "--json")
    assert again.json["changed"] is False
    assert peter("list", "--json").json["total"] == 0


def test_a_terminal_that_was_overtaken_prints_the_diff(
    peter: CommandLine, as_alice: None, server: JupyterServer, bob: PeterClient
) -> None:
    first = bob.publish(board("ci"))
    theirs = bob.publish(board("ci", title="By Bob"), if_match=first.revision)
    file = peter.file("a.peter.yaml", board("ci", owner="alice@example.com"))
    ran = peter("publish", file, "--to", server.url, "--if-match", first.revision[:7])
    assert (ran.code, ran.out) == (1, "")
    assert f"Changed by others since {first.revision[:12]}:" in ran.err
    assert 'title: "Small flights" -> "By Bob' in ran.err
    assert bob.get("ci").revision == theirs.revision
    assert peter("publish", file, "--to", server.url, "--force").code == 0
    assert bob.get("ci").owner == "alice@example.com"


def test_a_terminal_shows_problems_under_their_lines(
    peter: CommandLine, as_alice: None, server: JupyterServer
) -> None:
    text = board("problems").replace("y: delay", "y: dealy")
    ran = peter("publish", peter.file("a.peter.yaml", text), "--to", server.url)
    assert ran.code == 1
    assert "dealy" in ran.err
    assert "^" in ran.err
    file = peter.file("a.peter.yaml", text)
    assert peter("publish", file, "--to", server.url, "--folder", ".").code == 2
    Path(file).write_bytes(b"\xff")
    assert peter("publish", file, "--to", server.url).code in (1, 2)
