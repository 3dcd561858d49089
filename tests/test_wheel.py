"""What is installed: the wheel and the sdist hold everything that runs, and nothing else."""

from __future__ import annotations

import json
import os
import re
import shutil
import site
import subprocess
import sys
import tarfile
import time
import urllib.request
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.jupyter.conftest import DASHBOARD
from tests.small_flights import write_tables
from tools.build_frontend import BUILT, STAMP, _digest
from tools.lab import free_port

ROOT = Path(__file__).resolve().parents[1]
LAB = "share/jupyter/labextensions/peter-lab"
TOKEN = "a-token-of-the-test"  # noqa: S105 (the server is this test's own)
PATIENCE_S = 90


@dataclass(frozen=True)
class Built:
    """A wheel and an sdist, and the source tree that the sdist unpacks to."""

    wheel: Path
    sdist: Path
    tree: Path

    def names(self) -> list[str]:
        with zipfile.ZipFile(self.wheel) as archive:
            return archive.namelist()


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Both, of this checkout with its frontend built."""
    stamp = ROOT / "peter_jupyter" / "static" / STAMP
    assert stamp.read_text().strip() == _digest(ROOT), "The frontend is older than its sources."
    home = tmp_path_factory.mktemp("built")
    without = {**os.environ, "PETER_SKIP_JS": "1"}
    _run(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", str(home), env=without)
    (sdist,) = home.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(home, filter="data")
    tree = home / sdist.name.removesuffix(".tar.gz")
    # No npm can run here: the wheel of an sdist is made of what is in it.
    return Built(_wheel(tree, home / "wheels", npm_fails(home)), sdist, tree)


def npm_fails(home: Path, **more: str) -> dict[str, str]:
    """An environment whose npm does nothing but fail."""
    programs = home / "programs"
    programs.mkdir(exist_ok=True)
    npm = programs / "npm"
    npm.write_text("#!/bin/sh\necho npm was asked: $@ >&2\nexit 3\n")
    npm.chmod(0o755)
    known = {name: value for name, value in os.environ.items() if name != "PETER_SKIP_JS"}
    return {**known, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", **more}


def _wheel(tree: Path, out: Path, env: dict[str, str]) -> Path:
    pip = (sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation")
    _run(*pip, "-w", str(out), str(tree), env=env)
    (wheel,) = out.glob("*.whl")
    return wheel


def _run(*command: str, env: dict[str, str], cwd: Path = ROOT) -> str:
    done = subprocess.run(
        command, cwd=cwd, env=env, capture_output=True, text=True, timeout=PATIENCE_S * 4
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    return done.stdout


def test_the_wheel_holds_everything_that_runs(built: Built) -> None:
    names = set(built.names())
    packages = [path.relative_to(ROOT).as_posix() for package in ("peter_core", "peter_jupyter")
                for path in (ROOT / package).rglob("*")
                if path.is_file() and "__pycache__" not in path.parts]  # fmt: skip
    assert [name for name in packages if name not in names] == []
    static = {name for name in names if name.startswith("peter_jupyter/static/")}
    assert static == {f"peter_jupyter/static/{name}" for name in (*BUILT, STAMP)}
    for name in (
        "peter_core/py.typed", "peter_jupyter/py.typed", "peter_jupyter/display/display.css",
        "peter_core/dashboard/peter-dashboard-1.json", "peter_core/plan/locales.json",
        "peter_core/plan/theme.json", "peter_core/store/migrations/env.py",
        "peter_core/store/migrations/script.py.mako",
    ):  # fmt: skip
        assert name in names
    data = {name.partition(".data/data/")[2] for name in names if ".data/data/" in name}
    assert f"{LAB}/install.json" in data
    assert "etc/jupyter/jupyter_server_config.d/peter_jupyter.json" in data
    with zipfile.ZipFile(built.wheel) as archive:
        package = json.loads(archive.read("peter_jupyter/labextension/package.json"))
    assert f"{LAB}/{package['jupyterlab']['_build']['load']}" in data
    assert any(name.startswith("peter_core/store/migrations/versions/") for name in names)


def test_wheel_and_sdist_hold_nothing_else(built: Built) -> None:
    with tarfile.open(built.sdist) as archive:
        packed = [name.partition("/")[2] for name in archive.getnames()]
    assert "README.md" in packed and "labextension/src/page.ts" in packed
    for name in (*built.names(), *packed):
        parts = name.split("/")
        assert not {"tests", "test", "node_modules", "__pycache__", ".git"} & set(parts), name
        assert not name.endswith((".map", ".pyc", ".db", ".log", ".env")), name
    tops = {name.split("/")[0] for name in built.names()}
    assert {re.sub(r"-.*", "", top) for top in tops} == {"peter_core", "peter_jupyter", "peter"}


def test_no_file_names_a_place_of_this_machine(built: Built) -> None:
    places = [str(ROOT).encode(), str(Path.home() / "x").encode()[:-1], b"sourceMappingURL=/"]
    with zipfile.ZipFile(built.wheel) as archive:
        for name in archive.namelist():
            body = archive.read(name)
            assert not [place for place in places if len(place) > 6 and place in body], name


def test_the_switch_leaves_the_scripts_as_they_are(built: Built, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    shutil.copytree(built.tree, tree)
    for folder in ("static", "labextension"):
        shutil.rmtree(tree / "peter_jupyter" / folder)
    bare = _wheel(tree, tmp_path / "wheels", npm_fails(tmp_path, PETER_SKIP_JS="1"))
    with zipfile.ZipFile(bare) as archive:
        names = archive.namelist()
    assert "peter_jupyter/page.py" in names
    assert not [name for name in names if name.endswith(".js")]
    asked = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=tree, env=npm_fails(tmp_path), capture_output=True, text=True, timeout=PATIENCE_S,
    )  # fmt: skip
    assert asked.returncode != 0
    assert "npm was asked: ci " in asked.stderr + asked.stdout


@pytest.fixture(scope="module")
def installed(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of a fresh environment with the wheel; its libraries are this one's."""
    home = tmp_path_factory.mktemp("installed")
    fresh = home / "venv"
    _run(sys.executable, "-m", "venv", "--without-pip", str(fresh), env=dict(os.environ))
    python = fresh / "bin" / "python"
    pip = (sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet")
    _run(*pip, "--no-deps", "--no-index", str(built.wheel), env=dict(os.environ))
    (own,) = fresh.glob("lib/python*/site-packages")
    (own / "libraries.pth").write_text(site.getsitepackages()[0] + "\n")
    return fresh / "bin"


def environment(programs: Path, home: Path) -> dict[str, str]:
    """What the programs see: no checkout, no node, folders of their own."""
    lab = Path(sys.prefix, "share", "jupyter", "lab")
    return {
        "PATH": f"{programs}{os.pathsep}{home}", "HOME": str(home), "JUPYTERLAB_DIR": str(lab),
        "JUPYTER_PLATFORM_DIRS": "0", "PETER_FOLDER": str(home), "LANG": "C.UTF-8",
    }  # fmt: skip


def test_the_installed_program_answers_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    env = environment(installed, tmp_path)
    asked = "import peter_core; print(peter_core.__file__)"
    where = _run(str(installed / "python"), "-c", asked, env=env, cwd=tmp_path)
    assert where.startswith(str(installed.parent))
    assert "Exit codes:" in _run(str(installed / "peter"), "--help", env=env, cwd=tmp_path)


def test_jupyterlab_lists_the_installed_extension_as_fine(installed: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [str(installed / "python"), "-m", "jupyterlab.labextensions", "list"],
        cwd=tmp_path, env=environment(installed, tmp_path), capture_output=True, text=True,
        timeout=PATIENCE_S,
    )  # fmt: skip
    told = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout + done.stderr)
    lines = [line.split() for line in told.splitlines() if "peter-lab" in line]
    assert [line[2:4] for line in lines] == [["enabled", "OK"]], told
    assert str(installed.parent) in told


def test_the_installed_server_extension_serves_a_page_and_its_script(
    installed: Path, tmp_path: Path
) -> None:
    env = environment(installed, write_tables(tmp_path))
    board = tmp_path / "board.peter.yaml"
    board.write_text(DASHBOARD)
    _run(str(installed / "peter"), "publish", str(board), env=env, cwd=tmp_path)
    url = f"http://127.0.0.1:{(port := free_port())}/peter"
    flags = ["--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0", "--no-browser",
             f"--IdentityProvider.token={TOKEN}", "--allow-root"]  # fmt: skip
    log = tmp_path / "server.log"
    with log.open("w") as out:
        server = subprocess.Popen(
            [str(installed / "python"), "-m", "jupyter_server", *flags],
            cwd=tmp_path, env=env, stdout=out, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            page = _read(f"{url}/dashboards/small-flights", log)
            assert "<h1>Small flights</h1>" in page
            (script,) = re.findall(r'<script defer src="([^"]+page\.js[^"]*)"', page)
            assert len(_read(url.removesuffix("/peter") + script, log)) > 10_000
        finally:
            server.terminate()
            server.wait(timeout=60)


def _read(url: str, log: Path) -> str:
    """What an address answers, as soon as there is a server."""
    request = urllib.request.Request(url, headers={"Authorization": f"token {TOKEN}"})  # noqa: S310
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 (loopback)
                return str(answer.read().decode())
        except OSError as error:
            assert time.monotonic() < deadline, f"{url}: {error}\n{log.read_text()[-3000:]}"
            time.sleep(0.25)


@pytest.mark.slow
def test_a_build_from_the_sources_alone_makes_the_same_scripts(
    built: Built, tmp_path: Path
) -> None:
    tree = tmp_path / "tree"
    shutil.copytree(built.tree, tree)
    for folder in ("static", "labextension"):
        shutil.rmtree(tree / "peter_jupyter" / folder)
    env = {name: value for name, value in os.environ.items() if name != "PETER_SKIP_JS"}
    # With the build's own requirements, as anybody's pip does it.
    _run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", str(tmp_path / "out"),
         str(tree), env=env)  # fmt: skip
    (wheel,) = (tmp_path / "out").glob("*.whl")
    with zipfile.ZipFile(wheel) as one, zipfile.ZipFile(built.wheel) as other:
        for name in BUILT:
            path = f"peter_jupyter/static/{name}"
            assert one.read(path) == other.read(path), name
        assert _kinds(one.namelist()) == _kinds(other.namelist())


def _kinds(names: list[str]) -> list[str]:
    """The names without the hashes that JupyterLab's builder puts into them."""
    return sorted(re.sub(r"\b[0-9a-f]{16,20}\b", "…", name) for name in names)
