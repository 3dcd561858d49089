"""A dashboard as one SVG: what stands in it, and what never does."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from peter_core import Peter
from peter_core.errors import InvalidRequest
from peter_core.plan.tokens import Theme, tokens
from peter_core.plan.words import catalogue_of
from peter_jupyter.export import export_svg
from peter_jupyter.export.text import Font, Run, anchored, broken, plain, safe_link
from peter_jupyter.export.words import Words
from tests.hostile import COLUMN, GROUPS, document, write_workspace

GALLERY = Path(__file__).parents[1] / "fixtures" / "artifacts" / "gallery.json"
SVG = "{http://www.w3.org/2000/svg}"
DRAWN = {"svg", "g", "title", "rect", "path", "line", "circle", "text", "tspan", "a", "defs",
         "linearGradient", "stop"}  # fmt: skip


@pytest.fixture(scope="module")
def payload() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(GALLERY.read_text("utf-8"))
    return loaded


@pytest.fixture(scope="module")
def drawing() -> str:
    return export_svg(GALLERY.read_bytes())


def texts(svg: str) -> list[str]:
    """Every text of a drawing, a line each."""
    root = ElementTree.fromstring(svg)  # noqa: S314  # our own drawing
    return ["".join(one.itertext()) for one in root.iter(f"{SVG}text")]


def words(svg: str) -> str:
    return " ".join(" ".join(texts(svg)).split(" "))


def shorten(payload: dict[str, Any], *names: str) -> bytes:
    """The artifact with these charts alone, a row each."""
    rows = [[{"chart": name, "width": 12, "height": None}] for name in names]
    charts = {name: payload["charts"][name] for name in names}
    layout = {"tabs": [{"title": None, "rows": rows}]}
    return json.dumps({**payload, "charts": charts, "layout": layout}).encode()


def test_every_card_is_drawn_with_its_title_and_its_numbers(
    payload: dict[str, Any], drawing: str
) -> None:
    said = words(drawing)
    assert payload["title"] in said
    assert payload["description"] in said
    for chart in payload["charts"].values():
        assert not chart["title"] or chart["title"] in said
        view = chart["view"]
        if chart["problem"] is not None:
            assert chart["problem"]["title"] in said
            assert chart["problem"]["detail"] in said
        elif view["kind"] == "kpi":
            assert view["value"]["before"] + view["value"]["text"] in said
            assert view["delta"] is None or view["delta"]["label"] in said
        elif view["kind"] == "vega":
            assert f'aria-label="{plain(chart["summary"])}"' in drawing
            assert all(entry["label"] in said for entry in view["legend"])
    assert "First 10 of 1,200 rows" in said
    for tab in payload["layout"]["tabs"]:
        assert tab["title"] in texts(drawing)


def test_filters_stamps_and_receipts_are_printed(drawing: str) -> None:
    said = words(drawing)
    for told in (
        "Period: Aug 25, 2026 – Nov 22, 2026 · Returns: Yes",
        "Data as of Nov 22, 2026, 02:00\xa0CET", "Source updated Nov 22, 2026, 00:40\xa0CET",
        "15 of 15 charts as they were verified (Nov 23, 2026, 02:00\xa0CET by ada@example.com)",
        "sales-overview.peter.yaml @ 4f2c91a", "6 of 7 queries from cache", "38 MB scanned",
        "Loaded in 212 ms", "Europe/Paris", "Stale · Nov 22, 2026", "1 check failed",
        "First 7 of 1,204 rows",
    ):  # fmt: skip
        assert told in said, told


def test_a_german_dashboard_is_drawn_in_german(payload: dict[str, Any]) -> None:
    catalogue = catalogue_of("de")
    assert catalogue is not None
    german = {**payload, "locale": "de", "words": catalogue.for_surface()}
    svg = export_svg(json.dumps(german).encode())
    said = words(svg)
    for told in (
        "Datenstand 22.11.2026, 02:00\xa0CET", "Returns: Ja", "6 von 7 Abfragen aus dem",
        "15 von 15 Diagrammen wie geprüft (23.11.2026, 02:00\xa0CET von ada@example.com)",
        "Veraltet · 22.11.2026", "Die ersten 7 von 1.204 Zeilen", "1 Prüfung nicht bestanden",
    ):  # fmt: skip
        assert told in said, told
    for english in ("Data as of", "verified", "Stale", "rows ", "scanned", "Loaded", "from cache"):
        assert english not in said, english
    assert 'xml:lang="de"' in svg


def test_a_zone_without_a_name_is_told_by_its_offset_and_odd_moments_as_they_are() -> None:
    known = {"locale": "en-US", "timezone": "America/Sao_Paulo"}
    told = Words(known)
    assert told.moment("2026-11-22T01:00:00Z") == "Nov 21, 2026, 22:00\xa0UTC-03"
    assert told.moment("0001-01-01T00:00:00Z").startswith("Jan 1, 0001, 00:00")
    assert told.day("2026-11-22") == "Nov 22, 2026"
    assert [told.moment("soon"), told.day("<b>")] == ["soon", "<b>"]
    assert [told.size(512), told.size(9_940_000), told.size(38_200_000)] == [
        "512 B", "9.9 MB", "38 MB"
    ]  # fmt: skip
    assert [told.duration(211.6), told.duration(1400)] == ["212 ms", "1.4 s"]


def test_a_chart_that_changed_since_it_was_verified_says_so(payload: dict[str, Any]) -> None:
    changed = json.loads(shorten(payload, "revenue", "orders"))
    changed["charts"]["orders"]["receipt"]["matches"] = False
    said = words(export_svg(json.dumps(changed).encode()))
    assert "Changed since verified" in said
    assert "1 of 2 charts as they were verified" in said


@pytest.mark.parametrize("width", [320, 480, 800, 1280, 2000])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_drawing_has_the_width_and_the_colours_that_were_asked_for(
    payload: dict[str, Any], theme: Theme, width: int
) -> None:
    body = shorten(payload, "revenue", "by_day", "products", "repeat", "words")
    root = ElementTree.fromstring(export_svg(body, width=width, theme=theme))  # noqa: S314
    ground = root.find(f"{SVG}rect")
    assert ground is not None
    assert ground.attrib["fill"] == tokens(theme)["bg"]
    assert root.attrib["width"] == str(width)
    assert root.attrib["viewBox"] == f"0 0 {width} {root.attrib['height']}"


def test_cards_of_a_narrow_drawing_stand_below_each_other(payload: dict[str, Any]) -> None:
    def height(width: int) -> float:
        svg = export_svg(json.dumps(payload).encode(), width=width)
        return float(ElementTree.fromstring(svg).attrib["height"])  # noqa: S314

    assert height(480) > 1.4 * height(1280)


def test_a_value_of_many_digits_is_written_smaller_rather_than_over_its_card(
    payload: dict[str, Any],
) -> None:
    name = next(n for n, c in payload["charts"].items() if (c["view"] or {}).get("kind") == "kpi")
    value = {"before": "", "text": "123,456,789,012", "unit": "T"}
    payload["charts"][name]["view"]["value"] |= value

    def size(columns: int) -> float:
        body = json.loads(shorten(payload, name))
        body["layout"]["tabs"][0]["rows"][0][0]["width"] = columns
        svg = export_svg(json.dumps(body).encode(), width=1280)
        found = re.search(r'font-size="([\d.]+)"[^>]*>123,456,789,012<', svg)
        assert found is not None
        return float(found[1])

    assert size(12) == 30
    room = (1280 - 64 - 11 * 16) / 12 * 2 + 16 - 40
    assert Font(size(2), 36, 600).width("123,456,789,012") <= room


def test_nothing_in_a_drawing_runs_styles_or_asks_for_anything(drawing: str) -> None:
    root = ElementTree.fromstring(drawing)  # noqa: S314
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= DRAWN
    for element in root.iter():
        for name, value in element.attrib.items():
            assert not name.startswith("on")
            assert name != "style"
            assert "url(" not in value or value.startswith("url(#")
            if name == "href":
                assert element.tag == f"{SVG}a"
                assert value.startswith("https://shop.example.com/")
    ids = re.findall(r' id="([^"]*)"', drawing)
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("group", range(len(GROUPS)))
def test_hostile_texts_are_drawn_as_texts(group: int, tmp_path: Path) -> None:
    with Peter.local(write_workspace(tmp_path)) as peter:
        body = peter.preview(document(group)).body
    svg = export_svg(body)
    root = ElementTree.fromstring(svg)  # noqa: S314
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= DRAWN
    assert not any(name.startswith("on") for one in root.iter() for name in one.attrib)
    assert all(one.attrib["href"].startswith("https://evil.example/") for one in root.iter()
               if "href" in one.attrib)  # fmt: skip
    said = words(svg)
    for payload in GROUPS[group]:
        assert " ".join(payload.split()) in said
    assert COLUMN[:6] in said


def test_characters_that_xml_does_not_know_do_not_break_the_drawing(
    payload: dict[str, Any],
) -> None:
    odd = json.loads(shorten(payload, "revenue", "channels", "products", "words"))
    nasty = "a\x00b\x0b\ufffe\ud800]]>&amp;<"
    odd["title"] = odd["description"] = nasty
    odd["charts"]["channels"]["title"] = nasty
    view = odd["charts"]["products"]["view"]
    view["values"][0] = [nasty for _ in view["values"][0]]
    data = odd["charts"]["channels"]["view"]["data"]
    data["values"] = [[nasty if isinstance(v, str) else v for v in column]
                      for column in data["values"]]  # fmt: skip
    svg = export_svg(json.dumps(odd).encode())
    assert "a�b���]]>&amp;<" in texts(svg)
    svg.encode("utf-8")


@pytest.mark.parametrize("width", [0, 319, 4097])
def test_a_width_out_of_bounds_is_refused(width: int) -> None:
    with pytest.raises(InvalidRequest, match="320 to 4,096 pixels"):
        export_svg(GALLERY.read_bytes(), width=width)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"format": 1, "title": "x"}', b"\xff"])
def test_what_is_no_artifact_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidRequest, match="no dashboard artifact"):
        export_svg(body)


def test_a_dashboard_without_rows_in_a_table_is_drawn(payload: dict[str, Any]) -> None:
    empty = json.loads(shorten(payload, "products", "lines"))
    for chart in empty["charts"].values():
        view = chart["view"]
        view["values"] = [[] for _ in view["values"]]
        view["texts"] = [None for _ in view["texts"]]
    assert "Top products" in words(export_svg(json.dumps(empty).encode()))


@pytest.mark.parametrize("room", [1, 40, 200, 1000])
def test_no_letter_is_lost_where_lines_break(room: float) -> None:
    text = "Net revenue, orders — and conversion漢字 " + "x" * 90
    runs = [Run(text), Run(" strong", strong=True), Run(" code()", code=True)]
    lines = broken(runs, Font(14, 20), room)
    whole = "".join(run.text for line in lines for run in line)
    assert whole.replace(" ", "") == (text + "strongcode()").replace(" ", "")
    widths = [sum(Font(14, 20).width(run.text.strip()) for run in line) for line in lines]
    assert room < 40 or max(widths) <= room * 1.1


@pytest.mark.parametrize("target", [
    "javascript:x()", "data:text/html,x", "//evil.example", "http:", "HTTP", "file:///etc/passwd",
    "https://[", None, 3,
])  # fmt: skip
def test_only_a_web_page_is_linked(target: object) -> None:
    assert safe_link(target) is None
    assert safe_link("https://example.com/a?b=c") == "https://example.com/a?b=c"


@pytest.mark.parametrize("target", ["https://a.example/?b=c&d", "https://a.example/\"'><script>"])
def test_a_linked_address_stays_in_its_attribute_and_its_page_knows_nothing(target: str) -> None:
    root = ElementTree.fromstring(anchored(target, "<g/>"))  # noqa: S314  # our own drawing
    isolated = {"href": target, "target": "_blank", "rel": "noopener noreferrer"}
    assert (root.tag, root.attrib, [one.tag for one in root]) == ("a", isolated, ["g"])
