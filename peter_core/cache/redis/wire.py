"""One connection to Redis whose every exchange ends by a deadline, however it is slow."""

from __future__ import annotations

import ssl
import time
from typing import TYPE_CHECKING, Any, TypeAlias

import redis.connection as redis_connection
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeout
from redis.retry import Retry

from peter_core.errors import ConfigError

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Sequence

Argument: TypeAlias = str | bytes | int
Command: TypeAlias = tuple[Argument, ...]
Reply: TypeAlias = Any
"""Bytes, a number, ``None``, a list of replies, or the server's error as a value."""

FAILURES = (RedisError, OSError)
"""What an exchange raises when the connection is of no more use."""

SLOW = (RedisTimeout, TimeoutError)
"""Those of `FAILURES` that say: not in time."""


_LATE_READS = 64
_NOTHING_THERE = (BlockingIOError, ssl.SSLWantReadError)


class _TimedSocket:
    """A socket whose single calls share one deadline: bytes that trickle in do not extend it.

    A thread that runs again only after the deadline still takes what has arrived, without waiting:
    that this machine is busy says nothing about Redis.
    """

    def __init__(self, connected: socket.socket, budget_s: float) -> None:
        self._socket = connected
        self.begin(budget_s)

    def begin(self, budget_s: float) -> None:
        """From now on calls may take so many seconds together."""
        self._deadline = time.monotonic() + budget_s
        self._late_reads = _LATE_READS

    def recv(self, size: int) -> bytes:
        self._arm()
        try:
            return self._socket.recv(size)
        except _NOTHING_THERE as error:
            raise TimeoutError("The deadline has passed.") from error

    def recv_into(self, *arguments: Any) -> int:
        self._arm()
        try:
            return self._socket.recv_into(*arguments)
        except _NOTHING_THERE as error:
            raise TimeoutError("The deadline has passed.") from error

    def sendall(self, data: bytes) -> None:
        self._socket.settimeout(max(0.001, self._deadline - time.monotonic()))
        self._socket.sendall(data)

    def settimeout(self, _: float | None) -> None:
        """Without effect: the deadline rules."""

    def _arm(self) -> None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            self._late_reads -= 1
            if self._late_reads < 0:
                raise TimeoutError("The deadline has passed.")
        self._socket.settimeout(max(0.0, left))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._socket, name)


class Wire:
    """A connection and its deadline. For one thread at a time."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def exchange(self, commands: Sequence[Command], *, budget_s: float) -> list[Reply]:
        """Send the commands together and read all replies, within ``budget_s`` seconds.

        An error that the server gives for one command is its reply.

        Raises
        ------
        RedisError, OSError
            See `FAILURES`; the connection must be closed then.
        """
        self._connection.timed.begin(budget_s)
        self._connection.send_packed_command(
            self._connection.pack_commands(commands), check_health=False
        )
        return [self._reply() for _ in commands]

    def receive(self, *, budget_s: float) -> Reply | None:
        """The next pushed message, ``None`` when none came in ``budget_s`` seconds.

        Raises
        ------
        RedisError, OSError
            See `FAILURES`.
        """
        self._connection.timed.begin(budget_s)
        try:
            return self._reply()
        except SLOW:
            # The parser goes back to where the message began.
            return None

    def close(self) -> None:
        """Close the connection."""
        self._connection.disconnect()

    def _reply(self) -> Reply:
        try:
            return self._connection.read_response(disable_decoding=True, disconnect_on_error=False)
        except ResponseError as error:
            return error


def wires(url: str) -> tuple[Callable[[float], Wire], int]:
    """How to open a wire (its limit in seconds), and the number of the database.

    Raises
    ------
    ConfigError
        When the address is none of a Redis.
    """
    try:
        arguments = redis_connection.parse_url(url)  # type: ignore[no-untyped-call]
        database = int(arguments.get("db", 0))
        kind = arguments.pop("connection_class", redis_connection.Connection)
        # What an address may say of time and reading is ours to say.
        for name in (
            "socket_timeout",
            "socket_connect_timeout",
            "retry_on_timeout",
            "protocol",
            "max_connections",
            "timeout",
            "decode_responses",
            "health_check_interval",
        ):
            arguments.pop(name, None)
        timed = _timed(kind)
        timed(**_settings(1.0), **arguments)
    except (ValueError, TypeError, RedisError) as error:
        raise ConfigError(
            "REDIS_URL is no address of a Redis server.",
            hint="It reads redis://host:6379/0, or rediss:// for TLS; unix:///path for a socket.",
        ) from error

    def connect(limit_s: float) -> Wire:
        connection = timed(**_settings(limit_s), **arguments)
        connection.limit_s = limit_s
        connection.connect()
        return Wire(connection)

    return connect, database


def _settings(limit_s: float) -> dict[str, Any]:
    return {
        "socket_timeout": limit_s,
        "socket_connect_timeout": limit_s,
        "retry": Retry(NoBackoff(), 0),
        "protocol": 2,
        "driver_info": None,
    }


def _timed(kind: Any) -> Any:
    class Timed(kind):  # type: ignore[misc]  # one of three classes, by the address
        """A connection over a `_TimedSocket`."""

        limit_s = 1.0

        def _connect(self) -> Any:
            self.timed = _TimedSocket(super()._connect(), self.limit_s)
            return self.timed

    return Timed
