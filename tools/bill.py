"""What Peter is made of, as a CycloneDX 1.6 bill of materials: ``python -m tools.bill [FILE]``.

The Python packages are those of this environment that Peter needs with a server's extras; the
JavaScript ones are what the lock files say goes into the bundles, by the hashes npm checks them
with. Nothing is asked of anybody, and the same inputs give the same bytes. See
https://cyclonedx.org/docs/1.6/json/
"""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Mapping
from importlib.metadata import metadata
from pathlib import Path
from typing import Any

from peter_core import __version__
from tools.requirements import EXTRAS, LOCK, ROOT, closure

Component = dict[str, Any]

BUNDLED = {
    "labextension": frozenset({"esbuild"}),
    "labextension/lab": frozenset({"@jupyter/builder", "@jupyterlab/docregistry"}),
    "deploy/proxy": frozenset[str](),
}
"""The npm packages of the repository, and which of their dependencies only build."""
_NODE = "node_modules/"


def main(arguments: list[str]) -> int:
    """Write the bill to a file, or to the standard output."""
    text = json.dumps(bill(), indent=1, sort_keys=True) + "\n"
    if arguments:
        path = Path(arguments[0])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    else:
        sys.stdout.write(text)
    return 0


def bill() -> dict[str, Any]:
    """The document, its components in the order of their names."""
    found = {part["bom-ref"]: part for part in (*_python(), *_javascript())}
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {
            "type": "application", "bom-ref": "peter", "name": "peter", "version": __version__,
        }},
        "components": [found[ref] for ref in sorted(found)],
    }  # fmt: skip


def bundled(lock: Mapping[str, Any], tools: frozenset[str]) -> list[str]:
    """The entries of a lock that go into what is built: what its dependencies lead to."""
    entries = lock["packages"]
    roots = [name for name in entries[""].get("dependencies", {}) if name not in tools]
    waiting = [("", name) for name in roots]
    seen: set[str] = set()
    while waiting:
        place, name = waiting.pop()
        found = _resolved(entries, place, name)
        if found is None or found in seen:
            continue
        seen.add(found)
        waiting += [(found, need) for need in entries[found].get("dependencies", {})]
    return sorted(seen)


def _resolved(entries: Mapping[str, Any], place: str, name: str) -> str | None:
    """Where Node finds a package from a place: in the nearest ``node_modules`` that has it."""
    while True:
        found = f"{place}/{_NODE}{name}" if place else f"{_NODE}{name}"
        if found in entries:
            return found
        if not place:
            return None
        place = place.rpartition(_NODE)[0].rstrip("/")


def _python() -> list[Component]:
    digests = dict(_pin(line) for line in LOCK.read_text("utf-8").splitlines() if "--hash" in line)
    parts = []
    for name, version in closure(EXTRAS).items():
        part = _component("pypi", name, version, _licence(name))
        if f"{name}=={version}" in digests:
            part["hashes"] = [{"alg": "SHA-256", "content": digests[f"{name}=={version}"]}]
        parts.append(part)
    return parts


def _licence(name: str) -> str:
    said = metadata(name)
    classified = [kind.rpartition(" :: ")[2] for kind in said.get_all("Classifier") or ()
                  if kind.startswith("License :: ")]  # fmt: skip
    told = [*(said.get_all("License-Expression") or ()), *(said.get_all("License") or ())]
    # Some packages put the whole text of their licence there.
    return next((text for text in (*told, *classified) if len(text) < 80), "")


def _pin(line: str) -> tuple[str, str]:
    pin, _, digest = line.partition(" --hash=sha256:")
    return pin, digest


def _javascript() -> list[Component]:
    parts = []
    for folder, tools in BUNDLED.items():
        lock = json.loads((ROOT / folder / "package-lock.json").read_text("utf-8"))
        for place in bundled(lock, tools):
            entry = lock["packages"][place]
            name = place.rpartition(_NODE)[2]
            part = _component("npm", name, entry["version"], entry.get("license", ""))
            digest = base64.b64decode(entry["integrity"].removeprefix("sha512-")).hex()
            parts.append({**part, "hashes": [{"alg": "SHA-512", "content": digest}]})
    return parts


def _component(kind: str, name: str, version: str, licence: str) -> Component:
    address = f"pkg:{kind}/{name.replace('@', '%40')}@{version}"
    part: Component = {
        "type": "library", "bom-ref": address, "name": name, "version": version, "purl": address,
    }  # fmt: skip
    if licence:
        part["licenses"] = [{"license": {"name": licence}}]
    return part


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
