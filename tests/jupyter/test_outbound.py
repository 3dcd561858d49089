"""Peter asks nobody for anything: no text of a document and no value becomes an address."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from peter_core import Peter
from peter_core.errors import PeterError
from peter_jupyter.display.artifact import artifact_html, artifact_text
from peter_jupyter.display.figures import Drawings
from peter_jupyter.display.picture import artifact_picture
from peter_jupyter.export import export_html, export_svg
from tests.hostile import document, slug, write_workspace

ADDRESSES = (
    "https://192.0.2.1/a.parquet", "http://192.0.2.1:8080/a.csv", "s3://evil/a.parquet",
    "gs://evil/a.parquet", "file:///etc/passwd", "//192.0.2.1/a.json",
)  # fmt: skip


class NobodyError(OSError):
    """Somebody was asked."""


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Whom this process looks up or connects to; none of it is let out."""
    found: list[object] = []

    def note(_: Any, *where: object) -> None:
        found.append(where)
        raise NobodyError

    def look_up(*where: object, **_: object) -> None:
        found.append(where)
        raise NobodyError

    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, note)
    for name in ("getaddrinfo", "gethostbyname"):
        monkeypatch.setattr(socket, name, look_up)
    return found


def test_the_guard_of_these_tests_sees_whoever_asks(asked: list[object]) -> None:
    with pytest.raises(NobodyError):
        socket.create_connection(("192.0.2.1", 9))
    with socket.socket() as one, pytest.raises(NobodyError):
        one.connect(("192.0.2.1", 9))
    assert len(asked) == 2


def test_a_dashboard_full_of_addresses_is_published_and_shown_without_asking_one(
    asked: list[object], tmp_path: Path
) -> None:
    with Peter.local(write_workspace(tmp_path)) as peter:
        peter.publish(document(2))
        shown = peter.data(slug(2))
    body = shown.body.decode()
    assert body.count('"state":"ready"') == 10
    assert "evil.example" in artifact_html(shown)
    assert "pwned=1" in artifact_text(shown)
    assert "evil.example" in export_html(shown.body)
    assert "pwned=1" in export_svg(shown.body)
    assert artifact_picture(shown, Drawings(), 2**20) is not None
    assert asked == []


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_statement_reads_an_address(asked: list[object], tmp_path: Path, address: str) -> None:
    with Peter.local(write_workspace(tmp_path)) as peter:
        for table in (
            f"`{address}`",
            f"'{address}'",
            f"read_parquet('{address}')",
            f"read_text('{address}')",
            f"EXTERNAL_QUERY('{address}', 'SELECT 1')",
        ):
            assert peter.verify(f"SELECT * FROM {table}").verdict != "passed", table
        with pytest.raises(PeterError):
            peter.publish(document(0).replace("FROM shop.orders", f"FROM `{address}`"))
    assert asked == []
