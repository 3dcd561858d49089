"""Logs: one event a line, for people or as JSON, with fields on a list and no secret."""

from __future__ import annotations

import datetime as dt
import json
import logging
import re
import sys
from typing import TYPE_CHECKING, TextIO

from peter_core.telemetry.attributes import hashed, plain
from peter_core.telemetry.context import request_id
from peter_core.telemetry.errors import told
from peter_core.telemetry.scrubbing import Scrubber, one_line
from peter_core.telemetry.tracing import current_ids

if TYPE_CHECKING:
    from peter_core.config import Settings

FIELDS = (
    "slug", "fingerprint", "engine", "code", "bytes_scanned", "bytes_billed", "rows", "steps",
    "cache_hit", "duration_ms", "method", "route", "status", "revision",
)  # fmt: skip
"""What ``extra=`` may add to an event; ``principal`` is hashed besides. Others are left out."""
_TOLD_BY_REQUESTS = frozenset({"request_id", "method", "status", "duration_ms"})
"""Fields that the text leaves out where its message names their value already."""
OWN = ("peter", "peter_core", "peter_jupyter")


class _Formatter(logging.Formatter):
    """What both forms share: the parts of an event, each without secrets."""

    def __init__(self, scrub: Scrubber) -> None:
        super().__init__()
        self.scrub = scrub

    def parts(self, record: logging.LogRecord) -> dict[str, object]:
        """The event by field, in the order of writing; what is unknown is left out."""
        when = dt.datetime.fromtimestamp(record.created, dt.UTC)
        ids = current_ids() or (None, None)
        found: dict[str, object] = {
            "time": f"{when:%Y-%m-%dT%H:%M:%S}.{when.microsecond // 1000:03d}Z",
            "level": record.levelname.lower(),
            "logger": one_line(record.name),
            "message": self._message(record),
            "request_id": request_id(),
            "trace_id": ids[0],
            "span_id": ids[1],
        }
        for name in FIELDS:
            value = plain(getattr(record, name, None))
            found[name] = self.scrub(value) if isinstance(value, str) else value
        principal = getattr(record, "principal", None)
        if isinstance(principal, str):
            clear = self.scrub.emails
            found["principal"] = (
                one_line(principal) if clear else hashed(principal, self.scrub.salt)
            )
        return {name: value for name, value in found.items() if value is not None}

    def _message(self, record: logging.LogRecord) -> str:
        args = record.args
        if isinstance(args, tuple):
            args = tuple(
                str(told(arg, self.scrub)) if isinstance(arg, BaseException) else arg
                for arg in args
            )
        message = record.msg
        if isinstance(message, BaseException):
            return str(told(message, self.scrub))
        text = str(message)
        try:
            text = text % args if args else text
        except (TypeError, ValueError, KeyError):
            # Arguments that do not fit are left out; the library would print them to the screen.
            text = f"{text} (its arguments do not fit)"
        return self.scrub(text)


class JsonFormatter(_Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The event as JSON."""
        found = self.parts(record)
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            known = told(error, self.scrub)
            found["error"] = {
                name: getattr(known, name)
                for name in ("type", "code", "message", "cause", "stack")
                if getattr(known, name)
            }
        return json.dumps(found, ensure_ascii=False, separators=(",", ":"))


class TextFormatter(_Formatter):
    """A line for people, with an error's place below it."""

    def format(self, record: logging.LogRecord) -> str:
        """The event as text."""
        found = self.parts(record)
        head = [str(found.pop(name)) for name in ("time", "level", "logger", "message")]
        said = set(re.split(r"[\s=]", head[3]))
        rest = "  ".join(
            f"{name}={value}"
            for name, value in found.items()
            if name not in _TOLD_BY_REQUESTS or str(value) not in said
        )
        line = f"{head[0]} {head[1].upper():<7} {head[2]}: {head[3]}" + (
            f"  {rest}" if rest else ""
        )
        error = record.exc_info[1] if record.exc_info else None
        if error is None:
            return line
        known = told(error, self.scrub)
        below = [str(known), *(f"  at {place}" for place in reversed(known.stack))]
        if known.cause:
            below.append(f"  because of {known.cause}")
        return "\n".join([line, *(f"    {one_line(part)}" for part in below)])


class Logs:
    """Logs that are set up; ``close`` puts back what was there before."""

    def __init__(self, handler: logging.Handler, names: tuple[str, ...], level: int) -> None:
        self._handler = handler
        self._before = []
        for name in names:
            logger = logging.getLogger(name)
            self._before.append((logger, logger.level, logger.propagate, logger.handlers[:]))
            logger.handlers[:] = [handler]
            logger.setLevel(level)
            logger.propagate = False

    def close(self) -> None:
        """Write no more, and let others log as they did."""
        for logger, level, propagate, handlers in self._before:
            logger.handlers[:] = handlers
            logger.setLevel(level)
            logger.propagate = propagate
        self._handler.close()


def configure_logs(
    settings: Settings, *, stream: TextIO | None = None, everything: bool = True
) -> Logs:
    """Write logs as the settings say, to standard error unless there is another stream.

    Parameters
    ----------
    everything
        Whether the logs of every library are written, too: for a program of Peter's own. Where
        Peter is a guest, in a notebook server, it leaves the host's logs alone.
    """
    scrub = Scrubber(
        settings.secret_values(), salt=settings.user_salt(), emails=settings.log_emails
    )
    form = JsonFormatter(scrub) if settings.log_format == "json" else TextFormatter(scrub)
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(form)
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    return Logs(handler, ("",) if everything else OWN, level)
