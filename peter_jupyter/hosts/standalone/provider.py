"""Google's side of a login: discovery, the address to send people to, codes and keys."""

from __future__ import annotations

import asyncio
import time
from base64 import urlsafe_b64decode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
from authlib.oauth2.base import OAuth2Error
from authlib.oauth2.client import OAuth2Client
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from peter_jupyter.hosts.standalone.addresses import is_loopback
from peter_jupyter.hosts.standalone.failures import refused, unavailable

if TYPE_CHECKING:
    from collections.abc import Callable

DEADLINE_S = 10.0
"""Seconds one question to the provider may take."""
_LARGEST = 256 * 1024
_AT_ONCE = 8
_DISCOVERY_S = 6 * 3600.0
_KEYS_S = 3600.0
_KEYS_AGAIN_S = 30.0
_SMALLEST_KEY = 2048
_SCOPE = "openid email profile"


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where the provider answers what, as its discovery document says."""

    authorization: str
    token: str
    keys: str


class _Client(OAuth2Client):  # type: ignore[misc]  # the library has no types
    """Authlib's client, sending by httpx: its own adapter asks for another version of it."""

    def __init__(self, http: httpx.AsyncClient, **more: Any) -> None:
        super().__init__(None, **more)
        self._http = http

    async def _fetch_token(self, url: str, body: str, auth: Any, headers: Any, **_: Any) -> Any:
        url, headers, body = auth.prepare("POST", url, headers, body)
        return self.parse_response_token(await _limited(self._http, "POST", url, body, headers))


class Provider:
    """One OpenID provider and Peter's client there. Used on one event loop.

    Parameters
    ----------
    issuer
        What ID tokens must be issued by; its discovery document is asked for.
    redirect_uri
        Exactly as it is registered with the provider.
    """

    def __init__(
        self,
        issuer: str,
        *,
        client_id: str,
        client_secret: str,
        redirect_uri: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.issuer = issuer
        self.client_id = client_id
        self._secret = client_secret
        self._redirect_uri = redirect_uri
        self._clock = clock
        self._http = httpx.AsyncClient(timeout=DEADLINE_S, follow_redirects=False)
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._endpoints: Endpoints | None = None
        self._endpoints_at = 0.0
        self._keys: dict[str, RSAKey] = {}
        self._keys_at = float("-inf")

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def login_address(
        self, *, state: str, nonce: str, verifier: str, domain: str | None, choose: bool
    ) -> str:
        """Where to send a browser; with PKCE (RFC 7636, S256).

        Raises
        ------
        LoginError
            503: the provider does not say where.
        """
        endpoints = await self._discovered()
        more = {"hd": domain} if domain else {}
        if choose:
            more["prompt"] = "select_account"
        address, _ = self._client().create_authorization_url(
            endpoints.authorization, state=state, code_verifier=verifier, nonce=nonce, **more
        )
        return str(address)

    async def redeem(self, code: str, verifier: str) -> tuple[str, str | None]:
        """The ID token that a code stands for, unchecked, and the access token beside it.

        Raises
        ------
        LoginError
            400: the provider refuses the code; 503: it cannot be asked.
        """
        endpoints = await self._discovered()
        try:
            async with asyncio.timeout(DEADLINE_S), self._turns:
                answer = await self._client().fetch_token(
                    endpoints.token,
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=verifier,
                    redirect_uri=self._redirect_uri,
                )
        except OAuth2Error as error:
            # The one reason that is not the person's, but the operator's to mend.
            raise refused("client" if error.error == "invalid_client" else "code") from None
        except (httpx.HTTPError, TimeoutError, ValueError, TypeError):
            raise unavailable("token_endpoint") from None
        token, access = answer.get("id_token"), answer.get("access_token")
        if not isinstance(token, str) or not token:
            raise refused("id_token_missing")
        return token, access if isinstance(access, str) else None

    async def key(self, name: str) -> RSAKey | None:
        """The public key of that id; asked for anew when it is not known, now and then.

        Raises
        ------
        LoginError
            503: there are no keys, and the provider cannot be asked for them.
        """
        age = self._clock() - self._keys_at
        if age > _KEYS_S or (name not in self._keys and age > _KEYS_AGAIN_S):
            try:
                self._keys = _usable_keys(await self._json((await self._discovered()).keys))
                self._keys_at = self._clock()
            except (httpx.HTTPError, TimeoutError, ValueError):
                if name not in self._keys:
                    raise unavailable("keys") from None
        return self._keys.get(name)

    def _client(self) -> _Client:
        return _Client(
            self._http,
            client_id=self.client_id,
            client_secret=self._secret,
            token_endpoint_auth_method="client_secret_post",  # noqa: S106  # a method's name
            code_challenge_method="S256",
            redirect_uri=self._redirect_uri,
            scope=_SCOPE,
        )

    async def _discovered(self) -> Endpoints:
        if self._endpoints and self._clock() - self._endpoints_at < _DISCOVERY_S:
            return self._endpoints
        try:
            document = await self._json(f"{self.issuer}/.well-known/openid-configuration")
            self._endpoints = _endpoints(document, self.issuer)
            self._endpoints_at = self._clock()
        except (httpx.HTTPError, TimeoutError, ValueError):
            # What was said before holds until something else is said.
            if self._endpoints is None:
                raise unavailable("discovery") from None
        return self._endpoints

    async def _json(self, url: str) -> Any:
        async with asyncio.timeout(DEADLINE_S), self._turns:
            response = await _limited(self._http, "GET", url)
        if response.status_code != 200:
            raise ValueError("no answer")
        return response.json()


async def _limited(
    http: httpx.AsyncClient, method: str, url: str, body: str | None = None, headers: Any = None
) -> httpx.Response:
    """An answer that is not larger than any such answer is; raises ``ValueError`` for others."""
    request = http.build_request(method, url, content=body, headers=headers)
    response = await http.send(request, stream=True)
    try:
        kept = bytearray()
        async for chunk in response.aiter_bytes():
            kept += chunk
            if len(kept) > _LARGEST:
                raise ValueError("too large")
    finally:
        await response.aclose()
    return httpx.Response(response.status_code, content=bytes(kept), request=request)


def _endpoints(document: object, issuer: str) -> Endpoints:
    if not isinstance(document, dict) or document.get("issuer") != issuer:
        raise ValueError("issuer")
    names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    found = [document.get(name) for name in names]
    local = issuer.startswith("http://")
    for address in found:
        if not isinstance(address, str) or not _is_safe(address, local=local):
            raise ValueError("endpoint")
    return Endpoints(*map(str, found))


def _is_safe(address: str, *, local: bool) -> bool:
    """Whether nobody on the way can read or answer: TLS, or this machine in a test."""
    parts = urlsplit(address)
    if parts.scheme == "http":
        return local and is_loopback(parts.hostname or "")
    return parts.scheme == "https" and bool(parts.hostname)


def _usable_keys(document: object) -> dict[str, RSAKey]:
    """The RSA keys that sign, by id; raises ``ValueError`` when there is none."""
    listed = document.get("keys") if isinstance(document, dict) else None
    found: dict[str, RSAKey] = {}
    for data in listed if isinstance(listed, list) else []:
        if not isinstance(data, dict) or data.get("kty") != "RSA":
            continue
        name = data.get("kid")
        signs = data.get("use", "sig") == "sig" and data.get("alg", "RS256") == "RS256"
        if not signs or not isinstance(name, str) or not _is_long(data.get("n")):
            continue
        try:
            found[name] = RSAKey.import_key({part: data[part] for part in ("kty", "n", "e")})
        except (JoseError, ValueError, TypeError, KeyError):
            continue
    if not found:
        raise ValueError("keys")
    return found


def _is_long(modulus: object) -> bool:
    if not isinstance(modulus, str):
        return False
    try:
        number = int.from_bytes(urlsafe_b64decode(modulus + "=" * (-len(modulus) % 4)))
    except ValueError:
        return False
    return number.bit_length() >= _SMALLEST_KEY
