"""A sealed value opens whole, with its key, in its place, or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peter_core.cache.envelope import Envelope, server_key

ENVELOPE = Envelope(b"k" * 32)


@given(st.binary(max_size=300), st.text(max_size=70))
def test_what_is_sealed_opens(payload: bytes, key: str) -> None:
    assert ENVELOPE.open_sealed(ENVELOPE.seal(payload, key=key), key=key) == payload


@given(st.binary(max_size=100), st.data())
def test_one_changed_bit_does_not_open(payload: bytes, data: st.DataObject) -> None:
    sealed = bytearray(ENVELOPE.seal(payload, key="a"))
    bit = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[bit // 8] ^= 1 << bit % 8
    assert ENVELOPE.open_sealed(bytes(sealed), key="a") is None


def test_a_truncated_value_does_not_open_at_any_length() -> None:
    sealed = ENVELOPE.seal(os.urandom(1000), key="a")
    assert all(ENVELOPE.open_sealed(sealed[:n], key="a") is None for n in range(len(sealed)))
    assert ENVELOPE.open_sealed(sealed + b"x", key="a") is None


def test_a_value_moved_to_another_key_does_not_open() -> None:
    assert ENVELOPE.open_sealed(ENVELOPE.seal(b"bob's", key="bob"), key="ann") is None


def test_another_servers_value_does_not_open_and_is_counted() -> None:
    other = Envelope(b"o" * 32)
    assert other.open_sealed(ENVELOPE.seal(b"x", key="a"), key="a") is None
    assert other.rejected == 1


@pytest.mark.parametrize(("part", "other"), [("_VERSION", 2), ("_MAGIC", b"PTRX")])
def test_a_value_of_another_layout_does_not_open_though_its_seal_holds(
    monkeypatch: pytest.MonkeyPatch, part: str, other: object
) -> None:
    envelope = Envelope(b"k" * 32)
    with monkeypatch.context() as later:
        later.setattr(f"peter_core.cache.envelope.{part}", other)
        sealed = envelope.seal(b"rows", key="a")
        assert envelope.open_sealed(sealed, key="a") == b"rows"
    assert envelope.open_sealed(sealed, key="a") is None
    assert envelope.rejected == 1


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="32"):
        Envelope(b"short")


def test_the_key_file_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "state" / "cache.key"
    key = server_key(path)
    assert server_key(path) == key
    assert len(key) == 32
    assert path.stat().st_mode & 0o777 == 0o600
    assert [p.name for p in path.parent.iterdir()] == ["cache.key"]


@pytest.mark.parametrize("mode", [0o644, 0o620, 0o602])
def test_a_key_that_others_could_know_is_replaced(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "cache.key"
    known = server_key(path)
    path.chmod(mode)
    fresh = server_key(path)
    assert fresh != known
    assert path.stat().st_mode & 0o777 == 0o600
    assert server_key(path) == fresh


@pytest.mark.skipif(os.name != "posix", reason="elsewhere files have other owners")
def test_a_key_that_somebody_else_put_there_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "cache.key"
    planted = server_key(path)
    me = os.geteuid()
    monkeypatch.setattr("peter_core.cache.envelope.os.geteuid", lambda: me + 1)
    assert server_key(path) != planted


def test_a_key_of_another_size_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "cache.key"
    path.touch(mode=0o600)
    assert len(server_key(path)) == 32
    assert len(path.read_bytes()) == 32


def test_a_link_is_not_followed_to_a_key(tmp_path: Path) -> None:
    planted = tmp_path / "planted"
    planted.write_bytes(b"p" * 32)
    planted.chmod(0o600)
    path = tmp_path / "cache.key"
    path.symlink_to(planted)
    assert server_key(path) != b"p" * 32
    assert planted.read_bytes() == b"p" * 32
