"""The JupyterHub service: ``jupyterhub-peter``, where people log in through their hub."""

from __future__ import annotations


def main() -> None:
    """Serve as the hub's environment says, and end the process with an exit code."""
    import sys

    from peter_jupyter.hosts.hub.entry import run

    sys.exit(run(sys.argv[1:]))
