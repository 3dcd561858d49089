"""``python -m peter_jupyter.hosts.hub``."""

from __future__ import annotations

from peter_jupyter.hosts.hub import main

if __name__ == "__main__":
    main()
