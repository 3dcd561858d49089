"""``python -m peter_jupyter.cli``."""

from __future__ import annotations

from peter_jupyter.cli import main

main()
