"""What JupyterLab's extension says in other languages, as JupyterLab reads it; run by the build.

JupyterLab looks for it in the folder ``locale`` beside what the entry point ``jupyterlab.locale``
names, and gives it to a browser when JupyterLab's own pack of that language is installed. A file is
made of a catalogue: of its part ``lab``, of its texts that the extension says too, and of the words
that the extension shares with pages and notebooks.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path
from typing import Any

DOMAIN = "peter"
"""What the extension calls its texts, and the entry point its package."""
SURFACE = f"{DOMAIN}\u0004surface"
"""The words of the renderer, as JSON: a text in a context, as gettext writes it."""

_LITERAL = r'"((?:[^"\\]|\\.)*)"'
_TEXT = re.compile(rf"\btrans\.__\(\s*{_LITERAL}")
_COUNT = re.compile(rf"\btrans\._n\(\s*{_LITERAL},\s*{_LITERAL}")


def write_packs(root: Path) -> list[Path]:
    """Write the files of every catalogue that names a pack; gives them."""
    folder = root / "peter_jupyter" / "locale"
    if folder.is_dir():
        shutil.rmtree(folder)  # a language of former times would be shipped
    texts = said_texts(root)
    written = []
    for path in sorted((root / "peter_core" / "plan" / "catalogues").glob("*.json")):
        catalogue = json.loads(path.read_text("utf-8"))
        if "lab" not in catalogue:
            continue
        file = folder / catalogue["lab"]["pack"] / "LC_MESSAGES" / f"{DOMAIN}.json"
        file.parent.mkdir(parents=True)
        pack = pack_of(path.stem, catalogue, texts)
        file.write_text(json.dumps(pack, ensure_ascii=False, indent=0) + "\n", "utf-8")
        written.append(file)
    return written


def pack_of(language: str, catalogue: dict[str, Any], texts: list[str]) -> dict[str, Any]:
    """A catalogue as gettext's JSON (Jed): lists of forms by the English, of numbers by its one."""
    lab = catalogue["lab"]
    surface = {"language": language, "words": catalogue["surface"]}
    pack: dict[str, Any] = {
        "": {
            "domain": DOMAIN,
            "language": lab["pack"].replace("_", "-"),
            "plural_forms": lab["plural_forms"],
        },
        SURFACE: [json.dumps(surface, ensure_ascii=False, separators=(",", ":"))],
    }
    for english in texts:
        told = lab["texts"].get(english) or catalogue["texts"].get(english)
        if told is not None:  # what a catalogue lacks is said in English
            pack[english] = list(told.values()) if isinstance(told, dict) else [told]
    return pack


def said_texts(root: Path) -> list[str]:
    """Every text that the extension's sources say, in English; of a counted one the singular."""
    sources = sorted((root / "labextension" / "lab" / "src").glob("*.ts"))
    found = {
        json.loads(f'"{english[1]}"')
        for source in sources
        for pattern in (_TEXT, _COUNT)
        for english in pattern.finditer(source.read_text("utf-8"))
    }
    return sorted(found)


if __name__ == "__main__":
    for made in write_packs(Path(__file__).resolve().parents[1]):
        sys.stdout.write(f"{made}\n")
