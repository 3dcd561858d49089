"""An ID token, checked (OpenID Connect Core 1.0 section 3.1.3.7): who somebody is."""

from __future__ import annotations

import hmac
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from authlib.oidc.core import CodeIDToken
from joserfc import jws, jwt
from joserfc.errors import JoseError

from peter_jupyter.hosts.standalone.failures import not_allowed, refused
from peter_jupyter.hosts.standalone.people import known_email

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from joserfc.jwk import RSAKey

ALGORITHM = "RS256"
"""What Google signs with; nothing else is taken, ``none`` and ``HS256`` least of all."""
LEEWAY_S = 60
_OLDEST_S = 600
_LONGEST = 16_384
_LONGEST_NAME = 320
_GOOGLE = "https://accounts.google.com"


@dataclass(frozen=True, slots=True)
class Identity:
    """A person as the provider vouches for it; the e-mail is in lower case."""

    email: str
    name: str


@dataclass(frozen=True, slots=True)
class Expected:
    """What an ID token must say.

    Parameters
    ----------
    domain
        The Google Workspace domain accounts must belong to; ``None`` takes any.
    """

    issuer: str
    client_id: str
    nonce: str
    domain: str | None = None

    @property
    def issuers(self) -> list[str]:
        """The issuer; Google writes its own with and without the scheme."""
        return [self.issuer, *(["accounts.google.com"] if self.issuer == _GOOGLE else [])]


async def checked_identity(
    token: str,
    expected: Expected,
    key: Callable[[str], Awaitable[RSAKey | None]],
    *,
    access_token: str | None = None,
    now: Callable[[], float] = time.time,
) -> Identity:
    """Who an ID token speaks of.

    Parameters
    ----------
    key
        The provider's public key by its id.

    Raises
    ------
    LoginError
        400: the token is not what this login asked for; 403: it is, and the account is of
        another domain, or its e-mail was never verified. Whatever ``key`` raises.
    """
    if len(token) > _LONGEST:
        raise refused("id_token_size")
    header, claims = await _verified(token, key)
    _check(claims, header, expected, access_token, int(now()))
    email = known_email(claims.get("email"))
    # The word "true" is not true: what was not verified may be anybody's.
    if email is None or claims.get("email_verified") is not True:
        raise not_allowed("email_unverified")
    if expected.domain is not None and claims.get("hd") != expected.domain.lower():
        raise not_allowed("hosted_domain")
    name = claims.get("name")
    return Identity(email, name[:_LONGEST_NAME] if isinstance(name, str) else "")


async def _verified(
    token: str, key: Callable[[str], Awaitable[RSAKey | None]]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims under a signature by the provider's own key."""
    try:
        header = jws.extract_compact(token.encode("ascii")).headers()
    except (JoseError, ValueError, TypeError):
        raise refused("id_token_format") from None
    name = header.get("kid")
    if header.get("alg") != ALGORITHM or not isinstance(name, str):
        raise refused("algorithm")
    public = await key(name)
    if public is None:
        raise refused("key_unknown")
    try:
        read = jwt.decode(token, public, algorithms=[ALGORITHM])
    except (JoseError, ValueError, TypeError):
        raise refused("signature") from None
    return dict(read.header), dict(read.claims)


def _check(
    claims: dict[str, Any],
    header: dict[str, Any],
    expected: Expected,
    access_token: str | None,
    now: int,
) -> None:
    """Authlib's checks of issuer, audience, party, times and hashes, and what they leave open."""
    found = CodeIDToken(
        claims,
        header,
        options={"iss": {"essential": True, "values": expected.issuers},
                 "aud": {"essential": True, "value": expected.client_id},
                 "sub": {"essential": True}, "exp": {"essential": True},
                 "iat": {"essential": True}, "nonce": {"essential": True}},
        params={"client_id": expected.client_id, "nonce": expected.nonce,
                "access_token": access_token},
    )  # fmt: skip
    try:
        found.validate(now=now, leeway=LEEWAY_S)
    except (JoseError, ValueError, TypeError, AttributeError) as error:
        raise refused(f"claim_{getattr(error, 'claim', None) or 'missing'}") from None
    nonce = claims["nonce"]
    if not isinstance(nonce, str) or not hmac.compare_digest(
        nonce.encode(), expected.nonce.encode()
    ):
        raise refused("claim_nonce")
    audience = claims["aud"]
    if isinstance(audience, list) and audience != [expected.client_id]:
        raise refused("claim_aud")
    if claims["iat"] < now - _OLDEST_S:
        raise refused("claim_iat")
