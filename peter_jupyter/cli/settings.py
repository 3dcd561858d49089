"""``peter config``: the settings in force and where each is from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from peter_jupyter.cli.command import FAILED, UNDERSTAND, command
from peter_jupyter.cli.options import Folder, Json
from peter_jupyter.cli.terminal import note, print_json, print_table, say

if TYPE_CHECKING:
    from peter_core.config import Fault, Reading

_UNITS = {
    "Seconds": (("w", 604_800), ("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)),
    "Bytes": (("TiB", 2**40), ("TB", 10**12), ("GiB", 2**30), ("GB", 10**9),
              ("MiB", 2**20), ("MB", 10**6), ("KiB", 2**10), ("KB", 1000), ("B", 1)),
}  # fmt: skip
MASK = "••••"
"""Stands for a secret; nothing of it is shown, not even its length."""


@command("config", section=UNDERSTAND, example="peter config --json")
def config(folder: Folder = None, as_json: Json = False) -> None:
    """Print the settings in force and where each is from; secrets are masked."""
    from peter_core.config import read_settings

    reading = read_settings({} if folder is None else {"folder": folder})
    sources = {
        name: "--folder" if source == "argument" else source
        for name, source in reading.sources.items()
    }
    if reading.faults:
        _refuse(reading.faults, as_json)
    settings = reading.require()
    values = {
        name: _text(getattr(settings, name), secret=name in reading.fetched)
        for name in type(settings).model_fields
    }
    if as_json:
        print_json({
            name: {"value": value, "source": sources.get(name, "default")}
            for name, value in values.items()
        })  # fmt: skip
        return
    kinds = type(settings).__annotations__
    for name, value in values.items():
        if value != MASK:
            values[name] = _written(getattr(settings, name), str(kinds[name])) or value
    _print_rows(reading, values, sources)


def _refuse(faults: tuple[Fault, ...], as_json: bool) -> None:
    if as_json:
        print_json({"error": {"code": "config_invalid", "faults": faults}})
    count = "One setting" if len(faults) == 1 else f"{len(faults)} settings"
    note(f"{count} cannot be used:", "bad")
    for fault in faults:
        note(f"  {fault}")
    raise typer.Exit(FAILED)


def _print_rows(reading: Reading, values: dict[str, str], sources: dict[str, str]) -> None:
    given = [(name, value, sources[name]) for name, value in values.items() if name in sources]
    rest = [(name, value, "default") for name, value in values.items() if name not in sources]
    print_table(("SETTING", "VALUE", "FROM"), [*given, *rest])
    secrets = sum(value == MASK for value in values.values())
    if secrets:
        say(f"{secrets} secret{'s' if secrets > 1 else ''} not shown.", "quiet")


def _written(value: object, kind: str) -> str | None:
    """A size or an age as one writes it, exactly; ``None`` for anything else."""
    units = _UNITS.get(kind.removesuffix(" | None"))
    if units is None or not isinstance(value, int | float) or value <= 0:
        return None
    return next((f"{value / size:.0f}{unit}" for unit, size in units if value % size == 0), None)


def _text(value: object, *, secret: bool = False) -> str:
    from pydantic import SecretStr

    if value is None:
        return "not set"
    if secret or isinstance(value, SecretStr):
        return MASK
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, frozenset):
        return ", ".join(sorted(value)) or "none"
    if isinstance(value, dict):
        return ", ".join(f"{key} {price}" for key, price in sorted(value.items())) or "none"
    return str(value.resolve()) if isinstance(value, Path) else str(value)
