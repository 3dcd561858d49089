"""How often somebody may ask who is not known yet: by the address the request comes from."""

from __future__ import annotations

import ipaddress
import math
import time
from collections import OrderedDict
from typing import TYPE_CHECKING

from peter_jupyter.http.statuses import RefusalError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tornado.httputil import HTTPServerRequest

_REMEMBERED = 10_000
"""Addresses whose pace is kept; those that asked the longest ago go first."""
_NETWORK = 64
"""Bits of an IPv6 address that belong to whoever has it: the rest is theirs to choose."""


class Pace:
    """A token bucket for each address. Used on the event loop only.

    Parameters
    ----------
    per_minute
        Requests of one address: as many at once, and then as they come back by the second.
    proxies
        Through how many proxies everybody comes, each of which says for whom it asks.
    """

    def __init__(
        self, per_minute: int, *, proxies: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._burst = float(per_minute)
        self._proxies = proxies
        self._clock = clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def require(self, request: HTTPServerRequest) -> None:
        """Count a request.

        Raises
        ------
        RefusalError
            429: its address asked too often; ``retry_after_s`` says when it may again.
        """
        key, now = address_of(request, proxies=self._proxies), self._clock()
        left, at = self._left.pop(key, (self._burst, now))
        left = min(self._burst, left + (now - at) * self._burst / 60)
        self._left[key] = (left - 1 if left >= 1 else left, now)
        while len(self._left) > _REMEMBERED:
            self._left.popitem(last=False)
        if left >= 1:
            return
        wait_s = math.ceil((1 - left) * 60 / self._burst)
        raise RefusalError(
            "too_many_requests",
            f"The login may be asked {self._burst:g} times a minute from one address.",
            hint=f"Try again in {wait_s} s.",
            retry_after_s=wait_s,
        )


def address_of(request: HTTPServerRequest, *, proxies: int) -> str:
    """Where a request comes from; behind proxies what the first of them wrote down.

    Each adds whom it was asked by to ``X-Forwarded-For``; what stands before that may be the
    client's own invention. IPv6 addresses are told by their network.
    """
    told = request.headers.get("X-Forwarded-For", "").split(",") if proxies else [""]
    for text in (told[-min(proxies, len(told))].strip(), request.remote_ip or ""):
        try:
            found = ipaddress.ip_address(text.partition("%")[0])
        except ValueError:
            continue
        if found.version == 4:
            return str(found)
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, _NETWORK), strict=False))
    return "unknown"
