"""FarmHash Fingerprint64 over Arrow columns, which FARM_FINGERPRINT is.

The algorithm is fixed for good: https://github.com/google/farmhash (``farmhashna::Hash64``).
Values of equal length are hashed together, as rows of one matrix of bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Words = NDArray[np.uint64]
    Pair = tuple[Words, Words]

_K0 = np.uint64(0xC3A5C85C97CB3127)
_K1 = np.uint64(0xB492B66FBE98F273)
_K2 = np.uint64(0x9AE16A3B2F90404F)


def farm_fingerprint(values: Sequence[bytes]) -> NDArray[np.int64]:
    """The signed 64-bit fingerprints of byte strings, in their order."""
    hashes = np.empty(len(values), np.uint64)
    places: dict[int, list[int]] = {}
    for place, value in enumerate(values):
        places.setdefault(len(value), []).append(place)
    for length, chosen in places.items():
        joined = b"".join(values[place] for place in chosen)
        rows = np.frombuffer(joined, np.uint8).reshape(len(chosen), length)
        hashes[chosen] = _Rows(rows, length).hash()
    return hashes.view(np.int64)


class _Rows:
    """Byte strings of one length."""

    def __init__(self, rows: NDArray[np.uint8], length: int) -> None:
        self._rows = rows
        self._length = length
        self._mul = _K2 + np.uint64(length * 2)

    def hash(self) -> Words:
        if self._length <= 16:
            return self._hash_to_16()
        if self._length <= 32:
            return self._hash_to_32()
        return self._hash_to_64() if self._length <= 64 else self._hash_longer()

    def _fetch(self, start: int, size: int = 8) -> Words:
        """The little-endian number at a place; a negative one counts from the end."""
        begin = start if start >= 0 else self._length + start
        part = np.ascontiguousarray(self._rows[:, begin : begin + size])
        return part.view(f"<u{size}")[:, 0].astype(np.uint64)

    def _byte(self, place: int) -> Words:
        return self._rows[:, place].astype(np.uint64)

    def _hash_to_16(self) -> Words:
        size = np.uint64(self._length)
        if self._length >= 8:
            a, b = self._fetch(0) + _K2, self._fetch(-8)
            c = _rotate(b, 37) * self._mul + a
            return _mix(c, (_rotate(a, 25) + b) * self._mul, self._mul)
        if self._length >= 4:
            a = self._fetch(0, 4)
            return _mix(size + (a << np.uint64(3)), self._fetch(-4, 4), self._mul)
        if self._length > 0:
            first, middle, last = (self._byte(at) for at in (0, self._length >> 1, -1))
            y, z = first + (middle << np.uint64(8)), size + (last << np.uint64(2))
            return _shift_mix(y * _K2 ^ z * _K0) * _K2
        return np.full(len(self._rows), _K2)

    def _hash_to_32(self) -> Words:
        a, b = self._fetch(0) * _K1, self._fetch(8)
        c, d = self._fetch(-8) * self._mul, self._fetch(-16) * _K2
        y = _rotate(a + b, 43) + _rotate(c, 30) + d
        return _mix(y, a + _rotate(b + _K2, 18) + c, self._mul)

    def _hash_to_64(self) -> Words:
        mul = self._mul
        a, b = self._fetch(0) * _K2, self._fetch(8)
        c, d = self._fetch(-8) * mul, self._fetch(-16) * _K2
        y = _rotate(a + b, 43) + _rotate(c, 30) + d
        z = _mix(y, a + _rotate(b + _K2, 18) + c, mul)
        e, f = self._fetch(16) * mul, self._fetch(24)
        g, h = (y + self._fetch(-32)) * mul, (z + self._fetch(-24)) * mul
        y = _rotate(e + f, 43) + _rotate(g, 30) + h
        return _mix(y, e + _rotate(f + a, 18) + g, mul)

    def _hash_longer(self) -> Words:
        zero = np.zeros(len(self._rows), np.uint64)
        x = zero + np.uint64(81)
        y = x * _K1 + np.uint64(113)
        z = _shift_mix(y * _K2 + np.uint64(113)) * _K2
        v, w = (zero, zero), (zero, zero)
        x = x * _K2 + self._fetch(0)
        for start in range(0, (self._length - 1) // 64 * 64, 64):
            x, y, z, v, w = self._block(start, (x, y, z, v, w), _K1, np.uint64(1))
        mul = _K1 + ((z & np.uint64(0xFF)) << np.uint64(1))
        w = (w[0] + np.uint64((self._length - 1) & 63), w[1])
        v = (v[0] + w[0], v[1])
        w = (w[0] + v[0], w[1])
        x, y, z, v, w = self._block(self._length - 64, (x, y, z, v, w), mul, np.uint64(9))
        first = _mix(v[0], w[0], mul) + _shift_mix(y) * _K0 + z
        return _mix(first, _mix(v[1], w[1], mul) + x, mul)

    def _block(
        self,
        s: int,
        state: tuple[Words, Words, Words, Pair, Pair],
        mul: Words | np.uint64,
        nine: np.uint64,
    ) -> tuple[Words, Words, Words, Pair, Pair]:
        """64 bytes; the last ones weigh the older state nine times."""
        x, y, z, v, w = state
        x = _rotate(x + y + v[0] + self._fetch(s + 8), 37) * mul
        y = _rotate(y + v[1] + self._fetch(s + 48), 42) * mul
        x = x ^ (w[1] * nine)
        y = y + v[0] * nine + self._fetch(s + 40)
        z = _rotate(z + w[0], 33) * mul
        v = self._weak(s, v[1] * mul, x + w[0])
        w = self._weak(s + 32, z + w[1], y + self._fetch(s + 16))
        return z, y, x, v, w

    def _weak(self, s: int, a: Words, b: Words) -> Pair:
        one, two, three, four = (self._fetch(s + at) for at in (0, 8, 16, 24))
        a = a + one
        b = _rotate(b + a + four, 21)
        c = a
        a = a + two + three
        return a + four, b + _rotate(a, 44) + c


def _rotate(value: Words, by: int) -> Words:
    return (value >> np.uint64(by)) | (value << np.uint64(64 - by))


def _shift_mix(value: Words) -> Words:
    return value ^ (value >> np.uint64(47))


def _mix(u: Words, v: Words, mul: Words | np.uint64) -> Words:
    a = _shift_mix((u ^ v) * mul)
    mixed: Words = _shift_mix((v ^ a) * mul) * mul
    return mixed
