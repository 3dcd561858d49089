"""The domain that accounts must belong to is the provider's own word, never an e-mail's end."""

from __future__ import annotations

import asyncio
import time

import pytest
from joserfc.jwk import RSAKey

from peter_jupyter.hosts.standalone.failures import LoginError
from peter_jupyter.hosts.standalone.id_tokens import Expected, Identity, checked_identity
from tests.servers.openid import CLIENT, rsa_key, signed

ISSUER = "https://accounts.example"
NONCE = "the-nonce-of-this-login"


def identity(domain: str | None, **claims: object) -> Identity:
    """Who a token speaks of, signed by the provider a moment ago."""
    now = int(time.time())
    said = {
        "iss": ISSUER, "aud": CLIENT, "sub": "1", "iat": now, "exp": now + 300, "nonce": NONCE,
        "email": "ada@corp.example", "email_verified": True, **claims,
    }  # fmt: skip

    async def key(name: str) -> RSAKey:
        return rsa_key(name)

    expected = Expected(ISSUER, CLIENT, NONCE, domain)
    return asyncio.run(checked_identity(signed(said), expected, key))


def test_an_account_of_the_domain_comes_in() -> None:
    assert identity("corp.example", hd="corp.example").email == "ada@corp.example"
    assert identity("Corp.Example", hd="corp.example").email == "ada@corp.example"


@pytest.mark.parametrize(
    "claims",
    [{}, {"hd": None}, {"hd": ""}, {"hd": "corp.example.evil"}, {"hd": "sub.corp.example"},
     {"hd": ["corp.example"]}, {"hd": True}],
    ids=str,
)  # fmt: skip
def test_an_account_of_no_or_another_domain_does_not(claims: dict[str, object]) -> None:
    with pytest.raises(LoginError) as refused:
        identity("corp.example", **claims)
    assert refused.value.status_code == 403
    assert refused.value.reason_code == "hosted_domain"


def test_where_no_domain_is_asked_for_any_account_is_looked_at() -> None:
    assert identity(None, hd="other.example").email == "ada@corp.example"
