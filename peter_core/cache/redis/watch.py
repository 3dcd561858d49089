"""The thread that keeps a process in step with Redis: it shakes hands, listens and looks again.

Nothing is asked of Redis before the handshake: there the thread learns which invalidations were
missed, has the copies follow them, and hands over those that were made while Redis was away. Only
then the breaker closes. It is the only prober, so no request pays for a probe.
"""

from __future__ import annotations

import logging
import random
import secrets
import threading
import time
from typing import TYPE_CHECKING

import orjson

from peter_core.cache.redis.changes import Change, Owed, Position, evict_command
from peter_core.cache.redis.scripts import HELLO
from peter_core.cache.releases import Releases

if TYPE_CHECKING:
    from collections.abc import Callable

    from peter_core.breaker import Breaker
    from peter_core.cache.redis.changes import Follower
    from peter_core.cache.redis.link import Link
    from peter_core.cache.redis.wire import Command, Reply, Wire

log = logging.getLogger("peter.cache")

_CONTROL_S = 0.5
_LISTEN_S = 0.1
_POLL_S = 0.5
_FIRST_WAIT_S = 0.3
_LONGEST_WAIT_S = 2.0
_STEADY_S = 10.0
_SWEEP_KEYS = 500


class Watch:
    """Follows one Redis; see the module.

    Parameters
    ----------
    follower
        Keeps copies that must forget what Redis forgets.
    budget_s
        A server that takes longer than this for a ping counts as away.
    """

    def __init__(
        self,
        connect: Callable[[float], Wire],
        breaker: Breaker,
        follower: Follower,
        *,
        namespace: str,
        database: int,
        budget_s: float,
    ) -> None:
        self._connect = connect
        self._breaker = breaker
        self._follower = follower
        self._budget_s = budget_s
        self._head = f"{namespace}:head"
        self._namespace = namespace
        self.channel = f"{namespace}:{database}:news"
        self.link: Link | None = None
        self.epoch = ""
        self.generation = 0
        self.evictions = 0
        self._run = b""
        self._at: Position | None = None
        self._changes = 0
        self.owed = Owed()
        self._lock = threading.Lock()
        self.releases = Releases()
        self._swept: tuple[str, bytes] | None = None
        self._was_up = False
        self._ended = threading.Event()
        self.first = threading.Event()
        self._thread = threading.Thread(target=self._run_forever, name="peter-redis", daemon=True)

    @property
    def prefix(self) -> str:
        """What the keys of this epoch begin with."""
        return f"{self._namespace}:{self.epoch}:"

    def start(self) -> None:
        """Begin; `first` is set after the first attempt at a handshake."""
        self._thread.start()

    def end(self) -> None:
        """Stop and wait for it, a second at most."""
        self._ended.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(1.0)

    def bump(self) -> None:
        """A value changed: what is held in memory must be compared again."""
        with self._lock:
            self.generation += 1

    def bump_evictions(self) -> None:
        """Values were forgotten: what is being copied at this moment must not stay."""
        with self._lock:
            self.evictions += 1
            self.generation += 1

    def verify(self, wire: Wire) -> bool:
        """Whether the wire leads to the server of the last handshake."""
        return _run_id(wire) == self._run

    # The thread ------------------------------------------------------------------------------

    def _run_forever(self) -> None:
        wait_s = _FIRST_WAIT_S
        while not self._ended.is_set():
            began = time.monotonic()
            try:
                self._follow_once()
            except Exception as error:
                # Whatever it is, Redis is not to be used, and the thread must live to see it well.
                if self._was_up or not self.first.is_set():
                    # Only the kind: a text could carry the address with its password.
                    log.warning("Redis does not answer (%s); the disk stands in.", _kind(error))
                self._was_up = False
                self._breaker.trip()
            self.first.set()
            if time.monotonic() - began > _STEADY_S:
                wait_s = _FIRST_WAIT_S
            self._ended.wait(wait_s * random.uniform(0.7, 1.3))  # noqa: S311  # jitter
            wait_s = min(_LONGEST_WAIT_S, wait_s * 2)

    def _follow_once(self) -> None:
        """Shake hands, then listen until the breaker opens or a connection fails."""
        wires: list[Wire] = []
        try:
            control = self._connect(_CONTROL_S)
            wires.append(control)
            news = self._connect(_CONTROL_S)
            wires.append(news)
            self._shake_hands(control, news)
            self._breaker.close()
            self._was_up = True
            self.first.set()
            log.info("Redis answers; the cache is shared.")
            self._listen(control, news)
        finally:
            for wire in wires:
                wire.close()

    def _shake_hands(self, control: Wire, news: Wire) -> None:
        # Subscribed before the log is read: what comes in between is told twice, never not at all.
        _ask(news, ("SUBSCRIBE", self.channel))
        run = _run_id(control)
        fresh = secrets.token_hex(8)
        epoch, seq, changes, ended = _ask(control, ("EVAL", HELLO, 1, self._head, fresh, run))
        if ended:
            self._swept = (ended.decode(), b"0")
        self._run, self.epoch, self._changes = run, epoch.decode(), int(changes)
        known = self._at or self._follower.position()
        if known is None or known.epoch != self.epoch:
            self._start_over(int(seq))
        else:
            self._catch_up(control, known.seq, int(seq))
        self._hand_over(control)
        _ask(control, ("PING",), budget_s=self._budget_s)
        if self.link is not None:
            self.link.reset()
            # However long it takes to connect, no request waits for the first connection.
            wire = self._connect(_CONTROL_S)
            if not self.verify(wire):
                wire.close()
                raise ConnectionError("The server was restarted meanwhile.")
            self.link.adopt(wire)
        self.bump()

    def _listen(self, control: Wire, news: Wire) -> None:
        polled = time.monotonic()
        while self._breaker.closed and not self._ended.is_set():
            message = news.receive(budget_s=_LISTEN_S)
            if message is not None:
                self._heard(message, control)
            if time.monotonic() - polled >= _POLL_S:
                # A broken subscription is silent; the counters tell what it did not.
                self._look(control)
                polled = time.monotonic()
            if self._swept is not None:
                self._sweep(control, *self._swept)

    def _heard(self, message: Reply, control: Wire) -> None:
        match message:
            case [b"message", _, bytes(text)]:
                pass
            case _:
                return
        try:
            news = orjson.loads(text)
        except orjson.JSONDecodeError:
            return
        match news:
            case ["released", str(key)]:
                self.releases.tell(key)
            case ["replaced" | "evicted", _, _]:
                # The message is a hint; what counts is read from the server.
                self._look(control)

    def _look(self, control: Wire) -> None:
        reply = _ask(control, ("HMGET", self._head, "epoch", "run", "seq", "changes"))
        epoch, run, seq, changes = reply
        if epoch is None or epoch.decode() != self.epoch or run != self._run:
            raise ConnectionError("The server began a new epoch.")
        if self._at is not None and int(seq) != self._at.seq:
            self._catch_up(control, self._at.seq, int(seq))
        if int(changes) != self._changes:
            self._changes = int(changes)
            self.bump()

    def _catch_up(self, control: Wire, known: int, seq: int) -> None:
        """Have the copies follow the invalidations after ``known`` and up to ``seq``."""
        self.bump_evictions()
        bounds = (f"{known + 1}-0", f"{seq}-0")
        rows = _ask(control, ("XRANGE", f"{self.prefix}log", *bounds)) if seq > known else []
        found = [Change.from_json(fields[1]) for _, fields in rows]
        changes = [change for change in found if change is not None]
        if len(changes) != seq - known:
            self._start_over(seq)
            return
        for change in changes:
            self._follower.follow(change)
        self._reached(seq)

    def _start_over(self, seq: int) -> None:
        self.bump_evictions()
        self._follower.start_over()
        self._reached(seq)

    def _reached(self, seq: int) -> None:
        self._at = Position(self.epoch, seq)
        self._follower.reached(self._at)
        # Once before the copies forgot and once after: see `LayeredCache`.
        self.bump_evictions()

    def _hand_over(self, control: Wire) -> None:
        """Tell the invalidations that were made while Redis was away."""
        while (change := self.owed.first()) is not None:
            command = evict_command(self._head, self.epoch, self.prefix, self.channel, change)
            (reply,) = control.exchange([command], budget_s=_CONTROL_S)
            if not isinstance(reply, list):
                # What cannot be forgotten singly is forgotten with its epoch.
                _ask(control, ("DEL", self._head))
                raise ConnectionError("A new epoch is needed.")
            self.owed.paid(change)

    def _sweep(self, control: Wire, epoch: str, cursor: bytes) -> None:
        """Delete some of the keys that an ended epoch left."""
        pattern = f"{self._namespace}:{epoch}:*"
        command = ("SCAN", cursor, "MATCH", pattern, "COUNT", _SWEEP_KEYS)
        cursor, keys = _ask(control, command)
        if keys:
            _ask(control, ("UNLINK", *keys))
        self._swept = None if cursor == b"0" else (epoch, cursor)


def _ask(wire: Wire, command: Command, *, budget_s: float = _CONTROL_S) -> Reply:
    (reply,) = wire.exchange([command], budget_s=budget_s)
    if isinstance(reply, Exception):
        raise reply
    return reply


def _run_id(wire: Wire) -> bytes:
    """The id of the server's process: another one may not know what this one acknowledged."""
    (reply,) = wire.exchange([("INFO", "server")], budget_s=_CONTROL_S)
    if not isinstance(reply, bytes):
        # Some hosts do not let one ask; a lost epoch tells of a restart all the same.
        return b""
    for line in reply.splitlines():
        if line.startswith(b"run_id:"):
            return line[7:].strip()
    return b""


def _kind(error: BaseException) -> str:
    return type(error).__name__
