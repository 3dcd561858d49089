"""The revision follows the meaning of a document, and a diff tells it."""

from __future__ import annotations

import json

import pytest
import yaml

from peter_core.dashboard.canonical import canonical, diff, revision
from peter_core.dashboard.loading import load_dashboard
from peter_core.errors import DocumentError

DOCUMENT = """version: 1
slug: fleet
title: Fleet
filters:
  maker: {type: text}
  since: {type: number, default: 1990}
queries:
  planes:
    sql: |
      SELECT COUNT(*) AS planes
      FROM nyc.planes
  seats: {sql: SELECT SUM(seats) AS seats FROM nyc.planes}
charts:
  planes: {type: kpi, query: planes, title: Planes, value: planes}
  seats: {type: kpi, query: seats, title: Seats, value: seats}
layout:
  - [planes, {chart: seats, width: 6}]
"""


def of(text: str) -> str:
    loaded = load_dashboard(text)
    assert loaded.dashboard is not None, loaded.problems
    return revision(loaded)


def test_a_revision_is_64_hexadecimal_digits() -> None:
    assert len(of(DOCUMENT)) == 64
    assert set(of(DOCUMENT)) <= set("0123456789abcdef")


def test_the_canonical_form_is_one_line_of_json_in_the_order_of_the_models() -> None:
    text = canonical(load_dashboard(DOCUMENT.replace("version: 1\n", "") + "version: 1\n"))
    assert "\n" not in text
    assert list(json.loads(text))[:3] == ["version", "slug", "title"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("title: Fleet", "title: 'Fleet'  # all of it"),
        ("title: Fleet", '"title": "Fl\\x65et"'),
        ("version: 1\nslug: fleet", "\nslug: fleet\n# one\nversion: 0x1"),
        ("[planes, {chart: seats, width: 6}]", "- planes\n    - width: 6\n      chart: seats"),
        ("default: 1990", "default: 1990.0"),
        (
            "|\n      SELECT COUNT(*) AS planes\n      FROM nyc.planes",
            '"SELECT COUNT(*) AS planes\\nFROM nyc.planes"',
        ),
        ("sql: |", "sql: |-"),
        ("type: kpi, query: planes", "query: planes, type: kpi"),
    ],
)
def test_comments_order_quoting_and_layout_do_not_change_the_revision(old: str, new: str) -> None:
    changed = DOCUMENT.replace(old, new, 1)
    assert changed != DOCUMENT
    assert of(changed) == of(DOCUMENT)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("title: Fleet", "title: fleet"),
        ("COUNT(*)", "COUNT( * )"),
        ("width: 6", "width: 7"),
        ("default: 1990", "default: 1991"),
        ("query: planes, title", "query: seats, title"),
        ("  maker: {type: text}\n  since: {type: number, default: 1990}\n",
         "  since: {type: number, default: 1990}\n  maker: {type: text}\n"),
    ],
)  # fmt: skip
def test_what_people_see_changes_the_revision(old: str, new: str) -> None:
    assert of(DOCUMENT.replace(old, new, 1)) != of(DOCUMENT)


def test_the_order_of_charts_counts_only_where_no_layout_places_them() -> None:
    first = "  planes: {type: kpi, query: planes, title: Planes, value: planes}\n"
    second = "  seats: {type: kpi, query: seats, title: Seats, value: seats}\n"
    swapped = DOCUMENT.replace(first + second, second + first)
    assert of(swapped) == of(DOCUMENT)
    layout = DOCUMENT[DOCUMENT.index("layout:") :]
    assert of(swapped.replace(layout, "")) != of(DOCUMENT.replace(layout, ""))


def test_a_document_written_anew_by_any_yaml_library_keeps_its_revision(valid_text: str) -> None:
    """Every key of every model in another order, in another program's style."""
    loaded = load_dashboard(valid_text)

    def shuffled(value: object, depth: int = 0, name: str = "") -> object:
        if isinstance(value, dict):
            keys = list(value)
            # The order of these names is content.
            if name not in ("filters", "charts"):
                keys = keys[3:] + keys[:3][::-1]
            return {k: shuffled(value[k], depth + 1, k if depth == 0 else "") for k in keys}
        if isinstance(value, tuple):
            return [shuffled(item, depth + 1) for item in value]
        return value

    dumped = yaml.safe_dump(shuffled(loaded.tree), sort_keys=False, width=50)
    again = load_dashboard(dumped)
    assert again.problems == ()
    assert revision(again) == revision(loaded)


def changes(old: str, new: str) -> list[tuple[str, str]]:
    found = diff(DOCUMENT, DOCUMENT.replace(old, new, 1))
    return [(change.kind, change.text) for change in found]


def test_the_same_meaning_has_no_difference() -> None:
    assert changes("title: Fleet", 'title: "Fleet" # of planes') == []


@pytest.mark.parametrize(
    ("old", "new", "kind", "text"),
    [
        ("title: Fleet", "title: Planes", "changed", 'title: "Fleet" -> "Planes"'),
        ("width: 6", "width: 7", "changed", "layout[0][1].width: 6 -> 7"),
        ("title: Seats,", "title: Seats, better: higher,", "added",
         'added charts.seats.better: "higher"'),
        (", default: 1990", "", "removed", "removed filters.since.default: 1990"),
        ("  seats: {sql: SELECT SUM(seats) AS seats FROM nyc.planes}\n", "", "removed",
         "removed queries.seats"),
        ("default: 1990", "default: null", "changed", "filters.since.default: 1990 -> null"),
        ("      FROM nyc.planes", "      FROM nyc.airlines", "changed",
         "queries.planes.sql: 1 lines added, 1 removed\n    -FROM nyc.planes\n"
         "    +FROM nyc.airlines"),
        ("  maker: {type: text}\n  since: {type: number, default: 1990}\n",
         "  since: {type: number, default: 1990}\n  maker: {type: text}\n", "moved",
         "filters: order maker, since -> since, maker"),
    ],
)  # fmt: skip
def test_a_change_is_one_line_at_the_place_that_tells_it(
    old: str, new: str, kind: str, text: str
) -> None:
    broken_reference = "queries.seats" in text
    found = changes(old, new)
    assert (kind, text) in found
    assert len(found) == 1 or broken_reference


def test_a_document_that_cannot_be_read_cannot_be_compared() -> None:
    with pytest.raises(DocumentError) as caught:
        diff(DOCUMENT, "[" * 100)
    assert caught.value.problems[0].rule == "too-deep"


def test_a_document_with_errors_that_can_be_read_is_compared() -> None:
    assert changes("version: 1", "version: 2") == [("changed", "version: 1 -> 2")]
