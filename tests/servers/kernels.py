"""Running code in a notebook's kernel through a Jupyter Server, as a browser does."""

from __future__ import annotations

import asyncio
import json
import uuid
from dataclasses import dataclass
from typing import Any

import httpx
from tornado.httpclient import HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect


@dataclass(frozen=True)
class Ran:
    """What a cell wrote, and the error it ended with."""

    text: str
    error: str | None


def run_in_kernel(server: str, token: str, code: str, *, seconds: float = 150) -> Ran:
    """Run one cell in a new kernel of a server; the kernel is ended."""
    headers = {"Authorization": f"token {token}"}
    kernel = httpx.post(f"{server}/api/kernels", headers=headers, json={}, timeout=60)
    assert kernel.status_code == 201, kernel.text
    path = f"{server}/api/kernels/{kernel.json()['id']}"
    try:
        return asyncio.run(asyncio.wait_for(_run(f"{path}/channels", headers, code), seconds))
    finally:
        httpx.delete(path, headers=headers, timeout=60)


async def _run(address: str, headers: dict[str, str], code: str) -> Ran:
    request = HTTPRequest(address.replace("http:", "ws:", 1), headers=headers)
    socket = await websocket_connect(request)
    try:
        sent = _execution(code)
        await socket.write_message(json.dumps(sent))
        return await _outcome(socket, str(sent["header"]["msg_id"]))
    finally:
        socket.close()
        while await socket.read_message() is not None:
            """Until the other side has closed, too."""


async def _outcome(socket: WebSocketClientConnection, asked: str) -> Ran:
    texts: list[str] = []
    error = None
    while True:
        told = await socket.read_message()
        assert told is not None, "the kernel's connection was closed"
        message = json.loads(told)
        if message["parent_header"].get("msg_id") != asked:
            continue
        content = message["content"]
        match message["msg_type"]:
            case "stream":
                texts.append(content["text"])
            case "display_data" | "execute_result":
                texts.append(content["data"].get("text/plain", ""))
            case "error":
                error = "\n".join(content["traceback"])
            case "status" if content["execution_state"] == "idle":
                return Ran("".join(texts), error)


def _execution(code: str) -> dict[str, Any]:
    return {
        "channel": "shell",
        "header": {"msg_id": uuid.uuid4().hex, "msg_type": "execute_request", "version": "5.3",
                   "username": "", "session": uuid.uuid4().hex, "date": ""},
        "parent_header": {}, "metadata": {}, "buffers": [],
        "content": {"code": code, "silent": False, "store_history": False,
                    "user_expressions": {}, "allow_stdin": False, "stop_on_error": True},
    }  # fmt: skip
