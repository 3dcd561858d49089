"""A PNG in a few colours: exact where there are few, near where there are many."""

from __future__ import annotations

import struct
import zlib

import pytest

from peter_jupyter.export.palette import palette_png

Rows = list[list[tuple[int, int, int]]]
SIGNATURE = b"\x89PNG\r\n\x1a\n"
WHITE, BLUE, RED, INK = (255, 255, 255), (51, 102, 214), (180, 35, 24), (22, 26, 33)
FLAG: Rows = [[WHITE, WHITE, BLUE], [RED, BLUE, BLUE], [INK, WHITE, RED], [RED, RED, RED]]


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(lines: list[bytes], width: int, *, depth: int = 8, kind: int = 6, laced: int = 0) -> bytes:
    """A PNG of lines that are filtered already, each with its filter's number before it."""
    header = struct.pack(">IIBBBBB", width, len(lines), depth, kind, 0, 0, laced)
    body = zlib.compress(b"".join(lines))
    return SIGNATURE + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def plain(row: list[tuple[int, int, int]]) -> bytes:
    return b"\0" + b"".join(bytes([*color, 255]) for color in row)


def differences(row: list[tuple[int, int, int]]) -> bytes:
    """The line as differences from the pixel before, modulo 256: filter 1."""
    line, before = b"\x01", (0, 0, 0, 0)
    for color in row:
        pixel = (*color, 255)
        line += bytes((now - then) % 256 for now, then in zip(pixel, before, strict=True))
        before = pixel
    return line


def read(small: bytes | None) -> Rows:
    """The pixels of a PNG with a palette whose lines are not filtered."""
    assert small is not None
    found, at = {}, len(SIGNATURE)
    while at < len(small):
        size, name = struct.unpack_from(">I4s", small, at)
        body = small[at + 8 : at + 8 + size]
        assert struct.unpack_from(">I", small, at + 8 + size)[0] == zlib.crc32(name + body)
        found[name] = body
        at += 12 + size
    width, height, depth, kind = struct.unpack_from(">IIBB", found[b"IHDR"])
    assert (depth, kind) == (8, 3)
    palette = [tuple(found[b"PLTE"][i : i + 3]) for i in range(0, len(found[b"PLTE"]), 3)]
    raw = zlib.decompress(found[b"IDAT"])
    lines = [raw[at : at + width + 1] for at in range(0, len(raw), width + 1)]
    assert len(lines) == height
    assert all(line[0] == 0 for line in lines)
    return [[palette[place] for place in line[1:]] for line in lines]  # type: ignore[misc]


@pytest.mark.parametrize("colors", [4, 256])
def test_a_picture_of_few_colours_stays_the_same(colors: int) -> None:
    for lines in ([plain(row) for row in FLAG], [differences(row) for row in FLAG]):
        assert read(palette_png(png(lines, 3), colors=colors)) == FLAG
    mixed = [plain(FLAG[0]), differences(FLAG[1]), plain(FLAG[2]), differences(FLAG[3])]
    assert read(palette_png(png(mixed, 3), colors=colors)) == FLAG


def test_one_pixel_is_a_picture_too() -> None:
    assert read(palette_png(png([plain([BLUE])], 1))) == [[BLUE]]


def test_many_colours_become_the_nearest_of_a_few_and_wide_areas_keep_theirs() -> None:
    ramp = [(at, at // 2, 255 - at) for at in range(256)]
    rows = [ramp, [INK] * 256, [INK] * 256]
    shown = read(palette_png(png([differences(row) for row in rows], 256), colors=16))
    assert len({color for row in shown for color in row}) <= 16
    assert shown[1:] == rows[1:]
    for color, near in zip(ramp, shown[0], strict=True):
        assert all(abs(one - other) <= 24 for one, other in zip(color, near, strict=True))


@pytest.mark.parametrize(
    "other",
    [
        b"",
        b"GIF89a",
        SIGNATURE,
        SIGNATURE + b"\0\0",
        png([b"\0\x80"], 1, kind=0),
        png([b"\0" + bytes(8)], 1, depth=16),
        png([plain([BLUE])], 1, laced=1),
        png([b"\x04" + bytes(4)], 1),
    ],
    ids=["nothing", "gif", "bare", "cut", "grey", "16 bits", "interlaced", "another filter"],
)
def test_a_png_of_another_kind_is_left_alone(other: bytes) -> None:
    assert palette_png(other) is None
