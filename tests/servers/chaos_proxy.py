"""A TCP proxy that makes a network slow, silent or broken, on a test's word."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

_CHUNK = 65536


@dataclass
class Weather:
    """What happens to bytes on their way; it may change at any time.

    ``delay_s`` holds each chunk back, ``silent`` swallows all of them, ``reset_after`` breaks a
    connection after so many bytes from the server, ``bytes_per_s`` lets them trickle, ``refusing``
    ends new connections at once.
    """

    delay_s: float = 0.0
    silent: bool = False
    reset_after: int | None = None
    bytes_per_s: float | None = None
    refusing: bool = False


class ChaosProxy:
    """Passes connections on to a port of this machine, through a `Weather`."""

    def __init__(self, target_port: int) -> None:
        self.weather = Weather()
        self.connections = 0
        self._target_port = target_port
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Reset every connection there is."""
        with self._lock:
            sockets, self._open = self._open, set()
        for one in sockets:
            _reset(one)

    def close(self) -> None:
        """End it."""
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            if self.weather.refusing:
                _reset(client)
                continue
            try:
                server = socket.create_connection(("127.0.0.1", self._target_port), timeout=20)
            except OSError:
                _reset(client)
                continue
            server.settimeout(None)
            with self._lock:
                self._open |= {client, server}
            for source, sink, down in ((client, server, False), (server, client, True)):
                threading.Thread(target=self._pump, args=(source, sink, down), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, down: bool) -> None:
        passed = 0
        try:
            while data := source.recv(_CHUNK):
                weather = self.weather
                if weather.delay_s:
                    time.sleep(weather.delay_s)
                if weather.silent:
                    continue
                if down and weather.reset_after is not None:
                    data = data[: max(0, weather.reset_after - passed)]
                self._send(sink, data, weather)
                passed += len(data)
                if down and weather.reset_after is not None and passed >= weather.reset_after:
                    break
        except OSError:
            pass
        finally:
            with self._lock:
                self._open -= {source, sink}
            _reset(source)
            _reset(sink)

    @staticmethod
    def _send(sink: socket.socket, data: bytes, weather: Weather) -> None:
        if not weather.bytes_per_s:
            sink.sendall(data)
            return
        for index in range(len(data)):
            sink.sendall(data[index : index + 1])
            time.sleep(1 / weather.bytes_per_s)


@contextlib.contextmanager
def chaos_proxy(target_port: int) -> Iterator[ChaosProxy]:
    """A proxy that is ended at the end."""
    proxy = ChaosProxy(target_port)
    try:
        yield proxy
    finally:
        proxy.close()


def _reset(one: socket.socket) -> None:
    """Close it with a reset, as a broken network does; twice is once."""
    with contextlib.suppress(OSError):
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        # Wakes the thread that reads from it; closing alone would not.
        one.shutdown(socket.SHUT_RDWR)
    with contextlib.suppress(OSError):
        one.close()
