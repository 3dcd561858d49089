"""Addresses of the Internet Protocol, as text and as bytes in network order."""

from __future__ import annotations

import ipaddress

_SIZES = (4, 16)


def address_bytes(value: str) -> bytes:
    """The 4 or 16 bytes of an address.

    Raises
    ------
    ValueError
        It is no address.
    """
    found = safe_address_bytes(value)
    if found is None:
        raise ValueError("The text is no IP address.")
    return found


def safe_address_bytes(value: str) -> bytes | None:
    """The 4 or 16 bytes of an address, ``None`` for what is none."""
    try:
        found = ipaddress.ip_address(value)
    except ValueError:
        return None
    return None if isinstance(found, ipaddress.IPv6Address) and found.scope_id else found.packed


def address_text(value: bytes) -> str:
    """An address of 4 or 16 bytes as text; one that is IPv4 within IPv6 shows it."""
    if len(value) not in _SIZES:
        raise ValueError("An IP address has 4 or 16 bytes.")
    found = ipaddress.ip_address(value)
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        return f"::ffff:{found.ipv4_mapped}"
    return str(found)


def net_mask(size: int, bits: int) -> bytes:
    """A mask of 4 or 16 bytes whose first bits are set."""
    if size not in _SIZES:
        raise ValueError("A network mask has 4 or 16 bytes.")
    if not 0 <= bits <= size * 8:
        raise ValueError(f"A prefix has 0 to {size * 8} bits.")
    whole = (1 << size * 8) - 1
    return (whole ^ (whole >> bits)).to_bytes(size, "big")


def address_within(value: bytes, bits: int) -> bytes:
    """An address whose bits behind the prefix are 0."""
    mask = net_mask(len(value), bits)
    return bytes(one & other for one, other in zip(value, mask, strict=True))


def address_of_number(value: int) -> bytes:
    """The IPv4 address of a number from -0x80000000 to 0xFFFFFFFF."""
    if not -0x80000000 <= value <= 0xFFFFFFFF:
        raise ValueError("An IPv4 address is a number of 32 bits.")
    return (value & 0xFFFFFFFF).to_bytes(4, "big")


def number_of_address(value: bytes) -> int:
    """The number of an IPv4 address of 4 bytes."""
    if len(value) != 4:
        raise ValueError("An IPv4 address has 4 bytes.")
    return int.from_bytes(value, "big")
