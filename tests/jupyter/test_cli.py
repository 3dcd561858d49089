"""The program itself: its help, its exit codes, Ctrl-C, and what it does to a terminal."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from peter_core import __version__
from peter_jupyter.cli.command import SECTIONS
from tests.jupyter.command_line import CommandLine
from tests.jupyter.conftest import DASHBOARD

PETER = (sys.executable, "-m", "peter_jupyter.cli")
ROOT = Path(__file__).resolve().parents[2]
SLOW = (
    "SELECT COUNT(*) AS n FROM UNNEST(GENERATE_ARRAY(1, 100000)) AS a"
    " CROSS JOIN UNNEST(GENERATE_ARRAY(1, 1000000)) AS b WHERE MOD(a * b, 7) = 3"
)
COMMANDS = (
    "init", "validate", "fmt", "schema", "verify", "check", "cost", "tables", "publish", "diff",
    "list", "show", "history", "delete", "restore", "precompute", "freshness", "export",
    "reindex", "serve", "db", "token", "lineage", "impact", "costs", "config",
)  # fmt: skip


def _environment(folder: Path) -> dict[str, str]:
    known = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    return {**known, "PETER_FOLDER": str(folder), "PYTHONPATH": str(ROOT), "TERM": "xterm"}


def test_the_help_lists_every_command_under_its_purpose(peter: CommandLine) -> None:
    shown = peter("--help").out
    assert re.findall(r"^  ([a-z]+)  ", shown, re.MULTILINE) == [*COMMANDS]
    places = [shown.index(f"{section}:") for section in SECTIONS]
    assert places == sorted(places)
    assert "130  interrupted with Ctrl-C" in shown


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(peter: CommandLine, name: str) -> None:
    ran = peter(name, "--help")
    assert ran.code == 0
    assert f"Example:\n    peter {name}" in ran.out


def test_the_version_is_printed(peter: CommandLine) -> None:
    assert peter("--version").out == f"peter {__version__}\n"


def test_a_wrong_option_is_wrong_use(peter: CommandLine) -> None:
    ran = peter("list", "--tga", "x")
    assert ran.code == 2
    assert "No such option: --tga" in ran.err
    assert ran.out == ""


def test_a_mistyped_command_names_the_nearest(peter: CommandLine) -> None:
    ran = peter("verfy")
    assert ran.code == 2
    assert "Did you mean 'verify'?" in ran.err


def test_a_missing_workspace_is_wrong_use_in_one_line(peter: CommandLine) -> None:
    ran = peter("list", "--folder", "/nowhere")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.splitlines()[0] == "Error: The workspace folder /nowhere does not exist."
    assert "Traceback" not in ran.err


def test_a_wrong_setting_is_wrong_use(peter: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PETER_TIMEOUT", "soon")
    ran = peter("list")
    assert ran.code == 2
    assert "timeout" in ran.err
    assert "PETER_<NAME>" in ran.err


def test_an_error_is_json_too_where_json_was_asked_for(peter: CommandLine) -> None:
    ran = peter("history", "nothing-here", "--json")
    assert ran.code == 1
    assert ran.json["error"]["code"] == "not_found"
    assert ran.err.startswith("Error: There is no dashboard nothing-here.")


def test_config_says_where_each_setting_is_from(
    peter: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    peter.file("peter.toml", 'timeout = "20s"\nmax_rows = 7\n')
    monkeypatch.setenv("PETER_MAX_ROWS", "8")
    settings = peter("config", "--json").json
    assert settings["timeout"] == {"value": "20.0", "source": "peter.toml"}
    assert settings["max_rows"] == {"value": "8", "source": "PETER_MAX_ROWS"}
    assert settings["project"] == {"value": "local", "source": "default"}
    assert settings["folder"]["source"] == "PETER_FOLDER"
    given = peter("config", "--folder", str(peter.folder), "--json").json
    assert given["folder"] == {"value": str(peter.folder), "source": "--folder"}


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["publish", "--help"]])
def test_help_loads_no_engine(words: list[str]) -> None:
    program = (
        "import sys\n"
        f"sys.argv = ['peter', *{words!r}]\n"
        "from peter_jupyter.cli import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code\n"
        "heavy = {'duckdb', 'pandas', 'pyarrow', 'sqlglot', 'sqlalchemy', 'yaml', 'numpy',"
        " 'google.cloud', 'tornado', 'IPython', 'anywidget', 'rich', 'orjson', 'vl_convert'}\n"
        "print('HEAVY', sorted(heavy & set(sys.modules)))\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT)
    assert ran.stdout.splitlines()[-1] == "HEAVY []", ran.stderr


def test_offline_validation_opens_nothing(tmp_path: Path) -> None:
    (tmp_path / "small.peter.yaml").write_text(DASHBOARD)
    ran = subprocess.run(
        [*PETER, "validate", "small.peter.yaml", "--mode", "offline"],
        capture_output=True, text=True, cwd=tmp_path, env=_environment(tmp_path),
    )  # fmt: skip
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout == "small.peter.yaml: valid (offline: syntax, guard)\n"
    assert [path.name for path in tmp_path.iterdir()] == ["small.peter.yaml"]


def test_a_process_ends_with_the_exit_code(workspace: Path) -> None:
    ran = subprocess.run(
        [*PETER, "verify", "SELECT carier FROM nyc.flights"],
        capture_output=True, text=True, cwd=workspace, env=_environment(workspace),
    )  # fmt: skip
    assert ran.returncode == 1
    assert "Did you mean `carrier`?" in ran.stdout
    assert ran.stderr.startswith("Error: line 1, column 8: No column `carier`")
    assert "\x1b" not in ran.stdout + ran.stderr, "a pipe gets no colours"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no full device")
def test_a_full_disk_and_a_reader_that_left_are_no_tracebacks(workspace: Path) -> None:
    with Path("/dev/full").open("w") as full:
        ran = subprocess.run(
            [*PETER, "tables"], stdout=full, stderr=subprocess.PIPE, text=True,
            cwd=workspace, env=_environment(workspace),
        )  # fmt: skip
    assert ran.returncode == 1
    assert ran.stderr == "Error: The answer cannot be written: No space left on device.\n"
    read, write = os.pipe()
    os.close(read)
    try:
        ran = subprocess.run(
            [*PETER, "schema"], stdout=write, stderr=subprocess.PIPE, text=True,
            cwd=workspace, env=_environment(workspace),
        )  # fmt: skip
    finally:
        os.close(write)
    assert ran.stderr == ""


def test_ctrl_c_cancels_and_leaves_no_worker(workspace: Path) -> None:
    # A session of its own, and the signal to all of it: what a terminal does.
    process = subprocess.Popen(
        [*PETER, "verify", SLOW, "--timeout", "250"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        cwd=workspace, env=_environment(workspace), start_new_session=True,
    )  # fmt: skip
    try:
        worker = _child_at_work(process.pid)
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=100)
    finally:
        process.kill()
    assert process.returncode == 130
    assert (out, err) == ("", "Error: Interrupted; what was running is cancelled.\n")
    assert not Path(f"/proc/{worker}").exists()


def _child_at_work(parent: int) -> int:
    """The worker process of a command, once it has computed for a while."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        for path in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = path.read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == parent and int(fields[11]) > 80:
                return int(path.parent.name)
        time.sleep(0.1)
    raise AssertionError("no worker ever computed")


def _on_a_terminal(folder: Path, *words: str, answer: bytes = b"") -> tuple[int, str]:
    """Run a command with a terminal on all three streams; answers its first question."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [*PETER, *words], stdin=slave, stdout=slave, stderr=slave,
        cwd=folder, env=_environment(folder), start_new_session=True,
    )  # fmt: skip
    os.close(slave)
    shown = b""
    try:
        while True:
            ready, _, _ = select.select([master], [], [], 120)
            assert ready, f"nothing came any more after {shown!r}"
            try:
                part = os.read(master, 65536)
            except OSError:
                break
            if not part:
                break
            shown += part
            if answer and b"[y/N]" in shown:
                os.write(master, answer)
                answer = b""
    finally:
        os.close(master)
        code = process.wait(timeout=60)
    return code, shown.decode()


def test_a_terminal_is_asked_before_a_deletion(peter: CommandLine) -> None:
    assert peter("publish", peter.file("small.peter.yaml", DASHBOARD)).code == 0
    code, shown = _on_a_terminal(peter.folder, "delete", "small-flights", answer=b"n\n")
    assert code == 1
    assert "Delete small-flights @ " in shown
    assert peter("show", "small-flights").code == 0
    code, shown = _on_a_terminal(peter.folder, "delete", "small-flights", answer=b"y\n")
    assert code == 0
    assert peter("show", "small-flights").code == 1


def test_a_terminal_gets_colours_and_data_cannot_steer_it(workspace: Path) -> None:
    sql = r"SELECT '\x1b]0;owned\x07' AS a"
    code, shown = _on_a_terminal(workspace, "verify", sql)
    assert code == 0, shown
    assert "\\u001b]0;owned\\u0007" in shown
    assert "\x1b]0;" not in shown
    code, shown = _on_a_terminal(workspace, "verify", "SELEC 1")
    assert code == 1
    assert "\x1b[31mError:" in shown


def test_help_is_a_word_too(peter: CommandLine) -> None:
    assert peter("help").out == peter("--help").out
    assert peter("help", "token", "create").out == peter("token", "create", "--help").out
    assert "No such command 'nothing'" in peter("help", "nothing").err


def test_a_dashboard_is_opened_elsewhere_and_the_terminal_says_where(peter: CommandLine) -> None:
    ran = peter("open", "shop-orders")
    assert (ran.code, ran.out) == (2, "")
    for way in ("peter export shop-orders --html", "peter serve --no-auth", "%peter open"):
        assert way in ran.err
