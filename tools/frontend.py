"""Build, check or test the TypeScript workspace; run with ``python -m tools.frontend``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tools.build_frontend import build, npm

ROOT = Path(__file__).resolve().parents[1]
WORKSPACE = ROOT / "labextension"


def main(arguments: list[str]) -> int:
    """Do what was asked; the exit code is npm's."""
    task = arguments[0] if arguments else "build"
    if task == "build":
        build(ROOT)
        return 0
    if task not in ("check", "test"):
        sys.stderr.write(f"There is no task {task!r}; choose build, check or test.\n")
        return 2
    program, environment = npm()
    if not (WORKSPACE / "node_modules" / "typescript" / "package.json").is_file():
        install = [program, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        subprocess.run(install, cwd=WORKSPACE, env=environment, check=True)
    return subprocess.run([program, "run", task], cwd=WORKSPACE, env=environment).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
