"""An OpenID provider that stands in for Google: a real server that can misbehave.

It redirects, keeps codes that work once, checks PKCE and the redirect URI, and signs ID tokens
with RS256. ``claims``, ``sign`` and ``replies`` change what it says.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT = "peter.apps.example"
SECRET = "the client's secret"  # noqa: S105
ADA: dict[str, Any] = {
    "sub": "1001", "email": "ada@example.com", "email_verified": True, "name": "Ada",
    "hd": "example.com",
}  # fmt: skip

Claims = dict[str, Any]
Reply = tuple[int, dict[str, str], bytes]


@cache
def rsa_key(name: str) -> RSAKey:
    """A key pair by its id, made once a test run."""
    return RSAKey.generate_key(2048, {"kid": name, "use": "sig", "alg": "RS256"})


def b64(data: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass
class Grant:
    """What a code stands for."""

    redirect_uri: str
    client_id: str
    challenge: str
    nonce: str
    account: Claims


@dataclass
class OpenIdProvider:
    """The provider. ``account`` is who is logged in there; ``down`` hangs up on everybody."""

    account: Claims = field(default_factory=lambda: dict(ADA))
    redirect_uris: set[str] = field(default_factory=set)
    interactive: bool = False
    down: bool = False
    claims: Callable[[Claims], Claims] | None = None
    sign: Callable[[OpenIdProvider, Claims], str] | None = None
    replies: dict[str, Callable[[], Reply]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    grants: dict[str, Grant] = field(default_factory=dict)
    refusals: list[str] = field(default_factory=list)

    def start(self) -> OpenIdProvider:
        """Listen on a free port of loopback."""
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.answered(b"")

            def do_POST(self) -> None:
                self.answered(self.rfile.read(int(self.headers.get("Content-Length", "0"))))

            def answered(self, body: bytes) -> None:
                if provider.down:
                    self.close_connection = True
                    return
                status, headers, sent = provider.reply(self.command, self.path, body)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(sent)))
                self.end_headers()
                self.wfile.write(sent)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def behave(self) -> None:
        """Forget every fault, and who was logged in."""
        self.account, self.down, self.interactive = dict(ADA), False, False
        self.claims = self.sign = None
        self.replies.clear()
        self.refusals.clear()

    def reply(self, method: str, target: str, body: bytes) -> Reply:
        """The answer to a request."""
        parts = urlsplit(target)
        self.asked.append(f"{method} {parts.path}")
        if parts.path in self.replies:
            return self.replies[parts.path]()
        query = dict(parse_qsl(parts.query))
        if parts.path == "/.well-known/openid-configuration":
            return _json(200, self.discovery())
        if parts.path == "/keys":
            return _json(200, {"keys": [rsa_key("first").as_dict(private=False)]})
        if parts.path == "/authorize":
            return self._authorize(query)
        if parts.path == "/token" and method == "POST":
            return self._token(dict(parse_qsl(body.decode())))
        return _json(404, {"error": "not_found"})

    def discovery(self) -> Claims:
        """The discovery document."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }

    def grant(self, query: dict[str, str]) -> str:
        """A code for whoever is logged in here."""
        code = secrets.token_urlsafe(24)
        self.grants[code] = Grant(
            query["redirect_uri"], query["client_id"], query["code_challenge"], query["nonce"],
            dict(self.account),
        )  # fmt: skip
        return code

    def _authorize(self, query: dict[str, str]) -> Reply:
        wanted = {"response_type": "code", "code_challenge_method": "S256", "client_id": CLIENT}
        wrong = [name for name, value in wanted.items() if query.get(name) != value]
        wrong += [name for name in ("state", "nonce", "code_challenge") if not query.get(name)]
        if "openid" not in query.get("scope", "").split():
            wrong.append("scope")
        if query.get("redirect_uri") not in self.redirect_uris:
            wrong.append("redirect_uri")
        if wrong:
            self.refusals.append(f"authorize: {', '.join(wrong)}")
            return _json(400, {"error": "invalid_request", "wrong": wrong})
        back = {"code": self.grant(query), "state": query["state"], "iss": self.issuer}
        place = f"{query['redirect_uri']}?{urlencode(back)}"
        if self.interactive:
            name = html.escape(str(self.account["email"]))
            page = f'<!doctype html><a href="{html.escape(place)}">Continue as {name}</a>'
            return 200, {"Content-Type": "text/html"}, page.encode()
        return 302, {"Location": place}, b""

    def _token(self, form: dict[str, str]) -> Reply:
        grant = self.grants.pop(form.get("code", ""), None)
        if form.get("client_id") != CLIENT or form.get("client_secret") != SECRET:
            return self._refuse("invalid_client")
        if grant is None or form.get("grant_type") != "authorization_code":
            return self._refuse("invalid_grant")
        challenge = b64(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if (form.get("redirect_uri"), challenge, CLIENT) != (
            grant.redirect_uri, grant.challenge, grant.client_id,
        ):  # fmt: skip
            return self._refuse("invalid_grant")
        access = secrets.token_urlsafe(24)
        now = int(time.time())
        half = hashlib.sha256(access.encode()).digest()[:16]
        claims = {
            "iss": self.issuer, "aud": CLIENT, "azp": CLIENT, "iat": now, "exp": now + 3600,
            "nonce": grant.nonce, "at_hash": b64(half), **grant.account,
        }  # fmt: skip
        claims = self.claims(claims) if self.claims else claims
        token = self.sign(self, claims) if self.sign else signed(claims)
        return _json(200, {
            "access_token": access, "id_token": token, "token_type": "Bearer",
            "expires_in": 3600, "scope": "openid email profile",
        })  # fmt: skip

    def _refuse(self, error: str) -> Reply:
        self.refusals.append(f"token: {error}")
        return _json(400, {"error": error})


def signed(claims: Claims, *, key: str = "first", header: Claims | None = None) -> str:
    """An ID token under one of the keys."""
    return jwt.encode({"alg": "RS256", "kid": key, **(header or {})}, claims, rsa_key(key))


def _json(status: int, value: object) -> Reply:
    return status, {"Content-Type": "application/json"}, json.dumps(value).encode()
