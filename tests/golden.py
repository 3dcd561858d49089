"""Golden files: what a result was when somebody last looked at it.

``PETER_UPDATE_GOLDEN=1 pytest …`` writes them anew. Each file that changes is told as a skipped
test with what changed in it; look at the pictures before committing.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parent / "fixtures" / "golden"
UPDATE = os.environ.get("PETER_UPDATE_GOLDEN") == "1"
MOST = 8


def hold_json(name: str, found: Any) -> None:
    """Fail where a result differs from ``name.json``, with the places that do."""
    text = json.dumps(found, indent=1, ensure_ascii=False) + "\n"
    path = FOLDER / f"{name}.json"
    before = json.loads(path.read_text("utf-8")) if path.is_file() else None
    # A tuple and a list, 1 and 1.0 are one thing in a file.
    _settle(path, text, list(_differences(before, json.loads(text), "")))


def hold_svg(name: str, svg: str) -> None:
    """Fail where the texts, shapes or colours of a picture differ from those of ``name.svg``.

    Places depend on the fonts of a machine.
    """
    path = FOLDER / f"{name}.svg"
    before = drawn(path.read_text("utf-8")) if path.is_file() else Counter()
    after = drawn(svg)
    gone, come = before - after, after - before
    changes = [f"- {_counted(what, n)}" for what, n in gone.items()]
    changes += [f"+ {_counted(what, n)}" for what, n in come.items()]
    _settle(path, svg.rstrip("\n") + "\n", changes)


def drawn(svg: str) -> Counter[str]:
    """What a picture is made of, wherever it stands."""
    found: Counter[str] = Counter()
    texts = re.findall(r"<text\b[^>]*>(.*?)</text>", svg, re.DOTALL)
    found.update(f"text {re.sub('<[^>]*>', '', text)!r}" for text in texts)
    found.update(re.findall(r"<(path|line|rect|circle|tspan|a|stop)\b", svg))
    colors = re.findall(r'(?:fill|stroke|stop-color)="([^"]+)"', svg)
    found.update(f"colour {re.sub(r'gradient-[0-9a-f]+', 'gradient', one)}" for one in colors)
    return found


def _counted(what: str, count: int) -> str:
    return what if count == 1 else f"{count} × {what}"


def _differences(before: Any, after: Any, place: str) -> Iterator[str]:
    if type(before) is type(after) and isinstance(before, dict):
        for name in [*before, *(name for name in after if name not in before)]:
            inner = f"{place}.{name}" if place else name
            if name not in after:
                yield f"- {inner}"
            elif name not in before:
                yield f"+ {inner} = {_short(after[name])}"
            else:
                yield from _differences(before[name], after[name], inner)
    elif type(before) is type(after) and isinstance(before, list) and len(before) == len(after):
        for at, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from _differences(one, other, f"{place}[{at}]")
    elif before != after:
        yield f"{place or 'all of it'}: {_short(before)} → {_short(after)}"


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:59]}…"


def _settle(path: Path, text: str, changes: list[str]) -> None:
    told = "; ".join(changes[:MOST])
    told += f"; and {len(changes) - MOST} more" if len(changes) > MOST else ""
    if changes and UPDATE:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        pytest.skip(f"wrote {path.relative_to(FOLDER)}: {told}")
    assert not changes, f"{path.relative_to(FOLDER)}: {told}"
