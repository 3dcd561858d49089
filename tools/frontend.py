"""Build, check or test the TypeScript workspaces; run with ``python -m tools.frontend``.

After a build JupyterLab finds the extension of this checkout, as with ``labextension develop``.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from tools.build_frontend import build, install, npm
from tools.language_packs import write_packs

ROOT = Path(__file__).resolve().parents[1]
WORKSPACE = ROOT / "labextension"
NAME = "peter-lab"
"""What JupyterLab knows the extension by."""


def main(arguments: list[str]) -> int:
    """Do what was asked; the exit code is npm's."""
    task = arguments[0] if arguments else "build"
    if task == "build":
        build(ROOT)
        write_packs(ROOT)
        link(ROOT, Path(sys.prefix))
        return 0
    if task not in ("check", "test"):
        sys.stderr.write(f"There is no task {task!r}; choose build, check or test.\n")
        return 2
    program, environment = npm()
    folders = (WORKSPACE, WORKSPACE / "lab")
    for folder in folders:  # the workspace's lint reads the types of both
        install(folder, development=True)
    for folder in folders:
        done = subprocess.run([program, "run", task], cwd=folder, env=environment)
        if done.returncode:
            return done.returncode
    return 0


def link(root: Path, prefix: Path) -> None:
    """Let a JupyterLab of ``prefix`` load the extension of a checkout, as it is built."""
    place = prefix / "share" / "jupyter" / "labextensions" / NAME
    built = root / "peter_jupyter" / "labextension"
    if place.is_symlink() and place.resolve() == built.resolve():
        return
    if place.is_symlink():
        place.unlink()
    elif place.is_dir():  # the copy that an editable install made
        shutil.rmtree(place)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(built, target_is_directory=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
