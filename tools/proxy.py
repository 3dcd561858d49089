"""Install the proxy that a JupyterHub of one machine stands behind: ``python -m tools.proxy``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tools.build_frontend import npm

WORKSPACE = Path(__file__).resolve().parents[1] / "deploy" / "proxy"
INSTALLED = WORKSPACE / "node_modules" / ".package-lock.json"


def main() -> int:
    """Install what the lock file says, unless it is there already; the exit code is npm's."""
    lock = WORKSPACE / "package-lock.json"
    if INSTALLED.is_file() and INSTALLED.stat().st_mtime >= lock.stat().st_mtime:
        return 0
    program, environment = npm()
    install = [program, "ci", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund"]
    return subprocess.run(install, cwd=WORKSPACE, env=environment).returncode


if __name__ == "__main__":
    sys.exit(main())
