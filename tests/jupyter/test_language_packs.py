"""JupyterLab's extension in other languages: what a catalogue says, as JupyterLab reads it."""

from __future__ import annotations

import json
import re
import shutil
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest
from jupyterlab_server.translation_utils import get_installed_packages_locale

from peter_core.plan.plurals import plural
from peter_core.plan.words import FOLDER, languages
from tools.language_packs import DOMAIN, SURFACE, pack_of, said_texts, write_packs

ROOT = Path(__file__).resolve().parents[2]
TEXTS = said_texts(ROOT)
PLACES = re.compile(r"%\d")


@pytest.fixture(params=languages())
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def catalogue(language: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / f"{language}.json").read_text("utf-8"))
    return found


def counted() -> dict[str, str]:
    """The singular of each counted text, with its plural."""
    sources = "".join(path.read_text("utf-8")
                      for path in (ROOT / "labextension" / "lab" / "src").glob("*.ts"))  # fmt: skip
    return dict(re.findall(r'trans\._n\(\s*"([^"]+)",\s*"([^"]+)"', sources))


def test_the_extension_says_much_and_counts() -> None:
    assert len(TEXTS) > 120
    assert {"Search dashboards", "%1 change", "Publish…"} < set(TEXTS)
    assert counted()["%1 change"] == "%1 changes"


def test_a_catalogue_has_every_text_of_the_extension_and_no_other(
    catalogue: dict[str, Any],
) -> None:
    own = catalogue["lab"]["texts"]
    assert set(TEXTS) - set(own) - set(catalogue["texts"]) == set()
    assert set(own) - set(TEXTS) == set()
    assert set(own) & set(catalogue["texts"]) == set(), "it is said twice"


def test_a_translation_has_the_places_of_its_text(catalogue: dict[str, Any]) -> None:
    many = counted()
    for english, told in catalogue["lab"]["texts"].items():
        if english not in many:
            assert sorted(PLACES.findall(told)) == sorted(PLACES.findall(english)), english
            continue
        assert PLACES.findall(told["other"]) == PLACES.findall(many[english]), english
        assert PLACES.findall(told["one"]) == PLACES.findall(english), english


def test_the_plural_forms_are_those_of_the_language(
    language: str, catalogue: dict[str, Any]
) -> None:
    lab = catalogue["lab"]
    found = re.fullmatch(r"nplurals=(\d); plural=\(n (!=|>) 1\);", lab["plural_forms"])
    assert found is not None, "teach this test the rule of the language"
    for english in counted():
        forms = list(lab["texts"][english])
        assert len(forms) == int(found[1]), english
        for number in range(200):
            chosen = number > 1 if found[2] == ">" else number != 1
            assert forms[chosen] == plural(language, number), (english, number)


def test_a_pack_is_gettexts_json_with_the_words_of_the_renderer(
    language: str, catalogue: dict[str, Any]
) -> None:
    pack = pack_of(language, catalogue, TEXTS)
    assert pack[""]["language"] == catalogue["lab"]["pack"].replace("_", "-")
    (surface,) = pack[SURFACE]
    assert json.loads(surface) == {"language": language, "words": catalogue["surface"]}
    assert not re.search(r"%[%\d]", surface), "gettext would fill it"
    assert len(pack["%1 change"]) == 2
    assert pack["Dashboards"] == [catalogue["texts"]["Dashboards"]]
    assert set(pack) == {"", SURFACE, *TEXTS}


def test_a_catalogue_without_words_of_the_extension_makes_no_pack(tmp_path: Path) -> None:
    folder = tmp_path / "peter_core" / "plan" / "catalogues"
    folder.mkdir(parents=True)
    shutil.copy(FOLDER / "fr.json", folder)
    (folder / "es.json").write_text(json.dumps({"texts": {}, "surface": {}}), "utf-8")
    old = tmp_path / "peter_jupyter" / "locale" / "xx_XX"
    old.mkdir(parents=True)
    (made,) = write_packs(tmp_path)
    assert made.relative_to(old.parent) == Path("fr_FR", "LC_MESSAGES", f"{DOMAIN}.json")
    assert not old.exists(), "a pack of former times stays"


def test_jupyterlab_finds_the_packs_of_this_package() -> None:
    (found,) = (one for one in entry_points(group="jupyterlab.locale") if one.name == DOMAIN)
    assert found.value == "peter_jupyter"
    for language in languages():
        name = json.loads((FOLDER / f"{language}.json").read_text("utf-8"))["lab"]["pack"]
        packs, message = get_installed_packages_locale(name)
        assert message == ""
        assert DOMAIN in packs, "run: make frontend"
        assert packs[DOMAIN][""]["language"] == name.replace("_", "-")
        assert SURFACE in packs[DOMAIN]
