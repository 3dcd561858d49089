"""JupyterLab's extension: where it is built, installed and linked, under one name and version."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import peter_jupyter
from peter_core import __version__
from tools.build_frontend import _digest
from tools.frontend import NAME, link

ROOT = Path(__file__).resolve().parents[2]
LAB = ROOT / "labextension" / "lab"


def package() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((LAB / "package.json").read_text("utf-8"))
    return found


def test_one_name_is_built_installed_and_linked() -> None:
    declared = peter_jupyter._jupyter_labextension_paths()
    assert declared == [{"src": "labextension", "dest": NAME}]
    assert package()["name"] == NAME
    built = (LAB / package()["jupyterlab"]["outputDir"]).resolve()
    assert built == ROOT / "peter_jupyter" / "labextension"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    shared = project["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-data"]
    place = f"share/jupyter/labextensions/{NAME}"
    assert shared["peter_jupyter/labextension"] == place
    assert json.loads((LAB / "install.json").read_text("utf-8"))["packageName"] == "peter"


def test_the_extension_has_the_version_of_the_product() -> None:
    assert package()["version"] == __version__


def test_the_lock_file_names_no_address() -> None:
    assert "http" not in (LAB / "package-lock.json").read_text("utf-8")


def test_every_setting_says_what_it_does_and_has_a_default() -> None:
    schema = json.loads((LAB / "schema" / "plugin.json").read_text("utf-8"))
    page = (ROOT / "docs" / "jupyterlab.md").read_text("utf-8")
    for name, setting in schema["properties"].items():
        assert setting["description"], name
        assert "default" in setting, name
        assert f"`{name}`" in page, name


def test_a_link_takes_the_place_of_a_copy_and_stays(tmp_path: Path) -> None:
    built = tmp_path / "checkout" / "peter_jupyter" / "labextension"
    built.mkdir(parents=True)
    place = tmp_path / "env" / "share" / "jupyter" / "labextensions" / NAME
    place.mkdir(parents=True)
    (place / "package.json").write_text("{}")
    for _ in range(2):
        link(tmp_path / "checkout", tmp_path / "env")
        assert place.is_symlink()
        assert place.resolve() == built.resolve()


def test_a_change_of_the_extension_or_of_what_it_shares_is_a_new_build(tmp_path: Path) -> None:
    root = tmp_path / "checkout"
    files = [
        "labextension/src/renderer/dom.ts", "labextension/lab/src/index.ts",
        "labextension/lab/style/index.css", "labextension/lab/schema/plugin.json",
        "labextension/build.mjs", "labextension/package.json", "labextension/package-lock.json",
        "labextension/lab/build.mjs", "labextension/lab/package.json",
        "labextension/lab/package-lock.json", "labextension/lab/install.json",
        "peter_core/plan/theme.json",
        "peter_core/dashboard/peter-dashboard-1.json", "peter_jupyter/display/display.css",
    ]  # fmt: skip
    for name in files:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    seen = {_digest(root)}
    for name in files:
        (root / name).write_text("changed")
        seen.add(_digest(root))
    assert len(seen) == len(files) + 1
