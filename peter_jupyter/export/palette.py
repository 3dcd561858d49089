"""A drawing's PNG with a palette: the same picture in a few colours, and a tenth of the bytes.

Only what the drawing library writes is read: 8 bits a channel with an opaque background, not
interlaced, each line as it is or as differences from pixel to pixel (PNG, third edition, 9.2).
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy import ndarray

    Array = ndarray[Any, Any]

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_RGBA, _PALETTE = 6, 3
_SUB = 1


def palette_png(png: bytes, *, colors: int = 48) -> bytes | None:
    """The picture in at most so many colours; nothing where its PNG is of another kind.

    Parameters
    ----------
    png
        A drawing of few colours and their blends: flat areas, lines and words.
    colors
        1 to 256. The widest areas keep their exact colours.
    """
    import numpy as np

    pixels = _pixels(png)
    if pixels is None:
        return None
    height, width = pixels.shape
    flat = pixels.reshape(-1)
    # A drawing is long runs of one colour: one of each run stands for all of it.
    starts = np.concatenate([[0], np.flatnonzero(flat[1:] != flat[:-1]) + 1])
    lengths = np.diff(starts, append=flat.size)
    found, where = np.unique(flat[starts], return_inverse=True)
    areas = np.bincount(where, weights=lengths)
    palette, nearest = _chosen(found, areas, colors)
    lines = np.zeros((height, width + 1), np.uint8)
    lines[:, 1:] = np.repeat(nearest[where], lengths).reshape(height, width)
    packer = zlib.compressobj(6, zlib.DEFLATED, 15, 9)
    return b"".join(
        [
            _SIGNATURE,
            _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, _PALETTE, 0, 0, 0)),
            _chunk(b"PLTE", palette.astype(np.uint8).tobytes()),
            _chunk(b"IDAT", packer.compress(lines.tobytes()) + packer.flush()),
            _chunk(b"IEND", b""),
        ]
    )


def _chosen(found: Array, areas: Array, colors: int) -> tuple[Array, Array]:
    """The palette, and for each colour that was found its place there."""
    import numpy as np

    channels = np.stack([found & 255, (found >> 8) & 255, (found >> 16) & 255], 1).astype(np.int64)
    # Colours that the eye does not tell apart are one, the one with the widest area.
    cells, cell = np.unique(channels >> 3, axis=0, return_inverse=True)
    cell = cell.reshape(-1)
    by_area = np.argsort(areas, kind="stable")
    widest = np.zeros(len(cells), np.int64)
    widest[cell[by_area]] = by_area
    shown, weight = channels[widest], np.sqrt(np.bincount(cell, weights=areas))
    first = int(np.argmax(weight))
    palette, nearest = [first], np.zeros(len(cells), np.uint8)
    away = ((shown - shown[first]) ** 2).sum(1)
    while len(palette) < colors and away.any():
        worst = int(np.argmax(away * weight))
        distance = ((shown - shown[worst]) ** 2).sum(1)
        nearest[distance < away] = len(palette)
        away = np.minimum(away, distance)
        palette.append(worst)
    return shown[palette], nearest[cell]


def _pixels(png: bytes) -> Array | None:
    """A number a pixel, red in its lowest byte; its alpha is none of them."""
    import numpy as np

    chunks = list(_chunks(png))
    if not chunks or chunks[0][0] != b"IHDR" or len(chunks[0][1]) != 13:
        return None
    width, height, *kind = struct.unpack(">IIBBBBB", chunks[0][1])
    if kind != [8, _RGBA, 0, 0, 0]:
        return None
    raw = zlib.decompress(b"".join(body for name, body in chunks if name == b"IDAT"))
    lines = np.frombuffer(raw, np.uint8).reshape(height, 4 * width + 1)
    filters = lines[:, 0]
    if filters.max() > _SUB:
        return None
    values = lines[:, 1:].reshape(height, width, 4)
    summed = np.cumsum(values, axis=1, dtype=np.uint8)
    summed[filters != _SUB] = values[filters != _SUB]
    pixels: Array = summed.view("<u4")[:, :, 0] & 0xFFFFFF
    return pixels


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(_SIGNATURE)
    while png.startswith(_SIGNATURE) and at + 8 <= len(png):
        size, name = struct.unpack_from(">I4s", png, at)
        yield name, png[at + 8 : at + 8 + size]
        at += 12 + size


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
