"""Schemathesis asks a live server whatever the OpenAPI document allows, and what it does not."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.benchmarks.http import TOKEN, prepare, wait_for
from tests.hosts.standalone.house import start
from tests.servers.openid import OpenIdProvider

CHECKS = (
    "not_a_server_error", "status_code_conformance", "content_type_conformance",
    "response_headers_conformance", "response_schema_conformance", "unsupported_method",
    "allow_header_conformance", "ignored_auth",
)  # fmt: skip


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Jupyter Server over a small published dashboard, in a process of its own."""
    folder = tmp_path_factory.mktemp("fuzzed")
    prepare(folder)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.http", "--serve", str(folder), str(port)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        wait_for(port)
        yield f"http://127.0.0.1:{port}/peter/api/v1/openapi.json"
    finally:
        server.terminate()
        server.wait(60)


@pytest.fixture
def google() -> Iterator[OpenIdProvider]:
    """The provider of a server with a login."""
    provider = OpenIdProvider().start()
    yield provider
    provider.stop()


def fuzz(address: str, folder: Path, *more: str, checks: str = ",".join(CHECKS)) -> tuple[int, str]:
    """How many cases were tried, and the report; fails when one did not fit the document."""
    ran = subprocess.run(
        [
            Path(sys.executable).with_name("st"), "run", address, "--no-color",
            "--phases", "examples,coverage,fuzzing", "--checks", checks,
            # A name that no file can have is answered by the host.
            "--exclude-path", "/static/{name}", "--seed", "7", *more,
        ],
        cwd=folder, capture_output=True, text=True, timeout=900, check=False,
    )  # fmt: skip
    told = "\n".join(line[:300] for line in ran.stdout.splitlines())
    assert ran.returncode == 0, told[-6000:]
    found = re.search(r"(\d+) generated", told)
    # It does not count when its time was over before the first.
    return int(found[1]) if found else 0, told


def fuzz_enough(
    least: int, seconds: int, address: str, folder: Path, *more: str, **checks: str
) -> int:
    """Like `fuzz`, for so many seconds; for longer when that is not enough on a busy machine."""
    for longer in (1, 4, 16):
        tried, _ = fuzz(address, folder, *more, "--max-time", str(seconds * longer), **checks)
        if tried > least:
            break
    return tried


@pytest.mark.timeout(900)
def test_no_request_with_a_token_is_answered_otherwise_than_said(
    address: str, tmp_path: Path
) -> None:
    more = ("-H", f"Authorization: token {TOKEN}", "-n", "3")
    assert fuzz_enough(100, 18, address, tmp_path, *more) > 100


@pytest.mark.timeout(900)
def test_no_request_without_a_login_is_answered_otherwise_than_said(
    address: str, tmp_path: Path
) -> None:
    # Whoever is not known is asked for a login first, whatever the method.
    known = ",".join(check for check in CHECKS if check != "unsupported_method")
    assert fuzz_enough(100, 8, address, tmp_path, "-n", "2", checks=known) > 100


@pytest.mark.timeout(900)
def test_no_request_to_a_login_is_answered_otherwise_than_said(
    tmp_path: Path, google: OpenIdProvider
) -> None:
    house = start(tmp_path, google)
    try:
        of_login = f"{house.url}/api/v1/openapi.json"
        tried = fuzz_enough(50, 10, of_login, tmp_path, "--include-tag", "login", "-n", "10")
    finally:
        code = house.terminate()
    assert code == 0
    assert tried > 50


@pytest.mark.slow
def test_no_request_of_five_thousand_is_answered_otherwise_than_said(
    address: str, tmp_path: Path
) -> None:
    tried, _ = fuzz(
        address, tmp_path, "-H", f"Authorization: token {TOKEN}", "-n", "80", "--max-time", "600"
    )
    assert tried >= 5000
