"""Hanging up on a server from another thread: it then stops what it does for us."""

from __future__ import annotations

import contextlib
import socket
from threading import Lock
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable

    from peter_core.engine.port import CancelToken

_NEW_STREAM = frozenset({"connection.connect_tcp.complete", "connection.start_tls.complete"})


class Line:
    """The connection of one request, to be shut when it is cancelled.

    A request that may be cancelled asks for a connection of its own, for httpx says nothing of
    the socket of one that is used again.
    """

    def __init__(self, cancel: CancelToken | None) -> None:
        self._cancel = cancel
        self._lock = Lock()
        self._sockets: list[socket.socket] = []
        self._forget: Callable[[], None] = lambda: None

    @property
    def extensions(self) -> dict[str, Any]:
        """What httpx is given with the request."""
        return {} if self._cancel is None else {"trace": self._heard}

    def __enter__(self) -> Self:
        if self._cancel is not None:
            self._cancel.raise_if_cancelled()
            self._forget = self._cancel.on_cancel(self._shut)
        return self

    def __exit__(self, *_: object) -> None:
        self._forget()

    def _heard(self, event: str, told: dict[str, Any]) -> None:
        if event in _NEW_STREAM:
            found = told["return_value"].get_extra_info("socket")
            if isinstance(found, socket.socket):
                with self._lock:
                    self._sockets.append(found)
        if self._cancel is not None and self._cancel.cancelled:
            self._shut()

    def _shut(self) -> None:
        with self._lock:
            for found in self._sockets:
                # Closed already: then nobody waits on it.
                with contextlib.suppress(OSError):
                    found.shutdown(socket.SHUT_RDWR)
