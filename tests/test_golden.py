"""Golden files tell what changed, and only an update writes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import golden

BEFORE = '<svg><text x="1">One</text><text>Two</text><path fill="#aaa"/><rect fill="#bbb"/></svg>'
AFTER = '<svg><text x="9">One</text><text>2</text><rect fill="#bbb"/><rect fill="#ccc"/></svg>'


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(golden, "FOLDER", tmp_path)
    monkeypatch.setattr(golden, "UPDATE", False)
    (tmp_path / "one.svg").write_text(BEFORE)
    (tmp_path / "one.json").write_text('{"view": {"y": [1, 2], "gone": true}, "note": null}')
    return tmp_path


def test_the_same_picture_elsewhere_is_the_same() -> None:
    golden.hold_svg("one", BEFORE.replace('x="1"', 'x="7.5"'))


def test_another_text_shape_or_colour_is_told() -> None:
    with pytest.raises(AssertionError, match=r"one\.svg: ") as failed:
        golden.hold_svg("one", AFTER)
    told = str(failed.value).splitlines()[0]
    for change in ("- text 'Two'", "- path", "- colour #aaa", "+ text '2'", "+ rect"):
        assert change in told
    assert "One" not in told and "#bbb" not in told


def test_another_value_is_told_with_its_place() -> None:
    with pytest.raises(AssertionError) as failed:
        golden.hold_json("one", {"view": {"y": [1, 3], "new": "x"}, "note": None})
    told = str(failed.value).splitlines()[0]
    assert told.startswith('one.json: view.y[1]: 2 → 3; - view.gone; + view.new = "x"')


def test_an_update_writes_what_changed_and_says_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(golden, "UPDATE", True)
    with pytest.raises(pytest.skip.Exception, match=r"wrote one\.svg: - text 'Two'"):
        golden.hold_svg("one", AFTER)
    assert (folder / "one.svg").read_text() == AFTER + "\n"
    golden.hold_svg("one", AFTER)
    with pytest.raises(pytest.skip.Exception, match=r"wrote cards/new\.svg: \+ "):
        golden.hold_svg("cards/new", AFTER)


def test_without_an_update_a_file_that_is_missing_is_a_failure(folder: Path) -> None:
    with pytest.raises(AssertionError, match="all of it: null"):
        golden.hold_json("none", {"a": 1})
    assert not (folder / "none.json").exists()
