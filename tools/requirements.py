"""What a server installs, each file by its hash: ``python -m tools.requirements``.

Writes ``deploy/requirements.txt`` with the versions of this environment, for the Python and the
machine that it runs on. pip then takes no other file, whatever an index offers.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import tomllib
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "deploy" / "requirements.txt"
EXTRAS = ("postgres", "redis", "secrets", "otel", "cloud-trace", "storage-read", "hub", "serve")
"""What a server may need besides the base."""
_HEAD = """\
# What a server of Peter installs, by version and hash: CPython {python}, {machine}.
# Made by: make lock. Install with:
#   pip install --require-hashes --only-binary :all: -r deploy/requirements.txt
#   pip install --no-deps peter-*.whl
"""


def main() -> int:
    """Write the file; the exit code is pip's."""
    pins = [f"{name}=={version}" for name, version in sorted(closure(EXTRAS).items())]
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        done = subprocess.run(
            [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed",
             "--no-deps", "--only-binary", ":all:", "--report", str(report), *pins]
        )  # fmt: skip
        if done.returncode:
            return done.returncode
        LOCK.write_text(locked(json.loads(report.read_text("utf-8"))), "utf-8")
    return 0


def locked(report: dict[str, Any]) -> str:
    """The file of a report of ``pip install --report``; no address of an index is in it."""
    environment = report["environment"]
    machine = f"{environment['platform_system']} {environment['platform_machine']}"
    lines = []
    for item in report["install"]:
        name, version = item["metadata"]["name"], item["metadata"]["version"]
        digest = item["download_info"]["archive_info"]["hashes"]["sha256"]
        lines.append(f"{canonicalize_name(name)}=={version} --hash=sha256:{digest}")
    head = _HEAD.format(python=environment["python_version"], machine=machine)
    return head + "".join(f"{line}\n" for line in sorted(lines))


def closure(extras: tuple[str, ...]) -> dict[str, str]:
    """Name and installed version of everything that Peter with these extras needs here."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    asked = list(project["dependencies"])
    for extra in extras:
        asked += project["optional-dependencies"][extra]
    waiting = [Requirement(text) for text in asked]
    seen: set[tuple[str, frozenset[str]]] = set()
    found: dict[str, str] = {}
    while waiting:
        wanted = waiting.pop()
        name = str(canonicalize_name(wanted.name))
        key = (name, frozenset(wanted.extras))
        if key in seen:
            continue
        seen.add(key)
        installed = distribution(name)
        found[name] = installed.version
        waiting += [need for need in map(Requirement, installed.requires or ())
                    if _applies(need, wanted.extras)]  # fmt: skip
    return found


def _applies(need: Requirement, extras: set[str]) -> bool:
    marker = need.marker
    return marker is None or any(marker.evaluate({"extra": extra}) for extra in extras or {""})


if __name__ == "__main__":
    sys.exit(main())
