"""Dashboards whose file is kept elsewhere, over HTTP: nobody changes them by accident."""

from __future__ import annotations

import asyncio

import pytest

from tests.http.conftest import DOCUMENT, Ask

BOARDS = "api/v1/dashboards"
BOARD = f"{BOARDS}/small-flights"
PLACE = "https://git.example/acme/boards/blob/main/small-flights.peter.yaml"
KEPT = DOCUMENT.replace("version: 1\n", f"version: 1\nmanaged: {PLACE}\n")
RENAMED = KEPT.replace("title: Small flights", "title: Few flights")
FREED = DOCUMENT.replace("title: Small flights", "title: Few flights")


@pytest.fixture
def kept(ask: Ask, jp_asyncio_loop: asyncio.AbstractEventLoop) -> dict[str, str]:
    """The precondition of a dashboard that Alice published from git."""
    reply = jp_asyncio_loop.run_until_complete(ask("POST", BOARDS, yaml=KEPT))
    assert reply.status == 201, reply.body
    return {"If-Match": f'"{reply.json["revision"]}"'}


@pytest.mark.parametrize("who", ["alice", "bob", "ada"])
@pytest.mark.parametrize("text", [RENAMED, FREED], ids=["still kept there", "not kept any more"])
async def test_a_change_is_409_with_the_place(
    ask: Ask, kept: dict[str, str], who: str, text: str
) -> None:
    for headers in (kept, {"If-Match": "*"}, {}):
        reply = await ask("PUT", BOARD, who=who, yaml=text, headers=headers)
        assert (reply.status, reply.json["code"]) == (409, "managed")
        assert reply.json["title"] == "Managed elsewhere"
        assert PLACE in reply.json["detail"]
        assert "managed=true" in reply.json["hint"]
        assert "Retry-After" not in reply.headers
    assert (await ask("GET", BOARD)).headers["ETag"] == kept["If-Match"]


async def test_whoever_speaks_for_the_place_changes_it(ask: Ask, kept: dict[str, str]) -> None:
    stale = {"If-Match": '"' + "ab" * 32 + '"'}
    reply = await ask("PUT", BOARD, who="bob", yaml=RENAMED, headers=stale, managed="true")
    assert (reply.status, reply.json["code"]) == (412, "precondition_failed")
    reply = await ask("PUT", BOARD, who="bob", yaml=RENAMED, headers=kept, managed="true")
    assert (reply.status, reply.json["changed"]) == (200, True)
    assert (await ask("GET", BOARD)).json["title"] == "Few flights"


async def test_the_same_content_is_no_change(ask: Ask, kept: dict[str, str]) -> None:
    reply = await ask("PUT", BOARD, who="bob", yaml=KEPT)
    assert (reply.status, reply.json["changed"]) == (200, False)


async def test_a_slug_that_is_taken_is_still_told_as_one(ask: Ask, kept: dict[str, str]) -> None:
    reply = await ask("POST", BOARDS, who="bob", yaml=FREED)
    assert (reply.status, reply.json["code"]) == (409, "already_exists")


async def test_an_earlier_revision_comes_back_from_there_alone(ask: Ask, published: str) -> None:
    before = {"If-Match": f'"{published}"'}
    kept = await ask("PUT", BOARD, yaml=KEPT, headers=before)
    body, base = {"revision": published}, {"If-Match": kept.headers["ETag"]}
    refused = await ask("POST", f"{BOARD}/restore", who="bob", json_body=body, headers=base)
    assert (refused.status, refused.json["code"]) == (409, "managed")
    done = await ask(
        "POST", f"{BOARD}/restore", who="bob", json_body=body, headers=base, managed="true"
    )
    assert (done.status, done.json["revision"]) == (200, published)


async def test_a_deletion_comes_from_there_alone(ask: Ask, kept: dict[str, str]) -> None:
    refused = await ask("DELETE", BOARD, who="bob", headers=kept)
    assert (refused.status, refused.json["code"]) == (409, "managed")
    assert "is not deleted here" in refused.json["detail"]
    assert (await ask("GET", BOARD)).status == 200
    assert (await ask("DELETE", BOARD, who="bob", headers=kept, managed="true")).status == 204
    assert (await ask("GET", BOARD)).status == 404


@pytest.mark.parametrize("value", ["maybe", "", ["true", "false"]])
async def test_only_yes_and_no_say_for_whom_it_is(
    ask: Ask, kept: dict[str, str], value: object
) -> None:
    reply = await ask("PUT", BOARD, yaml=RENAMED, headers=kept, managed=value)
    assert (reply.status, reply.json["code"]) == (400, "invalid_request")


async def test_readers_are_told_where_it_is_kept(ask: Ask, kept: dict[str, str]) -> None:
    assert (await ask("GET", BOARD, who="vera")).json["managed"] == PLACE
    assert (await ask("GET", f"{BOARD}/revisions", who="vera")).json["managed"] == PLACE
    await ask("PUT", BOARD, yaml=FREED, headers=kept, managed="true")
    assert (await ask("GET", BOARD, who="vera")).json["managed"] is None
    assert (await ask("GET", f"{BOARD}/revisions", who="vera")).json["managed"] is None


async def test_the_history_of_a_deleted_one_has_no_place(ask: Ask, kept: dict[str, str]) -> None:
    await ask("DELETE", BOARD, headers=kept, managed="true")
    found = await ask("GET", f"{BOARD}/revisions")
    assert (found.status, found.json["managed"], found.json["total"]) == (200, None, 2)


async def test_looking_before_publishing_is_free_to_everybody(
    ask: Ask, kept: dict[str, str]
) -> None:
    checked = await ask("POST", f"{BOARDS}/validate", who="bob", yaml=FREED)
    assert (checked.status, checked.json["valid"]) == (200, True)
    planned = await ask("POST", f"{BOARDS}/compile", who="bob", yaml=FREED)
    assert planned.status == 200
    drawn = await ask("POST", f"{BOARDS}/preview", who="bob", yaml=FREED)
    assert drawn.status == 200
    differs = await ask("POST", f"{BOARDS}/diff", who="bob", yaml=FREED)
    assert {change["path"] for change in differs.json["changes"]} == {"managed", "title"}
