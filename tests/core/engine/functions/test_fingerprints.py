"""Fingerprints are FarmHash's, bit by bit."""

from __future__ import annotations

from pathlib import Path

from peter_core.engine.functions.fingerprints import farm_fingerprint

VECTORS = Path(__file__).parents[3] / "fixtures" / "sql" / "farm_fingerprints.txt"


def _vectors() -> list[tuple[bytes, int]]:
    lines = VECTORS.read_text(encoding="utf-8").splitlines()[1:]
    parts = [line.split() for line in lines]
    return [(bytes.fromhex(value.strip("-")), int(expected)) for value, expected in parts]


def test_every_length_class_gives_the_reference_implementations_value() -> None:
    vectors = _vectors()
    assert {len(value) for value, _ in vectors} >= {0, 3, 4, 7, 8, 16, 17, 32, 33, 64, 65, 128, 511}
    assert farm_fingerprint([value for value, _ in vectors]).tolist() == [n for _, n in vectors]


def test_values_keep_their_order_whatever_their_lengths() -> None:
    vectors = _vectors() * 3
    mixed = vectors[::2] + vectors[1::2]
    assert farm_fingerprint([value for value, _ in mixed]).tolist() == [n for _, n in mixed]


def test_nothing_gives_nothing() -> None:
    assert farm_fingerprint([]).tolist() == []
