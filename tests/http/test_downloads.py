"""Large results are sent a piece at a time, whole or broken off."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from tornado.simple_httpclient import HTTPStreamClosedError

from peter_core.engine.port import Column, Result
from peter_jupyter.http import pouring
from peter_jupyter.http.row_streams import arrow_pieces, csv_pieces
from tests.http.conftest import DOCUMENT, Ask

LONG = DOCUMENT.replace("  about:", "  long: {type: table, query: long, title: Long}\n  about:") \
    .replace(
        "  carriers: {sql",
        '  long: {sql: "SELECT n, CONCAT(\'row \', CAST(n AS STRING)) AS t FROM'
        ' UNNEST(GENERATE_ARRAY(1, 40000)) AS n ORDER BY n"}\n  carriers: {sql',
    )  # fmt: skip
PATH = "api/v1/dashboards/small-flights/charts/long/data"


def result_of(rows: int) -> Result:
    table = pa.table(
        {"n": pa.array(range(rows), pa.int64()), "t": [f"=row {n}" for n in range(rows)],
         "d": pa.array([Decimal("1.50")] * rows, pa.decimal128(38, 9))}
    )  # fmt: skip
    columns = (Column("n", "INT64"), Column("t", "STRING"), Column("d", "NUMERIC"))
    return Result(
        table=table, columns=columns, row_count=rows, truncated=False, bytes_scanned=0,
        bytes_billed=0, duration_ms=0.0,
    )  # fmt: skip


@pytest.mark.parametrize("rows", [0, 1, 999, 1000, 1001, 5000])
def test_pieces_together_are_the_whole(rows: int) -> None:
    result = result_of(rows)
    text = b"".join(csv_pieces(result, 1000)).decode()
    read = list(csv.reader(io.StringIO(text)))
    assert len(read) == rows + 1
    assert read[0] == ["n", "t", "d"]
    if rows:
        assert read[-1] == [str(rows - 1), f"'=row {rows - 1}", "1.5"]
    with pa.ipc.open_stream(b"".join(arrow_pieces(result, 1000))) as reader:
        assert reader.read_all().equals(result.table)


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1+cmd|' /C calc'!A0", "-5", "@SUM(A1)", "\t=1", "\r=1"]
)
def test_no_text_and_no_column_name_is_a_formula(text: str) -> None:
    columns = (Column(text, "STRING"), Column("list", "INT64", "REPEATED"), Column("n", "INT64"))
    table = pa.table([pa.array([text]), pa.array([[-1, 2]]), pa.array([-5])],
                     names=[column.name for column in columns])  # fmt: skip
    result = Result(table=table, columns=columns, row_count=1, truncated=False, bytes_scanned=0,
                    bytes_billed=0, duration_ms=0.0)  # fmt: skip
    read = list(csv.reader(io.StringIO(b"".join(csv_pieces(result)).decode(), newline="")))
    assert read == [[f"'{text}", "list", "n"], [f"'{text}", "[-1,2]", "-5"]]


def test_no_piece_grows_with_the_result() -> None:
    assert max(map(len, csv_pieces(result_of(20_000), 1000))) < 40_000
    assert max(map(len, arrow_pieces(result_of(20_000), 1000))) < 80_000


async def test_a_long_result_is_streamed_and_whole(ask: Ask) -> None:
    made = await ask("POST", "api/v1/dashboards", yaml=LONG)
    assert made.status == 201, made.body
    reply = await ask("GET", PATH, headers={"Accept": "text/csv"})
    assert "Content-Length" not in reply.headers
    lines = reply.body.decode().split("\r\n")
    assert (len(lines), lines[-2]) == (40_002, "40000,row 40000")
    head = await ask("HEAD", PATH, headers={"Accept": "text/csv"})
    assert (head.status, head.body) == (200, b"")
    stream = "application/vnd.apache.arrow.stream"
    arrow = await ask("GET", PATH, headers={"Accept": stream})
    with pa.ipc.open_stream(arrow.body) as reader:
        assert reader.read_all().num_rows == 40_000


async def test_a_result_that_fails_on_its_way_is_broken_off(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ask("POST", "api/v1/dashboards", yaml=LONG)

    def failing(result: Result) -> Iterator[bytes]:
        yield b"n,t\r\n"
        yield b"1,row 1\r\n"
        raise RuntimeError("half way")

    monkeypatch.setattr("peter_jupyter.http.downloads.csv_pieces", failing)
    with pytest.raises(HTTPStreamClosedError):
        await ask("GET", PATH, headers={"Accept": "text/csv"})


async def test_a_client_that_does_not_read_is_let_go(
    ask: Ask, jp_base_url: str, http_server_port: Any, jp_web_app: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    await ask("POST", "api/v1/dashboards", yaml=LONG)
    monkeypatch.setattr(pouring, "STALLED_S", 0.5)

    def endless(result: Result) -> Iterator[bytes]:
        while True:
            yield b"#" * 2**20

    monkeypatch.setattr("peter_jupyter.http.downloads.csv_pieces", endless)
    admission = jp_web_app.settings["peter_service"].admission
    _, writer = await asyncio.open_connection("127.0.0.1", http_server_port[1], limit=2**10)
    writer.write(
        f"GET {jp_base_url}peter/{PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/csv\r\n"
        "Authorization: token token-alice\r\n\r\n".encode()
    )
    for _ in range(600):
        await asyncio.sleep(0.05)
        if admission._inside:
            break
    for _ in range(1200):
        await asyncio.sleep(0.05)
        if not admission._inside:
            break
    assert admission._inside == 0
    writer.close()
