"""``peter config``: the settings in force and where each is from."""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from peter_jupyter.cli.command import UNDERSTAND, command
from peter_jupyter.cli.options import Folder, Json
from peter_jupyter.cli.terminal import print_json, print_table

if TYPE_CHECKING:
    from peter_core.config import Settings

_SECRET = re.compile(r"secret|token|password|credential|key$|url$")


@command("config", section=UNDERSTAND, example="peter config --json")
def config(folder: Folder = None, as_json: Json = False) -> None:
    """Print the settings in force and where each is from; secrets are masked."""
    from peter_core.config import load_settings

    given = {} if folder is None else {"folder": folder}
    settings = load_settings(**given)
    sources = _sources(settings, given)
    values = {name: _text(name, getattr(settings, name)) for name in sources}
    if as_json:
        print_json(
            {name: {"value": values[name], "source": source} for name, source in sources.items()}
        )
        return
    rows = [(name, values[name], source) for name, source in sources.items()]
    print_table(("SETTING", "VALUE", "FROM"), rows)


def _sources(settings: Settings, given: dict[str, Path]) -> dict[str, str]:
    """Where each setting is from, in the order in which one wins over the next."""
    environment = {name.upper() for name in os.environ}
    file = Path("peter.toml")
    in_file = tomllib.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    found = {}
    for name in type(settings).model_fields:
        variable = f"PETER_{name.upper()}"
        if name in given:
            found[name] = f"--{name}"
        elif variable in environment:
            found[name] = variable
        else:
            found[name] = file.name if name in in_file else "default"
    return found


def _text(name: str, value: object) -> str:
    if value is None:
        return "not set"
    if _SECRET.search(name):
        return "********"
    if isinstance(value, frozenset):
        return ", ".join(sorted(value))
    return str(value.resolve()) if isinstance(value, Path) else str(value)
