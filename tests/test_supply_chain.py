"""What Peter is made of: versions and hashes that are locked, scripts that are never run."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from tools import proxy
from tools.bill import BUNDLED, bill, bundled, main
from tools.build_frontend import BUILT, install
from tools.requirements import EXTRAS, LOCK, closure, locked

ROOT = Path(__file__).resolve().parents[1]
PIN = re.compile(r"([a-z0-9-]+)==(\S+) --hash=sha256:([0-9a-f]{64})")
ADDRESS = re.compile(r"https?:(?:\\?/){2}[\w.-]+(?:/[\w./-]*)?")
NAMES = (
    "http://www.w3.org/", "https://json-schema.org/draft/", "https://vega.github.io/schema/",
    "https://github.com/vega/vega-lite/issues/",
)  # fmt: skip
"""Names of formats, and a sentence of Vega's: nothing asks for what is there."""

ON_THE_LOCKED = pytest.mark.skipif(
    (platform.system(), platform.machine(), sys.version_info[:2]) != ("Linux", "x86_64", (3, 11)),
    reason="the lock is for CPython 3.11 on Linux",
)


def lock_of(folder: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((ROOT / folder / "package-lock.json").read_text("utf-8"))
    return loaded


def pins() -> dict[str, str]:
    """Name and version of each line of the locked requirements."""
    lines = [line for line in LOCK.read_text("utf-8").splitlines() if not line.startswith("#")]
    found = [PIN.fullmatch(line) for line in lines]
    assert all(found), [line for line, one in zip(lines, found, strict=True) if not one]
    return {one[1]: one[2] for one in found if one}


def constrained() -> dict[str, str]:
    """Name and version of each line of the constraints."""
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    named = [line.split("==") for line in lines if not line.startswith("#")]
    return {re.sub(r"[-_.]+", "-", name.lower()): version for name, version in named}


def test_every_requirement_of_a_server_has_its_version_and_its_hash() -> None:
    assert len(pins()) > 100
    known = constrained()
    assert {name: version for name, version in pins().items() if known.get(name) != version} == {}


@ON_THE_LOCKED
def test_nothing_that_a_server_needs_is_missing_from_its_requirements() -> None:
    # An older patch of Python needs more; what was never tested has no place in a lock.
    needed = {name: version for name, version in closure(EXTRAS).items() if name in constrained()}
    assert needed == pins(), "run make lock"


def test_the_requirements_of_a_report_name_no_index() -> None:
    file = {"url": "https://user:secret@index.example/x.whl",
            "archive_info": {"hashes": {"md5": "0", "sha256": "ab" * 32}}}  # fmt: skip
    item = {"metadata": {"name": "Some_Name", "version": "1.0"}, "download_info": file}
    environment = {"python_version": "3.11", "platform_system": "Linux",
                   "platform_machine": "x86_64"}  # fmt: skip
    text = locked({"environment": environment, "install": [item]})
    assert text.splitlines()[-1] == f"some-name==1.0 --hash=sha256:{'ab' * 32}"
    assert "example" not in text


@pytest.mark.parametrize("folder", BUNDLED)
def test_every_npm_package_is_locked_by_its_hash_and_to_no_place(folder: str) -> None:
    for place, entry in lock_of(folder)["packages"].items():
        if place:
            assert entry["integrity"].startswith("sha512-"), place
            assert re.fullmatch(r"\d+\.\d+\.\d+[\w.+-]*", entry["version"]), place
            assert not {"resolved", "link"} & set(entry), place


def test_no_file_of_a_package_manager_names_an_index() -> None:
    named = [path for folder in (ROOT, *(ROOT / folder for folder in BUNDLED))
             for path in (*folder.glob(".npmrc"), *folder.glob("pip.conf"),
                          *folder.glob("*.txt"))]  # fmt: skip
    assert {path.name for path in named} >= {".npmrc", "constraints.txt"}
    for path in (*named, LOCK):
        text = path.read_text("utf-8")
        assert not re.search(r"index-url|find-links|registry=|://|trusted-host", text), path


@pytest.fixture
def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An npm that writes down what it is asked; gives the file."""
    programs, asked = tmp_path / "programs", tmp_path / "asked"
    programs.mkdir()
    program = programs / "npm"
    program.write_text(f'#!/bin/sh\nmkdir -p node_modules\necho "$@" >> "{asked}"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    return asked


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the bundler has another binary")
@pytest.mark.parametrize("development", [True, False])
def test_npm_installs_what_is_locked_and_runs_no_script_of_it(
    npm: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, development: bool
) -> None:
    folder = tmp_path / "package"
    folder.mkdir()
    for name in ("package.json", "package-lock.json"):
        shutil.copy(ROOT / "labextension" / name, folder)
    install(folder, development=development)
    monkeypatch.setattr(proxy, "WORKSPACE", folder)
    monkeypatch.setattr(proxy, "INSTALLED", folder / "nowhere")
    assert proxy.main() == 0
    commands = [line.split() for line in npm.read_text().splitlines()]
    assert len(commands) == 2
    for command in commands:
        assert command[0] == "ci"
        assert "--ignore-scripts" in command


def test_the_bundles_name_no_place_that_a_browser_could_be_sent_to() -> None:
    folders = (ROOT / "peter_jupyter" / "static", ROOT / "peter_jupyter" / "labextension")
    scripts = [path for folder in folders for path in folder.rglob("*.js")]
    assert {path.name for path in scripts} >= {name for name in BUILT if name.endswith(".js")}
    for path in scripts:
        strangers = {address for address in ADDRESS.findall(path.read_text("utf-8"))
                     if not address.startswith(NAMES)}  # fmt: skip
        assert strangers == set(), path.name


def test_the_bill_names_everything_that_is_installed_and_bundled() -> None:
    made = bill()
    names = {part["purl"] for part in made["components"]}
    assert f"pkg:pypi/duckdb@{closure(EXTRAS)['duckdb']}" in names
    vega = lock_of("labextension")["packages"]["node_modules/vega-lite"]["version"]
    assert f"pkg:npm/vega-lite@{vega}" in names
    assert any(name.startswith("pkg:npm/%40codemirror/autocomplete@") for name in names)
    # What only builds or tests is in nothing that anybody runs.
    for tool in ("esbuild", "vitest", "typescript", "%40jupyter/builder"):
        assert not any(name.startswith(f"pkg:npm/{tool}@") for name in names), tool
    for part in made["components"]:
        assert part["version"]
        for digest in part.get("hashes", ()):
            assert len(digest["content"]) == {"SHA-256": 64, "SHA-512": 128}[digest["alg"]]


@ON_THE_LOCKED
def test_every_part_of_the_bill_has_its_hash() -> None:
    without = {part["name"] for part in bill()["components"] if "hashes" not in part}
    assert without & set(constrained()) == set()


def test_the_same_bill_is_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        assert main([str(tmp_path / name)]) == 0
    first = (tmp_path / "one").read_bytes()
    assert first == (tmp_path / "two").read_bytes()
    assert json.loads(first)["bomFormat"] == "CycloneDX"


def test_a_package_is_looked_for_where_node_looks() -> None:
    lock = {"packages": {
        "": {"dependencies": {"a": "1", "tool": "1"}},
        "node_modules/a": {"dependencies": {"b": "2"}},
        "node_modules/a/node_modules/b": {"dependencies": {"c": "1", "absent": "1"}},
        "node_modules/b": {"dependencies": {"d": "1"}},
        "node_modules/c": {"dependencies": {"a": "1"}},
        "node_modules/d": {}, "node_modules/tool": {"dependencies": {"d": "1"}},
    }}  # fmt: skip
    assert bundled(lock, frozenset({"tool"})) == [
        "node_modules/a", "node_modules/a/node_modules/b", "node_modules/c"
    ]  # fmt: skip
