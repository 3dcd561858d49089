"""Publishing, reading, changing and deleting over HTTP."""

from __future__ import annotations

import pytest

from tests.http.conftest import DOCUMENT, Ask

BOARDS = "api/v1/dashboards"
BOARD = f"{BOARDS}/small-flights"
RENAMED = DOCUMENT.replace("title: Small flights", "title: Few flights")
RETAGGED = DOCUMENT.replace("tags: [operations]", "tags: [air]")


async def test_a_document_is_verified_published_and_found_again(ask: Ask) -> None:
    made = await ask("POST", BOARDS, yaml=DOCUMENT)
    assert made.status == 201
    assert made.headers["Location"].endswith("/peter/api/v1/dashboards/small-flights")
    assert made.headers["ETag"] == f'"{made.json["revision"]}"'
    assert (made.json["created"], made.json["changed"]) == (True, True)
    assert {receipt["verdict"] for receipt in made.json["receipts"]} == {"passed"}
    assert isinstance(made.json["cost_usd_month"], str)

    found = await ask("GET", BOARD, who="vera")
    assert found.status == 200
    assert found.json["yaml"] == DOCUMENT
    assert found.json["published_by"] == "alice"
    assert found.json["published_at"].endswith("Z")
    assert found.headers["ETag"] == made.headers["ETag"]


async def test_the_file_comes_back_byte_for_byte_as_yaml(ask: Ask, published: str) -> None:
    reply = await ask("GET", BOARD, headers={"Accept": "application/yaml"})
    assert reply.body == DOCUMENT.encode()
    assert reply.headers["Content-Type"].startswith("application/yaml")
    assert "Accept" in reply.headers["Vary"]


async def test_json_may_carry_the_document_and_a_message(ask: Ask) -> None:
    made = await ask("POST", BOARDS, json_body={"yaml": DOCUMENT, "message": "First"})
    assert made.status == 201
    assert (await ask("GET", BOARD)).json["message"] == "First"


async def test_an_unknown_representation_is_406(ask: Ask, published: str) -> None:
    reply = await ask("GET", BOARD, headers={"Accept": "image/png"})
    assert (reply.status, reply.json["code"]) == (406, "not_acceptable")


async def test_a_slug_is_created_once(ask: Ask, published: str) -> None:
    again = await ask("POST", BOARDS, yaml=RENAMED)
    assert (again.status, again.json["code"]) == (409, "already_exists")
    assert (await ask("GET", BOARD)).json["revision"] == published


async def test_a_wrong_document_is_422_with_its_place(ask: Ask) -> None:
    wrong = DOCUMENT.replace("y: delay}", "y: dellay}")
    reply = await ask("POST", BOARDS, yaml=wrong)
    assert (reply.status, reply.json["code"]) == (422, "document_invalid")
    problem = next(p for p in reply.json["problems"] if p["severity"] == "error")
    line = next(i for i, text in enumerate(wrong.splitlines(), 1) if "dellay" in text)
    assert problem["line"] == line
    assert "delay" in problem["hint"]
    assert (await ask("GET", BOARD)).status == 404


async def test_a_check_that_fails_stops_the_publish(ask: Ask) -> None:
    reply = await ask("POST", BOARDS, yaml=DOCUMENT.replace("rows: {min: 1}", "rows: {min: 9}"))
    assert (reply.status, reply.json["code"]) == (422, "verification_failed")
    assert reply.json["problems"][0]["rule"] == "check-failed"


async def test_the_list_is_searched_and_paged(ask: Ask, published: str) -> None:
    found = await ask("GET", BOARDS, who="vera", q="flights", tag="operations", page_size=1)
    assert (found.json["total"], found.json["page"], found.json["page_size"]) == (1, 1, 1)
    assert found.json["dashboards"][0]["slug"] == "small-flights"
    assert (await ask("GET", BOARDS, q="nothing")).json["dashboards"] == []


@pytest.mark.parametrize(
    "query", [{"page": "0"}, {"page": "x"}, {"page_size": "999"}, {"colour": "red"},
              {"q": ["a", "b"]}]
)  # fmt: skip
async def test_a_wrong_list_argument_is_400(ask: Ask, query: dict[str, object]) -> None:
    reply = await ask("GET", BOARDS, **query)
    assert (reply.status, reply.json["code"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    "slug", ["no-such-board", "..%2f..%2fetc", "a%00b", "UPPER", "%2e%2e", "x" * 300, "a%0ab"]
)
async def test_what_was_never_published_is_404(ask: Ask, slug: str) -> None:
    for method in ("GET", "PUT", "DELETE"):
        body = DOCUMENT.encode() if method == "PUT" else None
        kind = {"Content-Type": "application/yaml", "If-Match": "*"}
        reply = await ask(method, f"{BOARDS}/{slug}", headers=kind, body=body)
        assert reply.status in (400, 404), (method, reply.body)
        assert reply.headers["Content-Type"] == "application/problem+json"


async def test_an_unchanged_dashboard_is_not_sent_again(ask: Ask, published: str) -> None:
    reply = await ask("GET", BOARD, headers={"If-None-Match": f'W/"{published}"'})
    assert (reply.status, reply.body) == (304, b"")
    other = await ask("GET", BOARD, headers={"If-None-Match": '"other"'})
    assert other.status == 200


async def test_a_change_needs_the_revision_it_was_made_from(ask: Ask, published: str) -> None:
    without = await ask("PUT", BOARD, yaml=RENAMED)
    assert (without.status, without.json["code"]) == (428, "precondition_required")
    malformed = await ask("PUT", BOARD, yaml=RENAMED, headers={"If-Match": published})
    assert malformed.status == 400
    changed = await ask("PUT", BOARD, yaml=RENAMED, headers={"If-Match": f'"{published}"'})
    assert changed.status == 200
    assert changed.json["created"] is False
    assert changed.headers["ETag"] == f'"{changed.json["revision"]}"'
    assert (await ask("GET", BOARD)).json["title"] == "Few flights"


async def test_a_weak_tag_is_no_precondition(ask: Ask, published: str) -> None:
    reply = await ask("PUT", BOARD, yaml=RENAMED, headers={"If-Match": f'W/"{published}"'})
    assert reply.status == 412


async def test_two_people_edit_one_slug_and_neither_loses_text(ask: Ask, published: str) -> None:
    base = {"If-Match": f'"{published}"'}
    bobs = await ask("PUT", BOARD, who="bob", yaml=RETAGGED, headers=base)
    assert bobs.status == 200
    alices = await ask("PUT", BOARD, who="alice", yaml=RENAMED, headers=base)
    assert (alices.status, alices.json["code"]) == (412, "precondition_failed")
    diff = alices.json["diff"]
    assert (diff["from_revision"], diff["to_revision"]) == (published, bobs.json["revision"])
    assert [change["path"] for change in diff["changes"]] == ["tags[0]"]
    assert "air" in diff["changes"][0]["text"]
    assert (await ask("GET", BOARD)).json["tags"] == ["air"]

    both = RENAMED.replace("[operations]", "[air]")
    latest = {"If-Match": f'"{diff["to_revision"]}"'}
    merged = await ask("PUT", BOARD, who="alice", yaml=both, headers=latest)
    assert merged.status == 200


async def test_the_same_content_is_no_conflict(ask: Ask, published: str) -> None:
    base = {"If-Match": f'"{published}"'}
    await ask("PUT", BOARD, who="bob", yaml=RENAMED, headers=base)
    same = await ask("PUT", BOARD, who="alice", yaml=RENAMED, headers=base)
    assert (same.status, same.json["changed"]) == (200, False)


async def test_a_star_overwrites_whatever_is_there(ask: Ask, published: str) -> None:
    reply = await ask("PUT", BOARD, yaml=RENAMED, headers={"If-Match": "*"})
    assert reply.status == 200


async def test_a_document_is_not_put_under_another_slug(ask: Ask, published: str) -> None:
    other = DOCUMENT.replace("slug: small-flights", "slug: other-flights")
    reply = await ask("PUT", BOARD, yaml=other, headers={"If-Match": "*"})
    assert (reply.status, reply.json["code"]) == (400, "invalid_request")


async def test_a_deleted_dashboard_keeps_its_history_and_comes_back(
    ask: Ask, published: str
) -> None:
    assert (await ask("DELETE", BOARD)).status == 428
    stale = await ask("DELETE", BOARD, headers={"If-Match": '"00000000"'})
    assert stale.status == 412
    gone = await ask("DELETE", BOARD, headers={"If-Match": f'"{published}"'})
    assert (gone.status, gone.body) == (204, b"")
    assert (await ask("GET", BOARD)).status == 404
    history = await ask("GET", f"{BOARD}/revisions", who="vera")
    assert [entry["deleted"] for entry in history.json["revisions"]] == [True, False]
    assert (await ask("GET", BOARD, revision=published)).json["yaml"] == DOCUMENT

    back = await ask("POST", f"{BOARD}/restore", json_body={"revision": published})
    assert back.status == 200, back.body
    assert (await ask("GET", BOARD)).json["message"] == f"Restored {published[:12]}"


async def test_restoring_over_a_newer_revision_needs_a_precondition(
    ask: Ask, published: str
) -> None:
    newer = await ask("PUT", BOARD, yaml=RENAMED, headers={"If-Match": "*"})
    restore = {"revision": published}
    assert (await ask("POST", f"{BOARD}/restore", json_body=restore)).status == 428
    done = await ask(
        "POST", f"{BOARD}/restore", json_body=restore, headers={"If-Match": newer.headers["ETag"]}
    )
    assert (done.status, done.json["revision"]) == (200, published)


async def test_a_diff_says_what_the_last_change_meant(ask: Ask, published: str) -> None:
    only = await ask("GET", f"{BOARD}/diff")
    assert only.status == 400
    newer = await ask("PUT", BOARD, yaml=RENAMED, headers={"If-Match": "*"})
    last = await ask("GET", f"{BOARD}/diff", who="vera")
    assert last.json["from_revision"] == published
    assert last.json["to_revision"] == newer.json["revision"]
    assert [change["path"] for change in last.json["changes"]] == ["title"]
    same = await ask("GET", f"{BOARD}/diff", **{"from": published, "to": published})
    assert same.json["changes"] == []
    unknown = await ask("GET", f"{BOARD}/diff", **{"from": "0" * 64})
    assert unknown.status == 404


async def test_validation_answers_200_for_a_wrong_document_too(ask: Ask) -> None:
    wrong = DOCUMENT.replace("nyc.airlines", "nyc.airlnes")
    offline = await ask("POST", f"{BOARDS}/validate", yaml=wrong, mode="offline")
    assert (offline.status, offline.json["valid"], offline.json["mode"]) == (200, True, "offline")
    reply = await ask("POST", f"{BOARDS}/validate", yaml=wrong)
    assert (reply.status, reply.json["valid"], reply.json["mode"]) == (200, False, "warehouse")
    assert any("airlines" in (p["hint"] or "") for p in reply.json["problems"])
    other = await ask("POST", f"{BOARDS}/validate", yaml=wrong, mode="maybe")
    assert other.status == 400


async def test_a_plan_prices_each_distinct_query_once(ask: Ask) -> None:
    reply = await ask("POST", f"{BOARDS}/compile", yaml=DOCUMENT, carrier="AA")
    assert reply.status == 200, reply.body
    queries = {query["name"]: query for query in reply.json["queries"]}
    assert set(queries) == {"daily", "carriers"}
    assert queries["daily"]["parameters"] == [{"name": "carrier", "type": "STRING", "value": "AA"}]
    assert set(queries["daily"]["used_by"]) == {"flights", "delay"}
    assert queries["daily"]["tables"] == ["local.nyc.flights"]
    totals = reply.json["totals"]
    assert isinstance(totals["cost_usd"], str)
    assert totals["estimated_bytes"] == sum(q["estimated_bytes"] for q in queries.values())
    nodes = {node["id"] for node in reply.json["lineage"]["nodes"]}
    assert {"table:local.nyc.flights", "chart:small-flights/delay"} <= nodes


async def test_a_document_that_cannot_be_read_has_no_plan(ask: Ask) -> None:
    reply = await ask("POST", f"{BOARDS}/compile", yaml="version: [1")
    assert (reply.status, reply.json["code"]) == (422, "document_invalid")
    assert reply.json["problems"][0]["line"] == 2
