"""``peter`` run in this process, in a folder of its own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from peter_jupyter.cli.app import app


@dataclass(frozen=True)
class Ran:
    """What one command gave."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class CommandLine:
    """Commands over one workspace."""

    folder: Path

    def __call__(self, *words: str, input: str | bytes | None = None) -> Ran:
        result = CliRunner().invoke(app, list(words), input=input)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Ran(result.exit_code, result.stdout, result.stderr)

    def file(self, name: str, text: str) -> str:
        """A file of the workspace; its path."""
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return str(path)
