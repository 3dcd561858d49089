"""``peter export``: one dashboard as HTML, SVG, PNG and PDF, all of one artifact."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.jupyter.command_line import CommandLine
from tests.jupyter.conftest import DASHBOARD
from tests.small_flights import write_tables

SLUG = "small-flights"


@pytest.fixture(scope="module")
def peter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandLine]:
    """The command line in a workspace where the small dashboard is published."""
    folder = write_tables(tmp_path_factory.mktemp("exports"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PETER_FOLDER", str(folder))
        patch.delenv("PETER_USER", raising=False)
        line = CommandLine(folder)
        assert line("publish", line.file("board.yaml", DASHBOARD)).code == 0
        yield line


def texts(path: Path) -> str:
    root = ElementTree.fromstring(path.read_text("utf-8"))  # noqa: S314  # our own drawing
    return "\n".join("".join(one.itertext()) for one in root.iter() if one.tag.endswith("text"))


def test_a_drawing_needs_no_browser_and_has_the_filters_values(
    peter: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    target = tmp_path / "board.svg"
    ran = peter("export", SLUG, "--svg", str(target), "--filter", "carrier=AA")
    assert (ran.code, ran.out) == (0, f"{target} written\n")
    said = texts(target)
    assert "carrier: American" in said.replace("Carrier", "carrier")
    assert "Departures\n2\n" in said
    assert "3 of 3 charts as they were verified" in said
    assert "Data as of " in said


def test_theme_and_width_are_the_drawings(peter: CommandLine, tmp_path: Path) -> None:
    light, dark = tmp_path / "light.svg", tmp_path / "dark.svg"
    assert peter("export", SLUG, "--svg", str(light)).code == 0
    ran = peter("export", SLUG, "--svg", str(dark), "--theme", "dark", "--width", "640")
    assert ran.code == 0
    assert 'width="1280"' in light.read_text("utf-8")[:200]
    assert 'width="640"' in dark.read_text("utf-8")[:200]
    assert "#111317" in dark.read_text("utf-8") and "#111317" not in light.read_text("utf-8")


@pytest.mark.browser
def test_all_files_of_one_command_are_of_one_artifact(peter: CommandLine, tmp_path: Path) -> None:
    names = {kind: tmp_path / f"board.{kind}" for kind in ("html", "svg", "png", "pdf")}
    words = [word for kind, path in names.items() for word in (f"--{kind}", str(path))]
    ran = peter("export", SLUG, *words, "--width", "800")
    assert ran.code == 0
    assert sorted(ran.out.splitlines()) == sorted(f"{path} written" for path in names.values())
    page = names["html"].read_text("utf-8")
    artifact = json.loads(page.split('id="peter-artifact">')[1].split("</script>")[0])
    assert f"{SLUG}.peter.yaml @ {artifact['revision'][:7]}" in texts(names["svg"])
    assert artifact["charts"]["flights"]["view"]["value"]["text"] in texts(names["svg"])
    assert struct.unpack(">I", names["png"].read_bytes()[16:20]) == (800,)
    assert names["pdf"].read_bytes().startswith(b"%PDF-")


@pytest.mark.parametrize(
    "words", [("--svg", "no/such/folder/x.svg"), ("--svg", "."), ("--svg", "x.svg", "--width", "9")]
)
def test_a_drawing_to_nowhere_or_of_no_width_is_wrong_use(
    peter: CommandLine, words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = peter("export", SLUG, *words)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("Error: ")
    assert not (tmp_path / "x.svg").exists()


def test_an_exported_page_is_in_the_dashboards_language(peter: CommandLine, tmp_path: Path) -> None:
    german = DASHBOARD.replace("slug: small-flights", "slug: german\nlocale: de")
    assert peter("publish", peter.file("german.yaml", german)).code == 0
    page, drawing = tmp_path / "german.html", tmp_path / "german.svg"
    ran = peter("export", "german", "--html", str(page), "--svg", str(drawing))
    assert ran.code == 0
    assert '<html lang="de">' in page.read_text("utf-8")
    assert "Datenstand " in texts(drawing)


def test_a_dash_prints_the_one_file_that_was_asked_for(peter: CommandLine) -> None:
    assert peter("export", SLUG, "--svg", "-").out.startswith("<svg ")
    assert peter("export", SLUG, "--html", "-").out.endswith("</html>\n")
    refused = peter("export", SLUG, "--png", "-")
    assert (refused.code, refused.out) == (2, "")
    assert "Standard output takes one HTML or one SVG." in refused.err


def test_a_folder_is_no_file_to_write(peter: CommandLine, tmp_path: Path) -> None:
    refused = peter("export", SLUG, "--html", str(tmp_path))
    assert refused.err.startswith(f"Error: {tmp_path} is a folder.")
    assert f"no folder {tmp_path}/no" in peter("export", SLUG, "--svg", f"{tmp_path}/no/x").err
