"""The pages: policy, first paint, export, static files."""

from __future__ import annotations

import html
import json
import re

import pytest

from peter_jupyter.page import STATIC, asset_version, csp
from tests.http.conftest import DOCUMENT, Ask

PAGE = "dashboards/small-flights"
HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(1)>"


def block(body: bytes, name: str) -> object:
    found = re.search(rf'<script type="application/json" id="{name}">(.*?)</script>',
                      body.decode(), re.DOTALL)  # fmt: skip
    return json.loads(found[1]) if found else None


def meta(body: bytes, name: str) -> str | None:
    found = re.search(rf'<meta name="{name}" content="([^"]*)">', body.decode())
    return html.unescape(found[1]) if found else None


def test_the_policy_of_a_page_allows_its_own_and_nothing_else() -> None:
    assert dict(part.split(" ", 1) for part in csp().split("; ")) == {
        "default-src": "'none'",
        "script-src": "'self'",
        # Vega's SVG carries its styles as attributes.
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data:",
        "connect-src": "'self'",
        "frame-ancestors": "'self'",
        "base-uri": "'none'",
        "form-action": "'self'",
    }


async def test_pages_run_under_the_strict_policy(ask: Ask, published: str) -> None:
    for path in ("dashboards", PAGE, "dashboards/no-such-board"):
        reply = await ask("GET", path, who="vera")
        assert reply.headers["Content-Security-Policy"] == csp()
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
        assert reply.headers["Referrer-Policy"] == "no-referrer"
        assert reply.headers["Content-Type"] == "text/html; charset=utf-8"
        assert "unsafe-eval" not in csp()
        scripts = re.findall(r"<script(?![^>]*application/json)[^>]*>", reply.body.decode())
        assert all("src=" in script for script in scripts)


async def test_the_list_links_to_the_pages(ask: Ask, published: str, jp_base_url: str) -> None:
    reply = await ask("GET", "dashboards", who="vera")
    entries = block(reply.body, "peter-dashboards")
    assert isinstance(entries, list)
    assert entries[0]["title"] == "Small flights"
    assert entries[0]["url"] == f"{jp_base_url}peter/{PAGE}"
    assert entries[0]["published_at"].endswith("Z")


async def test_a_cached_dashboard_is_painted_at_once(ask: Ask, published: str) -> None:
    warm = await ask("GET", PAGE)
    assert (meta(warm.body, "peter-list") or "").endswith("/peter/dashboards")
    artifact = block(warm.body, "peter-artifact")
    assert isinstance(artifact, dict)
    assert artifact["charts"]["flights"]["view"]["value"]["raw"] == 5
    assert (meta(warm.body, "peter-data") or "").endswith(
        "/peter/api/v1/dashboards/small-flights/data"
    )


async def test_a_page_runs_no_query_to_be_shown(ask: Ask, published: str) -> None:
    cold = await ask("GET", PAGE, carrier="UA")
    assert cold.status == 200
    assert block(cold.body, "peter-artifact") is None
    ages = (await ask("GET", "api/v1/dashboards/small-flights/freshness", carrier="UA")).json
    delay = next(chart for chart in ages["charts"] if chart["chart"] == "delay")
    assert delay["computed_at"] is None
    await ask("GET", "api/v1/dashboards/small-flights/data", carrier="UA")
    warm = await ask("GET", PAGE, carrier="UA")
    artifact = block(warm.body, "peter-artifact")
    assert isinstance(artifact, dict)
    assert artifact["charts"]["flights"]["view"]["value"]["raw"] == 2
    assert (meta(warm.body, "peter-export") or "").endswith("/export?carrier=UA")


async def test_a_wrong_filter_in_the_address_still_shows_the_page(ask: Ask, published: str) -> None:
    reply = await ask("GET", PAGE, carier="UA")
    assert reply.status == 200
    assert block(reply.body, "peter-artifact") is None


async def test_text_of_a_document_never_becomes_html(ask: Ask) -> None:
    hostile = DOCUMENT.replace("title: Small flights", f"title: '{HOSTILE}'")
    assert (await ask("POST", "api/v1/dashboards", yaml=hostile)).status == 201
    for path in ("dashboards", PAGE, f"{PAGE}/export"):
        body = (await ask("GET", path)).body
        assert b"<img src=x" not in body, path
        assert b"<script>alert" not in body, path


async def test_an_unknown_dashboard_is_a_page_that_says_so(ask: Ask) -> None:
    reply = await ask("GET", "dashboards/no-such-board", headers={"X-Request-Id": "t-1"})
    assert reply.status == 404
    assert b"no-such-board" in reply.body
    assert b"Trace t-1" in reply.body
    assert b'/peter/dashboards">All dashboards</a>' in reply.body
    hostile = await ask("GET", "dashboards/%3Cscript%3Ealert(1)%3C%2Fscript%3E")
    assert hostile.status == 404
    assert b"<script>alert" not in hostile.body


async def test_an_export_is_a_download_in_a_sandbox(ask: Ask, published: str) -> None:
    reply = await ask("GET", f"{PAGE}/export", who="vera", carrier="AA")
    assert reply.status == 200, reply.body[:300]
    assert reply.headers["Content-Disposition"] == 'attachment; filename="small-flights.html"'
    assert reply.headers["Content-Security-Policy"].startswith("sandbox")
    artifact = block(reply.body, "peter-artifact")
    assert isinstance(artifact, dict)
    assert artifact["charts"]["flights"]["view"]["value"]["raw"] == 2


async def test_static_files_are_kept_by_their_version(ask: Ask) -> None:
    version = asset_version("page.js")
    assert version != "0", "the frontend is not built"
    reply = await ask("GET", "static/page.js", v=version)
    assert reply.body == (STATIC / "page.js").read_bytes()
    assert reply.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert "immutable" in reply.headers["Cache-Control"]
    other = await ask("GET", "static/page.js", v="old")
    assert "immutable" not in other.headers["Cache-Control"]
    same = await ask("GET", "static/page.js", headers={"If-None-Match": f'"{version}"'})
    assert same.status == 304


@pytest.mark.parametrize("name", ["none.js", "..", "..%2fpage.py", "page.py", "%00.js", ".js"])
async def test_nothing_else_is_a_static_file(ask: Ask, name: str) -> None:
    assert (await ask("GET", f"static/{name}")).status == 404


async def test_the_list_is_in_the_readers_language(ask: Ask, published: str) -> None:
    german = await ask("GET", "dashboards", who="vera", headers={"Accept-Language": "de-AT,en"})
    assert "Accept-Language" in german.headers["Vary"]
    assert '<html lang="de">' in german.body.decode()
    words = block(german.body, "peter-words")
    assert isinstance(words, dict)
    assert words["language"] == "de"
    english = await ask("GET", "dashboards", who="vera", headers={"Accept-Language": "en,de"})
    assert '<html lang="en">' in english.body.decode()
    assert block(english.body, "peter-words") is None


async def test_a_failure_is_told_in_the_readers_language(ask: Ask) -> None:
    asked = {"Accept-Language": "de-AT, en;q=0.5"}
    german = await ask("GET", "dashboards/none", who="vera", headers=asked)
    assert german.status == 404
    assert "Accept-Language" in german.headers["Vary"]
    text = german.body.decode()
    for told in ('<html lang="de">', "<h1>Nicht gefunden</h1>", "Es gibt kein Dashboard none.",
                 ">Alle Dashboards</a>", "<small>Kennung "):  # fmt: skip
        assert told in text
    assert 'lang="en"' not in text
    english = (await ask("GET", "dashboards/none", who="vera")).body.decode()
    for told in ('<html lang="en">', "<h1>Not found</h1>", "There is no dashboard none.",
                 ">All dashboards</a>", "<small>Trace "):  # fmt: skip
        assert told in english


async def test_what_has_no_translation_is_marked_as_english(ask: Ask, published: str) -> None:
    asked = {"Accept-Language": "de"}
    reply = await ask("GET", "dashboards", who="vera", headers=asked, **{"<b>": "x"})
    text = reply.body.decode()
    assert reply.status == 400
    assert "<h1>Die Anfrage ist fehlerhaft</h1>" in text
    assert '<p><span lang="en">' in text
    assert "<b>" not in text


async def test_a_dashboards_pages_are_in_its_own_language(ask: Ask, published: str) -> None:
    document = DOCUMENT.replace("slug: small-flights", "slug: abfluege\nlocale: de-DE")
    made = await ask("POST", "api/v1/dashboards", yaml=document)
    assert made.status == 201, made.body
    for path in ("dashboards/abfluege", "dashboards/abfluege/lineage"):
        page = await ask("GET", path, who="vera", headers={"Accept-Language": "en"})
        assert '<html lang="de">' in page.body.decode()
    assert "Herkunft" in page.body.decode()
    data = await ask("GET", "api/v1/dashboards/abfluege/data", who="vera")
    assert data.json["words"]["language"] == "de"
    assert "words" not in (await ask("GET", "api/v1/dashboards/small-flights/data")).json
