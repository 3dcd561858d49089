"""What the API says to people is said in the language that they ask for."""

from __future__ import annotations

from tests.http.conftest import DOCUMENT, Ask

DATA = "api/v1/dashboards/small-flights/data"
GERMAN = {"Accept-Language": "de-AT, en;q=0.5"}


async def test_a_problem_is_told_in_the_language_that_is_asked_for(ask: Ask) -> None:
    reply = await ask("GET", "api/v1/dashboards/none/data", headers=GERMAN)
    assert reply.status == 404
    assert reply.json["title"] == "Nicht gefunden"
    assert reply.json["detail"] == "Es gibt kein Dashboard none."
    assert reply.json["code"] == "not_found"
    assert "detail_lang" not in reply.json
    assert reply.headers["Content-Language"] == "de"
    assert "Accept-Language" in reply.headers["Vary"]


async def test_whoever_asks_for_no_language_is_told_in_english(ask: Ask) -> None:
    for asked in ({}, {"Accept-Language": "sv"}, {"Accept-Language": "en, de;q=0.9"}):
        reply = await ask("GET", "api/v1/dashboards/none/data", headers=asked)
        assert reply.json["detail"] == "There is no dashboard none."
        assert reply.headers["Content-Language"] == "en"


async def test_a_wrong_filter_of_an_address_is_told_to_its_reader(ask: Ask, published: str) -> None:
    french = {"Accept-Language": "fr"}
    reply = await ask("GET", DATA, who="vera", headers=french, carier="B6")
    assert reply.status == 400
    assert reply.json["title"] == "La demande est incorrecte"
    assert reply.json["detail"].startswith("Le tableau de bord n’a pas de filtre 'carier'")
    assert "'carrier'" in reply.json["hint"]
    assert {"detail_lang", "hint_lang"}.isdisjoint(reply.json)


async def test_who_is_not_logged_in_is_told_so(ask: Ask, published: str) -> None:
    reply = await ask("GET", DATA, who=None, headers=GERMAN)
    assert (reply.status, reply.json["detail"]) == (401, "Dazu ist eine Anmeldung nötig.")


async def test_what_is_said_to_authors_is_named_as_english(ask: Ask) -> None:
    broken = {"sql": "SELECT FORM x"}
    told = (await ask("POST", "api/v1/sql/run", json_body=broken, headers=GERMAN)).json
    assert told["title"] == "Die Abfrage enthält einen Fehler"
    assert told["detail_lang"] == "en"
    plain = (await ask("POST", "api/v1/sql/run", json_body=broken)).json
    assert told["detail"] == plain["detail"]
    assert told["problems"] == plain["problems"]
    assert "detail_lang" not in plain


async def test_a_broken_query_of_a_german_dashboard_is_told_in_english_and_says_so(
    ask: Ask,
) -> None:
    board = DOCUMENT.replace("slug: small-flights", "slug: small-flights\nlocale: de-DE")
    broken = board.replace("FROM nyc.airlines", "FROM nyc.airlines WHERE")
    reply = await ask("POST", "api/v1/dashboards/preview", yaml=broken)
    problem = reply.json["charts"]["airlines"]["problem"]
    assert problem["title"] == "Abfrage enthält einen Fehler"
    assert problem["detail"].startswith("Line ")
    assert problem["detail_lang"] == "en"


async def test_viewers_are_told_nothing_of_an_engine_in_another_language(
    ask: Ask, published: str
) -> None:
    board = DOCUMENT.replace("slug: small-flights", "slug: leer\nlocale: de-DE")
    board = board.replace("FROM nyc.airlines", "FROM nyc.airlines WHERE 1 / 0 > ERROR(name)")
    await ask("POST", "api/v1/dashboards", yaml=board)
    reply = await ask("POST", "api/v1/dashboards/preview", yaml=board)
    assert reply.json["charts"]["airlines"]["problem"]["code"] == "query_failed"


async def test_checks_and_prices_are_told_in_the_language_that_is_asked_for(ask: Ask) -> None:
    body = {"sql": "SELECT 1 AS x", "checks": [{"rows": {"min": 9}}]}
    (check,) = (await ask("POST", "api/v1/sql/run", json_body=body, headers=GERMAN)).json["checks"]
    assert check["check"] == "Mindestens 9 Zeilen"
    assert check["detail"] == "Das Ergebnis hat 1 Zeile."
    (plain,) = (await ask("POST", "api/v1/sql/run", json_body=body)).json["checks"]
    assert plain["check"] == "At least 9 rows"
    plan = await ask("POST", "api/v1/dashboards/compile", yaml=DOCUMENT, headers=GERMAN)
    assert plan.json["totals"]["note"].startswith("Die eingebaute Engine kostet nichts")
    made = await ask("POST", "api/v1/dashboards/verify", yaml=DOCUMENT, headers=GERMAN)
    assert made.json["passed"]


async def test_a_stream_that_breaks_off_tells_its_problem_in_that_language(ask: Ask) -> None:
    asked = {**GERMAN, "Accept": "application/x-ndjson"}
    reply = await ask("POST", "api/v1/dashboards/none/precompute", headers=asked, body=b"")
    assert "Es gibt kein Dashboard none." in reply.body.decode()
