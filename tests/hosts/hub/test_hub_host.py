"""The hub's side of a handler: cookies that end, a loop that never waits, addresses of TLS."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port
from tornado.web import create_signed_value

from peter_core.service import Peter
from peter_jupyter.hosts.hub.identities import Identities
from peter_jupyter.hosts.hub.login import Hub
from peter_jupyter.hosts.hub.serving import application
from peter_jupyter.http.pool import PooledPeter
from peter_jupyter.http.serving import server_limits

ADA = {"kind": "user", "name": "ada@example.com", "scopes": ["custom:peter:admin"]}
DAY_S = 86400.0
Asking = Callable[[str], Awaitable[Mapping[str, Any] | None]]
Scenario = Callable[["Running"], Awaitable[None]]


class Running:
    """The service in this process; the hub's word is given by the test."""

    def __init__(self, folder: Path, public_url: str, asking: Asking, per_minute: int) -> None:
        self.hub = Hub(public_url, session_s=DAY_S, login_requests_per_minute=per_minute)
        self.hub.identities = Identities(asking, lambda _: True, timeout_s=60)
        self.pool = PooledPeter(lambda: Peter.local(folder))
        self.app = application(self.hub, self.pool)
        sockets, port = bind_unused_port()
        self.server = HTTPServer(self.app, xheaders=True, **server_limits())
        self.server.add_socket(sockets)
        self.port = port
        self.url = f"http://127.0.0.1:{port}/services/peter/"

    def cookie(self, token: str, *, age_s: float = 0) -> dict[str, str]:
        """The cookie as a login of so long ago left it."""
        signed = create_signed_value(
            self.app.settings["cookie_secret"], "service-peter", token,
            clock=lambda: time.time() - age_s,
        )  # fmt: skip
        return {"Cookie": "service-peter=" + signed.decode()}


@pytest.fixture
def serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Run a scenario against the service."""
    monkeypatch.setenv("JUPYTERHUB_SERVICE_PREFIX", "/services/peter/")
    monkeypatch.setenv("JUPYTERHUB_SERVICE_NAME", "peter")
    monkeypatch.setenv("JUPYTERHUB_CLIENT_ID", "service-peter")
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "of-the-service")
    monkeypatch.setenv("JUPYTERHUB_API_URL", "http://127.0.0.1:1/hub/api")

    async def known(given: str) -> Mapping[str, Any] | None:
        return ADA if given == "good" else None

    def run(
        scenario: Scenario, asking: Asking = known, public_url: str = "", per_minute: int = 120
    ) -> None:
        async def main() -> None:
            service = Running(tmp_path, public_url, asking, per_minute)
            try:
                await scenario(service)
            finally:
                service.server.stop()
                await service.server.close_all_connections()
                await service.pool.close()

        asyncio.run(main())

    return run


def test_a_browsers_session_ends_when_its_time_is_over(serve: Callable[..., None]) -> None:
    async def scenario(service: Running) -> None:
        async with httpx.AsyncClient(base_url=service.url) as client:
            for age_s, status in ((0, 200), (DAY_S - 60, 200), (DAY_S + 60, 401), (-DAY_S, 200)):
                headers = service.cookie("good", age_s=age_s)
                response = await client.get("api/v1/auth/me", headers=headers)
                assert response.status_code == status, age_s

    serve(scenario)


def test_a_cookie_that_another_process_signed_is_worth_nothing(serve: Callable[..., None]) -> None:
    async def scenario(service: Running) -> None:
        good = service.cookie("good")["Cookie"]
        wrong = create_signed_value("x" * 32, "service-peter", "good").decode()
        named = create_signed_value(
            service.app.settings["cookie_secret"], "another", "good"
        ).decode()  # fmt: skip
        async with httpx.AsyncClient(base_url=service.url) as client:
            for cookie in (
                f"service-peter={wrong}",
                f"service-peter={named}",
                good[:-1],
                "service-peter=good",
                "service-peter=",
                good.replace("|", "%7C"),
            ):
                response = await client.get("api/v1/auth/me", headers={"Cookie": cookie})
                assert response.status_code == 401, cookie

    serve(scenario)


def test_a_hub_that_hangs_holds_nobody_else_up(serve: Callable[..., None]) -> None:
    gone = asyncio.Event()

    async def hanging(given: str) -> Mapping[str, Any] | None:
        if given == "known":
            return ADA
        await gone.wait()
        raise OSError("the hub hung up")

    async def scenario(service: Running) -> None:
        service.hub.identities = Identities(hanging, lambda _: True, timeout_s=60)
        async with httpx.AsyncClient(base_url=service.url, timeout=60) as client:
            known = {"Authorization": "Bearer known"}
            waiting = [
                asyncio.ensure_future(
                    client.get("api/v1/auth/me", headers={"Authorization": f"Bearer t{n}"})
                )
                for n in range(50)
            ]
            for _ in range(20):
                assert (await client.get("health")).status_code == 200
                assert (await client.get("api/v1/auth/me", headers=known)).status_code == 200
            assert not [one for one in waiting if one.done()]
            gone.set()
            assert {r.status_code for r in await asyncio.gather(*waiting)} == {503}

    serve(scenario, hanging)


def test_logins_that_nobody_finishes_fill_no_memory(serve: Callable[..., None]) -> None:
    async def scenario(service: Running) -> None:
        login = service.hub.login
        for number in range(10_000):
            login.generate_state(f"/{number}")
        service.hub._reached_at = time.monotonic() + 60
        async with httpx.AsyncClient(base_url=service.url) as client:
            for _ in range(5):
                assert (await client.get("dashboards")).status_code == 302
        assert len(login._oauth_states) == 10_000

    serve(scenario)


def test_cookies_are_bound_to_tls_where_people_come_by_it(serve: Callable[..., None]) -> None:
    async def scenario(service: Running) -> None:
        assert service.hub.login.cookie_options["secure"] is True
        assert service.app.settings["xsrf_cookie_kwargs"] == {"samesite": "Lax", "secure": True}
        assert service.hub.is_own_origin("https://hub.example.com", "127.0.0.1:1")
        assert not service.hub.is_own_origin("http://hub.example.com", "127.0.0.1:1")
        assert not service.hub.is_own_origin("https://hub.example.com.evil.test", "127.0.0.1:1")
        async with httpx.AsyncClient(base_url=service.url) as client:
            page = await client.get("dashboards", headers=service.cookie("good"))
            assert page.status_code == 200
            assert "Secure" in page.headers["set-cookie"]

    serve(scenario, public_url="https://hub.example.com/services/peter/")


def test_an_answer_before_the_body_says_that_the_connection_ends(
    serve: Callable[..., None],
) -> None:
    """A proxy that keeps connections would send the next request into a closed one."""

    async def scenario(service: Running) -> None:
        asked = (
            "POST /services/peter/api/v1/sql/run HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n"
            "Content-Type: application/json\r\n\r\n"
        )
        reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
        writer.write(asked.encode())
        head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 60)).decode().lower()
        assert head.startswith("http/1.1 413")
        assert "connection: close" in head
        writer.close()
        await writer.wait_closed()
        async with httpx.AsyncClient(base_url=service.url) as client:
            response = await client.post("api/v1/sql/run", headers={"Authorization": "Bearer no"})
            assert response.status_code == 401
            assert "connection" not in response.headers

    serve(scenario)


def test_a_service_that_goes_down_says_so_to_the_proxy(serve: Callable[..., None]) -> None:
    async def scenario(service: Running) -> None:
        async with httpx.AsyncClient(base_url=service.url) as client:
            headers = {"Authorization": "Bearer good"}
            assert (await client.get("ready", headers=headers)).status_code == 200
            assert await service.pool.drain(1)
            ready = await client.get("ready")
            assert (ready.status_code, ready.json()["status"]) == (503, "draining")
            refused = await client.get("api/v1/dashboards", headers=headers)
            assert (refused.status_code, refused.json()["code"]) == (503, "draining")
            assert (await client.get("health")).status_code == 200

    serve(scenario)


def test_an_address_that_begins_login_upon_login_is_told_to_wait(
    serve: Callable[..., None],
) -> None:
    async def scenario(service: Running) -> None:
        service.hub._reached_at = time.monotonic() + 60
        pages = ("dashboards", "api/v1/auth/login", "oauth_callback?state=s&code=c")
        async with httpx.AsyncClient(base_url=service.url) as client:
            attacker = {"X-Forwarded-For": "203.0.113.1, 198.51.100.7"}
            met = [(await client.get(page, headers=attacker)).status_code for page in pages]
            assert met == [302, 302, 403]
            pending = len(service.hub.login._oauth_states)
            for page in pages:
                refused = await client.get(page, headers=attacker)
                assert refused.status_code == 429
                assert int(refused.headers["retry-after"]) > 0
            assert len(service.hub.login._oauth_states) == pending
            # What needs no login goes on, and so does everybody else.
            assert (await client.get("health", headers=attacker)).status_code == 200
            known = attacker | service.cookie("good")
            assert (await client.get("dashboards", headers=known)).status_code == 200
            other = {"X-Forwarded-For": "198.51.100.8"}
            assert (await client.get("dashboards", headers=other)).status_code == 302

    serve(scenario, per_minute=3)
